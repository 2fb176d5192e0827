import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright';
import type { Socket } from 'socket.io';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { launchChromium, launchLasting } from '../support/browser.js';
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

import { freePort } from '../support/ports.js';

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

/** The cell has finished with this page. */
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
const atOnce = 8;

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
    'loses and duplicates nothing, at any step, alone and among three tabs (recovery %s)',
    async (recovery) => {
      const all = steps.flatMap((step) => [1, 3].map((tabs) => ({ kill, step, recovery, tabs })));
      expect(await runAll(all)).toEqual([]);
    },
  );
});

test('a browser that is killed loses and duplicates nothing, at any step', {
  timeout: 120_000,
}, async () => {
  const profile = join(folder, 'profile');
  // The browser's own process, which does not get the chance to say good-bye.
  const port = await freePort();
  let lasting = await launchLasting(profile, `--remote-debugging-port=${port}`);
  const processes = await pidsOf(port);
  const all = steps.flatMap((step) =>
    (['on', 'off'] as const).flatMap((recovery) =>
      [1, 3].map((tabs) => ({ step, recovery, tabs, cell: `kill${cells++}-` })),
    ),
  );
  const helpers = [await open(lasting), await open(lasting)];
  for (const { step, recovery, tabs, cell } of all) {
    const { url } = servers[recovery];
    const victim = await open(lasting);
    await victim.evaluate(startInPage, { url, cell });
    await emit(victim, cell, ['v0']);
    for (const [i, helper] of helpers.slice(0, tabs - 1).entries()) {
      await helper.evaluate(startInPage, { url, cell });
      await emit(helper, cell, [`${i}a`]);
    }
    const devtools = await lasting.newCDPSession(victim);
    await devtools.send('Debugger.enable');
    const paused = new Promise((resolve) => devtools.once('Debugger.paused', resolve));
    await victim.evaluate(armInPage, { cell, step });
    emit(victim, cell, ['v1', 'v2', 'v3']).catch(() => {});
    // A request that is held would keep one of the browser's few connections.
    (await site.reached(cell))('pause');
    await paused;
  }
  const closed = new Promise((resolve) => lasting.once('close', resolve));
  for (const pid of processes) process.kill(pid, 'SIGKILL');
  await closed;
  lasting = await launchLasting(profile);
  const heir = await open(lasting);
  for (const { step, recovery, tabs, cell } of all) {
    const server = servers[recovery];
    await heir.evaluate(startInPage, { url: server.url, cell });
    await emit(heir, cell, ['h0']);
    await emptied(heir, cell);
    const got = server.handled(cell).map((item) => item.slice(cell.length));
    expect([step, got]).toEqual([step, [...new Set(got)]]);
    // What the system had taken, but not the disk, is there as well: only the browser has died.
    expect(got).toEqual(
      expect.arrayContaining(['v0', ...stored[step], ...(tabs > 1 ? ['0a', '1a'] : []), 'h0']),
    );
    await leave(heir, cell);
  }
  await lasting.close();
});

/** The process of the browser that listens on this port. */
async function pidsOf(port: number): Promise<number[]> {
  const all = await readdir('/proc');
  const found: number[] = [];
  for (const pid of all.filter((name) => /^\d+$/.test(name))) {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (line.includes(`--remote-debugging-port=${port}`)) found.push(Number(pid));
  }
  return found;
}

describe('the storage', () => {
  const alone = async (use: (page: Page, cell: string, url: string) => Promise<void>, options = {}) => {
    const cell = `own${cells++}-`;
    const own = await browser.newContext();
    const page = await open(own);
    const { url } = servers.on;
    await page.evaluate(startInPage, { url, cell, options });
    try {
      await use(page, cell, url);
    } finally {
      await own.close();
    }
  };
  const codeOf = (page: Page, cell: string, items: readonly string[]): Promise<string[]> =>
    page.evaluate(
      ({ cell, items }) =>
        Promise.all(
          (window.tabs[cell]?.emit(items) ?? []).map((one) =>
            one.then(
              () => 'answered',
              ({ code }) => code,
            ),
          ),
        ),
      { cell, items },
    );

  test.each([
    ['an empty database', 1, 1],
    ['a large event', 200_000, 500_000],
  ])('fails the emit when it is too full for %s, and works again later', async (_what, quotaSize, length) => {
    // Each in a browser of its own: Chromium remembers for a while how much room there was.
    const own = await browser.newContext();
    const page = await open(own);
    const devtools = await own.newCDPSession(page);
    const { origin } = site;
    await devtools.send('Storage.overrideQuotaForOrigin', { origin, quotaSize });
    const cell = `own${cells++}-`;
    await page.evaluate(startInPage, { url: servers.on.url, cell });
    expect(await codeOf(page, cell, [`${cell}${'x'.repeat(length)}`])).toEqual(['STORAGE_FULL']);
    await devtools.send('Storage.overrideQuotaForOrigin', { origin });
    expect(await codeOf(page, cell, [`${cell}a`])).toEqual(['answered']);
    await own.close();
  });

  const waits = (page: Page, cell: string, count: number): Promise<unknown> =>
    page.waitForFunction(
      async ({ cell, count }) => (await window.tabs[cell]?.outbox.pending())?.length === count,
      { cell, count },
      { polling: 50, timeout: patienceMs },
    );
  const clearSite = async (page: Page): Promise<void> => {
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('Storage.clearDataForOrigin', { origin: site.origin, storageTypes: 'indexeddb' });
  };

  test('ends the waits when it is cleared, and works again', () =>
    alone(async (page, cell) => {
      await page.evaluate((cell) => void window.tabs[cell]?.socket.disconnect(), cell);
      const codes = codeOf(page, cell, [`${cell}a`, `${cell}b`]);
      await waits(page, cell, 2);
      // The third is written when the transactions of the first two are through, to the last: what can be read may yet be undone.
      const third = codeOf(page, cell, [`${cell}c`]);
      await waits(page, cell, 3);
      await clearSite(page);
      expect(await codes).toEqual(['STORAGE_EVICTED', 'STORAGE_EVICTED']);
      await page.evaluate((cell) => window.tabs[cell]?.socket.ready().then(() => {}), cell);
      expect(await codeOf(page, cell, [`${cell}d`])).toEqual(['answered']);
      // Gone, or undone and written again.
      expect(['STORAGE_EVICTED', 'answered']).toContain((await third)[0]);
    }));

  test('loses nothing silently when it is cleared during a write', () =>
    alone(async (page, cell) => {
      const items = Array.from({ length: 300 }, (_, n) => `${cell}${n}`);
      const codes = codeOf(page, cell, items);
      for (let i = 0; i < 3; i++) await clearSite(page);
      const outcomes = await codes;
      expect(outcomes.filter((one) => one !== 'answered' && one !== 'STORAGE_EVICTED')).toEqual([]);
      const got = servers.on.handled(cell);
      expect(new Set(got).size).toBe(got.length);
      expect(got).toEqual(expect.arrayContaining(items.filter((_, n) => outcomes[n] === 'answered')));
    }));

  test('keeps binary data, Blobs and Files across a reload', () =>
    alone(async (page, cell, url) => {
      const got: unknown[] = [];
      // On every connection: another page may reconnect first.
      const listen = (socket: Socket): void => {
        socket.on('order', ({ file, blob, bytes }) => {
          if (file) got.push(file, blob, bytes);
        });
      };
      servers.on.io.on('connection', listen);
      await page.evaluate((cell) => {
        const tab = window.tabs[cell];
        tab?.socket.disconnect();
        const item = 'binary';
        const file = new File(['a file'], 'a.txt');
        void tab?.outbox.emitWithAck(tab.socket, 'order', {
          item,
          file,
          blob: new Blob(['a blob']),
          bytes: new Uint8Array([7]),
        });
      }, cell);
      await page.waitForFunction(
        async (cell) => (await window.tabs[cell]?.outbox.pending())?.length === 1,
        cell,
        { polling: 50, timeout: patienceMs },
      );
      await page.reload();
      await page.evaluate(startInPage, { url, cell });
      await emptied(page, cell);
      servers.on.io.off('connection', listen);
      expect(got.map(String)).toEqual(['a file', 'a blob', '\u0007']);
      expect(await page.evaluate((cell) => window.tabs[cell]?.restored, cell)).toEqual(['binary']);
      expect(await page.evaluate((cell) => window.tabs[cell]?.settled, cell)).toEqual(['binary answered']);
    }));

  test('is shared by three tabs: all write, one sends, each message arrives once', async () => {
    const cell = `shared${cells++}-`;
    const server = servers.off;
    for (const page of residents) await page.evaluate(startInPage, { url: server.url, cell });
    await Promise.all(
      residents.map((page, i) =>
        emit(
          page,
          cell,
          Array.from({ length: 100 }, (_, n) => `${i}-${n}`),
        ),
      ),
    );
    const arrivals = server.arrivals.filter(({ item }) => item.startsWith(cell));
    expect(arrivals).toHaveLength(300);
    expect(new Set(arrivals.map(({ socket }) => socket)).size).toBe(1);
    for (const page of residents) await leave(page, cell);
  });

  test('is shared by tabs on one connection: the tab that has it sends, and when it dies the next one does', async () => {
    const cell = `led${cells++}-`;
    const server = servers.off;
    const own = await browser.newContext();
    const pages = await Promise.all([open(own), open(own), open(own)]);
    for (const page of pages) await page.evaluate(startInPage, { url: server.url, cell, shared: true });
    for (const [i, page] of pages.entries())
      await page.evaluate(
        ({ cell, item }) => {
          const tab = window.tabs[cell];
          // Nobody answers it.
          void tab?.outbox.emitWithAck(tab.socket, 'unheard', { item });
        },
        { cell, item: `${cell}${i}` },
      );
    const arrived = (): string[] =>
      server.arrivals.map(({ item }) => item).filter((item) => item.startsWith(cell));
    const lookAt = (page: Page): Promise<{ role: string; tries: number[] }> =>
      page.evaluate(async (cell) => {
        const tab = window.tabs[cell];
        const all: { tries: number }[] = await tab?.outbox.pending();
        return { role: `${tab?.socket.io.sharing.role}`, tries: all.map(({ tries }) => tries) };
      }, cell);
    const expectOneSender = async (among: readonly Page[]): Promise<void> => {
      for (const page of among) {
        const { role, tries } = await lookAt(page);
        const times = role === 'leader' ? 1 : 0;
        expect([role, tries]).toEqual([role, [times, times, times]]);
      }
    };
    await vi.waitFor(() => expect(arrived().sort()).toEqual([0, 1, 2].map((i) => `${cell}${i}`)), patienceMs);
    await expectOneSender(pages);
    const roles = await Promise.all(pages.map(async (page) => (await lookAt(page)).role));
    expect([...roles].sort()).toEqual(['follower', 'follower', 'leader']);
    const leader = pages[roles.indexOf('leader')] as Page;
    const left = pages.filter((page) => page !== leader);
    await leader.close();
    await vi.waitFor(() => expect(arrived()).toHaveLength(6), patienceMs);
    await expectOneSender(left);
    await own.close();
  });

  test('takes hundreds of events at once, in order, with strict durability', () =>
    alone(
      async (page, cell) => {
        const items = Array.from({ length: 300 }, (_, n) => `${n}`);
        await emit(page, cell, items);
        expect(servers.on.handled(cell)).toEqual(items.map((item) => cell + item));
      },
      { strict: true },
    ));
});

test('pages that are killed at random lose and duplicate nothing', { timeout: 600_000 }, async () => {
  const pick = <Value>(values: readonly Value[]): Value =>
    values[Math.floor(Math.random() * values.length)] as Value;
  // With HOLDFAST_DURABLE_RUNS, fewer or more.
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
