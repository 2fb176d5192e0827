import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Transport } from 'engine.io-client';
import { expect, test, vi } from 'vitest';
import { nextEvent } from '../../support/waiting.js';
import { type Bench, type Socket, settled, useFakeTime, withBoth } from './fixture.js';

/** Faults 13, 14 (its second half), 16, 17 and 18: managers, their retries and their cache. */

/** Fails soon after it was opened, like a refused connection. */
class Refused extends Transport {
  get name(): string {
    return 'websocket';
  }
  override doOpen(): void {
    queueMicrotask(() => this.onError('refused', 0 as never));
  }
  override doClose(): void {}
  override write(): void {}
}

/** The waits between failures and retries, in milliseconds. */
async function waitsOf(bench: Bench, retries: number): Promise<number[]> {
  useFakeTime(bench);
  const waits: number[] = [];
  const socket = bench.io('http://127.0.0.1:1', {
    transports: [Refused] as never,
    reconnectionDelay: 1_000,
    reconnectionDelayMax: 5_000,
    randomizationFactor: 0.5,
  });
  let failedAt = 0;
  socket.on('connect_error', () => {
    failedAt = Date.now();
  });
  socket.io.on('reconnect_attempt', () => waits.push(Date.now() - failedAt));
  while (waits.length < retries) await vi.advanceTimersByTimeAsync(5_000);
  socket.disconnect();
  return waits;
}

test('13: waits stay spread out however long the server is away, and never shrink to zero', async () => {
  const { theirs, ours } = await withBoth((bench) => waitsOf(bench, 1_100));
  const capped = (waits: number[]): number[] => waits.slice(10, 1_000);
  expect(new Set(capped(theirs))).toEqual(new Set([5_000]));
  // From some 1,000 on the deviation is infinite: half of the waits are not a number, and so none.
  expect(Math.min(...theirs.slice(-60))).toBeLessThanOrEqual(1);

  expect(new Set(capped(ours)).size).toBeGreaterThan(500);
  expect(Math.min(...ours.slice(10))).toBeGreaterThanOrEqual(2_500);
  expect(Math.max(...ours)).toBeLessThanOrEqual(5_000);
});

/** Collects garbage until all of these are freed; returns how many remain. */
async function leftAfterCollection(refs: WeakRef<object>[]): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const left = (): number => refs.filter((ref) => ref.deref() !== undefined).length;
  for (let round = 0; round < 20 && left() > 0; round += 1) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    collect();
  }
  return left();
}

test('14: unused managers and sockets can be garbage-collected', async () => {
  const { theirs, ours } = await withBoth(async (bench) => {
    const server = await bench.serve({ setup: (app) => void app.of(/^\/room-\d+$/) });
    const stays = bench.manager(server.url);
    // In a function of its own, so that no variable keeps anything.
    const use = async (): Promise<WeakRef<object>[]> => {
      const refs: WeakRef<object>[] = [];
      for (let i = 0; i < 5; i += 1) {
        const room = stays.socket(`/room-${i}`);
        await nextEvent(room, 'connect');
        room.disconnect();
        // Not forceNew: these are the ones that io() remembers, one for each path.
        const alone = bench.client.io(server.url, {
          path: '/socket.io',
          query: { i },
          transports: ['websocket'],
        });
        await nextEvent(alone, 'connect');
        alone.disconnect();
        refs.push(new WeakRef(room), new WeakRef(alone), new WeakRef(alone.io));
      }
      return refs;
    };
    stays.socket('/');
    const refs = await use();
    await bench.fence(stays);
    return leftAfterCollection(refs);
  });
  // The five rooms, which their manager keeps, and the first manager of io() with its socket.
  expect(theirs).toBe(7);
  expect(ours).toBe(0);
});

test('16: io() does not modify the options object', async () => {
  const { theirs, ours } = await withBoth(async (bench) => {
    const server = await bench.serve();
    const options = { forceNew: true, transports: ['websocket'] };
    const before = structuredClone(options);
    const sockets: Socket[] = [
      bench.client.io(`${server.url}/?token=of-one-host`, options),
      bench.client.io(server.url, options),
    ];
    for (const socket of sockets) bench.afterwards(() => socket.disconnect());
    await server.socket('/', 2);
    const tokens = [...server.io.sockets.sockets.values()].map(({ handshake }) => handshake.query.token);
    return { unchanged: JSON.stringify(options) === JSON.stringify(before), tokens: tokens.filter(Boolean) };
  });
  expect(theirs).toEqual({ unchanged: false, tokens: ['of-one-host', 'of-one-host'] });
  expect(ours).toEqual({ unchanged: true, tokens: ['of-one-host'] });
});

test('17: socket.io.off() does not cut the library off from its own events', async () => {
  const { theirs, ours } = await withBoth(async (bench) => {
    const server = await bench.serve();
    const socket = bench.io(server.url, { reconnection: false });
    bench.watch(socket);
    socket.io.off();
    await nextEvent(socket.io, 'open');
    await bench.fence(socket.io);
    const before = bench.log.entries;
    const closed = nextEvent(socket.io, 'close');
    socket.io.off('close');
    socket.io.engine.close();
    void closed.catch(() => {});
    await settled();
    return { before, after: bench.log.entries, connected: socket.connected };
  });
  expect(theirs).toEqual({ before: [], after: [], connected: false });
  expect(ours).toEqual({
    before: ['socket connect'],
    after: ['socket connect', 'socket disconnect: forced close'],
    connected: false,
  });
});

test('18: io() without an address outside a page says so, and connects nowhere', async () => {
  const { theirs, ours } = await withBoth(async (bench) => {
    try {
      const socket = bench.client.io({ autoConnect: false, forceNew: true });
      return (socket.io as unknown as { uri: string }).uri;
    } catch (error) {
      return (error as { code?: unknown }).code;
    }
  });
  expect(theirs).toMatch(/^undefined\/\/undefined/);
  expect(ours).toBe('BAD_ADDRESS');
});

test('18: after reconnect_failed, a socket is not active', async () => {
  const { theirs, ours } = await withBoth(async (bench) => {
    const socket = bench.io('http://127.0.0.1:1', {
      transports: [Refused] as never,
      reconnectionAttempts: 2,
    });
    await nextEvent(socket.io, 'reconnect_failed');
    return socket.active;
  });
  expect(theirs).toBe(true);
  expect(ours).toBe(false);
});
