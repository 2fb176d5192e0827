import { expect, test, vi } from 'vitest';
import { nextEvent } from '../../support/waiting.js';
import { handshake, hourMs, useFakeTime, withBoth } from './fixture.js';

/** Faults 1, 2, 3, 8 and 12: a namespace's CONNECT and DISCONNECT. */

test('1: connecting twice while CONNECT is pending creates one server socket, which gets a broadcast once', async () => {
  const { theirs, ours } = await withBoth(async (bench) => {
    const admissions: (() => void)[] = [];
    const server = await bench.serve({
      setup: (app) => app.of('/a').use((_, admit) => admissions.push(admit)),
    });
    const manager = bench.manager(server.url);
    const socket = manager.socket('/a');
    socket.on('news', () => bench.log.add('news'));
    const connected = nextEvent(socket, 'connect');
    await nextEvent(manager, 'open');
    socket.connect();
    await bench.fence(manager);
    for (const admit of admissions) admit();
    await connected;
    await bench.fence(manager);
    server.io.of('/a').emit('news');
    await bench.fence(manager);
    return {
      connects: admissions.length,
      sockets: server.serverSockets('/a'),
      news: bench.log.count('news'),
    };
  });
  expect(theirs).toEqual({ connects: 2, sockets: 2, news: 2 });
  expect(ours).toEqual({ connects: 1, sockets: 1, news: 1 });
});

test('2: disconnecting while CONNECT is pending leaves no orphan on the server', async () => {
  const { theirs, ours } = await withBoth(async (bench) => {
    let admit: (() => void) | undefined;
    const server = await bench.serve({
      setup: (app) =>
        app.of('/a').use((_, next) => {
          admit = next;
        }),
    });
    const manager = bench.manager(server.url);
    const socket = manager.socket('/a');
    await nextEvent(manager, 'open');
    await bench.fence(manager);
    socket.disconnect();
    await bench.fence(manager);
    admit?.();
    // Two round trips: the server's answer, and the good-bye that it may bring about.
    await bench.fence(manager);
    await bench.fence(manager);
    return server.io.of('/a').sockets.size;
  });
  expect(theirs).toBe(1);
  expect(ours).toBe(0);
});

test('2: connecting again after a disconnect while CONNECT was pending does not affect other namespaces', async () => {
  const { theirs, ours } = await withBoth(async (bench) => {
    const server = await bench.serve({ setup: (app) => app.of('/a') });
    const manager = bench.manager(server.url, { reconnection: false });
    const other = manager.socket('/');
    bench.watch(other, 'other');
    await nextEvent(other, 'connect');
    await bench.fence(manager);
    const socket = manager.socket('/a');
    socket.disconnect();
    // Two round trips: the server has let it in, and a client that says good-bye then has said it.
    await bench.fence(manager);
    await bench.fence(manager);
    socket.connect();
    const alive = await bench.fence(manager);
    return { alive, seen: bench.log.entries };
  });
  expect(theirs).toEqual({ alive: false, seen: ['other connect', 'other disconnect: transport close'] });
  expect(ours).toEqual({ alive: true, seen: ['other connect'] });
});

test('2: disconnecting and connecting in the same tick does not affect other namespaces', async () => {
  // A server that finds DISCONNECT and CONNECT in one read sees a second CONNECT for a namespace that it still has.
  const { theirs, ours } = await withBoth(async (bench) => {
    const server = await bench.serve({ setup: (app) => app.of('/a') });
    const manager = bench.manager(server.url, { reconnection: false });
    await bench.fence(manager);
    const socket = manager.socket('/a');
    await nextEvent(socket, 'connect');
    socket.disconnect();
    const again = new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      manager.once('close', () => resolve(false));
    });
    socket.connect();
    return again;
  });
  expect(theirs).toBe(false);
  expect(ours).toBe(true);
});

test('2: disconnecting and connecting in the same tick while CONNECT is pending creates one server socket', async () => {
  const { theirs, ours } = await withBoth(async (bench) => {
    const server = await bench.serve({ setup: (app) => app.of('/a') });
    const manager = bench.manager(server.url, { reconnection: false });
    await bench.fence(manager);
    const socket = manager.socket('/a');
    const closed = new Promise((resolve) => manager.once('close', resolve));
    const connected = new Promise<void>((resolve) => socket.once('connect', resolve));
    socket.disconnect().connect();
    await Promise.race([connected, closed]);
    const alive = socket.connected && (await bench.fence(manager)) && (await bench.fence(manager));
    return { alive, sockets: server.io.of('/a').sockets.size };
  });
  expect(theirs).toEqual({ alive: true, sockets: 2 });
  expect(ours).toEqual({ alive: true, sockets: 1 });
});

test('3: an acknowledgement sent after its namespace was left does not close the connection', async () => {
  const { theirs, ours } = await withBoth(async (bench) => {
    const server = await bench.serve({
      setup: (app) => app.of('/a').on('connection', (socket) => socket.emit('question', () => {})),
    });
    const manager = bench.manager(server.url, { reconnection: false });
    const socket = manager.socket('/a');
    await bench.fence(manager);
    const answer = await new Promise<() => void>((resolve) => {
      socket.on('question', resolve);
      if (socket.connected) server.latest('/a').emit('question', () => {});
    });
    socket.disconnect();
    await bench.fence(manager);
    answer();
    return bench.fence(manager);
  });
  expect(theirs).toBe(false);
  expect(ours).toBe(true);
});

test('3: an acknowledgement is sent only in the session that asked for it', async () => {
  const { theirs, ours } = await withBoth(async (bench) => {
    const acksReceived: unknown[] = [];
    const server = await bench.serve({ setup: (app) => app.of('/a') });
    server.io.engine.on(
      'connection',
      (raw: { on(event: string, listener: (text: string) => void): void }) => {
        raw.on('data', (text) => {
          if (/^3\/a/.test(text)) acksReceived.push(text);
        });
      },
    );
    const manager = bench.manager(server.url);
    const socket = manager.socket('/a');
    await nextEvent(socket, 'connect');
    const asked = nextEvent<[(answer: string) => void]>(socket, 'question');
    server.latest('/a').emit('question', () => {});
    const [answer] = await asked;
    socket.disconnect();
    await bench.fence(manager);
    const again = nextEvent(socket, 'connect');
    socket.connect();
    await again;
    answer('for the session before');
    await bench.fence(manager);
    return acksReceived.length;
  });
  expect(theirs).toBe(1);
  expect(ours).toBe(0);
});

test('8: a socket that was never connected never fires disconnect', async () => {
  const { theirs, ours } = await withBoth(async (bench) => {
    const url = await bench.speak((peer) => {
      peer.send(handshake());
      peer.on('message', () => peer.close());
    });
    const socket = bench.io(url, { reconnection: false });
    bench.watch(socket);
    await nextEvent(socket.io, 'close');
    return bench.log.entries;
  });
  expect(theirs).toEqual(['socket disconnect: transport close']);
  expect(ours).toEqual([]);
});

test('12: a server that never answers CONNECT does not hang the socket for ever', async () => {
  const { theirs, ours } = await withBoth(async (bench) => {
    const url = await bench.speak((peer) => {
      peer.send(handshake({ pingInterval: 2 * hourMs }));
      peer.on('message', () => bench.log.add('CONNECT'));
    });
    useFakeTime(bench);
    const socket = bench.io(url, { timeout: 5_000, reconnectionDelay: hourMs, reconnectionDelayMax: hourMs });
    bench.watch(socket);
    await bench.log.holds('CONNECT');
    await vi.advanceTimersByTimeAsync(5_000);
    const afterTimeout = bench.log.entries;
    await vi.advanceTimersByTimeAsync(hourMs);
    return { afterTimeout, afterAnHour: [...new Set(bench.log.entries)] };
  });
  expect(theirs).toEqual({ afterTimeout: ['CONNECT'], afterAnHour: ['CONNECT'] });
  expect(ours.afterTimeout).toEqual(['CONNECT', 'socket connect_error: timeout']);
});
