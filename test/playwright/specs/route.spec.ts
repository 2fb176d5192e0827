import { expect, routeServer, test } from 'holdfast/playwright';
import { createTestServer } from 'holdfast/testing';
import { type App, startApp } from '../app.js';

/** An in-memory server behind a page. The pages come from an app whose own server must get no request. */

/** Needs the bodies of requests, which WebDriver BiDi does not provide. */
const BODIES = '@bodies';

let app: App;
test.beforeAll(async () => {
  app = await startApp();
});
test.afterAll(() => app.close());

for (const client of ['holdfast', 'official']) {
  test(`${client}: an in-memory server answers over every transport`, {
    tag: client === 'official' ? BODIES : [],
  }, async ({ page }) => {
    const { server } = createTestServer();
    server.on('connection', (socket) => {
      socket.on('note', (text: string, done: (answer: string) => void) => done(`in memory: ${text}`));
      socket.on('bytes', (bytes: Uint8Array, done: (answer: Uint8Array) => void) => done(bytes));
    });
    await routeServer(page, server);
    await page.goto(`${app.url}/${client}`);
    expect(await page.evaluate('ask("a")')).toBe('in memory: a');
    expect(
      await page.evaluate(
        'socket.emitWithAck("bytes", new Uint8Array([1, 2])).then((bytes) => [...new Uint8Array(bytes)])',
      ),
    ).toEqual([1, 2]);
    const { args } = await server.expectEvent('note');
    expect(args[0]).toBe('a');
    // The official client begins with long-polling, and moves to WebSocket on the same session.
    await expect.poll(() => page.evaluate('socket.io.engine.transport.name')).toBe('websocket');
    expect(await page.evaluate('ask("b")')).toBe('in memory: b');
    expect(app.server.engine.clientsCount).toBe(0);
    await server.close();
  });

  test(`${client}: long-polling alone`, { tag: BODIES }, async ({ page }) => {
    const { server } = createTestServer();
    server.on('connection', (socket) => {
      socket.on('note', (text: string, done: (answer: string) => void) => done(`polled: ${text}`));
      socket.on('bytes', (bytes: Uint8Array, done: (answer: Uint8Array) => void) => done(bytes));
    });
    await routeServer(page, server);
    await page.goto(`${app.url}/${client}?transports=polling`);
    expect(await page.evaluate('ask("a")')).toBe('polled: a');
    expect(
      await page.evaluate(
        'socket.emitWithAck("bytes", new Uint8Array([7])).then((bytes) => [...new Uint8Array(bytes)])',
      ),
    ).toEqual([7]);
    const left = page.evaluate('new Promise((resolve) => socket.once("disconnect", resolve))');
    server.disconnectSockets();
    expect(await left).toBe('io server disconnect');
    await server.close();
  });

  test(`${client}: behind routeWebSocket, with faults`, async ({ page }) => {
    const { server } = createTestServer();
    server.on('connection', (socket) => {
      socket.on('note', (text: string, done: (answer: string) => void) => done(`routed: ${text}`));
    });
    await page.routeWebSocket(/socket\.io/, (ws) => server.fromWebSocketRoute(ws));
    await page.goto(`${app.url}/${client}?transports=websocket`);
    expect(await page.evaluate('ask("a")')).toBe('routed: a');
    // The page listens before the cut.
    await page.evaluate(
      'void (window.again = new Promise((resolve) => socket.once("connect", () => resolve("again"))))',
    );
    server.cut();
    expect(await page.evaluate('again')).toBe('again');
    server.refuse('closed for today');
    const refused = page.evaluate(
      'new Promise((resolve) => { const one = io(location.origin, { forceNew: true, transports: ["websocket"] }); one.on("connect_error", ({ message }) => { one.disconnect(); resolve(message); }); })',
    );
    expect(await refused).toBe('closed for today');
    await server.close();
  });
}

test('two pages meet in a room', async ({ context }) => {
  const { server } = createTestServer();
  server.on('connection', (socket) => {
    socket.on('note', (text: string, done: (answer: string) => void) => {
      socket.broadcast.emit('said', text);
      done('ok');
    });
  });
  await routeServer(context, server);
  const [one, two] = [await context.newPage(), await context.newPage()];
  await Promise.all([one, two].map((page) => page.goto(`${app.url}/holdfast`)));
  await Promise.all([one, two].map((page) => page.evaluate('socket.ready().then(() => true)')));
  const said = two.evaluate('new Promise((resolve) => socket.once("said", resolve))');
  await one.evaluate('ask("hello")');
  expect(await said).toBe('hello');
  await server.close();
});

test('long-polling is rejected with a clear message if Playwright does not provide the body', {
  tag: '@bidi',
}, async ({ page }) => {
  const { server } = createTestServer();
  await routeServer(page, server);
  await page.goto(`${app.url}/holdfast?transports=polling`);
  const told = await page.evaluate(
    'new Promise((resolve) => socket.io.engine.once("error", ({ context }) => resolve(context.responseText)))',
  );
  expect(told).toContain('WebDriver BiDi');
  await server.close();
});
