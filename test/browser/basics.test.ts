import type { Server, Socket } from 'socket.io';
import { describe, expect, test } from 'vitest';
import { useBrowser } from '../support/browser.js';
import { useFixture } from '../support/fixture.js';
import { waysOfLoading } from '../support/page-server.js';
import { nextEvent } from '../support/waiting.js';

const fixture = useFixture({ setup: application });
const browser = useBrowser();

function application(app: Server): void {
  for (const namespace of ['/', '/custom-namespace']) {
    app.of(namespace).on('connection', (socket) => converse(socket, namespace));
  }
}

function converse(socket: Socket, namespace: string): void {
  socket.on('say', (...words) => socket.emit('said', namespace, ...words));
  socket.on('message', (...words) => socket.send(...words));
  socket.on('add', (a: number, b: number, answer) => answer(a + b, { namespace }));
  socket.on('never answered', () => {});
  socket.on('let me out', () => socket.disconnect());
  socket.on('let me out of everything', () => socket.disconnect(true));
}

describe.each(waysOfLoading)('loaded as a %s, holdfast', (loading) => {
  test('connects over WebSocket first', async () => {
    const page = await browser.open(loading);
    const { transport, id, connected } = await page.evaluate(async (url) => {
      const socket = window.io(url);
      await window.next(socket, 'connect');
      return { transport: socket.io.engine.transport.name, id: socket.id, connected: socket.connected };
    }, fixture.proxy.url);
    expect({ transport, connected }).toEqual({ transport: 'websocket', connected: true });
    expect(fixture.server.latest().id).toBe(id);
    expect(fixture.server.serverSockets()).toBe(1);
    expect(fixture.proxy.counters).toMatchObject({ upgrades: 1, polling: 0 });
  });

  test('carries two namespaces over one WebSocket', async () => {
    const page = await browser.open(loading);
    const said = await page.evaluate(async (url) => {
      const root = window.io(url);
      const custom = window.io(`${url}/custom-namespace`);
      await Promise.all([window.next(root, 'connect'), window.next(custom, 'connect')]);
      root.emit('say', 'one');
      custom.emit('say', 'two');
      const answers = await Promise.all([window.next(root, 'said'), window.next(custom, 'said')]);
      return { answers, ids: [root.id, custom.id], sameManager: root.io === custom.io };
    }, fixture.proxy.url);
    expect(said.answers).toEqual([
      ['/', 'one'],
      ['/custom-namespace', 'two'],
    ]);
    expect(said.sameManager).toBe(true);
    expect(said.ids).toEqual([fixture.server.latest().id, fixture.server.latest('/custom-namespace').id]);
    expect([fixture.server.serverSockets(), fixture.server.serverSockets('/custom-namespace')]).toEqual([
      1, 1,
    ]);
    expect(fixture.proxy.counters).toMatchObject({ connections: 1, upgrades: 1, polling: 0 });
  });

  test('keeps one namespace connected when the program leaves the other', async () => {
    const page = await browser.open(loading);
    const said = await page.evaluate(async (url) => {
      const root = window.io(url);
      const custom = root.io.socket('/custom-namespace');
      await Promise.all([window.next(root, 'connect'), window.next(custom, 'connect')]);
      root.disconnect();
      custom.emit('say', 'still here');
      return window.next(custom, 'said');
    }, fixture.proxy.url);
    expect(said).toEqual(['/custom-namespace', 'still here']);
    expect(fixture.server.latest().connected).toBe(false);
    expect(fixture.proxy.counters).toMatchObject({ connections: 1, open: 1 });
  });

  test('sends and receives events with several arguments of every JSON kind, in order', async () => {
    const page = await browser.open(loading);
    const values = ['text', '', 'ünïcödé 🎉', 0, -1.5, true, null, [1, [2]], { a: { b: ['c'] } }];
    const said = await page.evaluate(
      async ({ url, values }) => {
        const socket = window.io(url);
        socket.emit('say', ...values);
        const all = window.collect(socket, 'said', 21);
        for (let n = 0; n < 20; n += 1) socket.emit('say', n);
        return all;
      },
      { url: fixture.proxy.url, values },
    );
    expect(said).toEqual([['/', ...values], ...Array.from({ length: 20 }, (_, n) => ['/', n])]);
  });

  test('sends messages with send()', async () => {
    const page = await browser.open(loading);
    const message = await page.evaluate((url) => {
      return window.next(window.io(url).send('hello', 'again'), 'message');
    }, fixture.proxy.url);
    expect(message).toEqual(['hello', 'again']);
  });

  test('gets acks by callback and by emitWithAck', async () => {
    const page = await browser.open(loading);
    const answers = await page.evaluate(async (url) => {
      const socket = window.io(url);
      const byCallback = await new Promise((resolve) => {
        socket.emit('add', 1, 2, (...answer: unknown[]) => resolve(answer));
      });
      return [
        byCallback,
        await socket.emitWithAck('add', 3, 4),
        await socket.timeout(5000).emitWithAck('add', 5, 6),
      ];
    }, fixture.proxy.url);
    expect(answers).toEqual([[3, { namespace: '/' }], 7, 11]);
  });

  test('answers the acks that the server asks for', async () => {
    const page = await browser.open(loading);
    await page.evaluate(async (url) => {
      const socket = window.io(url);
      socket.on('multiply', (a: number, b: number, answer: (product: number) => void) => answer(a * b));
      await window.next(socket, 'connect');
    }, fixture.proxy.url);
    expect(await fixture.server.latest().timeout(5000).emitWithAck('multiply', 6, 7)).toBe(42);
  });

  test('fails an ack that does not come in time', async () => {
    const page = await browser.open(loading);
    const failures = await page.evaluate(async (url) => {
      const socket = window.io(url);
      await window.next(socket, 'connect');
      const byCallback = await new Promise<Error>((resolve) => {
        socket.timeout(100).emit('never answered', (error: Error) => resolve(error));
      });
      const byPromise = await socket
        .timeout(100)
        .emitWithAck('never answered')
        .catch((error: Error) => error);
      return [byCallback, byPromise].map((error) => (error instanceof Error ? error.message : 'no error'));
    }, fixture.proxy.url);
    expect(failures).toEqual(['operation has timed out', 'operation has timed out']);
  });

  test('drops a volatile event while disconnected, and sends it when connected', async () => {
    const page = await browser.open(loading);
    const said = await page.evaluate(async (url) => {
      const socket = window.io(url);
      socket.volatile.emit('say', 'too early');
      socket.emit('say', 'buffered');
      const first = await window.next(socket, 'said');
      socket.volatile.emit('say', 'in time');
      return [first, await window.next(socket, 'said')];
    }, fixture.proxy.url);
    expect(said).toEqual([
      ['/', 'buffered'],
      ['/', 'in time'],
    ]);
  });

  test('passes every event to onAny and onAnyOutgoing', async () => {
    const page = await browser.open(loading);
    const seen = await page.evaluate(async (url) => {
      const socket = window.io(url);
      const seen: unknown[] = [];
      const late = (...args: unknown[]): unknown => seen.push(['removed', ...args]);
      socket.onAny((...args: unknown[]) => seen.push(['in', ...args]));
      socket.onAny(late);
      socket.offAny(late);
      socket.onAnyOutgoing((...args: unknown[]) => seen.push(['out', ...args]));
      await window.next(socket, 'connect');
      socket.emit('say', 'x', 1);
      await window.next(socket, 'said');
      return seen;
    }, fixture.proxy.url);
    expect(seen).toEqual([
      ['out', 'say', 'x', 1],
      ['in', 'said', '/', 'x', 1],
    ]);
  });

  test('sends what was emitted before the connection ahead of what a connect handler emits', async () => {
    const page = await browser.open(loading);
    const said = await page.evaluate((url) => {
      const socket = window.io(url);
      socket.on('connect', () => socket.emit('say', 'third'));
      socket.emit('say', 'first');
      socket.emit('say', 'second');
      return window.collect(socket, 'said', 3);
    }, fixture.proxy.url);
    expect(said.map((args) => args[1])).toEqual(['first', 'second', 'third']);
  });

  test('tells the server when it disconnects', async () => {
    const page = await browser.open(loading);
    await page.evaluate(async (url) => {
      window.socket = window.io(url);
      await window.next(window.socket, 'connect');
    }, fixture.proxy.url);
    const told = nextEvent(fixture.server.latest(), 'disconnect');
    const left = await page.evaluate(async () => {
      const disconnect = window.next(window.socket, 'disconnect');
      window.socket.disconnect();
      const [reason] = await disconnect;
      return { reason, connected: window.socket.connected, active: window.socket.active };
    });
    expect(left).toEqual({ reason: 'io client disconnect', connected: false, active: false });
    expect((await told)[0]).toBe('client namespace disconnect');
    await fixture.proxy.until('the end of the connection', ({ open }) => open === 0);
  });

  test('makes one server-side socket however often connect() is called', async () => {
    const page = await browser.open(loading);
    await page.evaluate(async (url) => {
      const socket = window.io(url).connect();
      socket.io.on('open', () => socket.connect());
      await window.next(socket, 'connect');
      await socket.connect().emitWithAck('add', 1, 2);
    }, fixture.proxy.url);
    expect(fixture.server.serverSockets()).toBe(1);
  });

  test('leaves no orphan on the server when it disconnects before the answer to its CONNECT', async () => {
    const page = await browser.open(loading);
    const answer = await page.evaluate(async (url) => {
      const root = window.io(url);
      await window.next(root, 'connect');
      root.io.socket('/custom-namespace').disconnect();
      return root.emitWithAck('add', 1, 2);
    }, fixture.proxy.url);
    expect(answer).toBe(3);
    const orphan = await fixture.server.socket('/custom-namespace');
    if (orphan.connected) await nextEvent(orphan, 'disconnect');
    expect(fixture.server.latest().connected).toBe(true);
  });

  // A CONNECT that reaches the server in one read with the DISCONNECT before it makes it close the connection.
  test.each(['before', 'after'])(
    'rejoins a namespace immediately %s the answer to its CONNECT, without disturbing others',
    async (when) => {
      const page = await browser.open(loading);
      const disconnects = await page.evaluate(
        async ({ url, when }) => {
          const root = window.io(url);
          root.on('disconnect', (reason: string) => window.record.push(reason));
          await window.next(root, 'connect');
          const custom = root.io.socket('/custom-namespace');
          if (when === 'after') await window.next(custom, 'connect');
          custom.disconnect();
          custom.connect();
          await custom.emitWithAck('add', 1, 2);
          await root.emitWithAck('add', 1, 2);
          return window.record;
        },
        { url: fixture.proxy.url, when },
      );
      expect(disconnects).toEqual([]);
      expect(fixture.server.serverSockets()).toBe(1);
      expect(fixture.server.io.of('/custom-namespace').sockets.size).toBe(1);
    },
  );

  test('reconnects with connect() after it disconnected itself', async () => {
    const page = await browser.open(loading);
    const said = await page.evaluate(async (url) => {
      const socket = window.io(url);
      await window.next(socket, 'connect');
      socket.disconnect();
      socket.connect();
      socket.emit('say', 'back');
      return window.next(socket, 'said');
    }, fixture.proxy.url);
    expect(said).toEqual(['/', 'back']);
    expect(fixture.server.serverSockets()).toBe(2);
  });

  test('stays away from one namespace after the server disconnected it there', async () => {
    const page = await browser.open(loading);
    const left = await page.evaluate(async (url) => {
      const root = window.io(url);
      const custom = window.io(`${url}/custom-namespace`);
      await Promise.all([window.next(root, 'connect'), window.next(custom, 'connect')]);
      custom.emit('let me out');
      const [reason] = await window.next(custom, 'disconnect');
      root.emit('say', 'still here');
      await window.next(root, 'said');
      return { reason, active: custom.active, rootConnected: root.connected };
    }, fixture.proxy.url);
    expect(left).toEqual({ reason: 'io server disconnect', active: false, rootConnected: true });
    expect(fixture.server.serverSockets('/custom-namespace')).toBe(1);
  });

  test('is disconnected by the server from all namespaces', async () => {
    const page = await browser.open(loading);
    const reasons = await page.evaluate(async (url) => {
      const root = window.io(url);
      const custom = window.io(`${url}/custom-namespace`);
      await Promise.all([window.next(root, 'connect'), window.next(custom, 'connect')]);
      const gone = Promise.all([window.next(root, 'disconnect'), window.next(custom, 'disconnect')]);
      root.emit('let me out of everything');
      return (await gone).map(([reason]) => reason);
    }, fixture.proxy.url);
    expect(reasons[0]).toBe('io server disconnect');
    expect(['io server disconnect', 'transport close']).toContain(reasons[1]);
  });
});
