import { expect, test } from 'vitest';
import { nextEvent } from '../../support/waiting.js';
import { settled, withBoth } from './fixture.js';

/** Fault 4: the `auth` option. */

test('4: an auth function that throws is reported, and leaves no unresponsive connection', async () => {
  const { theirs, ours } = await withBoth(async (bench) => {
    const server = await bench.serve();
    const socket = bench.io(server.url, {
      reconnection: false,
      auth: () => {
        bench.log.add('asked');
        throw new Error('no token');
      },
    });
    bench.watch(socket);
    socket.io.on('close', () => bench.log.add('closed'));
    const { io } = server;
    await bench.log.holds('asked');
    await settled();
    if (bench.log.has('closed'))
      await new Promise<void>((resolve) => {
        const look = (): void => (io.engine.clientsCount === 0 ? resolve() : void setImmediate(look));
        look();
      });
    return { seen: bench.log.entries, uncaught: bench.uncaught.entries, connections: io.engine.clientsCount };
  });
  expect(theirs).toEqual({ seen: ['asked'], uncaught: ['no token'], connections: 1 });
  expect(ours).toEqual({
    seen: ['asked', 'closed', 'socket connect_error: no token'],
    uncaught: [],
    connections: 0,
  });
});

test('4: an auth function may return a Promise', async () => {
  const { theirs, ours } = await withBoth(async (bench) => {
    const server = await bench.serve({ setup: (app) => app.of('/a') });
    const manager = bench.manager(server.url);
    const socket = manager.socket('/a', { auth: (async () => ({ token: 'later' })) as never });
    await nextEvent(manager, 'open');
    await bench.fence(manager);
    await bench.fence(manager);
    return socket.connected && server.latest('/a').handshake.auth;
  });
  expect(theirs).toBe(false);
  expect(ours).toEqual({ token: 'later' });
});

test('4: an auth function whose Promise rejects is reported', async () => {
  const { theirs, ours } = await withBoth(async (bench) => {
    const server = await bench.serve({ setup: (app) => app.of('/a') });
    const manager = bench.manager(server.url);
    const auth = async (): Promise<object> => {
      throw new Error('no token');
    };
    const socket = manager.socket('/a', { auth: auth as never });
    bench.watch(socket);
    await bench.fence(manager);
    await settled();
    return { seen: bench.log.entries, uncaught: bench.uncaught.entries };
  });
  expect(theirs).toEqual({ seen: [], uncaught: ['no token'] });
  expect(ours).toEqual({ seen: ['socket connect_error: no token'], uncaught: [] });
});

test('4: an auth function that answers after disconnect() creates no socket on the server', async () => {
  const { theirs, ours } = await withBoth(async (bench) => {
    const server = await bench.serve({ setup: (app) => app.of('/a') });
    const manager = bench.manager(server.url);
    let answer: (data: object) => void = () => {};
    const socket = manager.socket('/a', {
      auth: (callback) => {
        answer = callback;
      },
    });
    await bench.fence(manager);
    socket.disconnect();
    answer({ token: 'too late' });
    await bench.fence(manager);
    return server.serverSockets('/a');
  });
  expect(theirs).toBe(1);
  expect(ours).toBe(0);
});
