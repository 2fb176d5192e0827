import axe from 'axe-core';
import type { Locator, Page } from 'playwright';
import { describe, expect, test } from 'vitest';
import type * as Tools from '../../src/plugins/inspector/index.js';
import { connectIn, modules, scripts, useInspectedPages } from '../support/inspected.js';

/** The inspector in a page: its display of a real connection, and its use. */

const pages = useInspectedPages();

const panel = (page: Page): Locator => page.locator('holdfast-inspector');
const head = (page: Page): Locator => panel(page).locator('.state');
const tab = (page: Page, name: string): Promise<void> => panel(page).getByRole('tab', { name }).click();
/** Waits as Playwright does, until it is visible. */
const seen = (locator: Locator): Promise<void> => locator.first().waitFor();
const packetRow = (page: Page, text: string | RegExp): Locator =>
  panel(page).getByRole('row').filter({ hasText: text });

/** Emits an event and waits for its acknowledgement. */
const ask = (page: Page, ...args: unknown[]): Promise<unknown> =>
  page.evaluate((args) => window.socket.emitWithAck('ask', ...args), args);

describe('a script tag with data-inspect', () => {
  test('inspects every connection of the page, made before or after it', async () => {
    const { server } = pages;
    const page = await pages.show(
      `<script src="/holdfast.min.js"></script><script>window.first = io('${server.url}', { forceNew: true });</script>
      <script src="/holdfast.inspector.min.js" data-inspect></script>`,
    );
    await seen(head(page).getByText('Connected'));
    await page.evaluate((url) => {
      window.socket = window.io(url, { path: '/elsewhere', autoConnect: false });
    }, server.url);
    const which = panel(page).getByLabel('Connection', { exact: true });
    await seen(which);
    expect(await which.locator('option').allTextContents()).toEqual([
      `1: ${server.url}/socket.io`,
      `2: ${server.url}/elsewhere`,
    ]);
    await which.selectOption({ index: 1 });
    await seen(head(page).getByText('Idle'));
  });

  test('opens nothing without the attribute, and provides `io.inspect`', async () => {
    const page = await pages.show(scripts());
    await connectIn(page, pages.server.url);
    expect(await panel(page).count()).toBe(0);
    await page.evaluate(() => (window.io as never as { inspect(): void }).inspect());
    await seen(head(page).getByText('Connected'));
    await seen(head(page).getByText('websocket'));
  });
});

test('the module puts a panel into an element of the page, and removes it', async () => {
  const page = await pages.show(`<div id="here"></div><script src="/holdfast.min.js"></script>${modules}`);
  await connectIn(page, pages.server.url);
  await page.evaluate(() => {
    const { tools } = window as never as { tools: typeof Tools };
    const parent = document.querySelector('#here') as Element;
    Object.assign(window, { inspector: tools.inspect(window.socket, { parent }) });
  });
  await seen(page.locator('#here > holdfast-inspector').getByText('Connected'));
  const left = await page.evaluate(async () => {
    const { inspector, socket } = window as never as { inspector: Tools.Inspector; socket: Window['socket'] };
    const packets = () => inspector.log().connections[0]?.packets.length ?? 0;
    const talk = (): Promise<void> => {
      const arrived = new Promise<void>((resolve) => socket.io.engine.once('packet', () => resolve()));
      socket.io.engine.write('0/nowhere,');
      return arrived;
    };
    const before = packets();
    await talk();
    const watched = packets();
    inspector.close();
    await talk();
    return [watched > before, packets() - watched, document.querySelectorAll('holdfast-inspector').length];
  });
  expect(left).toEqual([true, 0, 0]);
});

test('the panel shows a fallback: each transport with its phases, its outcome and its error text', async () => {
  pages.proxy.refuseUpgrades({ status: 403 });
  const page = await pages.show(scripts('data-inspect'));
  await connectIn(page, pages.proxy.url);
  await tab(page, 'Attempts');
  const rows = panel(page).locator('.rounds li').first().locator('tbody tr');
  await seen(rows.nth(1).getByText('won'));
  expect(await rows.nth(0).textContent()).toMatch(/websocket[\d.]+ msfailed: websocket error/);
  expect(await rows.nth(1).getByRole('img').getAttribute('aria-label')).toMatch(
    /^polling: starts at [\d.]+ m?s; open [\d.]+ ms, handshake [\d.]+ ms, connect [\d.]+ ms$/,
  );
  const widths = await rows
    .nth(1)
    .locator('.bars i')
    .evaluateAll((bars) => bars.map((bar) => bar.getBoundingClientRect().width));
  expect(widths).toHaveLength(3);
  expect(Math.min(...widths)).toBeGreaterThan(0);
});

test('the panel shows a cut and the reconnect: states with reasons, as a timeline, as text, and to screen readers', async () => {
  const page = await pages.show(scripts('data-inspect'));
  await connectIn(page, pages.proxy.url, { reconnectionDelay: 300, reconnectionDelayMax: 300 });
  await seen(panel(page).getByRole('status').getByText('Connected over websocket'));
  await pages.proxy.down();
  await seen(
    panel(page)
      .locator('.journal')
      .getByText(/^waiting, next attempt in .* \(transport (close|error)\)$/),
  );
  await seen(
    panel(page)
      .locator('.journal')
      .getByText(/no transport opened/),
  );
  await pages.proxy.up();
  await seen(head(page).getByText('Connected'));
  await seen(
    panel(page)
      .locator('.journal')
      .getByText(/missed what was sent/),
  );
  const words = await panel(page).locator('.strip').getAttribute('aria-label');
  expect(words).toMatch(
    /^States in the last .*Connected for .*Waiting to retry for .*Reconnecting for .*Connected for/,
  );
});

test('the panel plots round trip, throughput and queued messages, and describes each in text', async () => {
  const page = await pages.show(scripts('data-inspect'));
  await connectIn(page, pages.proxy.url);
  await ask(page, 'x'.repeat(2_000));
  const plot = (title: string): Locator => panel(page).locator(`.plot svg[aria-label^="${title}"]`);
  // How much it is in a second, depends on when the second ends.
  await seen(panel(page).getByRole('img', { name: /out now .*from 0 B\/s to [1-9]/ }));
  expect(await plot('Round trip').getAttribute('aria-label')).toMatch(
    /now [\d.]+ ms, from [\d.]+ ms to [\d.]+ ms$/,
  );
  expect(await plot('Round trip').locator('.line').getAttribute('d')).toMatch(/^M[\d.]+ [\d.]+L/);
  await pages.proxy.down();
  await seen(
    panel(page)
      .locator('.journal')
      .getByText(/^waiting/),
  );
  await page.evaluate(() => void window.socket.emit('kept', 'y'.repeat(3_000)));
  await seen(panel(page).locator('.plot svg[aria-label*="outbox now 3.0 kB"]'));
});

test('the panel shows the namespaces with their state, id and traffic', async () => {
  const page = await pages.show(scripts('data-inspect'));
  await connectIn(page, pages.server.url);
  await page.evaluate(() => {
    window.socket.io.socket('/news');
    window.socket.io.socket('/admin');
  });
  await tab(page, 'Namespaces');
  await seen(packetRow(page, '/news').getByText('joined'));
  await seen(packetRow(page, '/admin').getByText('only for administrators'));
  expect(await packetRow(page, /^\//).first().textContent()).toContain(
    await page.evaluate(() => window.socket.id),
  );
});

describe('the packets', () => {
  async function open(attributes = 'data-inspect'): Promise<Page> {
    const page = await pages.show(scripts(attributes));
    await connectIn(page, pages.server.url, { auth: { token: 'hush' } });
    await tab(page, 'Packets');
    return page;
  }

  test('are listed with direction, namespace, event, size, acknowledgement and how long it took', async () => {
    const page = await open();
    await ask(page, 'private');
    await seen(packetRow(page, 'ACK ask'));
    expect(await packetRow(page, '→ out').filter({ hasText: 'ask' }).textContent()).toMatch(
      /→ out\/ask20 B#0[\d.]+ ms/,
    );
    expect(await packetRow(page, 'ACK ask').textContent()).toMatch(/← in\/ACK ask\d+ B#0[\d.]+ ms/);
  });

  test('hide their payloads until they are requested, and always those of CONNECT', async () => {
    const page = await open();
    await ask(page, 'private');
    const out = packetRow(page, '→ out').filter({ hasText: 'ask' });
    await out.click();
    await seen(panel(page).locator('.details').getByText('Hidden.'));
    const payloads = panel(page).getByRole('switch', { name: 'Payloads' });
    expect(await payloads.getAttribute('aria-checked')).toBe('false');
    await payloads.click();
    await ask(page, 'public');
    await seen(out.nth(1));
    await out.nth(1).click();
    await seen(panel(page).locator('.details pre').getByText('"public"'));
    await packetRow(page, 'CONNECT').first().click();
    await seen(panel(page).locator('.details').getByText('its payload is never kept'));
    // Hidden again, it is gone.
    await payloads.click();
    await payloads.click();
    await out.nth(1).click();
    await seen(panel(page).locator('.details').getByText('Not kept'));
    expect(await panel(page).evaluate((host) => host.shadowRoot?.textContent)).not.toMatch(
      /hush|private|public/,
    );
  });

  test('can be searched, filtered, paused and cleared', async () => {
    const page = await open('data-inspect data-payloads');
    await ask(page, 'gold');
    await ask(page, 'silver');
    const count = panel(page).locator('.count');
    await seen(count.getByText('6 packets'));
    await panel(page).getByRole('searchbox').fill('ask gold');
    await seen(count.getByText('1 of 6 packets'));
    await panel(page).getByRole('searchbox').fill('nowhere');
    await seen(panel(page).getByText('No packet matches the filter.'));
    await panel(page).getByRole('searchbox').fill('');
    await panel(page).getByLabel('Direction').selectOption('in');
    await panel(page).getByLabel('Kind', { exact: true }).selectOption('ack');
    await seen(count.getByText('2 of 6 packets'));
    await panel(page).getByLabel('Direction').selectOption('all');
    await panel(page).getByLabel('Kind', { exact: true }).selectOption('all');
    await panel(page).getByRole('button', { name: 'Pause' }).click();
    await ask(page, 'lead');
    await seen(count.getByText('6 packets · 2 skipped while paused'));
    await panel(page).getByRole('button', { name: 'Resume' }).click();
    await panel(page).getByRole('button', { name: 'Clear packets' }).click();
    await seen(panel(page).getByText('No packets yet.'));
    await ask(page, 'iron');
    await seen(packetRow(page, 'ACK ask'));
  });

  test('can be navigated by keyboard', async () => {
    const page = await open();
    for (let i = 0; i < 30; i += 1) await ask(page, i);
    const grid = panel(page).getByRole('grid');
    // The panel repaints four times a second: all packets must be in it, also the last answer.
    await seen(panel(page).locator('.count').getByText('62 packets'));
    await grid.focus();
    const title = panel(page).locator('.details dd').first();
    for (const [key, packet] of [
      ['End', 62],
      ['ArrowUp', 61],
      ['Home', 1],
      ['ArrowDown', 2],
    ] as const) {
      await page.keyboard.press(key);
      await seen(title.getByText(`no. ${packet},`));
      const active = await grid.getAttribute('aria-activedescendant');
      expect(await panel(page).locator(`#${active}`).getAttribute('aria-selected')).toBe('true');
      expect(
        await panel(page)
          .locator(`#${active}`)
          .evaluate((row) => {
            const { top, bottom } = row.getBoundingClientRect();
            return top >= 0 && bottom <= window.innerHeight;
          }),
      ).toBe(true);
    }
    await page.keyboard.press('Escape');
    await panel(page).locator('.details').waitFor({ state: 'hidden' });
  });

  test('are rendered only while visible, and kept only up to a bound', async () => {
    const page = await open();
    await page.evaluate(() => {
      for (let i = 0; i < 6_000; i += 1) window.socket.emit('many', i);
    });
    await seen(panel(page).locator('.count').getByText('5,000 packets · 1,002 older discarded'));
    expect(await panel(page).getByRole('grid').getAttribute('aria-rowcount')).toBe('5001');
    const rows = panel(page).locator('.visible [role=row]');
    expect(await rows.count()).toBeLessThan(40);
    expect(await rows.last().getAttribute('aria-rowindex')).toBe('5001');
  });
});

describe('the panel', () => {
  test('has tabs as ARIA describes them, and is collapsed, moved and resized by keyboard', async () => {
    const page = await pages.show(scripts('data-inspect'));
    const first = panel(page).getByRole('tab', { name: 'Overview' });
    await first.focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    expect(await panel(page).locator('[role=tab][aria-selected=true]').textContent()).toBe('Packets');
    expect(await panel(page).locator('[role=tab][tabindex="0"]').count()).toBe(1);
    await page.keyboard.press('Home');
    expect(await first.getAttribute('aria-selected')).toBe('true');
    expect(await first.evaluate((one) => getComputedStyle(one).outlineStyle)).toBe('solid');

    const heightPx = async (): Promise<number> => (await panel(page).boundingBox())?.height ?? 0;
    const before = await heightPx();
    await panel(page).getByRole('separator').focus();
    await page.keyboard.press('ArrowUp');
    expect(await heightPx()).toBe(before + 24);
    await panel(page).getByRole('button', { name: 'Collapse' }).press('Enter');
    expect(await heightPx()).toBeLessThan(50);
    await panel(page).getByRole('button', { name: 'Expand' }).press('Enter');
    await panel(page).getByRole('button', { name: 'Dock at the right' }).press('Enter');
    const box = await panel(page).boundingBox();
    expect(box).toMatchObject({ y: 0, width: 480, x: 1280 - 480 });
    await panel(page).getByRole('button', { name: 'Close the inspector' }).press('Enter');
    expect(await panel(page).count()).toBe(0);
  });

  test.each(['light', 'dark'] as const)(
    'is %s if the system or its attribute says so',
    async (colorScheme) => {
      const page = await pages.show(scripts('data-inspect'), { context: { colorScheme } });
      const colours = { light: 'rgb(255, 255, 255)', dark: 'rgb(21, 24, 29)' };
      const background = (): Promise<string> =>
        panel(page)
          .locator('.panel')
          .evaluate((one) => getComputedStyle(one).backgroundColor);
      expect(await background()).toBe(colours[colorScheme]);
      const other = colorScheme === 'light' ? 'dark' : 'light';
      await panel(page).evaluate((host, other) => host.setAttribute('theme', other), other);
      expect(await background()).toBe(colours[other]);
    },
  );

  test('does not move if the user prefers reduced motion', async () => {
    for (const reducedMotion of ['no-preference', 'reduce'] as const) {
      const page = await pages.show(scripts('data-inspect'), { context: { reducedMotion } });
      pages.proxy.swallowUpgrades();
      await page.evaluate((url) => void window.io(url, { transports: ['websocket'] }), pages.proxy.url);
      await seen(head(page).getByText('Connecting'));
      const name = await head(page)
        .locator('.dot')
        .evaluate((dot) => getComputedStyle(dot).animationName);
      expect(name).toBe(reducedMotion === 'reduce' ? 'none' : 'pulse');
    }
  });

  test.each([
    ['light', 1280],
    ['dark', 390],
    ['light', 360],
    ['dark', 768],
    ['dark', 1280],
  ] as const)('has no axe violations: %s, %d pixels wide', async (colorScheme, width) => {
    const page = await pages.show(scripts('data-inspect'), {
      context: { colorScheme, viewport: { width, height: 760 } },
    });
    pages.proxy.refuseUpgrades({ status: 403 });
    await connectIn(page, pages.proxy.url);
    await page.evaluate(() => void window.socket.io.socket('/admin'));
    await ask(page, 'anything');
    await page.addScriptTag({ content: axe.source });
    for (const name of ['Overview', 'Attempts', 'Packets', 'Namespaces', 'Doctor']) {
      await tab(page, name);
      if (name === 'Doctor') {
        await panel(page).getByRole('button', { name: 'Run the doctor' }).click();
        await seen(panel(page).getByText('This page can connect'));
      }
      if (name === 'Packets') {
        await packetRow(page, 'ACK ask').click();
        await seen(panel(page).locator('.details'));
      }
      const violations = await page.evaluate(async () => {
        const { axe } = window as never as {
          axe: {
            run(what: object): Promise<{
              violations: { id: string; nodes: { target: unknown; failureSummary: string }[] }[];
            }>;
          };
        };
        const { violations } = await axe.run({ include: [['holdfast-inspector']] });
        return violations.flatMap(({ id, nodes }) =>
          nodes.map(({ target, failureSummary }) => `${id}: ${target} ${failureSummary}`),
        );
      });
      expect(violations, name).toEqual([]);
    }
  });

  test('works in a page with the strictest policy', async () => {
    const { url } = pages.server;
    const nonce = 'TmV2ZXJDb250aW51ZQ';
    const policy = [
      "default-src 'none'",
      `script-src 'nonce-${nonce}'`,
      `connect-src ${url} ${url.replace('http', 'ws')}`,
      "require-trusted-types-for 'script'",
      "trusted-types 'none'",
      "base-uri 'none'",
    ].join('; ');
    const watch = `<script nonce="${nonce}">window.violations = []; addEventListener('securitypolicyviolation', (event) =>
      violations.push(event.violatedDirective + ' ' + event.sample));</script>`;
    // The icon of these pages is what the policy forbids.
    const page = await pages.show(
      `${watch}${scripts(`data-inspect nonce="${nonce}"`).replace('<script src', `<script nonce="${nonce}" src`)}`,
      {
        headers: { 'Content-Security-Policy': policy },
      },
    );
    await connectIn(page, url);
    for (const name of ['Overview', 'Attempts', 'Packets', 'Namespaces']) await tab(page, name);
    await tab(page, 'Packets');
    await seen(packetRow(page, 'CONNECT'));
    const height = await panel(page)
      .locator('.visible [role=row]')
      .first()
      .evaluate((row) => row.getBoundingClientRect().height);
    expect(height).toBe(22);
    const saved = page.waitForEvent('download');
    await panel(page).getByRole('button', { name: 'Save log' }).click();
    await saved;
    const violations = await page.evaluate(() => (window as never as { violations: string[] }).violations);
    expect(violations.filter((one) => !one.startsWith('img-src'))).toEqual([]);
  });
});
