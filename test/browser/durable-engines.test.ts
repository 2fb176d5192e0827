import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Driver } from '../engines/drivers/driver.js';
import { engines } from '../engines/engines.js';
import {
  armInPage,
  type RecipeServer,
  type Site,
  startDurableSite,
  startInPage,
  startRecipeServer,
  steps,
} from '../support/durable-site.js';

/** Firefox and WebKit: pages that are reloaded and left at every step of a durable emit. */

const patienceMs = 30_000;

let folder: string;
let site: Site;
let server: RecipeServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'durable-'));
  [site, server] = await Promise.all([startDurableSite(), startRecipeServer(folder, true)]);
});

afterAll(async () => {
  await site?.close();
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Resolves to the first value that counts as true; a page that is loading has none. */
async function until(driver: Driver, expression: string): Promise<unknown> {
  const endMs = Date.now() + patienceMs;
  for (;;) {
    const value = await driver.evaluate(expression).catch(() => undefined);
    if (value) return value;
    if (Date.now() > endMs) throw new Error(`never true: ${expression}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Starts the outbox of the cell, and emits. */
async function emit(driver: Driver, cell: string, items: readonly string[]): Promise<void> {
  await until(driver, 'window.boot');
  const start = `(${startInPage})(${JSON.stringify({ url: server.url, cell })})`;
  await driver.evaluate(`window.tabs?.['${cell}'] ? 1 : void ${start}`);
  await until(driver, `window.tabs?.['${cell}']?.socket.connected`);
  const all = JSON.stringify(items.map((item) => cell + item));
  await driver.evaluate(
    `void setTimeout(() => Promise.all(window.tabs['${cell}'].emit(${all})).then(() => { window.through = '${cell}${items}'; }))`,
  );
}

describe.each(engines.filter(({ name }) => name !== 'Chromium'))('$name', ({ name, start }) => {
  if (!start) {
    test('is installed', ({ skip }) => {
      if (process.env.CI) throw new Error(`${name} was not found and could not be installed`);
      skip(`${name} was not found and could not be installed`);
    });
    return;
  }

  test('loses and duplicates nothing, at any step', { timeout: 180_000 }, async () => {
    const driver = await start();
    try {
      await driver.open(`${site.origin}/`);
      for (const order of ['reload', 'leave'])
        for (const step of steps) {
          const cell = `${name}-${order}-${step}-`;
          await emit(driver, cell, ['v0']);
          await until(driver, `window.through === '${cell}v0'`);
          await driver.evaluate(`void (${armInPage})(${JSON.stringify({ cell, step })})`);
          await until(driver, `window.armed === '${cell}'`);
          const boot = await driver.evaluate('window.boot');
          const reached = site.reached(cell);
          await emit(driver, cell, ['v1', 'v2', 'v3']);
          (await reached)(order);
          await until(driver, `window.boot !== ${boot}`);
          if (order === 'leave') await driver.open(`${site.origin}/`);
          await emit(driver, cell, ['h0']);
          await until(driver, `window.through === '${cell}h0'`);
          await driver.evaluate(
            `void window.tabs['${cell}'].outbox.pending().then((all) => { window.left = '${cell}' + all.length; })`,
          );
          await until(driver, `window.left === '${cell}0'`);
          const got = server.handled(cell).map((item) => item.slice(cell.length));
          const certain =
            step === 'before' ? [] : step === 'answered' || step === 'removed' ? ['v1', 'v2', 'v3'] : ['v1'];
          expect([step, got]).toEqual([step, [...new Set(got)]]);
          expect([step, got]).toEqual([
            step,
            ['v0', 'v1', 'v2', 'v3', 'h0'].filter((item) => got.includes(item)),
          ]);
          expect(got).toEqual(expect.arrayContaining(['v0', ...certain, 'h0']));
          await driver.evaluate(`void window.tabs['${cell}'].socket.disconnect()`);
        }
    } finally {
      await driver.close();
    }
  });
});
