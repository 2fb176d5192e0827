import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type RecipeServer,
  type Site,
  startDurableSite,
  startInPage,
  startRecipeServer,
} from '../support/durable-site.js';
import { patienceMs } from '../support/waiting.js';
import { engines } from './engines.js';

/** A site that clears its own storage (`Clear-Site-Data`, as many do when a user logs out) while the durable outbox writes. Each engine then has errors of its own. */

let folder: string;
let site: Site;
let server: RecipeServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cleared-'));
  site = await startDurableSite();
  server = await startRecipeServer(folder, false);
});

afterAll(async () => {
  await site?.close();
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

/** In a page: emits while the storage is cleared again and again. Resolves with the outcome of each event. */
async function emitInPage(cell: string): Promise<string[]> {
  const outcomes: Promise<string>[] = [];
  let clears = 8;
  const clearing = (async () => {
    for (; clears > 0; clears--) await fetch('/clear', { cache: 'no-store' });
  })();
  for (let i = 0; clears > 0; i++) {
    for (const one of window.tabs[cell]?.emit([`${cell}${i}`]) ?? [])
      outcomes.push(
        one.then(
          () => `${cell}${i} answered`,
          ({ code, cause }) => (code === 'STORAGE_EVICTED' ? code : `${code} ${cause}`),
        ),
      );
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await clearing;
  for (const one of window.tabs[cell]?.emit([`${cell}last`]) ?? [])
    outcomes.push(
      one.then(
        () => 'last answered',
        ({ code, cause }) => (code === 'STORAGE_EVICTED' ? code : `${code} ${cause}`),
      ),
    );
  return Promise.all(outcomes);
}

test.concurrent.each(engines)(
  'in $name, the outbox loses nothing silently when the site clears its storage, and works again',
  async ({ name, start }) => {
    if (!start) {
      // In CI, a missing engine is a failure.
      if (process.env.CI) throw new Error(`${name} was not found and could not be installed`);
      return;
    }
    const driver = await start();
    try {
      const cell = `${name}-`;
      await driver.open(`${site.origin}/`);
      const settings = JSON.stringify({ url: server.url, cell });
      await driver.evaluate(
        `void (${startInPage})(${settings}).then(() => (${emitInPage})('${cell}')).then((value) => { window.outcomes = value; }, (error) => { window.outcomes = [String(error)]; })`,
      );
      const endsAtMs = Date.now() + patienceMs;
      let outcomes: readonly string[] | null = null;
      while (!outcomes && Date.now() < endsAtMs) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        outcomes = (await driver.evaluate('window.outcomes ?? null')) as readonly string[] | null;
      }
      const all = outcomes ?? ['no end'];
      const got = server.handled(cell);
      expect(all.filter((one) => !/answered$|^STORAGE_EVICTED$/.test(one))).toEqual([]);
      expect(all.at(-1)).toBe('last answered');
      expect(new Set(got).size).toBe(got.length);
      expect(got).toEqual(
        expect.arrayContaining(
          all.filter((one) => one.startsWith(cell)).map((one) => one.replace(' answered', '')),
        ),
      );
      expect(await driver.evaluate(`window.tabs['${cell}'].errors`)).toEqual([]);
    } finally {
      await driver.close();
    }
  },
);
