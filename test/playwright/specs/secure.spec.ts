import type { Page } from '@playwright/test';
import { test as base, expect } from 'holdfast/playwright';
import { type App, startApp } from '../app.js';

/** The same faults for a server behind TLS, with a self-signed certificate. The proxy cannot read the traffic. */

const test = base.extend<object, { app: App }>({
  app: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright wants a pattern
    async ({}, use) => {
      const app = await startApp(true);
      await use(app);
      await app.close();
    },
    { scope: 'worker' },
  ],
  ignoreHTTPSErrors: true,
});

/** WebDriver BiDi reports no WebSockets, and the proxy cannot read encrypted ones. */
const SEEN = '@bodies';

/** The outcome of a WebSocket that the page opens by hand. */
const fate = (page: Page): Promise<unknown> =>
  page.evaluate(
    () =>
      new Promise((resolve) => {
        const origin = location.origin.replace(/^http/, 'ws');
        const ws = new WebSocket(`${origin}/socket.io/?EIO=4&transport=websocket`);
        let opened = '';
        ws.onopen = () => {
          opened = 'opened, ';
        };
        ws.onmessage = () => resolve(`${opened}spoke`);
        ws.onclose = () => resolve(`${opened}closed`);
        setTimeout(() => resolve(`${opened}${ws.readyState === 0 ? 'connecting' : 'silent'}`), 1_500);
      }),
  );

test('wss: a page is reported as connected, and reconnects after a cut', { tag: SEEN }, async ({
  page,
  network,
  connection,
  app,
}) => {
  await page.goto(`${app.url}/holdfast`);
  await expect(page).toBeConnected({ transport: 'websocket', namespace: '/' });
  expect(await page.evaluate('ask("a")')).toBe('noted: a');
  expect(connection(page).url).toBe(`${app.url}/socket.io/`);
  await network.cut();
  await expect.poll(() => connection(page).connections, { timeout: 20_000 }).toBe(2);
  expect(await page.evaluate('ask("again")')).toBe('noted: again');
});

for (const client of ['holdfast', 'official']) {
  const order = client === 'official' ? '?transports=websocket,polling' : '';

  test(`wss: ${client} waits through latency, and notices a cut`, async ({ page, network, app }) => {
    await page.goto(`${app.url}/${client}${order}`);
    expect(await page.evaluate('ask("a")')).toBe('noted: a');
    await network.latency(150);
    const ms = await page.evaluate<number>(
      '((startMs) => ask("slow").then(() => performance.now() - startMs))(performance.now())',
    );
    expect(ms).toBeGreaterThan(290);
    await network.restore();
    // The page listens before the cut.
    await page.evaluate(
      'void (window.again = new Promise((resolve) => socket.once("connect", () => resolve("again"))))',
    );
    await network.cut();
    expect(await page.evaluate('again')).toBe('again');
    expect(await page.evaluate('log')).toEqual([expect.stringMatching(/^transport (close|error)$/)]);
  });
}

test('wss: a refused WebSocket never opens, and polling replaces it', async ({ page, network, app }) => {
  await network.refuseWebSocket();
  await page.goto(`${app.url}/holdfast`);
  expect(await fate(page)).toBe('closed');
  expect(await page.evaluate('ask("a")')).toBe('noted: a');
  expect(await page.evaluate('socket.io.transport')).toBe('polling');
  await network.restore();
  expect(await fate(page)).toBe('opened, spoke');
});

test('wss: a swallowed WebSocket stays pending', async ({ page, network, app }) => {
  await network.swallowWebSocket();
  await page.goto(`${app.url}/holdfast`);
  expect(await fate(page)).toBe('connecting');
  expect(await page.evaluate('ask("a")')).toBe('noted: a');
  expect(await page.evaluate('socket.io.transport')).toBe('polling');
});

test('wss: a mute WebSocket opens and stays silent', async ({ page, network, app }) => {
  await network.muteWebSocket();
  await page.goto(`${app.url}/holdfast`);
  expect(await fate(page)).toBe('opened, silent');
  expect(await page.evaluate('ask("a")')).toBe('noted: a');
});

test('wss: attempts are recorded', { tag: SEEN }, async ({ page, network, connection, app }) => {
  await network.refuseWebSocket();
  await page.goto(`${app.url}/holdfast`);
  await expect(page).toBeConnected({ transport: 'polling', timeout: 20_000 });
  expect(connection(page).attempts).toMatchObject([
    { transport: 'websocket', outcome: 'failed', error: 'refused' },
    { transport: 'polling', outcome: 'won' },
  ]);
  expect(connection(page).packets.map(({ event }) => event)).toContain('hello');
});

test('wss: a dead connection carries nothing, and is not closed', async ({ page, network, app }) => {
  await page.goto(`${app.url}/holdfast?transports=websocket`);
  expect(await page.evaluate('ask("a")')).toBe('noted: a');
  await network.die();
  const outcome = page.evaluate(
    'socket.timeout(700).emitWithAck("note", "lost").then(() => "answered", () => "silence")',
  );
  expect(await outcome).toBe('silence');
  expect(await page.evaluate('[socket.connected, ...log]')).toEqual([true]);
  expect(
    await page.evaluate('io(location.origin, { forceNew: true }).ready().then((one) => one.connected)'),
  ).toBe(true);
});

test('wss: faults apply to pages that are opened later', { tag: SEEN }, async ({
  page,
  browser,
  network,
  connection,
  app,
}) => {
  await network.refuseWebSocket();
  await page.goto(`${app.url}/holdfast`);
  const other = await browser.newContext({ ignoreHTTPSErrors: true });
  const second = await other.newPage();
  await second.goto(`${app.url}/holdfast`);
  await expect(second).toBeConnected({ transport: 'polling', timeout: 20_000 });
  expect(connection(second).attempts[0]).toMatchObject({ transport: 'websocket', outcome: 'failed' });
  await network.offline();
  const third = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage();
  expect(await third.evaluate('navigator.onLine')).toBe(false);
  await network.restore();
  expect(await third.evaluate('navigator.onLine')).toBe(true);
  await third.context().close();
  await other.close();
});

test('wss: polling requests that succeed are not listed as failed', { tag: SEEN }, async ({ page, app }) => {
  const failed: string[] = [];
  page.on('requestfailed', (request) => failed.push(request.url()));
  await page.goto(`${app.url}/holdfast?transports=polling`);
  for (const text of ['a', 'b', 'c']) expect(await page.evaluate(`ask("${text}")`)).toBe(`noted: ${text}`);
  expect(failed).toEqual([]);
});
