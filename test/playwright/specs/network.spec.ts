import { test as base, expect } from 'holdfast/playwright';
import { type App, startApp } from '../app.js';

const test = base.extend<object, { app: App }>({
  app: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright wants a pattern
    async ({}, use) => {
      const app = await startApp();
      await use(app);
      await app.close();
    },
    { scope: 'worker' },
  ],
});

for (const client of ['holdfast', 'official'] as const) {
  // The official client begins with long-polling, and upgrades.
  const order = client === 'official' ? '?transports=websocket,polling' : '';

  test.describe(client, () => {
    test('a connected page is reported as connected', async ({ page, connection, app }) => {
      await page.goto(`${app.url}/${client}`);
      await expect(page).toBeConnected({ transport: 'websocket', namespace: '/' });
      const { status, transport, namespaces, url } = connection(page);
      expect({ status, transport, namespaces, url }).toEqual({
        status: 'connected',
        transport: 'websocket',
        namespaces: ['/'],
        url: `${app.url}/socket.io/`,
      });
      expect(await page.evaluate('ask("a")')).toBe('noted: a');
      expect(connection(page).packets.map(({ event }) => event)).toContain('hello');
    });

    test('a refusal by the server is named', async ({ page, app }) => {
      await page.goto(`${app.url}/${client}?url=/closed`);
      const failure = await expect(page)
        .toBeConnected({ timeout: 2_000 })
        .catch((error: Error) => error);
      expect((failure as Error).message).toContain('the server refused /closed: not authorised');
    });

    test('reconnects after a cut', async ({ page, network, connection, app }) => {
      await page.goto(`${app.url}/${client}${order}`);
      await expect(page).toBeConnected();
      const before = connection(page).connections;
      await network.cut();
      await expect(page).toBeConnected({ timeout: 15_000 });
      expect(connection(page).connections).toBe(before + 1);
      expect(await page.evaluate('log')).toEqual([expect.stringMatching(/^transport (close|error)$/)]);
      expect(await page.evaluate('ask("again")')).toBe('noted: again');
    });

    test('waits through latency', async ({ page, network, app }) => {
      await page.goto(`${app.url}/${client}${order}`);
      await expect(page).toBeConnected();
      await network.latency(150);
      const ms = await page.evaluate<number>(
        '((startMs) => ask("slow").then(() => performance.now() - startMs))(performance.now())',
      );
      expect(ms).toBeGreaterThan(290);
      await network.restore();
      expect(await page.evaluate('ask("quick")')).toBe('noted: quick');
    });
  });
}

test('falls back to polling when a WebSocket is refused', async ({ page, network, connection, app }) => {
  await network.refuseWebSocket();
  await page.goto(`${app.url}/holdfast`);
  await expect(page).toBeConnected({ transport: 'polling', timeout: 15_000 });
  const [first] = connection(page).attempts;
  expect(first).toMatchObject({ transport: 'websocket', outcome: 'failed' });
  expect(await page.evaluate('ask("a")')).toBe('noted: a');
  await network.restore();
  expect(
    await page.evaluate(
      'new Promise((resolve) => new WebSocket(location.origin.replace(/^http/, "ws") + "/socket.io/?EIO=4&transport=websocket").onmessage = () => resolve("open"))',
    ),
  ).toBe('open');
});

test('a swallowed WebSocket never opens', async ({ page, network, connection, app }) => {
  await network.swallowWebSocket();
  await page.goto(`${app.url}/holdfast`);
  await expect(page).toBeConnected({ transport: 'polling', timeout: 20_000 });
  expect(connection(page).attempts[0]).toMatchObject({ transport: 'websocket' });
  expect(await page.evaluate('ask("a")')).toBe('noted: a');
});

test('a mute WebSocket opens and stays silent', async ({ page, network, app }) => {
  await network.muteWebSocket();
  await page.goto(`${app.url}/holdfast`);
  const opened = page.evaluate(
    'new Promise((resolve) => { const ws = new WebSocket(location.origin.replace(/^http/, "ws") + "/socket.io/?EIO=4&transport=websocket"); ws.onmessage = () => resolve("spoke"); ws.onopen = () => setTimeout(resolve, 500, "mute"); ws.onclose = () => resolve("closed"); })',
  );
  expect(await opened).toBe('mute');
  await expect(page).toBeConnected({ transport: 'polling', timeout: 20_000 });
});

test('a dead connection carries nothing, and is not closed', async ({ page, network, connection, app }) => {
  await page.goto(`${app.url}/holdfast?transports=websocket`);
  await expect(page).toBeConnected({ transport: 'websocket' });
  await network.die();
  const outcome = page.evaluate(
    'socket.timeout(700).emitWithAck("note", "lost").then(() => "answered", () => "silence")',
  );
  expect(await outcome).toBe('silence');
  expect(await page.evaluate('[socket.connected, ...log]')).toEqual([true]);
  expect(connection(page)).toMatchObject({ status: 'connected', alive: false });
  // A new connection works.
  expect(
    await page.evaluate('io(location.origin, { forceNew: true }).ready().then((one) => one.connected)'),
  ).toBe(true);
});

test('a page reconnects after it was offline', async ({ page, network, connection, app }) => {
  await page.goto(`${app.url}/holdfast`);
  await expect(page).toBeConnected();
  await network.offline();
  expect(await page.evaluate('navigator.onLine')).toBe(false);
  await expect(page).not.toBeConnected({ timeout: 20_000 });
  await network.restore();
  await expect(page).toBeConnected({ timeout: 20_000 });
  expect(await page.evaluate('navigator.onLine')).toBe(true);
  expect(connection(page).connections).toBe(2);
});

test('toBeConnected() waits for a new connection after the page was briefly offline', async ({
  page,
  network,
  connection,
  app,
}) => {
  await page.goto(`${app.url}/holdfast`);
  await expect(page).toBeConnected();
  await network.offline();
  await network.restore();
  const failure = await expect(page)
    .toBeConnected({ timeout: 1 })
    .catch((error: Error) => error);
  expect((failure as Error).message).toContain('the network has ended it');
  // Now the page learns it, too.
  await network.cut();
  await expect(page).toBeConnected({ timeout: 20_000 });
  expect(connection(page)).toMatchObject({ alive: true, connections: 2 });
});

test('two visitors are distinguished', { tag: '@pages' }, async ({ page, browser, connection, app }) => {
  await page.goto(`${app.url}/holdfast`);
  await expect(page).toBeConnected();
  const other = await browser.newContext();
  const second = await other.newPage();
  await second.goto(`${app.url}/holdfast?transports=polling`);
  await expect(second).toBeConnected({ transport: 'polling' });
  expect(connection(page).transport).toBe('websocket');
  await other.close();
});

test('a page without a connection is described', async ({ page, connection, app }) => {
  await page.goto(`${app.url}/holdfast.js`);
  expect(connection(page)).toMatchObject({ status: 'idle', attempts: [] });
  const failure = await expect(page)
    .toBeConnected({ timeout: 100 })
    .catch((error: Error) => error);
  expect((failure as Error).message).toContain('no request to a Socket.IO server');
});
