import { request } from 'node:http';
import { Transport } from 'engine.io-client';
import { expect, test, vi } from 'vitest';
import { nextEvent } from '../../support/waiting.js';
import {
  type Bench,
  handshake,
  hourMs,
  passUntil,
  type Socket,
  settled,
  useFakeTime,
  withBoth,
} from './fixture.js';

/** Fault 19: the engine. The part about `offline` is in offline.test.ts. */

/** Fails while it is opened, like `new WebSocket()` if a page's policy forbids it. */
class FailsAtOnce extends Transport {
  get name(): string {
    return 'websocket';
  }
  override doOpen(): void {
    this.onError('blocked', 0 as never);
  }
  override doClose(): void {}
  override write(): void {}
}

test('19: a transport that fails while it opens is reported immediately', async () => {
  const { theirs, ours } = await withBoth(async (bench) => {
    useFakeTime(bench);
    const started = Date.now();
    const socket = bench.io('http://127.0.0.1:1', {
      transports: [FailsAtOnce] as never,
      reconnection: false,
    });
    const failed = new Promise<number>((resolve) => {
      socket.on('connect_error', () => resolve(Date.now() - started));
    });
    await vi.advanceTimersByTimeAsync(30_000);
    return failed;
  });
  expect(theirs).toBe(20_000);
  expect(ours).toBe(0);
});

test.for<[string, string]>([
  ['is not JSON', '0{"sid":'],
  ['is null', '0null'],
])('19: a handshake that %s is a connect_error, and no uncaught error', async ([, text]) => {
  const { theirs, ours } = await withBoth(async (bench) => {
    const url = await bench.speak((peer) => peer.send(text));
    const socket = bench.io(url, { reconnection: false });
    bench.watch(socket);
    await Promise.race(
      [bench.log, bench.uncaught].map((log) => log.until('anything', () => log.entries.length > 0)),
    );
    return { told: bench.log.entries.length, uncaught: bench.uncaught.entries.length };
  });
  expect(theirs).toEqual({ told: 0, uncaught: 1 });
  expect(ours).toEqual({ told: 1, uncaught: 0 });
});

test.for<[string, string]>([
  ['heartbeat times', handshake({ pingInterval: undefined, pingTimeout: 'soon' })],
  ['session id', handshake({ sid: undefined })],
])('19: a handshake without %s opens nothing', async ([, text]) => {
  const { theirs, ours } = await withBoth(async (bench) => {
    const url = await bench.speak((peer) => peer.send(text));
    const manager = bench.manager(url, { reconnection: false });
    manager.on('open', () => bench.log.add('open'));
    manager.on('error', (error) => bench.log.add(error.message));
    await bench.log.until('anything', () => bench.log.entries.length > 0);
    return bench.log.entries;
  });
  expect(theirs).toEqual(['open']);
  expect(ours).toEqual([expect.stringMatching(/^the handshake has no /)]);
});

test('19: a change of the wall clock does not disconnect', async () => {
  const { theirs, ours } = await withBoth(async (bench) => {
    const server = await bench.serve();
    const socket = await bench.connected(server.url, { reconnection: false });
    bench.watch(socket);
    await bench.fence(socket.io);
    const now = Date.now();
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => now + 24 * hourMs);
    bench.afterwards(() => clock.mockRestore());
    const alive = await bench.fence(socket.io);
    await settled();
    return { alive, seen: bench.log.entries };
  });
  expect(theirs).toEqual({ alive: false, seen: ['socket disconnect: ping timeout'] });
  expect(ours).toEqual({ alive: true, seen: [] });
});

test('19: an upgrade that is never answered is abandoned', async () => {
  const { theirs, ours } = await withBoth(async (bench) => {
    const server = await bench.serve({ options: { pingInterval: 3 * hourMs } });
    const http = server.io.httpServer;
    http.removeAllListeners('upgrade');
    // Taken, and never answered.
    http.on('upgrade', () => bench.log.add('probe'));
    useFakeTime(bench);
    const socket = bench.io(server.url, { transports: ['polling', 'websocket'] });
    socket.once('connect', () => {
      socket.io.engine.on('upgradeError', (error) => bench.log.add((error as Error).message));
    });
    await passUntil(() => bench.log.has('probe'));
    await vi.advanceTimersByTimeAsync(hourMs);
    return [...new Set(bench.log.entries)];
  });
  expect(theirs).toEqual(['probe']);
  expect(ours).toEqual(['probe', 'probe error: timeout']);
});

/** Resolves when the server has no session, or is told by then that it keeps one. */
async function sessionsLeft(bench: Bench, transports: unknown): Promise<number> {
  let admit = (): void => {};
  const server = await bench.serve({
    options: {
      allowRequest: (_request, decide) => {
        admit = () => decide(null, true);
        bench.log.add('asked');
      },
    },
  });
  const { engine } = server.io;
  const socket = bench.io(server.url, { transports: transports as never });
  await bench.log.holds('asked');
  socket.disconnect();
  const opened = nextEvent(engine as never, 'connection');
  admit();
  await opened;
  // Its good-bye, if it says one, is on its way: another client's whole visit takes longer.
  const stop = Date.now() + 400;
  while (engine.clientsCount > 0 && Date.now() < stop) await visit(server.url);
  return engine.clientsCount;
}

/** One request to the server, which it answers and forgets. */
const visit = (url: string, query = ''): Promise<void> =>
  new Promise((resolve, reject) => {
    request(`${url}/socket.io/?EIO=4&transport=none&${query}`, (response) =>
      response.resume().on('end', resolve),
    )
      .on('error', reject)
      .end();
  });

test('19: closing during the polling handshake leaves no session on the server', async () => {
  const { theirs, ours } = await withBoth((bench) => sessionsLeft(bench, ['polling']));
  expect(theirs).toBe(1);
  expect(ours).toBe(0);
});

test('19: closing during the handshake of polling over fetch leaves no session on the server', async () => {
  const { theirs, ours } = await withBoth((bench) => sessionsLeft(bench, [bench.client.Fetch]));
  expect(theirs).toBe(1);
  expect(ours).toBe(0);
});

/** A server that keeps a GET waiting: the handshake's, or every one after it. */
const holding = (bench: Bench, kept: 'handshake' | 'poll'): Promise<string> =>
  bench.answer((incoming, response) => {
    const kind = incoming.url?.includes('sid=') ? 'poll' : 'handshake';
    if (incoming.method === 'POST') {
      response.end('ok');
    } else if (kind !== kept) {
      response.end(handshake());
    } else {
      bench.log.add('held');
      response.on('close', () => bench.log.add('aborted'));
    }
  });

// Over XMLHttpRequest, test/unit/connection/transports.test.ts shows it: the stand-in that both clients use in Node
// throws at the end of a request that was aborted, so that there, holdfast leaves it to the server.
test.for(['handshake', 'poll'] as const)(
  '19: polling over fetch does not leave its %s open when it is closed',
  async (kept) => {
    const { theirs, ours } = await withBoth(async (bench) => {
      const url = await holding(bench, kept);
      useFakeTime(bench);
      const socket = bench.io(url, { transports: [bench.client.Fetch] as never });
      await passUntil(() => bench.log.has('held'));
      socket.disconnect();
      await settled();
      // The server may be given time to answer of its own accord.
      await vi.advanceTimersByTimeAsync(60_000);
      for (let i = 0; i < 3; i += 1) await visit(url, kept === 'handshake' ? 'sid=another' : '');
      return bench.log.entries;
    });
    expect(theirs).toEqual(['held']);
    expect(ours).toEqual(['held', 'aborted']);
  },
);

test('19: polling over fetch obeys requestTimeout', async () => {
  const { theirs, ours } = await withBoth(async (bench) => {
    const options = { transports: [bench.client.Fetch] as never, requestTimeout: 100, reconnection: false };
    const socket = bench.io(await holding(bench, 'poll'), options);
    return Promise.race([
      nextEvent(socket.io, 'close').then(([reason]) => reason),
      new Promise((resolve) => setTimeout(() => resolve('nothing'), 1_000)),
    ]);
  });
  expect(theirs).toBe('nothing');
  expect(ours).toBe('transport error');
});

test.for([
  [false, 'omit', 'same-origin'],
  [true, 'include', 'include'],
] as const)(
  '19: polling over fetch sends cookies as a page does, withCredentials %s',
  async ([withCredentials, official, sound]) => {
    const { theirs, ours } = await withBoth(async (bench) => {
      const server = await bench.serve();
      const fetched = vi.spyOn(globalThis, 'fetch');
      bench.afterwards(() => fetched.mockRestore());
      await bench.connected(server.url, { transports: [bench.client.Fetch] as never, withCredentials });
      return [...new Set(fetched.mock.calls.map(([, init]) => init?.credentials))];
    });
    expect(theirs).toEqual([official]);
    expect(ours).toEqual([sound]);
  },
);

test.for([
  ['a name that does not exist', ['websockets']],
  ['a name of every object', ['constructor']],
  ['one wrong name among right ones', ['polling', 'flash']],
] as const)('19: io() says what is wrong with transports: %s', async ([, transports]) => {
  const { theirs, ours } = await withBoth(async (bench) => {
    try {
      const socket: Socket = bench.io('http://127.0.0.1:1', {
        transports: transports as never,
        reconnection: false,
      });
      return { thrown: false, connected: socket.connected };
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      return { code, message };
    }
  });
  // A TypeError about something that is undefined; or nothing at all, until the wrong name's turn comes.
  expect(theirs).not.toHaveProperty('code', expect.any(String));
  expect(ours).toEqual({ code: 'BAD_OPTION', message: expect.stringContaining('"transports"') });
});
