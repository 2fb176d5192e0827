import { afterAll, beforeAll, expect, test } from 'vitest';
import { startWebTransportServer, type WebTransportServer } from '../support/web-transport-server.js';
import { connect, connected, transportOf, usePages } from './pages.js';

/** A page with WebTransport enters the back/forward cache, and returns. */

const pages = usePages({ lifelike: true });
let server: WebTransportServer;
beforeAll(async () => {
  server = await startWebTransportServer();
});
afterAll(async () => {
  await server?.kill();
});

test('a page that returns from the back/forward cache reconnects over WebTransport', async (test) => {
  const page = await pages.open(test);
  const id = await connect(page, server);
  await page.evaluate(() => {
    Object.assign(window, { mark: 'the same page' });
    window.addEventListener('pagehide', () => window.socket.emit('count', 1));
    window.addEventListener('pageshow', () => window.socket.emit('count', 2));
    setTimeout(() => {
      location.href = '/module';
    });
  });
  await server.until('the end', (one) => one.event === 'disconnect' && one.id === id);
  await page.waitForFunction(() => location.pathname === '/module');
  await page.evaluate(() => void setTimeout(() => history.back()));
  await page.waitForFunction(() => location.pathname === '/development' && 'mark' in window);
  expect(await connected(page)).not.toBe(id);
  expect(await transportOf(page)).toBe('webtransport');
  await server.until('the second word', ({ number }) => number === 2);
  expect(server.events.flatMap(({ number }) => number ?? [])).toEqual([1, 2]);
});
