import { writeFile } from 'node:fs/promises';
import axe from 'axe-core';
import type { Page } from 'playwright';
import { describe, expect, test } from 'vitest';
import { probed, strike, useDemo } from '../support/demo.js';

/** The layout and accessibility of both pages. HOLDFAST_PICTURES=1 takes new screenshots for the docs. */

const fixture = useDemo();
const pages = { demo: '/', whiteboard: '/whiteboard.html?board=harbour' } as const;
const names = Object.keys(pages) as (keyof typeof pages)[];
const maxPictureBytes = 150_000;

async function visit(name: keyof typeof pages, width = 1280, height = 900): Promise<Page> {
  // Without transitions: axe would measure intermediate colours.
  const page = await fixture.newPage({ viewport: { width, height }, reducedMotion: 'reduce' });
  await page.goto(`${fixture.demo.pageUrl}${pages[name]}`);
  await page.locator('#pill[data-status="connected"]').waitFor();
  return page;
}

/** The violations that axe-core finds in the page. */
async function violationsIn(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { axe: inPage } = window as never as { axe: { run(): Promise<axe.AxeResults> } };
    const { violations } = await inPage.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  });
}

describe.each(names)('the page “%s”', (name) => {
  test('fits its window without scrolling sideways, wide and narrow, light and dark', async () => {
    const page = await visit(name);
    for (const width of [1280, 768, 390, 320]) {
      await page.setViewportSize({ width, height: 844 });
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        const tooWide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        expect(tooWide, `${width} px, ${colorScheme}`).toBeLessThanOrEqual(0);
      }
    }
  });

  test('has no axe-core violations, wide and narrow, light and dark, with and without faults', async () => {
    const page = await visit(name);
    for (const [width, colorScheme, fault] of [
      [1280, 'light', 'ws-403'],
      [390, 'dark', 'latency'],
      [390, 'light', 'latency'],
      [1280, 'dark', 'latency'],
    ] as const) {
      await page.setViewportSize({ width, height: 844 });
      await page.emulateMedia({ colorScheme });
      if (!(await page.locator(`[data-fault="${fault}"][aria-pressed="true"]`).count()))
        await strike(page, fault);
      await page.locator(`[data-fault="${fault}"][aria-pressed="true"]`).waitFor();
      for (const part of await page.locator('#dock-choice input').all()) {
        await part.check();
        expect(await violationsIn(page), `${width} px, ${colorScheme}`).toEqual([]);
      }
    }
  });

  test('has the inspector of its connection docked', async () => {
    const page = await visit(name);
    await page.getByRole('radio', { name: 'Inspector' }).check();
    const inspector = page.locator('#inspector holdfast-inspector');
    await inspector.getByText('Connected').first().waitFor();
    await strike(page, 'stop');
    await inspector.getByText('Reconnecting').first().waitFor();
  });

  test('injects a fault with the keyboard only', async () => {
    const page = await visit(name);
    await page.locator('[data-fault="latency"]').focus();
    await page.keyboard.press('Enter');
    await page.locator('#broken', { hasText: 'High latency' }).waitFor();
    await page.keyboard.press(' ');
    await page.locator('#broken', { hasText: 'No active fault' }).waitFor();
  });

  test('loads nothing from other hosts', async () => {
    const page = await fixture.newPage();
    const hosts = new Set<string>();
    page.on('request', (request) => hosts.add(new URL(request.url()).hostname));
    await page.goto(`${fixture.demo.pageUrl}${pages[name]}`);
    await page.locator('#pill[data-status="connected"]').waitFor();
    expect([...hosts].filter((host) => !['localhost', '127.0.0.1'].includes(host))).toEqual([]);
  });

  test('reaches the state of its screenshot in the docs', async () => {
    const page = await visit(name, 1240, 836);
    await (name === 'demo' ? prepareDemo(page) : prepareWhiteboard(page));
    if (!process.env.HOLDFAST_PICTURES) return;
    await page.mouse.move(0, 0);
    const picture = await page.screenshot({ animations: 'disabled', caret: 'hide' });
    expect(picture.length).toBeLessThan(maxPictureBytes);
    await writeFile(new URL(`../../docs/${name}.png`, import.meta.url), picture);
  });
});

/** A dead connection: one client detects it in seconds, the other by a missed heartbeat, for which only the screenshot waits. */
async function prepareDemo(page: Page): Promise<void> {
  for (const lane of ['holdfast', 'socket.io-client']) {
    await page.locator(`[data-lane="${lane}"][data-state="websocket"]`).waitFor();
  }
  await probed(page);
  await strike(page, 'dead');
  await page.locator('[data-lane="holdfast"][data-outcome="recovered"]').waitFor();
  const outcome = process.env.HOLDFAST_PICTURES ? 'recovered' : 'disconnected';
  await page
    .locator(`[data-lane="socket.io-client"][data-outcome="${outcome}"]`)
    .waitFor({ timeout: 40_000 });
}

/** Two users draw a boat. */
async function prepareWhiteboard(page: Page): Promise<void> {
  const other = await visit('whiteboard');
  const lines: [Page, string, [number, number][]][] = [
    [page, 'Blue', wave(0.1, 0.9, 0.78)],
    [
      other,
      'Green',
      [
        [0.3, 0.64],
        [0.36, 0.74],
        [0.62, 0.74],
        [0.7, 0.64],
        [0.3, 0.64],
      ],
    ],
    [
      page,
      'Black',
      [
        [0.49, 0.64],
        [0.49, 0.16],
      ],
    ],
    [
      other,
      'Red',
      [
        [0.51, 0.18],
        [0.68, 0.56],
        [0.51, 0.56],
        [0.51, 0.18],
      ],
    ],
    [
      page,
      'Orange',
      [
        [0.47, 0.24],
        [0.34, 0.56],
        [0.47, 0.56],
        [0.47, 0.24],
      ],
    ],
    [other, 'Blue', wave(0.14, 0.86, 0.88)],
  ];
  for (const [index, [drawer, colour, points]] of lines.entries()) {
    await drawer.getByRole('radio', { name: colour }).check();
    await drawLine(drawer, points);
    await page.locator(`#saved[data-lines="${index + 1}"][data-waiting="0"]`).waitFor();
  }
  for (const [speaker, text] of [
    [other, 'I cut the connection in the middle of that line.'],
    [page, 'It is all here.'],
  ] as const) {
    await speaker.fill('#say-text', text);
    await speaker.press('#say-text', 'Enter');
    await page.locator('#messages p:not(.waiting)', { hasText: text }).waitFor();
  }
}

const wave = (from: number, to: number, height: number): [number, number][] =>
  Array.from({ length: 40 }, (_, i) => [from + ((to - from) * i) / 39, height + 0.02 * Math.sin(i * 0.9)]);

async function drawLine(page: Page, points: [number, number][]): Promise<void> {
  const { x, y, width, height } = (await page.locator('#board').boundingBox()) ?? expect.fail('no board');
  for (const [index, [left, top]] of points.entries()) {
    await page.mouse.move(x + left * width, y + top * height);
    if (index === 0) await page.mouse.down();
  }
  await page.mouse.up();
}
