import { expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import { nextEvent } from '../../support/waiting.js';
import { type Bench, handshake, settled, withBoth } from './fixture.js';

/** Faults 7, 10, 14, 15 and 21: receiving. */

/** A server that accepts every client and then sends these packets. */
const saying =
  (...messages: string[]) =>
  (peer: WebSocket): void => {
    peer.send(handshake());
    peer.once('message', () => {
      peer.send('40{"sid":"socket-id"}');
      for (const message of messages) peer.send(message);
    });
  };

/** The first uncaught error, or the first event of the program. */
const anything = (bench: Bench): Promise<void> =>
  Promise.race([bench.log, bench.uncaught].map((log) => log.until('anything', () => log.entries.length > 0)));

test.for([
  ['without a payload', '44', ['a TypeError'], 'rejected by the server'],
  ['with a bare string, as 2.x servers send it', '44"Not authorized"', [], 'Not authorized'],
] as const)('7: a CONNECT_ERROR %s is a connect_error with a message', async ([, message, thrown, told]) => {
  const { theirs, ours } = await withBoth(async (bench) => {
    const url = await bench.speak((peer) => {
      peer.send(handshake());
      peer.once('message', () => peer.send(message));
    });
    const socket = bench.io(url, { reconnection: false });
    bench.watch(socket);
    await anything(bench);
    return { seen: bench.log.entries, uncaught: bench.uncaught.entries.map(() => 'a TypeError') };
  });
  // Without a message: the string was lost.
  const seenByThem = thrown.length > 0 ? [] : [expect.stringMatching(/^socket connect_error: (undefined)?$/)];
  expect(theirs).toEqual({ seen: seenByThem, uncaught: thrown });
  expect(ours).toEqual({ seen: [`socket connect_error: ${told}`], uncaught: [] });
});

test('7: an acknowledgement without a payload has no arguments', async () => {
  const { theirs, ours } = await withBoth(async (bench) => {
    const url = await bench.speak(saying('430'));
    const socket = bench.io(url, { reconnection: false });
    socket
      .timeout(5_000)
      .emit('question', (...answer: unknown[]) =>
        bench.log.add(`answered with ${answer.filter((one) => one !== null).length} arguments`),
      );
    await anything(bench);
    return { seen: bench.log.entries, uncaught: bench.uncaught.entries.length };
  });
  expect(theirs).toEqual({ seen: [], uncaught: 1 });
  expect(ours).toEqual({ seen: ['answered with 0 arguments'], uncaught: 0 });
});

test('10: recovered is false, never undefined, with a server that recovers nothing', async () => {
  const { theirs, ours } = await withBoth(async (bench) => {
    const server = await bench.serve();
    const socket = await bench.connected(server.url);
    return socket.recovered;
  });
  expect(theirs).toBeUndefined();
  expect(ours).toBe(false);
});

test('10: an event without an offset whose last argument is a string does not break recovery', async () => {
  const { theirs, ours } = await withBoth(async (bench) => {
    const server = await bench.serve({ options: { connectionStateRecovery: {} } });
    const proxy = await bench.proxy(server);
    const socket = await bench.connected(proxy.url);
    const kept = nextEvent(socket, 'kept');
    server.io.emit('kept', 'has an offset');
    await kept;
    await bench.fence(socket.io);
    const heard = nextEvent(socket, 'volatile');
    server.io.volatile.emit('volatile', 'the last argument');
    await heard;
    const again = nextEvent(socket, 'connect');
    proxy.cut();
    await again;
    return socket.recovered;
  });
  expect(theirs).toBe(false);
  expect(ours).toBe(true);
});

test('10: missed events arrive once after the recovery', async () => {
  // The sound path, which the official client has too: taking fewer strings for offsets must not lose a real one.
  const { theirs, ours } = await withBoth(async (bench) => {
    const server = await bench.serve({ options: { connectionStateRecovery: {} } });
    const proxy = await bench.proxy(server);
    const socket = await bench.connected(proxy.url);
    socket.on('news', (text: string) => bench.log.add(text));
    server.io.emit('news', 'before');
    await bench.log.holds('before');
    const again = nextEvent(socket, 'connect');
    await proxy.down();
    server.io.emit('news', 'missed');
    await proxy.up();
    await again;
    server.io.emit('news', 'after');
    await bench.log.holds('after');
    return { recovered: socket.recovered, news: bench.log.entries };
  });
  expect(theirs).toEqual({ recovered: true, news: ['before', 'missed', 'after'] });
  expect(ours).toEqual(theirs);
});

test('14: a packet costs the same with a thousand namespaces as with one', async () => {
  const namespaces = 1_000;
  const packets = 10_000;
  const { theirs, ours } = await withBoth(async (bench) => {
    const url = await bench.speak((peer) => {
      peer.send(handshake());
      // Every namespace is accepted.
      peer.on('message', (data) => {
        const [, nsp] = /^40(\/[^,]*,)/.exec(String(data)) ?? [];
        if (nsp) peer.send(`40${nsp}{"sid":"id"}`);
      });
    });
    const manager = bench.manager(url);
    const sockets = Array.from({ length: namespaces }, (_, i) => manager.socket(`/${i}`));
    await Promise.all(sockets.map((socket) => nextEvent(socket, 'connect')));
    let heard = 0;
    sockets[500]?.on('news', () => {
      heard += 1;
    });
    // From the transport on, so that only the way through the client is measured.
    const transport = manager.engine.transport as unknown as { emit(event: string, packet: object): void };
    const packet = { type: 'message', data: '2/500,["news"]' };
    const times: number[] = [];
    for (let run = 0; run < 3; run += 1) {
      const started = performance.now();
      for (let i = 0; i < packets; i += 1) transport.emit('packet', packet);
      await settled();
      times.push(performance.now() - started);
    }
    expect(heard).toBe(3 * packets);
    return Math.min(...times);
  });
  console.log(
    `${packets} packets with ${namespaces} namespaces: ${theirs.toFixed(0)} ms, here ${ours.toFixed(0)} ms.`,
  );
  expect(theirs / ours).toBeGreaterThan(3);
});

test('15: a listener that throws is reported, and the listeners after it still run', async () => {
  const { theirs, ours } = await withBoth(async (bench) => {
    const url = await bench.speak(saying('42["news"]', '42["news"]'));
    const socket = bench.io(url, { reconnection: false });
    socket.on('news', () => {
      throw new Error('a fault of the program');
    });
    socket.on('news', () => bench.log.add('second listener'));
    await bench.uncaught.holds('a fault of the program');
    await settled();
    return { seen: bench.log.entries, uncaught: [...new Set(bench.uncaught.entries)] };
  });
  expect(theirs).toEqual({ seen: [], uncaught: ['a fault of the program'] });
  expect(ours).toEqual({
    seen: ['second listener', 'second listener'],
    uncaught: ['a fault of the program'],
  });
});

test.for(['websocket', 'polling'])(
  '21: an event with more than ten attachments arrives, over %s',
  async (transport) => {
    const attachments = Array.from({ length: 11 }, (_, i) => Buffer.from([i]));
    const { theirs, ours } = await withBoth(async (bench) => {
      const server = await bench.serve({
        setup: (app) => app.on('connection', (socket) => socket.emit('many', ...attachments)),
      });
      const socket = bench.io(server.url, { transports: [transport] });
      bench.watch(socket);
      const arrived = new Promise<unknown>((resolve) => socket.on('many', (...args) => resolve(args)));
      const looping = bench.log.until('loop', () => bench.log.count('socket disconnect: parse error') >= 3);
      return Promise.race([arrived, looping.then(() => 'loops on reconnecting')]);
    });
    expect(theirs).toBe('loops on reconnecting');
    expect(ours).toEqual(attachments);
  },
);
