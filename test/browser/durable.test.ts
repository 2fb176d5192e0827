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
let servers: Record<'on' | 'off', RecipeServer>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'durable-'));
  [site, browser] = await Promise.all([startDurableSite(), launchChromium('--renderer-process-limit=200')]);
  servers = {
    on: await startRecipeServer(folder, true),
    off: await startRecipeServer(folder, false),
  };
});

afterAll(async () => {
  await browser?.close();
  await site?.close();
  for (const server of Object.values(servers ?? {})) await server.close();
  await rm(folder, { recursive: true, force: true });
});

declare global {
  interface Window {
    emit(items: readonly string[]): Promise<unknown>[];
    settled: string[];
    restored: string[];
    errors: string[];
    boot: number;
  }
}

const ready = (page: Page): Promise<unknown> =>
  page.waitForFunction(() => window.boot !== undefined, undefined, { timeout: patienceMs });

async function open(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${site.origin}/`);
  return page;
}

const emit = (page: Page, ...items: string[]): Promise<unknown[]> =>
  page.evaluate((items) => Promise.all(window.emit(items)), items);

/** Resolves when nothing waits in the outbox of this page. */
const emptied = (page: Page): Promise<unknown> =>
  page.waitForFunction(
    // biome-ignore lint/suspicious/noExplicitAny: put there by the page
    async () => (await (window as any).outbox.pending()).length === 0,
    undefined,
    { timeout: patienceMs, polling: 50 },
  );

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

async function runCell(kill: Kill, step: Step, recovery: 'on' | 'off', tabs: number): Promise<void> {
  const cell = `cell${cells++}-`;
  const server = servers[recovery];
  const { url } = server;
  const context = await browser.newContext();
  try {
    const victim = await open(context);
    await victim.evaluate(startInPage, { url, cell });
    await emit(victim, `${cell}v0`);
    const others = await Promise.all(
      Array.from({ length: tabs - 1 }, async (_, i) => {
        const page = await open(context);
        await page.evaluate(startInPage, { url, cell });
        await emit(page, `${cell}${i}a`);
        return page;
      }),
    );
    const devtools = await context.newCDPSession(victim);
    // While it is paused, no code of the page runs, and it can be made to crash.
    if (kill === 'crash') await devtools.send('Debugger.enable');
    await victim.evaluate(armInPage, { cell, step });
    victim
      .evaluate(
        (items) => void Promise.all(window.emit(items)),
        ['v1', 'v2', 'v3'].map((item) => cell + item),
      )
      .catch(() => {});
    const go = await site.reached(cell);
    await kills[kill](victim, go, devtools);
    await Promise.all(others.map((page, i) => emit(page, `${cell}${i}b`, `${cell}${i}c`)));
    const heir = kill === 'reload' ? victim : await open(context);
    await ready(heir);
    await heir.evaluate(startInPage, { url, cell });
    await emit(heir, `${cell}h0`);
    await emptied(heir);
    const got = server.handled(cell).map((item) => item.slice(cell.length));
    // Nothing twice, and everything that was stored.
    expect([...new Set(got)]).toEqual(got);
    const all = ['v0', ...stored[step], ...others.flatMap((_, i) => [`${i}a`, `${i}b`, `${i}c`]), 'h0'];
    expect(got).toEqual(expect.arrayContaining(all));
    // In order, for each tab.
    for (const tab of ['v', '0', '1']) {
      const mine = got.filter((item) => item.startsWith(tab));
      expect(mine).toEqual([...mine].sort());
    }
    expect(got.at(-1)).toBe('h0');
    expect(await heir.evaluate(() => window.errors)).toEqual([]);
  } finally {
    await context.close();
  }
}

describe.concurrent.each(Object.keys(kills) as Kill[])('a page that ends by %s', (kill) => {
  describe.each(steps)('at the step "%s"', (step) => {
    test.each([
      ['on', 1],
      ['off', 1],
      ['on', 3],
      ['off', 3],
    ] as const)('loses nothing, doubles nothing (recovery %s, %i tabs)', async (recovery, tabs) => {
      await runCell(kill, step, recovery, tabs);
    });
  });
});
