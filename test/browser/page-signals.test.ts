import { createServer, type Server } from 'node:http';
import { build } from 'esbuild';
import type { BrowserContext, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { launchLifelike, type Running } from '../support/browser.js';
import { freePort, host, listen } from '../support/ports.js';

/** When a page is left, its own `pagehide` listeners run before holdfast is notified of the end. */

let running: Running;
let context: BrowserContext;
let server: Server;
let origin: string;
/** A page that outlives those that write to the storage of their site. */
let reader: Page;

/** Runs in the page: listens before and after holdfast does, and records the order. */
const script = `
  const log = (word) => { localStorage.log = (localStorage.log || '') + word + ' '; };
  addEventListener('pagehide', () => log('earlier'));
  signals.systemSignals.watch(log);
  addEventListener('pagehide', () => log('later'));
  addEventListener('pagehide', () => log('capturing'), true);
`;

beforeAll(async () => {
  const bundle = await build({
    stdin: {
      contents: 'export { systemSignals } from "./src/platform/signals.js"',
      resolveDir: new URL('../..', import.meta.url).pathname,
    },
    bundle: true,
    format: 'iife',
    globalName: 'signals',
    write: false,
  });
  const code = `<script>${bundle.outputFiles[0]?.text}${script}</script>`;
  server = createServer((request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(`<!doctype html><link rel="icon" href="data:,">${request.url === '/' ? code : ''}`);
  });
  const port = await freePort();
  await listen(server, port);
  origin = `http://${host}:${port}`;
  running = await launchLifelike();
  context = running.context as BrowserContext;
  reader = await context.newPage();
  await reader.goto(`${origin}/reader`);
});

afterEach(async () => {
  await reader.evaluate(() => localStorage.clear());
});

afterAll(async () => {
  await running?.close();
  server?.closeAllConnections();
  server?.close();
});

/** Resolves when this word was recorded, with all words so far. */
async function written(word: string): Promise<string[]> {
  await reader.waitForFunction((word) => localStorage.log?.split(' ').includes(word), word, { polling: 50 });
  return reader.evaluate(() => localStorage.log.trim().split(' '));
}

async function open(hidden: boolean): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${origin}/`);
  if (hidden) {
    await reader.bringToFront();
    await page.waitForFunction(() => document.visibilityState === 'hidden', undefined, { polling: 50 });
  }
  await reader.evaluate(() => localStorage.clear());
  return page;
}

/** The words recorded between the first and the last of a page that is left. */
const farewell = (words: readonly string[]): string[] =>
  words.filter((word) => !['hidden', 'woken', 'restored'].includes(word));

describe.each([
  ['in front', false],
  ['hidden', true],
])('a page that is %s', (_where, hidden) => {
  test('is reported as stored after its own listeners have run, each time', async () => {
    const page = await open(hidden);
    for (let times = 0; times < 2; times++) {
      await page.evaluate(() => void setTimeout(() => location.assign('/away')));
      const words = farewell(await written('stored'));
      expect(words.slice().sort()).toEqual(['capturing', 'earlier', 'later', 'leaving', 'stored']);
      expect(words.at(-1)).toBe('stored');
      expect(words.indexOf('leaving')).toBeLessThan(words.indexOf('later'));
      await page.evaluate(() => void setTimeout(() => history.back()));
      await written('restored');
      await reader.evaluate(() => localStorage.clear());
    }
    await page.close();
  });

  test('is reported as left after its own listeners have run, when it is reloaded', async () => {
    const page = await open(hidden);
    await page.evaluate(() => void setTimeout(() => location.reload()));
    expect(farewell(await written('left')).at(-1)).toBe('left');
    await page.close();
  });
});
