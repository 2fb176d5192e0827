import { createServer, type ServerResponse } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { useBrowser } from '../support/browser.js';
import { freePort, host, listen } from '../support/ports.js';

const browser = useBrowser();

/** A server that answers the second poll with an endless response. */
async function endless(): Promise<string> {
  let polls = 0;
  let stop = false;
  const pour = (response: ServerResponse): void => {
    const piece = 'y'.repeat(65_536);
    const more = (): void => {
      if (!stop && !response.destroyed) response.write(piece, () => setImmediate(more));
    };
    more();
  };
  const server = createServer((request, response) => {
    response.setHeader('access-control-allow-origin', '*');
    const { method, url = '' } = request;
    if (method !== 'GET') response.end('ok');
    else if (!url.includes('sid=')) {
      const times = { pingInterval: 25_000, pingTimeout: 20_000, maxPayload: 1e6 };
      response.end(`0${JSON.stringify({ sid: 'endless', upgrades: [], ...times })}`);
    } else if (polls++ === 0) response.end('40{"sid":"a"}');
    else {
      response.write('42["x","');
      pour(response);
    }
  });
  const port = await freePort();
  await listen(server, port);
  onTestFinished(() => {
    stop = true;
    server.close();
    server.closeAllConnections();
  });
  return `http://${host}:${port}`;
}

test('does not wait for the end of an endless polling response', async () => {
  const url = await endless();
  const page = await browser.open('script');
  const log = await page.evaluate(
    (address) =>
      new Promise((resolve) => {
        const socket = window.io(address, {
          transports: ['polling'],
          reconnection: false,
          maxReceivedBytes: 2 ** 20,
        } as never);
        const heard: string[] = [];
        socket.on('connect', () => heard.push('connect'));
        socket.on('disconnect', (reason: string) => resolve([...heard, reason]));
      }),
    url,
  );
  expect(log).toEqual(['connect', 'parse error']);
});
