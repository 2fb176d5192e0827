import { afterEach, describe, expect, it, vi } from 'vitest';
import { io as realIo } from '../../../src/index.js';
import type { Clock } from '../../../src/platform/clock.js';
import type { Schema } from '../../../src/plugins/contract/index.js';
import { createTestServer, type TestServerOptions } from '../../../src/testing/index.js';
import type { ReceivedEvent } from '../../../src/testing/inspection.js';
import type { TestServer } from '../../../src/testing/server.js';
import { patiently } from '../../support/waiting.js';

/** The test kit's additions to a server: an `io`, faults, inspection, and clear messages. test/node/testing compares the rest with a real server. */

interface Chat {
  toServer: { note: (text: string, done?: (answer: string) => void) => void; typing: () => void };
  fromServer: { said: (text: string) => void; ask: (what: string, done: (count: number) => void) => void };
}

// biome-ignore lint/suspicious/noExplicitAny: of any contract
type AnyServer = TestServer<any, any, any>;
const servers: AnyServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server._endClients();
    await server.close();
  }
});

function make(options?: TestServerOptions): ReturnType<typeof createTestServer<Chat>> {
  const bench = createTestServer<Chat>(options);
  servers.push(bench.server);
  bench.server.on('connection', (socket) => {
    socket.on('note', (text, done) => done?.(`noted: ${text}`));
  });
  return bench;
}

const next = (emitter: { once(event: never, listener: never): unknown }, event: string): Promise<unknown[]> =>
  new Promise((resolve) => emitter.once(event as never, ((...args: unknown[]) => resolve(args)) as never));

const quick = { reconnectionDelay: 1, reconnectionDelayMax: 5 };

describe('io', () => {
  it('connects to the server, whatever the address', async () => {
    const { io, server } = make();
    server.of('/chat');
    for (const address of [
      undefined,
      '/',
      'https://example.com',
      'wss://example.com:8443/chat?a=1',
      '/chat',
    ]) {
      const socket = io(address as string, { forceNew: true });
      await socket.ready();
      socket.disconnect();
    }
  });

  it('replaces the transports of a program with its own', async () => {
    const { io } = make();
    const socket = io('/', { transports: ['polling'] });
    await socket.ready();
    expect(socket.io.transport).toBe('websocket');
  });

  it('shares a manager within a tab, and not between tabs', async () => {
    const { io, tab, server } = make();
    server.of('/a');
    const other = tab();
    const [main, more, elsewhere] = [io('/'), io('/a'), other('/')];
    expect(main.io).toBe(more.io);
    expect(elsewhere.io).not.toBe(main.io);
    expect(main.io).toBeInstanceOf(io.Manager);
    await Promise.all([main.ready(), more.ready(), elsewhere.ready()]);
    expect(server.connections).toHaveLength(2);
  });

  it('stores nothing in the page', async () => {
    const setItem = vi.fn();
    vi.stubGlobal('window', { localStorage: { getItem: () => null, setItem } });
    const { io } = make();
    await io().ready();
    vi.unstubAllGlobals();
    expect(setItem).not.toHaveBeenCalled();
  });

  it('is typed by the contract', async () => {
    const { io, server } = make();
    const socket = io();
    socket.on('said', (text) => text.toUpperCase());
    // @ts-expect-error: the server says no such thing
    socket.on('shouted', (text: string) => text);
    // @ts-expect-error: a note is a text
    socket.emit('note', 1);
    // @ts-expect-error: the server emits no notes
    server.emit('note', 'x');
    const expected: Promise<ReceivedEvent<Chat['toServer'], 'note'>> = server.expectEvent('note', {
      namespace: '/nowhere',
      timeout: 5,
    });
    await expect(expected).rejects.toThrow();
    // A time limit puts an error before the answer of a callback, and not into that of a Promise.
    const answers: Promise<number[]> = server.timeout(5).emitWithAck('ask', 'how many?');
    await answers.catch(() => []);
    server.sockets.sockets
      .get('nobody')
      ?.timeout(5)
      .emitWithAck('ask', 'x')
      .then((answer: number) => answer);
    // @ts-expect-error: no client emits that
    await expect(server.expectEvent('said', { timeout: 5 })).rejects.toThrow();
  });
});

describe('a contract of schemas, without the plugin', () => {
  const schemas = {
    toServer: {
      note: { args: [{} as Schema<string>], ack: {} as Schema<number> },
      typing: {},
    },
    fromServer: { said: { args: [{} as Schema<string>, {} as Schema<Uint8Array>] } },
  } as const;

  it('types both sides', async () => {
    const { server, io } = createTestServer<typeof schemas>();
    servers.push(server);
    server.on('connection', (socket) => {
      socket.on('note', (text, done) => done(text.length));
      // @ts-expect-error: the second argument is missing
      socket.emit('said', 'x');
    });
    const socket = io();
    const answer: number = await socket.emitWithAck('note', 'four');
    socket.emit('typing');
    // @ts-expect-error: a note is a text
    socket.emit('note', 4, () => {});
    expect(answer).toBe(4);
    expect((await server.expectEvent('note')).args[0].toUpperCase()).toBe('FOUR');
  });
});

describe('faults', () => {
  it('cut: every client is disconnected, and reconnects', async () => {
    const { io, server } = make();
    const socket = io('/', quick);
    await socket.ready();
    const gone = next(socket, 'disconnect');
    server.cut();
    expect((await gone)[0]).toBe('transport close');
    await socket.ready();
    expect(await socket.emitWithAck('note', 'a')).toBe('noted: a');
  });

  it('silence: nothing arrives, no one is notified, and then everything arrives', async () => {
    const { io, server, clock } = make({ clock: 'manual' });
    const socket = io();
    await socket.ready();
    server.silence(1_000);
    const answers: string[] = [];
    socket.emitWithAck('note', 'a').then((answer) => answers.push(answer));
    await clock.advance(999);
    expect([socket.connected, answers]).toEqual([true, []]);
    await clock.advance(1);
    expect(answers).toEqual(['noted: a']);
  });

  it('silence without an end: a client times out, and connects when it is over', async () => {
    const { io, server, clock } = make({ clock: 'manual' });
    const socket = io();
    await socket.ready();
    const end = server.silence();
    await clock.advance(120_000);
    expect(socket.connected).toBe(false);
    end();
    await clock.advance(30_000);
    expect(socket.connected).toBe(true);
  });

  it('restart: sessions are lost, and for a while no client can connect', async () => {
    const { io, server, clock } = make({ clock: 'manual', connectionStateRecovery: true });
    const socket = io();
    await socket.ready();
    server.emit('said', 'x');
    await clock.settle();
    const { id } = socket;
    server.restart({ downMs: 5_000 });
    await clock.advance(4_900);
    expect([socket.connected, server.connections]).toEqual([false, []]);
    await clock.advance(10_000);
    expect([socket.connected, socket.recovered, socket.id === id]).toEqual([true, false, false]);
  });

  it('refuse: with a text, or an error with data, until it is ended', async () => {
    const { io, server } = make();
    const end = server.refuse('closed');
    const first = io('/', { forceNew: true });
    expect(((await next(first, 'connect_error'))[0] as Error).message).toBe('closed');
    first.disconnect();
    const endAlso = server.refuse({ message: 'later', data: { minutes: 5 } });
    const second = io('/', { forceNew: true });
    expect((await next(second, 'connect_error'))[0]).toMatchObject({
      message: 'later',
      data: { minutes: 5 },
    });
    endAlso();
    end();
    const third = io('/', { forceNew: true });
    await third.ready();
  });

  it('delay: each message is delayed, in each direction, and none overtakes another', async () => {
    const { io, server, clock } = make({ clock: 'manual' });
    const socket = io();
    await socket.ready();
    const end = server.delay(100);
    const answers: string[] = [];
    for (const text of ['a', 'b']) socket.emitWithAck('note', text).then((answer) => answers.push(answer));
    await clock.advance(199);
    expect(answers).toEqual([]);
    socket.emitWithAck('note', 'c').then((answer) => answers.push(answer));
    end();
    await clock.advance(1);
    expect(answers).toEqual(['noted: a', 'noted: b']);
    await clock.advance(99);
    expect(answers).toEqual(['noted: a', 'noted: b', 'noted: c']);
  });

  it('drop: an event is lost, from one side, a number of times', async () => {
    const { io, server } = make();
    const socket = io();
    await socket.ready();
    const said: string[] = [];
    socket.on('said', (text) => said.push(text));
    server.drop('said', { times: 1 });
    server.drop('note', { from: 'server' });
    server.emit('said', 'lost');
    server.emit('said', 'heard');
    expect(await socket.emitWithAck('note', 'a')).toBe('noted: a');
    expect(said).toEqual(['heard']);
    const end = server.drop('note');
    await expect(socket.timeout(20).emitWithAck('note', 'b')).rejects.toThrow('timed out');
    expect(server.received.map(({ args }) => args[0])).toEqual(['a']);
    end();
    expect(await socket.emitWithAck('note', 'c')).toBe('noted: c');
  });

  it('restore ends all of them', async () => {
    const { io, server } = make();
    server.silence();
    server.delay(10_000);
    server.refuse();
    server.drop('note');
    server.restart({ downMs: 10_000 });
    server.restore();
    const socket = io('/', quick);
    await socket.ready();
    expect(await socket.emitWithAck('note', 'a')).toBe('noted: a');
  });

  it('a heartbeat that does not arrive ends the connection on both sides', async () => {
    const { io, server, clock } = make({ clock: 'manual', pingInterval: 1_000, pingTimeout: 500 });
    const reasons: unknown[] = [];
    server.on('connection', (socket) => socket.on('disconnect', (reason) => reasons.push(reason)));
    const socket = io('/', { reconnection: false });
    socket.on('disconnect', (reason) => reasons.push(reason));
    await socket.ready();
    await clock.advance(60_000);
    expect(reasons).toEqual([]);
    server.silence();
    await clock.advance(4_000);
    expect(reasons).toEqual(['ping timeout', 'ping timeout']);
  });
});

describe('time', () => {
  /** A run with cuts and retries; what happens, and when. */
  async function story(seed?: number): Promise<unknown[]> {
    const { io, server, clock } = make({ clock: 'manual', ...(seed !== undefined && { seed }) });
    const log: unknown[] = [];
    const socket = io();
    socket.io.on('status', (status) => log.push([clock.now(), status]));
    await socket.ready();
    log.push(socket.id);
    for (let i = 0; i < 3; i++) {
      server.restart({ downMs: 4_000 });
      await clock.advance(20_000);
      log.push(socket.id);
    }
    socket.disconnect();
    return log;
  }

  it('that is manual leaves nothing to chance', async () => {
    const first = await story(7);
    expect(await story(7)).toEqual(first);
    expect(await story(8)).not.toEqual(first);
    expect(await story()).toEqual(await story(1));
  });

  it('that is manual advances only on request, and runs due timers in order', async () => {
    const { io, clock, server } = make({ clock: 'manual' });
    const socket = io();
    await socket.ready();
    server.drop('note');
    expect([clock.now(), clock.waits.length > 0]).toEqual([0, true]);
    const outcomes: unknown[] = [];
    for (const ms of [30, 10, 20]) {
      socket.timeout(ms).emit('note', 'x', (error) => outcomes.push([clock.now(), error !== null]));
    }
    await clock.advance(25);
    expect([clock.now(), outcomes]).toEqual([
      25,
      [
        [10, true],
        [20, true],
      ],
    ]);
  });

  it('that is real cannot be advanced', async () => {
    const { clock } = make();
    await expect(clock.advance(5)).rejects.toMatchObject({ code: 'NOT_SUPPORTED' });
    expect(clock.now()).toBeGreaterThanOrEqual(0);
    expect(clock.waits).toEqual([]);
    await clock.settle();
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY, 'soon'])('cannot be advanced by %s', async (ms) => {
    const { clock } = make({ clock: 'manual' });
    await expect(clock.advance(ms as number)).rejects.toMatchObject({ code: 'BAD_OPTION' });
  });

  it('of fake timers does not delay messages', async () => {
    vi.useFakeTimers();
    try {
      const { io, server } = make();
      const socket = io();
      await socket.ready();
      expect(await socket.emitWithAck('note', 'a')).toBe('noted: a');
      await server.expectEvent('note');
      await expect(server.expectEvent('typing', { timeout: 20 })).rejects.toThrow('no event "typing"');
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('inspection', () => {
  it('lists received events, without callbacks', async () => {
    const { io, server } = make();
    const socket = io();
    await socket.emitWithAck('note', 'a');
    socket.emit('typing');
    await server.expectEvent('typing');
    expect(server.received).toEqual([
      { event: 'note', args: ['a'], namespace: '/', id: socket.id, asks: true, atMs: expect.any(Number) },
      { event: 'typing', args: [], namespace: '/', id: socket.id, asks: false, atMs: expect.any(Number) },
    ]);
    server.clearReceived();
    expect(server.received).toEqual([]);
  });

  it('finds each event once, before and after it has arrived', async () => {
    const { io, server } = make();
    const socket = io();
    await socket.emitWithAck('note', 'a');
    expect((await server.expectEvent('note')).args).toEqual(['a']);
    const second = server.expectEvent('note');
    socket.emit('note', 'b');
    expect((await second).args).toEqual(['b']);
    await expect(server.expectEvent('note', { timeout: 5 })).rejects.toMatchObject({
      code: 'EXPECTATION_FAILED',
    });
  });

  it('finds only matching events', async () => {
    const { io, server } = make();
    server.of('/other');
    io('/other').emit('note', 'elsewhere');
    io().emit('note', 'a');
    io().emit('note', 'b');
    const found = await server.expectEvent('note', { where: ({ args }) => args[0] === 'b' });
    expect(found.args).toEqual(['b']);
    expect((await server.expectEvent('note', { namespace: '/other' })).args).toEqual(['elsewhere']);
  });

  it('reports what arrived instead', async () => {
    const { io, server } = make();
    await expect(server.expectEvent('note', { timeout: 5 })).rejects.toThrow(
      'no event "note" arrived within 5 ms; no client has sent anything',
    );
    const socket = io();
    await socket.ready();
    const failed = expect(server.expectEvent('typing', { timeout: 60 })).rejects.toThrow(
      'no event "typing" arrived within 60 ms; received instead: "note" with ["a"]',
    );
    await socket.emitWithAck('note', 'a');
    await failed;
    await expect(server.expectEvent('typing', { timeout: 5 })).rejects.toThrow(
      'nothing was received instead; received earlier: "note" with ["a"]',
    );
  });

  it('reports that the manual clock was not advanced', async () => {
    const { server } = make({ clock: 'manual' });
    await expect(server.expectEvent('note', { timeout: 5 })).rejects.toThrow('clock.advance()');
  });

  it('knows where a client was created', async () => {
    const { io, server } = make();
    await io().ready();
    expect(server.connections).toEqual([
      { id: expect.any(String), namespaces: ['/'], where: expect.stringContaining('server.test.ts') },
    ]);
  });
});

describe('the end of a test', () => {
  const clockOf = (socket: unknown): Clock =>
    (socket as { io: { _environment: { clock: Clock } } }).io._environment.clock;

  it('is quiet if every client has disconnected', async () => {
    const { io, server } = make();
    const socket = io();
    await socket.ready();
    socket.disconnect();
    await server.finish();
  });

  it.each([
    ['real', 200],
    ['manual', 400],
  ] as const)('waits for clients that leave a moment later, on a %s clock', async (clock, leavesMs) => {
    const { io, server } = make({ clock });
    const sockets = [io(), io('/other', { forceNew: true })];
    server.of('/other');
    await sockets[0]?.ready();
    await sockets[1]?.ready();
    // As sockets of unmounted components do.
    for (const socket of sockets) clockOf(socket).after(leavesMs, () => socket.disconnect());
    await server.finish();
  });

  it('waits in real time for clients with a clock of their own', async () => {
    const { server } = make({ clock: 'manual' });
    const socket = realIo('http://localhost', { transports: [server.transport], forceNew: true });
    await socket.ready();
    setTimeout(() => socket.disconnect(), 100);
    await server.finish();
  });

  it('waits for clients that give up connecting', async () => {
    const { io, server, clock } = make({ clock: 'manual' });
    const socket = io();
    await socket.ready();
    server.restart({ downMs: 60_000 });
    await clock.advance(100);
    clockOf(socket).after(200, () => socket.disconnect());
    await server.finish();
  });

  it('does not wait under fake timers, which never fire', async () => {
    vi.useFakeTimers();
    const { io, server } = make();
    const socket = io();
    await socket.ready();
    await expect(server.finish()).rejects.toMatchObject({ code: 'CONNECTIONS_OPEN' });
    vi.useRealTimers();
  });

  it('nothing is logged about clients of its transport: tests refuse and restart on purpose', async () => {
    const warnings = vi.spyOn(process, 'emitWarning').mockReturnValue();
    const { server } = make();
    server.refuse('no');
    const options = { transports: [server.transport], forceNew: true, reconnectionDelay: 10 };
    const sockets = [realIo('http://kit.test', options), realIo('http://kit.test', options)];
    await vi.waitFor(() => expect(sockets.some(({ active }) => active)).toBe(false), patiently);
    server.restore();
    for (const socket of sockets) socket.connect();
    server.restart({ downMs: 50 });
    await Promise.all(sockets.map((socket) => socket.ready()));
    sockets[0]?.emit('note', 'x', () => {});
    for (const socket of sockets) socket.disconnect();
    expect(warnings.mock.calls.map(([text]) => text)).toEqual([]);
    warnings.mockRestore();
  });

  it('names the clients that are still connected, and closes them', async () => {
    const { io, server } = make();
    server.of('/chat');
    const socket = io('/chat');
    await socket.ready();
    const error = await server.finish().catch((given) => given);
    expect(error).toMatchObject({ code: 'CONNECTIONS_OPEN' });
    expect(error.message).toMatch(/a client connected.*\n- in \/chat, made at .*server\.test\.ts:\d+/);
    expect([socket.connected, socket.active]).toEqual([false, false]);
  });

  it('names a client that is still connecting', async () => {
    const { io, server, clock } = make({ clock: 'manual' });
    const socket = io();
    await socket.ready();
    server.restart({ downMs: 60_000 });
    await clock.advance(3_000);
    await expect(server.finish()).rejects.toThrow(/reconnecting, made at .*server\.test\.ts/);
  });

  it('does not name a client that has disconnected through a slow network', async () => {
    const { io, server, clock } = make({ clock: 'manual' });
    const socket = io();
    await socket.ready();
    server.delay(10_000);
    socket.disconnect();
    await clock.settle();
    await server.finish();
  });
});

describe('a clear message', () => {
  it('for a handler that throws, at once or later', async () => {
    const onError = vi.fn();
    const { io, server } = make({ onError });
    server.on('connection', (socket) => {
      socket.on('typing', () => {
        throw new Error('out of ink');
      });
      socket.on('note', async () => {
        throw new TypeError('late');
      });
    });
    const socket = io();
    socket.emit('typing');
    expect(await socket.emitWithAck('note', 'a')).toBe('noted: a');
    await vi.waitFor(() => expect(onError).toHaveBeenCalledTimes(2), patiently);
    expect(server.errors.map(({ code, message }) => [code, message])).toEqual([
      [
        'HANDLER_FAILED',
        expect.stringContaining('the handler of "typing" in namespace "/" threw an error: out of ink'),
      ],
      [
        'HANDLER_FAILED',
        expect.stringContaining('the handler of "note" in namespace "/" threw an error: late'),
      ],
    ]);
    expect((server.errors[0]?.cause as Error | undefined)?.message).toBe('out of ink');
    // It leads to the handler.
    expect(server.errors[0]?.stack).toContain('server.test.ts');
    expect(socket.connected).toBe(true);
    socket.disconnect();
    await server.finish();
  });

  it('for a handler that throws without a listener of errors: an uncaught error, which finish() throws as well', async () => {
    const reported = vi.fn();
    vi.stubGlobal('reportError', reported);
    try {
      const { io, server } = make();
      server.on('connection', () => {
        throw new Error('no room');
      });
      const socket = io();
      await socket.ready();
      socket.disconnect();
      await expect(server.finish()).rejects.toThrow(
        'the handler of "connection" in namespace "/" threw an error: no room',
      );
      expect(reported).toHaveBeenCalledOnce();
    } finally {
      vi.unstubAllGlobals();
    }
  });

  it.each(['use', 'of', 'ack'])('for %s that throws', async (what) => {
    const onError = vi.fn();
    const { io, server } = make({ onError });
    const fail = (): never => {
      throw new Error('bad');
    };
    if (what === 'use') server.use(fail);
    if (what === 'of') server.of(fail);
    if (what === 'ack')
      server.on('connection', (socket) =>
        (socket as never as { emit: (...args: unknown[]) => void }).emit('said', fail),
      );
    const socket = io(what === 'of' ? '/any' : '/');
    socket.on('said', ((done: () => void) => done()) as never);
    await vi.waitFor(() => expect(onError).toHaveBeenCalledOnce(), patiently);
    expect(onError.mock.calls[0]?.[0].message).toContain(`the handler of "${what}"`);
  });

  it('for a client of another protocol version', async () => {
    const onError = vi.fn();
    const { server } = make({ onError });
    const response = await server.handleRequest({
      method: 'GET',
      url: '/socket.io/?EIO=3&transport=polling',
    });
    expect([response.status, JSON.parse(response.body).code]).toEqual([400, 5]);
    const close = vi.fn();
    server.fromWebSocketRoute({
      url: () => 'ws://host/socket.io/?EIO=3&transport=websocket',
      send: () => {},
      onMessage: () => {},
      onClose: () => {},
      close,
    });
    await vi.waitFor(() => expect(close).toHaveBeenCalled(), patiently);
    expect(close.mock.calls[0]?.[0].reason).toContain('Unsupported protocol version');
    expect(onError.mock.calls[0]?.[0].message).toContain('revision "3" of the Engine.IO protocol');
  });

  it('for a client of another protocol version, if a program listens', async () => {
    const onError = vi.fn();
    const { server } = make({ onError });
    const told = vi.fn();
    server.engine.on('connection_error', told);
    await server.handleRequest({ method: 'GET', url: '/socket.io/?transport=polling' });
    expect(told.mock.calls[0]?.[0]).toMatchObject({ code: 5, message: 'Unsupported protocol version' });
    expect(onError).not.toHaveBeenCalled();
  });

  it.each<[string, unknown]>([
    ['clock', 'fast'],
    ['seed', 1.5],
    ['pingInterval', -1],
    ['maxPayload', '1 MB'],
    ['path', 'socket.io'],
    ['adapter', () => {}],
    ['transports', ['webtransport']],
    ['allowRequest', true],
    ['speed', 5],
    ['connectionStateRecovery', 'yes'],
    ['onError', 'log'],
  ])('for the option %s: %j', (name, value) => {
    expect(() => createTestServer({ [name]: value } as never)).toThrow(
      expect.objectContaining({ code: 'BAD_OPTION', message: expect.stringContaining(`"${name}"`) }),
    );
  });

  it('for options that are not an object', () => {
    expect(() => createTestServer(null as never)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
  });

  it.each<[string, (server: TestServer<Chat['toServer'], Chat['fromServer'], unknown>) => unknown, string]>([
    ['delay', (server) => server.delay(-1), 'BAD_OPTION'],
    ['silence', (server) => server.silence('long' as never), 'BAD_OPTION'],
    ['restart', (server) => server.restart({ downMs: Number.NaN }), 'BAD_OPTION'],
    ['restart', (server) => server.restart({ down: 10 } as never), 'BAD_OPTION'],
    ['cut', (server) => server.cut({ clients: [] } as never), 'BAD_OPTION'],
    ['silence', (server) => server.silence(1, { from: 'client' } as never), 'BAD_OPTION'],
    ['refuse', (server) => server.refuse('no', { time: 1 } as never), 'BAD_OPTION'],
    ['drop', (server) => server.drop('note', { form: 'client' } as never), 'BAD_OPTION'],
    ['refuse', (server) => server.refuse(5 as never), 'BAD_OPTION'],
    ['drop', (server) => server.drop('' as never), 'BAD_EVENT'],
    ['expectEvent', (server) => server.expectEvent(undefined as never), 'BAD_EVENT'],
    ['drop', (server) => server.drop('note', { times: 0 }), 'BAD_OPTION'],
    ['drop', (server) => server.drop('note', { from: 'nobody' as never }), 'BAD_OPTION'],
    ['delay', (server) => server.delay(Number.POSITIVE_INFINITY), 'BAD_OPTION'],
    ['cut', (server) => server.cut({ client: 'nobody' }), 'BAD_OPTION'],
    ['cut', (server) => server.cut({ client: null as never }), 'BAD_OPTION'],
    ['expectEvent', (server) => server.expectEvent('note', { where: 'x' as never }), 'BAD_OPTION'],
    ['serverSideEmit', (server) => server.serverSideEmit(undefined as never), 'BAD_EVENT'],
    ['engine.use', (server) => server.engine.use(undefined as never), 'BAD_OPTION'],
    ['listen', (server) => server.listen(3000), 'NOT_SUPPORTED'],
    ['attach', (server) => server.attach({}), 'NOT_SUPPORTED'],
    ['emit', (server) => (server as AnyServer).emit({} as never), 'BAD_EVENT'],
  ])('for a wrong call of %s', (_name, call, code) => {
    expect(() => call(make().server as never)).toThrow(expect.objectContaining({ code }));
  });

  it('that names the option which was meant', () => {
    expect(() => make().server.restart({ down: 10 } as never)).toThrow(
      'server.restart() has no option "down"; did you mean "downMs"?',
    );
  });
});
