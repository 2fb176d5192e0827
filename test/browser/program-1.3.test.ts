import type { Page } from 'playwright';
import { describe, expect, test } from 'vitest';
import { useProgramServer } from '../generations/socket-io-1.3.js';
import { useBrowser } from '../support/browser.js';

/** A program written for socket.io 1.3.7, in Chromium with only the script tag, against a server of that version. */

const browser = useBrowser();

const start = useProgramServer();

/** The options of the page's program. */
const options = { path: '/websocket' };

const overBoth = describe.each(['websocket', 'polling'] as const);

overBoth('over %s, the program', (transport) => {
  const given = { ...options, transports: [transport] };

  test('connects on its path with the id of the server, and creates one socket', async () => {
    const { url, created } = await start();
    const page = await browser.open('script');
    const seen = await page.evaluate(
      async ({ url, given }) => {
        const socket = window.io(url, given);
        await window.next(socket, 'connect');
        return {
          id: socket.id,
          transport: socket.io.transport,
          answer: await socket.emitWithAck('question', 6, 7),
        };
      },
      { url, given },
    );
    expect(seen).toEqual({ id: created[0]?.id, transport, answer: 42 });
    expect(created).toHaveLength(1);
  });

  test('sends and receives messages and custom events, in both namespaces', async () => {
    const { url, created } = await start();
    const page = await browser.open('script');
    const heard = await page.evaluate(
      async ({ url, given }) => {
        const root = window.io(url, given);
        const custom = window.io(`${url}/custom-namespace`, given);
        await Promise.all([window.next(root, 'connect'), window.next(custom, 'connect')]);
        const heard = Promise.all([
          window.next(root, 'message'),
          window.next(custom, 'message'),
          window.next(root, 'custom-event'),
          window.next(custom, 'custom-event'),
        ]);
        root.send('hello');
        custom.send('grüße 🎉');
        root.emit('custom-event', 1, { two: [3] });
        custom.emit('custom-event');
        return { heard: await heard, sameManager: root.io === custom.io };
      },
      { url, given },
    );
    expect(heard).toEqual({
      heard: [
        ['/', 'hello'],
        ['/custom-namespace', 'grüße 🎉'],
        ['/', 1, { two: [3] }],
        ['/custom-namespace'],
      ],
      sameManager: true,
    });
    expect(created.map(({ nsp }) => nsp.name)).toEqual(['/', '/custom-namespace']);
  });

  test('sends and receives binary data: a view, a buffer, a Blob', async () => {
    const { url } = await start();
    const page = await browser.open('script');
    const back = await page.evaluate(
      async ({ url, given }) => {
        const socket = window.io(url, given);
        const bytes = new Uint8Array([1, 128, 255]);
        const answers = [];
        for (const one of [bytes, bytes.buffer, new Blob([bytes])]) {
          const answer = await socket.emitWithAck('bytes', one);
          answers.push([...new Uint8Array(answer)]);
        }
        return answers;
      },
      { url, given },
    );
    expect(back).toEqual([
      [255, 128, 1],
      [255, 128, 1],
      [255, 128, 1],
    ]);
  });

  test('receives broadcasts to rooms, to everyone else and to everyone', async () => {
    const { url } = await start();
    const pages = await Promise.all([0, 1, 2].map(() => browser.open('script')));
    for (const page of pages) await join(page, url, given);
    const [a, b, c] = pages as [Page, Page, Page];
    const ask = (page: Page, event: string): Promise<unknown> =>
      page.evaluate((event) => window.socket.emitWithAck(event, 'room'), event);
    await ask(a, 'join');
    await ask(b, 'join');
    await c.evaluate(async () => {
      window.socket.emit('tell room', 'room', 'first in room');
      window.socket.emit('tell others', 'others');
      await window.socket.emitWithAck('question', 1, 1);
    });
    await ask(b, 'leave');
    await c.evaluate(() => {
      window.socket.emit('tell room', 'room', 'second in room');
      window.socket.emit('tell everyone', 'end');
    });
    const heard = await Promise.all(
      pages.map((page) =>
        page.evaluate(async () => {
          await window.until(window.socket, 'told', () => window.record.includes('end'));
          return window.record;
        }),
      ),
    );
    expect(heard).toEqual([
      ['first in room', 'others', 'second in room', 'end'],
      ['first in room', 'others', 'end'],
      ['end'],
    ]);
  });

  test('receives the reason of a middleware that refuses it, and keeps the other namespace', async () => {
    const reason = 'not today';
    const { url, created } = await start((app) =>
      app.of('/custom-namespace').use((_, next) => next(new Error(reason))),
    );
    const page = await browser.open('script');
    const refused = await page.evaluate(
      async ({ url, given }) => {
        const root = window.io(url, given);
        const custom = window.io(`${url}/custom-namespace`, given);
        const [error] = await window.next(custom, 'connect_error');
        return {
          isError: error instanceof Error,
          message: error.message,
          connected: custom.connected,
          answer: await root.emitWithAck('question', 2, 3),
        };
      },
      { url, given },
    );
    expect(refused).toEqual({ isError: true, message: reason, connected: false, answer: 6 });
    expect(created.map(({ nsp }) => nsp.name)).toEqual(['/']);
  });

  test('receives the reason of a root namespace middleware that refuses it', async () => {
    const { url, created } = await start((app) => app.use((_, next) => next(new Error('no one today'))));
    const page = await browser.open('script');
    const message = await page.evaluate(
      async ({ url, given }) => (await window.next(window.io(url, given), 'connect_error'))[0].message,
      { url, given },
    );
    expect(message).toBe('no one today');
    expect(created).toEqual([]);
  });

  test.each([true, false])('connects only from an allowed origin (allowed: %s)', async (allowed) => {
    const origin = allowed ? new URL(browser.origin).host : 'allowed.example:80';
    const { url, created } = await start((app) => app.origins(origin));
    const page = await browser.open('script');
    const outcome = await page.evaluate(
      async ({ url, given }) => {
        const socket = window.io(url, { ...given, reconnection: false });
        return new Promise((resolve) => {
          socket.on('connect', () => resolve('connected'));
          socket.on('connect_error', (error: Error) => resolve(error instanceof Error && 'refused'));
        });
      },
      { url, given },
    );
    expect(outcome).toBe(allowed ? 'connected' : 'refused');
    expect(created).toHaveLength(allowed ? 1 : 0);
  });

  test('leaves one namespace, then all, and notifies the server', async () => {
    const { url, created, disconnects, changes } = await start();
    const page = await browser.open('script');
    const reasons = await page.evaluate(
      async ({ url, given }) => {
        const root = window.io(url, given);
        const custom = window.io(`${url}/custom-namespace`, given);
        window.socket = root;
        await Promise.all([window.next(root, 'connect'), window.next(custom, 'connect')]);
        const reason = window.next(custom, 'disconnect');
        custom.disconnect();
        return [(await reason)[0], await root.emitWithAck('question', 1, 2)];
      },
      { url, given },
    );
    expect(reasons).toEqual(['io client disconnect', 2]);
    await changes.until('the namespace to be left', () => disconnects.length === 1);
    expect(disconnects).toEqual(['/custom-namespace: client namespace disconnect']);
    await page.evaluate(() => void window.socket.disconnect());
    await changes.until('everything to be left', () => disconnects.length === 2);
    expect(created).toHaveLength(2);
  });

  test('is disconnected by the server from one namespace, then from all', async () => {
    const { url, created } = await start();
    const page = await browser.open('script');
    const seen = await page.evaluate(
      async ({ url, given }) => {
        const root = window.io(url, given);
        const custom = window.io(`${url}/custom-namespace`, given);
        await Promise.all([window.next(root, 'connect'), window.next(custom, 'connect')]);
        custom.emit('disconnect me');
        const [first] = await window.next(custom, 'disconnect');
        const answer = await root.emitWithAck('question', 1, 2);
        root.emit('disconnect me entirely');
        const [second] = await window.next(root, 'disconnect');
        return { first, answer, second, active: [root.active, custom.active] };
      },
      { url, given },
    );
    expect(seen).toEqual({
      first: 'io server disconnect',
      answer: 2,
      second: 'io server disconnect',
      active: [false, false],
    });
    expect(created).toHaveLength(2);
  });
});

/** Opens the page's socket, and records the broadcasts it receives. */
async function join(page: Page, url: string, given: object): Promise<void> {
  await page.evaluate(
    async ({ url, given }) => {
      window.socket = window.io(url, given);
      window.socket.on('told', (word: string) => window.record.push(word));
      await window.next(window.socket, 'connect');
    },
    { url, given },
  );
}

describe('with the default transports, the program', () => {
  test('uses WebSocket', async () => {
    const { url, created } = await start();
    const page = await browser.open('script');
    const transport = await page.evaluate(
      async ({ url, options }) => {
        const socket = window.io(url, options);
        await window.next(socket, 'connect');
        // On a busy machine, long-polling may be ahead of it.
        while (socket.io.transport !== 'websocket') await new Promise((resolve) => setTimeout(resolve, 50));
        return socket.io.transport;
      },
      { url, options },
    );
    expect(transport).toBe('websocket');
    expect(created).toHaveLength(1);
  });
});
