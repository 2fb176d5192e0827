import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchChromium } from '../support/browser.js';
import {
  armInPage,
  type RecipeServer,
  type Site,
  type Step,
  startDurableSite,
  startInPage,
  startRecipeServer,
  steps,
} from '../support/durable-site.js';

/** Pages that are killed at every step of a durable emit, against a server with the recipe of docs/durable.md. */

const patienceMs = 30_000;

let folder: string;
let site: Site;
let browser: Browser;
let context: BrowserContext;
let servers: Record<'on' | 'off', RecipeServer>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'durable-'));
  [site, browser] = await Promise.all([startDurableSite(), launchChromium('--renderer-process-limit=200')]);
  servers = {
    on: await startRecipeServer(folder, true),
    off: await startRecipeServer(folder, false),
  };
  context = await browser.newContext();
  for (let i = 0; i < 3; i++) residents.push(await open(context));
});

afterAll(async () => {
  await browser?.close();
  await site?.close();
  for (const server of Object.values(servers ?? {})) await server.close();
  await rm(folder, { recursive: true, force: true });
});

async function open(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${site.origin}/`);
  return page;
}

const ready = (page: Page): Promise<unknown> =>
  page.waitForFunction(() => window.boot !== undefined, undefined, { timeout: patienceMs });

const emit = (page: Page, cell: string, items: readonly string[]): Promise<unknown[]> =>
  page.evaluate(
    ({ cell, items }) => Promise.all(window.tabs[cell]?.emit(items.map((item) => cell + item)) ?? []),
    { cell, items },
  );

/** Resolves when nothing waits in the outbox of this cell. */
const emptied = (page: Page, cell: string): Promise<unknown> =>
  page.waitForFunction(async (cell) => (await window.tabs[cell]?.outbox.pending())?.length === 0, cell, {
    timeout: patienceMs,
    polling: 50,
  });

/** The cell is through with this page. */
const leave = (page: Page, cell: string): Promise<void> =>
  page.evaluate((cell) => {
    window.tabs[cell]?.socket.disconnect();
    delete window.tabs[cell];
  }, cell);

const kills = {
  crash: async (page: Page, go: (order: string) => void, devtools: CDPSession) => {
    const crashed = page.waitForEvent('crash', { timeout: patienceMs });
    devtools.once('Debugger.paused', () => devtools.send('Page.crash').catch(() => {}));
    go('pause');
    await crashed;
    await page.close();
  },
  close: (page: Page) => page.close(),
  reload: async (page: Page, go: (order: string) => void) => {
    const loaded = page.waitForEvent('load', { timeout: patienceMs });
    go('reload');
    await loaded;
  },
  leave: async (page: Page, go: (order: string) => void) => {
    const loaded = page.waitForEvent('load', { timeout: patienceMs });
    go('leave');
    await loaded;
  },
};
type Kill = keyof typeof kills;

/** What is certainly stored when the page has reached the step. */
const stored: Readonly<Record<Step, readonly string[]>> = {
  before: [],
  written: ['v1'],
  sending: ['v1'],
  sent: ['v1'],
  answered: ['v1', 'v2', 'v3'],
  removed: ['v1', 'v2', 'v3'],
};

let cells = 0;

interface Cell {
  readonly kill: Kill;
  readonly step: Step;
  readonly recovery: 'on' | 'off';
  readonly tabs: number;
  /** The how manieth time the step is reached. */
  readonly nth?: number;
  readonly items?: readonly string[];
}

/** Other tabs of all cells, and the page that is opened afterwards: each cell has an outbox of its own. */
const residents: Page[] = [];

async function runCell({
  kill,
  step,
  recovery,
  tabs,
  nth = 1,
  items = ['v1', 'v2', 'v3'],
}: Cell): Promise<void> {
  const cell = `${cells++}-`;
  const server = servers[recovery];
  const { url } = server;
  const others = residents.slice(1, tabs);
  const victim = await open(context);
  await victim.evaluate(startInPage, { url, cell });
  await emit(victim, cell, ['v0']);
  await Promise.all(
    others.map(async (page, i) => {
      await page.evaluate(startInPage, { url, cell });
      await emit(page, cell, [`${i}a`]);
    }),
  );
  const devtools = await context.newCDPSession(victim);
  // While it is paused, no code of the page runs, and it can be made to crash.
  if (kill === 'crash') await devtools.send('Debugger.enable');
  await victim.evaluate(armInPage, { cell, step, nth });
  const through = emit(victim, cell, items).catch(() => new Promise<never>(() => {}));
  const go = await Promise.race([site.reached(cell), through.then(() => undefined)]);
  // Some are through before they are to be killed.
  if (go) await kills[kill](victim, go, devtools);
  else await victim.close();
  await Promise.all(others.map((page, i) => emit(page, cell, [`${i}b`, `${i}c`])));
  const reloaded = kill === 'reload' && go;
  const heir = reloaded ? victim : (residents[0] as Page);
  await ready(heir);
  await heir.evaluate(startInPage, { url, cell });
  await emit(heir, cell, ['h0']);
  await emptied(heir, cell);
  const got = server.handled(cell).map((item) => item.slice(cell.length));
  // Nothing twice, and everything that was stored.
  expect([...new Set(got)]).toEqual(got);
  const sure = go ? (nth === 1 ? stored[step] : []) : items;
  const all = ['v0', ...sure, ...others.flatMap((_, i) => [`${i}a`, `${i}b`, `${i}c`]), 'h0'];
  expect(got).toEqual(expect.arrayContaining(all));
  // In order, for each tab, and without a gap.
  for (const tab of ['v', '0', '1']) {
    const mine = got.filter((item) => item.startsWith(tab));
    expect(mine).toEqual([...mine].sort());
    if (tab === 'v') expect(mine).toEqual(['v0', ...items.slice(0, mine.length - 1)]);
  }
  expect(await heir.evaluate((cell) => window.tabs[cell]?.errors, cell)).toEqual([]);
  for (const page of new Set([...others, heir])) await leave(page, cell);
  await victim.close();
}

/** One page after another does not use two cores. */
const atOnce = 6;

/** @returns what went wrong */
async function runAll(all: readonly Cell[]): Promise<string[]> {
  const left = [...all];
  const failures: string[] = [];
  const work = async (): Promise<void> => {
    for (let cell = left.shift(); cell; cell = left.shift())
      await runCell(cell).catch((error: Error) => failures.push(`${JSON.stringify(cell)}: ${error.stack}`));
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return failures;
}

const allKills = Object.keys(kills) as Kill[];

describe.each(allKills)('a page that ends by "%s"', (kill) => {
  test.each(['on', 'off'] as const)(
    'loses nothing and doubles nothing, at every step, alone and among three tabs (recovery %s)',
    async (recovery) => {
      const all = steps.flatMap((step) => [1, 3].map((tabs) => ({ kill, step, recovery, tabs })));
      expect(await runAll(all)).toEqual([]);
    },
  );
});

test('pages that are killed at random lose nothing and double nothing', { timeout: 600_000 }, async () => {
  const pick = <Value>(values: readonly Value[]): Value =>
    values[Math.floor(Math.random() * values.length)] as Value;
  const runs = Number(process.env.HOLDFAST_DURABLE_RUNS ?? 200);
  const all = Array.from({ length: runs }, () => {
    const count = pick([1, 2, 5, 9]);
    return {
      kill: pick(allKills),
      step: pick(steps),
      recovery: pick(['on', 'off'] as const),
      tabs: pick([1, 2, 3]),
      nth: pick([2, 3, 4, 5]),
      items: Array.from({ length: count }, (_, i) => `v${i + 1}`),
    };
  });
  expect(await runAll(all)).toEqual([]);
});
