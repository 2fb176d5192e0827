import { writeFile } from 'node:fs/promises';
import axe from 'axe-core';
import type { Page } from 'playwright';
import { describe, expect, test } from 'vitest';
import { probed, showFaults, strike, unfold, useDemo } from '../support/demo.js';

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
    await unfold(page);
    await showFaults(page);
    for (const width of [1280, 768, 390, 360, 320]) {
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
    expect(await violationsIn(page)).toEqual([]);
    await unfold(page);
    for (const [width, colorScheme, fault] of [
      [1280, 'light', 'ws-403'],
      [390, 'dark', 'latency'],
      [360, 'light', 'latency'],
      [768, 'light', 'latency'],
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
    await unfold(page);
    await page.getByRole('radio', { name: 'Inspector' }).check();
    const inspector = page.locator('#inspector holdfast-inspector');
    await inspector.getByText('Connected').first().waitFor();
    await strike(page, 'stop');
    await inspector.getByText('Reconnecting').first().waitFor();
  });

  test('shows the log or the chat after the inspector was closed, and reopens the inspector', async () => {
    const page = await visit(name);
    await unfold(page);
    await page.getByRole('radio', { name: 'Inspector' }).check();
    await page.getByRole('button', { name: 'Close the inspector' }).click();
    const other = page.getByRole('radio', { name: name === 'demo' ? 'Log' : 'Chat' });
    expect(await other.isChecked()).toBe(true);
    expect(await page.locator('#inspector').isVisible()).toBe(false);
    await page.locator('.dock [role="log"]').waitFor();
    await page.getByRole('radio', { name: 'Inspector' }).check();
    await page.locator('#inspector holdfast-inspector').getByText('Connected').first().waitFor();
  });

  test('has its faults in one toolbar: one stop of the Tab key, arrow keys, Home and End', async () => {
    const page = await visit(name);
    const focused = (): Promise<string | undefined> =>
      page.evaluate(() => {
        const { activeElement: at } = document;
        return (at as HTMLElement | null)?.dataset.fault ?? at?.id;
      });
    const toolbar = page.getByRole('toolbar', { name: 'Faults' });
    const stops = (): Promise<(string | undefined)[]> =>
      toolbar
        .locator('button')
        .evaluateAll((all) =>
          all.filter(({ tabIndex }) => tabIndex === 0).map(({ dataset }) => dataset.fault),
        );
    expect(await stops()).toEqual(['network-down']);
    await toolbar.locator('[tabindex="0"]').focus();
    const visited: (string | undefined)[] = [];
    for (const key of ['ArrowRight', 'ArrowDown', 'ArrowDown', 'ArrowLeft', 'End', 'ArrowRight', 'ArrowUp']) {
      await page.keyboard.press(key);
      visited.push(await focused());
    }
    expect(visited).toEqual([
      'sleep',
      'ws-hang',
      'restart',
      'ws-hang',
      'all-faults',
      'network-down',
      'all-faults',
    ]);
    // The rest unfolds in place, and the keys reach it.
    await page.keyboard.press('Enter');
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowRight');
    expect(await stops()).toHaveLength(1);
    expect(await focused()).not.toBe('sleep');
    // Tab leaves the toolbar, and returns to the last used button.
    const last = await focused();
    await page.keyboard.press('Tab');
    expect(await toolbar.evaluate((one) => one.contains(document.activeElement))).toBe(false);
    await page.keyboard.press('Shift+Tab');
    expect(await focused()).toBe(last);
  });

  test('injects a fault with the keyboard only', async () => {
    const page = await visit(name);
    await showFaults(page);
    await page.locator('[data-fault="latency"]').focus();
    await page.keyboard.press('Enter');
    await page.locator('#broken', { hasText: 'High latency' }).waitFor();
    await page.keyboard.press(' ');
    await page.locator('#broken', { hasText: 'No active fault' }).waitFor();
  });

  test('does not move when a pill or a state changes', async () => {
    const page = await visit(name);
    await showFaults(page);
    if (name === 'demo')
      await page.locator('[data-lane="socket.io-client"][data-state="websocket"]').waitFor();
    for (const width of [1280, 360]) {
      await page.setViewportSize({ width, height: 900 });
      await page.waitForTimeout(300);
      await page.evaluate(() => {
        const shifts: string[] = [];
        const observer = new PerformanceObserver((list) => {
          type Source = { node?: Element; previousRect: DOMRect; currentRect: DOMRect };
          for (const entry of list.getEntries() as (PerformanceEntry & {
            value: number;
            sources: Source[];
          })[]) {
            for (const { node, previousRect, currentRect } of entry.sources) {
              const what = node ? `${node.nodeName} ${node.id} ${node.className}` : 'something';
              shifts.push(`${what}: ${JSON.stringify([previousRect, currentRect])}`);
            }
          }
        });
        observer.observe({ type: 'layout-shift' });
        Object.assign(window, { shifts, observer });
      });
      for (const fault of ['ws-403', 'latency']) await strike(page, fault);
      await page.locator('#pill[data-status="connected"][data-transport="polling"]').waitFor();
      await strike(page, 'stop');
      await page.locator('#pill[data-status="reconnecting"]').waitFor();
      await page.getByRole('button', { name: 'Back to normal' }).click();
      await page.locator('#pill[data-status="connected"]').waitFor();
      await page.locator('#broken[data-broken="false"]').waitFor();
      await page.waitForTimeout(500);
      const shifts = await page.evaluate(() => {
        const { shifts, observer } = window as never as { shifts: string[]; observer: PerformanceObserver };
        observer.disconnect();
        return shifts;
      });
      expect(shifts, `${width} px`).toEqual([]);
    }
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

describe('the first minute of the demo', () => {
  test('begins with one sentence and one button; the lanes are beside the buttons at every width, the rest is folded', async () => {
    const page = await visit('demo');
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toMatch(/holdfast.*Socket\.IO/);
    expect(await page.locator('details[open]').count()).toBe(0);
    expect(await page.locator('button.primary:visible').allTextContents()).toEqual([
      'Your users’ Wi-Fi will do this. Press.',
    ]);
    for (const width of [1280, 768, 390, 360]) {
      await page.setViewportSize({ width, height: 800 });
      const places = await page.evaluate(() => {
        const rect = (selector: string): DOMRect =>
          (document.querySelector(selector) as Element).getBoundingClientRect();
        const [press, faults, ours] = ['#try', '#fault-groups', '[data-lane="holdfast"]'].map(
          rect,
        ) as DOMRect[];
        return { press, faults, ours } as Record<'press' | 'faults' | 'ours', DOMRect>;
      });
      const { press, faults, ours } = places;
      expect(press.bottom, `${width}: the button is seen`).toBeLessThan(400);
      expect(ours.left, `${width}: beside`).toBeGreaterThanOrEqual(faults.right);
      expect(ours.top, `${width}: beside`).toBeLessThan(faults.bottom);
      expect(ours.right, `${width}: within the window`).toBeLessThanOrEqual(width);
      expect(ours.top, `${width}: seen without scrolling`).toBeLessThan(640);
    }
    // With all faults unfolded, the lanes stay beside the one that is pressed.
    await showFaults(page);
    for (const fault of ['half-open-down', 'polling-hang', 'stop']) {
      await page.locator(`[data-fault="${fault}"]`).scrollIntoViewIfNeeded();
      const [button, lanes] = await Promise.all(
        [`[data-fault="${fault}"]`, '#lanes'].map((one) => page.locator(one).boundingBox()),
      );
      const { y = 0 } = button ?? {};
      expect(lanes?.y, fault).toBeLessThan(y);
      expect((lanes?.y ?? 0) + (lanes?.height ?? 0), fault).toBeGreaterThan(y);
    }
  });

  test('groups the faults by what happens to people', async () => {
    const page = await visit('demo');
    const toolbar = page.getByRole('toolbar');
    expect(await toolbar.getByRole('group').evaluateAll((all) => all.map((one) => one.ariaLabel))).toEqual([
      'On the train',
      'On a laptop',
      'In an office',
      'At your server',
    ]);
    expect(await toolbar.locator('button:visible b').allTextContents()).toEqual([
      'The train enters a tunnel',
      'The laptop is closed',
      'The office proxy swallows WebSocket',
      'You deploy the server',
    ]);
  });

  test('says in a sentence which client came back, and counts silent losses apart from reported ones', async () => {
    const page = await visit('demo');
    // At once: the press waits until both clients know their connection.
    await page.locator('#try').click();
    const verdict = page.locator('#verdict');
    await verdict.getByText('One moment').waitFor();
    await verdict.getByText(/^holdfast was back after \d+\.\d s/).waitFor({ timeout: 30_000 });
    const ours = page.locator('[data-lane="holdfast"]');
    const theirs = page.locator('[data-lane="socket.io-client"]');
    await verdict
      .getByText(/^socket\.io-client was back after \d+\.\d s; \d+ messages were lost silently/)
      .waitFor({
        timeout: 45_000,
      });
    const counts = async (lane: typeof ours): Promise<Record<string, number>> =>
      Object.fromEntries(
        await lane
          .locator('[data-count]')
          .evaluateAll((all) =>
            all.map((one) => [
              one.dataset.count,
              Number(one.lastElementChild?.textContent?.replaceAll(',', '')),
            ]),
          ),
      );
    const [mine, official] = await Promise.all([ours, theirs].map(counts));
    // Half of the messages sent meanwhile requested an answer, and their callers got an error; the other half is lost.
    expect(official?.silent).toBeGreaterThan(20);
    expect(official?.told).toBeGreaterThan(20);
    expect(mine?.silent).toBeLessThan(official?.silent as number);
    for (const { sent, acked, waiting, told, silent } of [mine, official] as Record<string, number>[]) {
      expect((acked as number) + (waiting as number) + (told as number) + (silent as number)).toBe(sent);
    }
  });
});

describe('the page of the doctor', () => {
  const open = async (width = 1280, colorScheme: 'light' | 'dark' = 'light'): Promise<Page> => {
    const page = await fixture.newPage({
      viewport: { width, height: 800 },
      reducedMotion: 'reduce',
      colorScheme,
    });
    await page.goto(`${fixture.demo.pageUrl}/doctor.html`);
    await page.getByRole('toolbar').getByRole('button').first().waitFor();
    return page;
  };
  const outcome = (page: Page, ok: boolean): Promise<void> =>
    page.locator(`#outcome[data-ok="${ok}"]`).waitFor({ timeout: 30_000 });

  test.each([
    ['A healthy server', true, /a Socket\.IO server answers.*WebSocket works.*long-polling works/],
    ['Nothing runs there', false, /no server answers/],
    ['A path in the address', false, /is read as a namespace/],
    ['No such namespace', false, /Invalid namespace.*create it on the server/],
    ['A refused password', false, /You are not on the list/],
    ['A proxy swallows WebSocket', true, /something swallows it/],
    ['The server is stopped', false, /no server answers/],
  ] as const)('examines “%s”', async (name, ok, words) => {
    const page = await open();
    await page.getByRole('button', { name }).click();
    await outcome(page, ok);
    expect(await page.locator('#findings').textContent()).toMatch(words);
    // What it breaks for this, it mends.
    const { active } = await page.evaluate(
      () =>
        new Promise<{ active: unknown[] }>((resolve) => {
          const events = new EventSource('/api/events');
          events.addEventListener('state', ({ data }) => {
            events.close();
            resolve(JSON.parse(data));
          });
        }),
    );
    expect(active).toEqual([]);
  });

  test('examines any address, and reports an invalid one', async () => {
    const page = await open();
    await page.fill('#address', 'http://');
    await page.getByRole('button', { name: 'Examine' }).click();
    await outcome(page, false);
    await page.fill('#address', fixture.demo.pageUrl);
    await page.fill('#path', '');
    await page.getByRole('button', { name: 'Examine' }).click();
    await page.locator('#findings [data-ok="false"]').first().waitFor();
    await outcome(page, false);
  });

  test.each([
    [1280, 'light'],
    [768, 'dark'],
    [390, 'dark'],
    [360, 'light'],
  ] as const)('fits, and has no axe-core violations: %d pixels, %s', async (width, colorScheme) => {
    const page = await open(width, colorScheme);
    await page.getByRole('button', { name: 'Nothing runs there' }).click();
    await outcome(page, false);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBe(0);
    expect(await violationsIn(page)).toEqual([]);
  });
});

/** A dead connection: one client detects it in seconds, the other by a missed heartbeat, for which only the screenshot waits. */
async function prepareDemo(page: Page): Promise<void> {
  for (const lane of ['holdfast', 'socket.io-client']) {
    await page.locator(`[data-lane="${lane}"][data-state="websocket"]`).waitFor();
  }
  await probed(page);
  await page.locator('#try').click();
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
