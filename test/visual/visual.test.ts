import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Driver } from '../engines/drivers/driver.js';
import { engines } from '../engines/engines.js';
import { type Demo, startDemo } from '../support/demo.js';
import { type Site, startSite } from '../support/site.js';
import { difference, type Shot, take } from './screenshot.js';

/**
 * Compares the demo, the whiteboard, the doctor and the inspector in three engines with the screenshots in `docs/visual`.
 * `HOLDFAST_WRITE_DOCS=1` takes new ones.
 */

/** The share of pixels that may differ. A page shifted by 8 pixels differs by 2.5 %, a moved card by at least 0.7 %. */
const tolerance = 0.005;
/** The same for another major version of the engine, which renders text differently. */
const versionTolerance = 0.05;

const pictures = new URL('../../docs/visual/', import.meta.url);
const sizes = [
  { width: 1280, height: 900 },
  { width: 768, height: 1_040 },
  { width: 390, height: 1_040 },
  { width: 360, height: 1_040 },
] as const;

let demo: Demo;
let site: Site;

beforeAll(async () => {
  [demo, site] = await Promise.all([startDemo(), startSite(`${process.cwd()}/dist`)]);
  await mkdir(pictures, { recursive: true });
});

afterAll(async () => {
  await demo?.stop();
  await site?.close();
});

type Seen = Pick<Shot, 'url' | 'before' | 'ready' | 'volatile'>;

const pages: Readonly<Record<string, () => Promise<Seen> | Seen>> = {
  demo: () => ({
    url: `${demo.pageUrl}/`,
    ready: `document.querySelectorAll('.lane[data-state="websocket"]').length === 2 && document.querySelector('#pill')?.textContent.includes('WebSocket')`,
    // Times, plots and ids change; their surroundings do not.
    volatile:
      '.lane canvas, .lane dd, .facts, time, .journal, .plot, .strip, .status-detail, #attempts, [role="log"]',
  }),
  whiteboard: () => ({
    url: `${demo.pageUrl}/whiteboard.html`,
    before: `sessionStorage.setItem('guest', '{"id":"00000000-0000-4000-8000-000000000042","name":"Ada 42","colour":"#0b6e63"}')`,
    ready: `document.querySelector('#pill')?.textContent.includes('WebSocket') && document.querySelectorAll('#people li').length > 0`,
  }),
  doctor: () => ({
    url: `${demo.pageUrl}/doctor.html`,
    ready: `document.querySelectorAll('button').length > 5`,
    // Addresses with a port of this run.
    volatile: 'input, pre',
  }),
  inspector: async () => {
    const log = await readFile(new URL('inspector-log.json', import.meta.url), 'utf8');
    const open = `io.openLog(${JSON.stringify(log).replaceAll('<', '\\u003c')})`;
    const scripts = `<script src="/holdfast.min.js"></script><script src="/holdfast.inspector.min.js"></script><script>${open}</script>`;
    return {
      url: site.page(
        `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>inspector</title><body><h1>A log, opened again</h1>${scripts}`,
      ),
      ready: `document.querySelector('holdfast-inspector')?.shadowRoot.querySelectorAll('.plot').length > 0`,
    };
  },
};

describe.each(engines)('$name', ({ name, start }) => {
  if (!start) {
    test('is installed', ({ skip }) => {
      // In CI, a missing engine is a failure.
      if (process.env.CI) throw new Error(`${name} was not found and could not be installed`);
      skip(`${name} was not found`);
    });
    return;
  }
  let driver: Driver;
  beforeAll(async () => {
    driver = await start();
  });
  afterAll(() => driver?.close());

  test.each(Object.keys(pages).flatMap((page) => sizes.map((size) => ({ page, ...size }))))(
    'shows the $page as in its screenshot, $width pixels wide',
    async ({ page, width, height }) => {
      const seen = await pages[page]?.();
      if (!seen) throw new Error(`There is no ${page}.`);
      const shot = await take(driver, { ...seen, width, height });
      const file = new URL(`${page}-${name.toLowerCase()}-${width}.png`, pictures);
      if (process.env.HOLDFAST_WRITE_DOCS === '1') {
        await writeFile(file, PNG.sync.write(shot));
        await writeFile(versionOf(name), `${major(driver)}\n`);
      }
      const expected = PNG.sync.read(await readFile(file));
      const differs = difference(shot, expected);
      const same = (await readFile(versionOf(name), 'utf8')).trim() === major(driver);
      const most = same ? tolerance : versionTolerance;
      if (differs > most) await keep(shot, `${page}-${name.toLowerCase()}-${width}.png`);
      expect(differs, same ? 'difference' : 'difference from another version').toBeLessThanOrEqual(most);
    },
  );
});

/** The file with the engine version of the screenshots. */
const versionOf = (engine: string): URL => new URL(`${engine.toLowerCase()}.version`, pictures);
const major = ({ version }: Driver): string => version.split('.')[0] ?? '';

/** Saves the differing screenshot for inspection. */
async function keep(shot: PNG, file: string): Promise<void> {
  const folder = new URL('../../test-results/visual/', import.meta.url);
  await mkdir(folder, { recursive: true });
  await writeFile(new URL(file, folder), PNG.sync.write(shot));
}
