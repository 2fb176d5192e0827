import { io as officialIo } from 'socket.io-client';
import { afterEach, describe, expect, it } from 'vitest';
import { createTestServer, type TestServerOptions } from '../../../src/testing/index.js';
import type { TestServer } from '../../../src/testing/server.js';

/** Faults in every order, at every stage, and for one client alone. */

interface Chat {
  toServer: { note: (text: string, done?: (answer: string) => void) => void };
  fromServer: { said: (text: string) => void };
}

// biome-ignore lint/suspicious/noExplicitAny: of any contract
const servers: TestServer<any, any, any>[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server._endClients();
    await server.close();
  }
});

function make(options?: TestServerOptions): ReturnType<typeof createTestServer<Chat>> {
  const bench = createTestServer<Chat>({ clock: 'manual', ...options });
  servers.push(bench.server);
  bench.server.on('connection', (socket) => {
    socket.on('note', (text, done) => done?.(`noted: ${text}`));
  });
  return bench;
}

/** The events of a client, in order. */
function story(socket: { on(event: never, listener: never): unknown }): string[] {
  const log: string[] = [];
  for (const event of ['connect', 'connect_error', 'disconnect']) {
    socket.on(
      event as never,
      ((what?: Error | string) =>
        log.push([event, (what as Error)?.message ?? what].filter(Boolean).join(': '))) as never,
    );
  }
  return log;
}

describe('at every stage of a connection', () => {
  for (const turns of [0, 1, 2, 3, 4, 5, 6, 8]) {
    it(`a cut after ${turns} turns of the event loop does not prevent a client from connecting`, async () => {
      const { io, server, clock } = make();
      const socket = io();
      for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
      server.cut();
      await clock.advance(10_000);
      expect([socket.connected, server.connections.length]).toEqual([true, 1]);
      expect(await socket.emitWithAck('note', 'a')).toBe('noted: a');
    });

    it(`a restart after ${turns} turns of the event loop does not prevent a client from connecting`, async () => {
      const { io, server, clock } = make();
      const socket = io();
      for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
      server.restart({ downMs: 3_000 });
      await clock.advance(2_900);
      expect([socket.connected, server.connections.length]).toEqual([false, 0]);
      await clock.advance(20_000);
      expect([socket.connected, server.connections.length]).toEqual([true, 1]);
    });

    it(`silence after ${turns} turns of the event loop ends`, async () => {
      const { io, server, clock } = make();
      const socket = io();
      for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
      server.silence(3_000);
      await clock.advance(2_900);
      await clock.advance(60_000);
      expect([socket.connected, server.connections.length]).toEqual([true, 1]);
      expect(await socket.emitWithAck('note', 'a')).toBe('noted: a');
    });
  }
});

describe('combined with each other', () => {
  it('the end of one silence does not end another', async () => {
    const { io, server, clock } = make();
    const socket = io();
    await socket.ready();
    const first = server.silence(10_000);
    server.silence(1_000);
    first();
    const answers: string[] = [];
    socket.emitWithAck('note', 'a').then((answer) => answers.push(answer));
    await clock.advance(999);
    expect(answers).toEqual([]);
    await clock.advance(1);
    expect(answers).toEqual(['noted: a']);
  });

  it('a short silence does not shorten a long one', async () => {
    const { io, server, clock } = make();
    const socket = io();
    await socket.ready();
    server.silence(5_000);
    server.silence(10);
    const answers: string[] = [];
    socket.emitWithAck('note', 'a').then((answer) => answers.push(answer));
    await clock.advance(4_999);
    expect(answers).toEqual([]);
    await clock.advance(1);
    expect(answers).toEqual(['noted: a']);
  });

  it('the newest of two delays applies, and then the other one', async () => {
    const { io, server, clock } = make();
    const socket = io();
    await socket.ready();
    server.delay(100);
    const end = server.delay(1_000);
    end();
    end();
    const answers: string[] = [];
    socket.emitWithAck('note', 'a').then((answer) => answers.push(answer));
    await clock.advance(200);
    expect(answers).toEqual(['noted: a']);
  });

  it('delay and drop', async () => {
    const { io, server, clock } = make();
    const socket = io();
    const said: string[] = [];
    socket.on('said', (text) => said.push(text));
    await socket.ready();
    server.delay(50);
    server.drop('said', { times: 2 });
    for (const text of ['a', 'b', 'c']) server.emit('said', text);
    await clock.advance(49);
    expect(said).toEqual([]);
    await clock.advance(1);
    expect(said).toEqual(['c']);
  });

  it('silence longer than the heartbeat, and recovery', async () => {
    const { io, server, clock } = make({
      connectionStateRecovery: {},
      pingInterval: 1_000,
      pingTimeout: 500,
    });
    const socket = io();
    const said: string[] = [];
    socket.on('said', (text) => said.push(text));
    await socket.ready();
    server.emit('said', 'first');
    await clock.settle();
    const { id } = socket;
    server.silence(5_000);
    await clock.advance(4_000);
    server.emit('said', 'missed');
    await clock.advance(20_000);
    expect([socket.connected, socket.recovered, socket.id === id]).toEqual([true, true, true]);
    expect(said).toEqual(['first', 'missed']);
  });

  it('a restart is not noticed in a silent network', async () => {
    const { io, server, clock } = make();
    const socket = io();
    await socket.ready();
    const log = story(socket);
    server.silence(2_000);
    server.restart();
    await clock.advance(1_999);
    expect(log).toEqual([]);
    await clock.advance(10_000);
    expect(log).toEqual(['disconnect: transport close', 'connect']);
  });

  it('a restart is noticed late in a slow network', async () => {
    const { io, server, clock } = make();
    const socket = io();
    await socket.ready();
    const log = story(socket);
    server.delay(500);
    server.restart();
    await clock.advance(499);
    expect(log).toEqual([]);
    await clock.advance(1);
    expect(log).toEqual(['disconnect: transport close']);
  });

  it('a restart with recovery recovers no client', async () => {
    const { io, server, clock } = make({ connectionStateRecovery: {} });
    const socket = io();
    await socket.ready();
    server.emit('said', 'x');
    await clock.settle();
    server.restart();
    await clock.advance(10_000);
    expect([socket.connected, socket.recovered]).toEqual([true, false]);
  });

  it('a cut while every client is refused', async () => {
    const { io, server, clock } = make();
    const socket = io();
    await socket.ready();
    const log = story(socket);
    const end = server.refuse('full');
    server.cut();
    await clock.advance(10_000);
    expect(log).toEqual(['disconnect: transport close', 'connect_error: full']);
    end();
    socket.connect();
    await clock.advance(10_000);
    expect(log.at(-1)).toBe('connect');
  });

  it('a client that is refused once connects next time', async () => {
    const { io, server, clock } = make();
    server.refuse('not yet', { times: 1 });
    const socket = io();
    const log = story(socket);
    await clock.settle();
    expect(log).toEqual(['connect_error: not yet']);
    socket.connect();
    await clock.settle();
    expect(log).toEqual(['connect_error: not yet', 'connect']);
  });

  it('restore during each fault', async () => {
    const { io, server, clock } = make();
    const socket = io();
    await socket.ready();
    server.silence();
    server.delay(100_000);
    server.drop('note');
    server.restore();
    expect(await socket.emitWithAck('note', 'a')).toBe('noted: a');
    server.restart({ downMs: 100_000 });
    await clock.settle();
    server.restore();
    await clock.advance(10_000);
    expect(socket.connected).toBe(true);
  });

  it('a function that ends a fault ends no other, even if it is called late or twice', async () => {
    const { io, server, clock } = make();
    const ends = [server.silence(10), server.delay(10), server.refuse('a'), server.drop('note')];
    server.restore();
    server.refuse('b');
    for (const end of [...ends, ...ends]) end();
    const socket = io();
    const log = story(socket);
    await clock.settle();
    expect(log).toEqual(['connect_error: b']);
  });

  it('disconnectSockets in a silent network', async () => {
    const { io, server, clock } = make();
    const socket = io();
    await socket.ready();
    const log = story(socket);
    server.silence(1_000);
    server.disconnectSockets();
    await clock.advance(999);
    expect(log).toEqual([]);
    await clock.advance(1);
    expect(log).toEqual(['disconnect: io server disconnect']);
  });
});

describe('for one client alone', () => {
  it('an io: its connections, and later ones', async () => {
    const { io, tab, server, clock } = make();
    const elsewhere = tab();
    const [one, two] = [io(), elsewhere()];
    await Promise.all([one.ready(), two.ready()]);
    const logs = [story(one), story(two)];
    server.cut({ client: elsewhere });
    await clock.advance(5_000);
    expect(logs).toEqual([[], ['disconnect: transport close', 'connect']]);
    const end = server.silence(undefined, { client: elsewhere });
    const answers: string[] = [];
    for (const [index, socket] of [one, two].entries())
      socket.emitWithAck('note', `${index}`).then((answer) => answers.push(answer));
    const late = elsewhere('/', { forceNew: true });
    await clock.advance(1_000);
    expect([answers, late.connected]).toEqual([['noted: 0'], false]);
    end();
    await clock.advance(60_000);
    expect([answers, late.connected]).toEqual([['noted: 0', 'noted: 1'], true]);
  });

  it('a socket of either side, or an id: its connection', async () => {
    const { io, tab, server, clock } = make();
    const [one, two] = [io(), tab()()];
    await Promise.all([one.ready(), two.ready()]);
    const kinds = [() => two, () => two.id as string, () => server.sockets.sockets.get(two.id as string)];
    for (const client of kinds) {
      const logs = [story(one), story(two)];
      server.cut({ client: client() });
      await clock.advance(5_000);
      expect(logs).toEqual([[], ['disconnect: transport close', 'connect']]);
    }
  });

  it('a dead connection: a new one works', async () => {
    const { io, server, clock } = make({ pingInterval: 1_000, pingTimeout: 500 });
    const socket = io();
    await socket.ready();
    const log = story(socket);
    server.silence(undefined, { client: socket });
    await clock.advance(20_000);
    expect(log).toEqual(['disconnect: ping timeout', 'connect']);
    expect(await socket.emitWithAck('note', 'a')).toBe('noted: a');
  });

  it('delay, drop and refuse', async () => {
    const { io, tab, server, clock } = make();
    const elsewhere = tab();
    const [one, two] = [io(), elsewhere()];
    await Promise.all([one.ready(), two.ready()]);
    const said: string[] = [];
    one.on('said', (text) => said.push(`one: ${text}`));
    two.on('said', (text) => said.push(`two: ${text}`));
    server.drop('said', { client: two, times: 1 });
    server.emit('said', 'a');
    server.delay(100, { client: elsewhere });
    server.emit('said', 'b');
    await clock.advance(99);
    expect(said).toEqual(['one: a', 'one: b']);
    await clock.advance(1);
    expect(said).toEqual(['one: a', 'one: b', 'two: b']);
    server.refuse('not you', { client: elsewhere });
    const refused = elsewhere('/', { forceNew: true });
    const log = story(refused);
    const other = io('/', { forceNew: true });
    await clock.advance(5_000);
    expect([log, other.connected]).toEqual([['connect_error: not you'], true]);
  });

  it('a socket of the official client', async () => {
    const { io, server } = make({ clock: 'real' });
    const mine = io();
    await mine.ready();
    const socket = officialIo('http://any.address', {
      forceNew: true,
      reconnection: false,
      transports: [server.transport as never],
    });
    await new Promise<void>((resolve) => void socket.on('connect', resolve));
    const gone = new Promise((resolve) => socket.once('disconnect', resolve));
    server.cut({ client: socket });
    expect(await gone).toBe('transport close');
    expect(mine.connected).toBe(true);
  });

  it('the error names what a client may be', async () => {
    const { io, server } = make();
    const socket = io();
    expect(() => server.cut({ client: socket })).toThrow(/which is not a connected socket.*accepted: an io/);
    expect(() => server.silence(5, { client: 'nobody' })).toThrow(
      '"nobody", and no connected socket has this id',
    );
    expect(() => server.drop('note', { client: 5 as never })).toThrow('option "client" of drop() is 5');
  });
});
