import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Manager } from '../../../src/io.js';
import type { Options } from '../../../src/platform/options.js';
import { TransportMemory } from '../../../src/plugins/memory.js';
import type { Socket } from '../../../src/socket/socket.js';
import { FakeEnvironment } from '../../support/fake-environment.js';
import { useManagers } from '../../support/fake-managers.js';
import { type FakeNetwork, type FakeTransport, settled } from '../../support/fake-transports.js';
import { useReportError } from '../../support/report-error.js';

const fake = useManagers();
const { make } = fake;
const reported = useReportError();
let { clock, signals }: FakeEnvironment = new FakeEnvironment();
let network: FakeNetwork;

beforeEach(() => {
  ({ clock, signals } = fake.world);
  network = fake.network;
});

/** A manager whose link is open, and the transport below it. */
async function connected(options: Options = {}): Promise<{ manager: Manager; below: FakeTransport }> {
  const manager = make(options);
  await settled();
  network.last.shakes();
  return { manager, below: network.last };
}

/** The Socket.IO messages written since the last call. */
async function sent(transport: FakeTransport = network.last): Promise<string[]> {
  await settled();
  return transport.written.splice(0).map((packet) => packet.replace(/^message:/, ''));
}

function record(manager: Manager): unknown[][] {
  const seen: unknown[][] = [];
  manager.on('open', () => seen.push(['open']));
  manager.on('close', (reason) => seen.push(['close', reason]));
  manager.on('error', (error) => seen.push(['error', error.message]));
  manager.on('reconnect_attempt', (attempt) => seen.push(['reconnect_attempt', attempt]));
  manager.on('reconnect_error', (error) => seen.push(['reconnect_error', error.message]));
  manager.on('reconnect_failed', () => seen.push(['reconnect_failed']));
  manager.on('reconnect', (attempt) => seen.push(['reconnect', attempt]));
  return seen;
}

describe('the settings', () => {
  it('have the defaults of the official client', () => {
    const manager = new Manager('http://host.test', { autoConnect: false });
    expect(manager.reconnection()).toBe(true);
    expect(manager.reconnectionAttempts()).toBe(Number.POSITIVE_INFINITY);
    expect(manager.reconnectionDelay()).toBe(1_000);
    expect(manager.reconnectionDelayMax()).toBe(5_000);
    expect(manager.randomizationFactor()).toBe(0.5);
    expect(manager.timeout()).toBe(20_000);
    expect(manager.opts.path).toBe('/socket.io');
  });

  it('can be set in a chain, also to 0 and false', () => {
    const manager = new Manager('http://host.test', { autoConnect: false });
    const same = manager
      .reconnection(false)
      .reconnectionAttempts(0)
      .reconnectionDelay(0)
      .reconnectionDelayMax(7)
      .randomizationFactor(0)
      .timeout(false);
    expect(same).toBe(manager);
    expect([manager.reconnection(), manager.reconnectionAttempts(), manager.reconnectionDelay()]).toEqual([
      false,
      0,
      0,
    ]);
    expect([manager.reconnectionDelayMax(), manager.randomizationFactor(), manager.timeout()]).toEqual([
      7,
      0,
      false,
    ]);
  });

  it('are checked, and stay unchanged if the new value is invalid', () => {
    const manager = new Manager('http://host.test', { autoConnect: false });
    expect(() => manager.reconnectionDelay(-1)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
    expect(() => manager.timeout('soon' as never)).toThrow('"timeout"');
    expect(() => manager.randomizationFactor(2)).toThrow('"randomizationFactor"');
    expect(manager.reconnectionDelay()).toBe(1_000);
    expect(() => new Manager('http://host.test', { transports: ['smoke'] })).toThrow('"transports"');
  });

  it('never change the program’s own object', async () => {
    const options = Object.freeze({
      transports: Object.freeze([network.transport('websocket')]) as never,
      query: Object.freeze({ token: '1' }),
      extraHeaders: Object.freeze({ a: 'b' }),
      transportOptions: Object.freeze({ websocket: Object.freeze({ forceBase64: true }) }),
      auth: Object.freeze({ a: 1 }),
      withCredentials: true,
      autoConnect: true,
    });
    const manager = make(options);
    const socket = manager.socket('/', options);
    await settled();
    network.last.shakes();
    manager.reconnectionDelay(5);
    expect(await sent()).toEqual(['0{"a":1}']);
    expect(socket.active).toBe(true);
    expect(options).toEqual({ ...options });
  });

  it('never change the query that the program gave for one transport', async () => {
    const query = { EIO: '4', transport: 'websocket' };
    make({ transportOptions: { websocket: { query } } });
    await settled();
    network.last.shakes();
    expect(query).toEqual({ EIO: '4', transport: 'websocket' });
  });

  it('never change the program’s headers, although cookies are added to them', async () => {
    const [extraHeaders, forOne] = [{ 'x-mine': '1' }, { 'x-mine': '2' }];
    const real: Options = { transports: ['websocket'], withCredentials: true, reconnection: false };
    make({ ...real, extraHeaders });
    make({ ...real, transportOptions: { websocket: { extraHeaders: forOne } } });
    await settled();
    expect([extraHeaders, forOne]).toEqual([{ 'x-mine': '1' }, { 'x-mine': '2' }]);
  });
});

describe('opening', () => {
  it('begins at once, unless autoConnect is off', async () => {
    expect(make().status).toBe('connecting');
    const lazy = make({ autoConnect: false });
    expect(lazy.status).toBe('idle');
    expect(lazy.engine).toBeUndefined();
    expect(lazy.open()).toBe(lazy);
    expect(lazy.status).toBe('connecting');
    expect(lazy.connect()).toBe(lazy);
  });

  it('makes the engine available at once, for programs that listen to it', async () => {
    const manager = make();
    const opened = vi.fn();
    manager.engine.on('open', opened);
    await settled();
    network.last.shakes();
    expect(opened).toHaveBeenCalledOnce();
    expect(manager.engine.id).toBe('engine1');
    expect([manager.transport, manager.engine.transport.name]).toEqual(['websocket', 'websocket']);
  });

  it('reports success to its callback', async () => {
    const manager = make({ autoConnect: false });
    const callback = vi.fn();
    manager.open(callback);
    await settled();
    network.last.shakes();
    expect(callback.mock.calls).toEqual([[]]);
  });

  it('reports failure to its callback, and leaves the next attempt to the callback', async () => {
    const manager = make({ autoConnect: false });
    const callback = vi.fn();
    manager.open(callback);
    await settled();
    network.last.fails('websocket error');
    expect(callback.mock.calls).toEqual([[expect.objectContaining({ message: 'websocket error' })]]);
    expect([manager.status, clock.pending]).toEqual(['closed', 0]);
    manager.open(callback);
    await settled();
    network.last.shakes();
    expect(callback).toHaveBeenCalledTimes(2);
  });

  it('is not disturbed by a callback that throws', async () => {
    const manager = make({ autoConnect: false });
    const socket = manager.socket('/');
    socket.connect();
    await settled();
    network.last.fails();
    // The retry loop waits; the callback is for the next try.
    manager.open(() => {
      throw new Error('mine');
    });
    await settled();
    expect(() => network.last.shakes()).not.toThrow();
    expect(reported).toHaveBeenCalledWith(expect.objectContaining({ message: 'mine' }));
    expect(await sent()).toEqual(['0']);
  });

  it('continues even if the callback throws after a failure', async () => {
    const manager = make({ autoConnect: false });
    manager.open();
    await settled();
    network.last.fails();
    clock.advance(1_000);
    await settled();
    // An attempt of the retry loop is running, and this callback gets its result.
    manager.open(() => {
      throw new Error('mine');
    });
    expect(() => network.last.fails()).not.toThrow();
    expect([manager.status, clock.pending]).toEqual(['reconnecting', 1]);
  });

  it('retries after a failure, and reports it', async () => {
    const manager = make();
    const seen = record(manager);
    const socket = manager.socket('/');
    const errors: string[] = [];
    socket.on('connect_error', (error) => errors.push(error.message));
    await settled();
    network.last.fails('websocket error');
    expect(seen).toEqual([['error', 'websocket error']]);
    expect(errors).toEqual(['websocket error']);
    expect([manager.status, manager.retryInMs, socket.active]).toEqual(['reconnecting', 1_000, true]);
    clock.advance(1_000);
    await settled();
    network.last.fails('websocket error');
    clock.advance(2_000);
    await settled();
    network.last.shakes();
    expect(seen).toEqual([
      ['error', 'websocket error'],
      ['reconnect_attempt', 1],
      ['error', 'websocket error'],
      ['reconnect_error', 'websocket error'],
      ['reconnect_attempt', 2],
      ['open'],
      ['reconnect', 2],
    ]);
    expect(errors).toHaveLength(2);
  });

  it('gives up after its attempts; then no socket is active, and each can reconnect', async () => {
    const manager = make({ reconnectionAttempts: 1 });
    const seen = record(manager);
    const socket = manager.socket('/');
    await settled();
    network.last.fails();
    clock.advance(1_000);
    await settled();
    network.last.fails();
    expect(seen.filter(([name]) => name === 'reconnect_failed')).toHaveLength(1);
    expect([manager.status, socket.active, clock.pending]).toEqual(['closed', false, 0]);
    socket.connect();
    await settled();
    network.last.shakes();
    expect(await sent()).toEqual(['0']);
  });
});

describe('the sockets of a manager', () => {
  it('are one for each namespace, over one connection', async () => {
    const { manager, below } = await connected();
    const root = manager.socket('/');
    const admin = manager.socket('/admin', { auth: { token: 1 } });
    expect(manager.socket('/')).toBe(root);
    expect(root.io).toBe(manager);
    expect(await sent(below)).toEqual(['0', '0/admin,{"token":1}']);
    below.gives('message', '0{"sid":"a"}');
    below.gives('message', '0/admin,{"sid":"b"}');
    expect([root.id, admin.id]).toEqual(['a', 'b']);
    const [one, two] = [vi.fn(), vi.fn()];
    root.on('e', one);
    admin.on('e', two);
    below.gives('message', '2/admin,["e",1]');
    below.gives('message', '2/other,["e",2]');
    below.gives('message', '2["e",3]');
    expect([one.mock.calls, two.mock.calls]).toEqual([[[3]], [[1]]]);
    expect(network.made).toHaveLength(1);
  });

  it('are not connected if autoConnect is off', () => {
    const manager = make({ autoConnect: false });
    const socket = manager.socket('/');
    expect([socket.active, manager.socket('/').active, manager.status]).toEqual([false, false, 'idle']);
  });

  it('reconnect when they are requested again after they left', async () => {
    const { manager, below } = await connected();
    manager.socket('/other');
    const socket = manager.socket('/');
    await sent(below);
    below.gives('message', '4{"message":"no"}');
    expect(socket.active).toBe(false);
    expect(manager.socket('/')).toBe(socket);
    expect(socket.active).toBe(true);
    expect(await sent(below)).toEqual(['0']);
  });

  it('close the connection when the last one leaves, and not before', async () => {
    const { manager, below } = await connected();
    const seen = record(manager);
    const [root, admin] = [manager.socket('/'), manager.socket('/admin')];
    below.gives('message', '0{"sid":"a"}');
    below.gives('message', '0/admin,{"sid":"b"}');
    await sent(below);
    root.disconnect();
    expect(manager.status).toBe('connected');
    const reasons: string[] = [];
    admin.on('disconnect', (reason) => reasons.push(reason));
    admin.disconnect();
    expect(manager.status).toBe('closed');
    expect(await sent(below)).toEqual(['1', '1/admin,']);
    expect(reasons).toEqual(['io client disconnect']);
    expect(seen).toEqual([['close', 'forced close']]);
    expect(clock.pending).toBe(0);
    expect(network.log).toContain('websocket is closed');
  });

  it('reopen it when they reconnect', async () => {
    const { manager, below } = await connected();
    const socket = manager.socket('/');
    below.gives('message', '0{"sid":"a"}');
    socket.disconnect();
    await settled();
    socket.connect();
    await settled();
    expect(network.made).toHaveLength(2);
    network.last.shakes();
    expect(await sent()).toEqual(['0']);
    network.last.gives('message', '0{"sid":"b"}');
    expect(socket.id).toBe('b');
    expect(manager.status).toBe('connected');
  });

  it('leave no pending CONNECT behind when the last one leaves', async () => {
    const { manager, below } = await connected();
    manager.socket('/').disconnect();
    await settled();
    expect(manager.status).toBe('closed');
    expect(network.log).toContain('websocket is closed');
    below.gives('message', '0{"sid":"a"}');
    expect(clock.pending).toBe(0);
  });

  it('skip the retry wait when they connect again', async () => {
    const { manager, below } = await connected();
    const socket = manager.socket('/');
    below.gives('message', '0{"sid":"a"}');
    below.closes();
    expect(manager.status).toBe('reconnecting');
    socket.disconnect();
    expect(manager.status).toBe('closed');
    socket.connect();
    expect(manager.status).toBe('connecting');
  });

  it('are each told why the connection ended', async () => {
    const { manager, below } = await connected();
    const reasons: unknown[][] = [];
    for (const nsp of ['/', '/admin']) {
      manager.socket(nsp).on('disconnect', (...args) => reasons.push([nsp, ...args]));
      below.gives('message', `0${nsp === '/' ? '' : '/admin,'}{"sid":"a"}`);
    }
    below.closes();
    const details = expect.objectContaining({ description: 'websocket connection closed' });
    expect(reasons).toEqual([
      ['/', 'transport close', details],
      ['/admin', 'transport close', details],
    ]);
  });

  it('are disconnected with parse error by an unreadable packet, and reconnect', async () => {
    const { manager, below } = await connected();
    const socket = manager.socket('/');
    const reasons: string[] = [];
    socket.on('disconnect', (reason) => reasons.push(reason));
    below.gives('message', '0{"sid":"a"}');
    below.gives('message', '2{"what":"ever"}');
    expect(reasons).toEqual(['parse error']);
    clock.advance(1_000);
    await settled();
    network.last.shakes();
    expect(await sent()).toEqual(['0']);
  });

  it('cause a new connection if the server answers none of them', async () => {
    const { manager, below } = await connected({ timeout: 1_000 });
    const socket = manager.socket('/');
    const errors: string[] = [];
    socket.on('connect_error', (error) => errors.push(error.message));
    await sent(below);
    clock.advance(1_000);
    expect(errors).toEqual(['timeout']);
    expect(manager.status).toBe('reconnecting');
    clock.advance(1_000);
    await settled();
    expect(network.made).toHaveLength(2);
  });

  it('stay connected if the server does not answer a further one', async () => {
    const { manager, below } = await connected({ timeout: 1_000 });
    const [root, silent] = [manager.socket('/'), manager.socket('/silent')];
    below.gives('message', '0{"sid":"a"}');
    clock.advance(1_000);
    expect([root.connected, silent.active, manager.status]).toEqual([true, true, 'connected']);
  });

  it('ignore the answer to a CONNECT that they have replaced by a new one', async () => {
    const { manager, below } = await connected();
    manager.socket('/other');
    const socket = manager.socket('/');
    const connects = vi.fn();
    socket.on('connect', connects);
    await sent(below);
    socket.disconnect();
    socket.connect();
    below.gives('message', '0{"sid":"old"}');
    expect(connects).not.toHaveBeenCalled();
    const [first, question = ''] = await sent(below);
    expect(first).toBe('1');
    below.gives('message', `4${question.slice(1)}{"message":"Invalid namespace"}`);
    expect(await sent(below)).toEqual(['0']);
    below.gives('message', '0{"sid":"new"}');
    expect([connects.mock.calls.length, socket.id]).toEqual([1, 'new']);
  });
});

describe('the events of a manager', () => {
  it('can be removed by a program without breaking the library', async () => {
    const { manager, below } = await connected();
    const socket = manager.socket('/');
    manager.off();
    manager.removeAllListeners();
    below.gives('message', '0{"sid":"a"}');
    expect(socket.connected).toBe(true);
    below.closes();
    expect(socket.connected).toBe(false);
    clock.advance(1_000);
    await settled();
    network.last.shakes();
    expect(await sent()).toEqual(['0']);
  });

  it('report each ping and each packet', async () => {
    const { manager, below } = await connected();
    const [ping, packet] = [vi.fn(), vi.fn()];
    manager.on('ping', ping).on('packet', packet);
    below.gives('ping');
    below.gives('message', '2/unknown,["a"]');
    expect(ping).toHaveBeenCalledOnce();
    expect(packet.mock.calls).toEqual([[{ type: 2, nsp: '/unknown', data: ['a'], id: undefined }]]);
  });

  it('do not report probes', async () => {
    const { manager, below } = await connected();
    const packet = vi.fn();
    manager.on('packet', packet);
    await sent();
    signals.tell('woken');
    const [question = ''] = await sent();
    below.gives('message', `4${question.slice(1)}{"message":"Invalid namespace"}`);
    expect([manager.latencyMs, packet.mock.calls]).toEqual([0, []]);
  });

  it('report the status and the attempts', async () => {
    const manager = make();
    const [statuses, attempts]: [string[], string[]] = [[], []];
    manager.on('status', (status) => statuses.push(status));
    manager.on('attempt', ({ transport, phase }) => attempts.push(`${transport} ${phase}`));
    await settled();
    network.last.fails();
    clock.advance(1_000);
    await settled();
    network.last.shakes();
    network.last.closes();
    expect(statuses).toEqual(['reconnecting', 'connected', 'reconnecting']);
    expect(attempts).toEqual(['websocket start', 'websocket failed', 'websocket start', 'websocket won']);
  });

  it('let a listener of `status` close the link: the sockets join over the next one', async () => {
    const manager = make();
    const socket = manager.socket('/');
    manager.once('status', (status) => {
      if (status === 'connected') manager.engine.close();
    });
    await settled();
    network.last.shakes();
    await settled();
    clock.advance(1_000);
    await settled();
    network.last.shakes();
    expect(await sent()).toEqual(['0']);
    network.last.gives('message', '0{"sid":"a"}');
    expect(socket.id).toBe('a');
  });

  it('let a listener close everything', async () => {
    const manager = make();
    const socket = manager.socket('/');
    manager.on('open', () => socket.disconnect());
    await settled();
    network.last.shakes();
    await settled();
    expect([manager.status, socket.active, clock.pending]).toEqual(['closed', false, 0]);
  });
});

it('accepts options alone, with a host', async () => {
  const manager = fake.makeAt(undefined, { hostname: 'elsewhere.test', port: 3001 });
  expect(manager.uri).toBeUndefined();
  expect(manager.engine.opts).toMatchObject({ hostname: 'elsewhere.test', port: '3001' });
});

it('retries after refusals according to its own settings', async () => {
  const { manager, below } = await connected({
    reconnectionDelay: 300,
    reconnectionDelayMax: 500,
    verify: false,
  });
  manager.socket('/', { reconnectOnReject: () => true });
  expect(await sent()).toEqual(['0']);
  for (const ms of [0, 300, 500, 500]) {
    below.gives('message', '4{"message":"no"}');
    if (ms > 0) clock.advance(ms - 1);
    expect(await sent()).toEqual([]);
    clock.advance(ms > 0 ? 1 : 0);
    expect(await sent()).toEqual(['0']);
  }
});

it('keeps the connection if an acknowledgement has no id', async () => {
  const { manager, below } = await connected();
  const socket = manager.socket('/');
  below.gives('message', '0{"sid":"a"}');
  const seen = record(manager);
  below.gives('message', '3["stray"]');
  expect([seen, socket.connected, manager.status]).toEqual([[], true, 'connected']);
});

describe('a manager that has given up', () => {
  it('reconnects all its sockets when it is opened again', async () => {
    const { manager, below } = await connected({ reconnectionAttempts: 1 });
    const sockets = [manager.socket('/'), manager.socket('/admin')];
    below.gives('message', '0{"sid":"a"}');
    below.gives('message', '0/admin,{"sid":"b"}');
    below.closes();
    clock.advance(1_000);
    await settled();
    network.last.fails();
    expect([manager.status, ...sockets.map(({ active }) => active)]).toEqual(['closed', false, false]);
    manager.open();
    await settled();
    network.last.shakes();
    expect(await sent()).toEqual(['0', '0/admin,']);
    expect(sockets.map(({ active }) => active)).toEqual([true, true]);
  });

  it('does so again the second time', async () => {
    const { manager, below } = await connected({ reconnectionAttempts: 1 });
    manager.socket('/');
    below.gives('message', '0{"sid":"a"}');
    below.closes();
    clock.advance(1_000);
    await settled();
    network.last.fails();
    manager.open();
    await settled();
    network.last.fails();
    clock.advance(1_000);
    await settled();
    network.last.fails();
    expect(manager.status).toBe('closed');
    manager.open();
    await settled();
    network.last.shakes();
    expect(await sent()).toEqual(['0']);
  });

  it('reports it, also if the retry policy ended the attempts', async () => {
    const { manager, below } = await connected({ retryPolicy: ({ attempt }) => (attempt > 1 ? null : 10) });
    const seen = record(manager);
    below.closes();
    clock.advance(10);
    await settled();
    network.last.fails('websocket error');
    expect(seen.map(([name]) => name)).toEqual([
      'close',
      'reconnect_attempt',
      'error',
      'reconnect_failed',
      'reconnect_error',
    ]);
    expect([manager.status, clock.pending]).toEqual(['closed', 0]);
  });
});

describe('the public state of the connection', () => {
  it('has a status for each state', async () => {
    const manager = make({ autoConnect: false });
    expect(manager.status).toBe('idle');
    manager.open();
    expect(manager.status).toBe('connecting');
    await settled();
    network.last.shakes();
    expect([manager.status, manager.transport, manager.retryInMs]).toEqual([
      'connected',
      'websocket',
      undefined,
    ]);
    network.last.closes();
    expect([manager.status, manager.transport, manager.retryInMs]).toEqual([
      'reconnecting',
      undefined,
      1_000,
    ]);
    clock.advance(300);
    expect(manager.retryInMs).toBe(700);
    signals.tell('offline');
    expect([manager.status, manager.retryInMs]).toEqual(['offline', 5_000]);
    signals.tell('online');
    expect([manager.status, manager.retryInMs]).toEqual(['reconnecting', 125]);
    clock.advance(125);
    expect([manager.status, manager.retryInMs]).toEqual(['reconnecting', undefined]);
    await settled();
    network.last.shakes();
    manager.socket('/').connect().disconnect();
    expect([manager.status, manager.retryInMs]).toEqual(['closed', undefined]);
  });

  it('is reported when the transport has changed', async () => {
    const manager = make({ transports: [network.transport('polling'), network.transport('websocket')] });
    await settled();
    const polling = network.last;
    polling.shakes();
    const told: unknown[] = [];
    manager.on('status', (status) => told.push([status, manager.transport]));
    network.last.opens();
    network.last.gives('pong', 'probe');
    polling.paused?.();
    expect(told).toEqual([['connected', 'websocket']]);
  });

  it('is reported when the round trip was measured; it is remembered', async () => {
    const { manager, below } = await connected();
    expect(manager.latencyMs).toBeUndefined();
    const told: unknown[] = [];
    manager.on('status', (status) => told.push([status, manager.latencyMs]));
    await sent();
    signals.tell('woken');
    const [question = ''] = await sent();
    expect(question).toMatch(/^0\/.+,$/);
    clock.advance(80);
    below.gives('message', `4${question.slice(1)}{"message":"Invalid namespace"}`);
    expect(told).toEqual([['connected', 80]]);
    expect([...fake.world.store.entries.values()].map((text) => JSON.parse(text).rttMs[0])).toEqual([80]);
  });

  it('is reported with the time of the answer to CONNECT, until a shorter time or a real measurement is known', async () => {
    const { manager, below } = await connected();
    const told: unknown[] = [];
    manager.on('status', (status) => told.push([status, manager.latencyMs]));
    const rtt = (): number[] =>
      [...fake.world.store.entries.values()].map((text) => JSON.parse(text).rttMs[0]);
    const join = async (nsp: string, ms: number): Promise<void> => {
      manager.socket(nsp);
      await sent();
      clock.advance(ms);
      below.gives('message', `0${nsp},{"sid":"a"}`);
    };
    await join('/a', 300);
    expect([told.splice(0), rtt()]).toEqual([[['connected', 300]], [300]]);
    // A middleware took its time.
    await join('/b', 2_000);
    expect([told.splice(0), rtt(), manager.latencyMs]).toEqual([[], [300], 300]);
    await join('/c', 90);
    expect([told.splice(0), rtt()]).toEqual([[['connected', 90]], [90]]);
    signals.tell('woken');
    const [question = ''] = await sent();
    clock.advance(400);
    below.gives('message', `4${question.slice(1)}{"message":"Invalid namespace"}`);
    expect([told, rtt()]).toEqual([[['connected', 400]], [400]]);
  });

  it('is reported at each change, and only then', async () => {
    const { manager, below } = await connected();
    const told: string[] = [];
    manager.on('status', (status) => told.push(status));
    below.gives('ping');
    below.gives('message', '2["a"]');
    below.closes();
    clock.advance(1_000);
    await settled();
    network.last.shakes();
    expect(told).toEqual(['reconnecting', 'connected']);
  });
});

describe('a WebSocket that failed before polling opened', () => {
  const both = (): Options => ({
    transports: [network.transport('websocket'), network.transport('polling')],
  });
  const refused = async (): Promise<void> => {
    await settled();
    network.last.fails('refused');
  };

  it('is probed at once in a retry, because the server may have restarted between the two', async () => {
    const manager = make(both());
    await refused();
    await refused();
    expect(manager.status).toBe('reconnecting');
    clock.advance(5_000);
    await refused();
    await settled();
    const polling = network.last;
    polling.shakes();
    expect(network.last.name).toBe('websocket');
    network.last.opens();
    network.last.gives('pong', 'probe');
    polling.paused?.();
    expect(manager.transport).toBe('websocket');
  });

  it('is probed later in a first attempt', async () => {
    make(both());
    await refused();
    await settled();
    const polling = network.last;
    polling.shakes();
    expect(network.last).toBe(polling);
    clock.advance(15_000);
    expect(network.last.name).toBe('websocket');
  });
});

describe('a server that does not answer CONNECT over the first transport', () => {
  const both = (): Options => ({
    transports: [network.transport('websocket'), network.transport('polling')],
    upgrade: false,
    verify: false,
  });
  /** Everything that the manager and the socket tell. */
  const everything = (manager: Manager, socket: Socket): unknown[][] => {
    const seen = record(manager);
    socket.on('connect', () => seen.push(['connect']));
    socket.on('connect_error', (error) => seen.push(['connect_error', error.message]));
    socket.on('disconnect', (reason) => seen.push(['disconnect', reason]));
    return seen;
  };
  const failed = (): boolean =>
    new TransportMemory(
      fake.world.store,
      fake.world.dateMs,
      'holdfast:http://host.test:3000/socket.io',
    ).recall().websocket === true;

  it('is tried over the next one at once, without an error, in one session', async () => {
    const { manager, below } = await connected(both());
    const socket = manager.socket('/');
    const seen = everything(manager, socket);
    expect(await sent(below)).toEqual(['0']);
    clock.advance(5_000);
    await settled();
    expect(network.made.map(({ name }) => name)).toEqual(['websocket', 'polling']);
    expect(network.log).toContain('websocket is closed');
    network.last.shakes({ sid: 'engine2' });
    expect(await sent()).toEqual(['0']);
    // The old link is closed: its late packets are ignored.
    below.gives('message', '0{"sid":"old"}');
    expect(socket.connected).toBe(false);
    network.last.gives('message', '0{"sid":"a"}');
    expect([socket.id, manager.transport, manager.status]).toEqual(['a', 'polling', 'connected']);
    expect(seen.filter(([name]) => /error|reconnect/.test(String(name)))).toEqual([]);
    expect(seen.filter(([name]) => name === 'connect')).toHaveLength(1);
    expect(seen.filter(([name]) => name === 'disconnect')).toEqual([]);
    clock.advance(60_000);
    expect(network.made).toHaveLength(2);
  });

  it('has the whole timeout over the last one', async () => {
    const { manager } = await connected(both());
    const socket = manager.socket('/');
    const seen = everything(manager, socket);
    clock.advance(5_000);
    await settled();
    network.last.shakes();
    clock.advance(19_999);
    expect(seen.filter(([name]) => name === 'connect_error')).toEqual([]);
    clock.advance(1);
    expect(seen.filter(([name]) => name === 'connect_error')).toEqual([['connect_error', 'timeout']]);
  });

  it('is kept if it has answered another namespace', async () => {
    const { manager, below } = await connected(both());
    const [root, slow] = [manager.socket('/'), manager.socket('/slow')];
    below.gives('message', '0{"sid":"a"}');
    clock.advance(10_000);
    expect([network.made.length, root.connected, slow.active]).toEqual([1, true, true]);
  });

  it('is remembered with a failing WebSocket once it has answered over polling', async () => {
    const { manager } = await connected(both());
    manager.socket('/');
    clock.advance(5_000);
    await settled();
    network.last.shakes();
    expect(failed()).toBe(false);
    network.last.gives('message', '0{"sid":"a"}');
    expect(failed()).toBe(true);
  });

  it('is named in the error if the next one does not open', async () => {
    const { manager } = await connected(both());
    const errors: unknown[] = [];
    manager.socket('/').on('connect_error', (error) => errors.push(error));
    clock.advance(5_000);
    await settled();
    network.last.fails('xhr poll error');
    expect(errors).toMatchObject([
      {
        message: 'xhr poll error',
        attempts: [
          { transport: 'websocket', phase: 'connect', message: 'timeout' },
          { transport: 'polling', phase: 'open', message: 'xhr poll error' },
        ],
      },
    ]);
    expect(manager.status).toBe('reconnecting');
  });

  it('is waited for over polling if WebSocket has failed in the same attempt', async () => {
    const manager = make(both());
    const socket = manager.socket('/');
    const seen = everything(manager, socket);
    network.onOpen.set('websocket', (one) => one.fails());
    await settled();
    network.last.shakes();
    expect(await sent()).toEqual(['0']);
    clock.advance(12_000);
    await settled();
    network.last.gives('message', '0{"sid":"a"}');
    expect([socket.connected, manager.transport]).toEqual([true, 'polling']);
    expect(seen).toEqual([['open'], ['connect']]);
  });

  it('connects over polling after 7 s if WebSocket was refused: one session, no error', async () => {
    const manager = make(both());
    const socket = manager.socket('/');
    const seen = everything(manager, socket);
    network.onOpen.set('websocket', (one) => one.fails());
    await settled();
    const polling = network.last;
    polling.shakes();
    clock.after(7_000, () => polling.gives('message', '0{"sid":"late"}'));
    for (let second = 0; second < 7; second++) {
      await settled();
      clock.advance(1_000);
    }
    expect([socket.id, manager.transport]).toEqual(['late', 'polling']);
    expect(network.made.map(({ name }) => name)).toEqual(['websocket', 'polling']);
    expect(seen).toEqual([['open'], ['connect']]);
  });

  it('is tried over the next one at once if a proxy closes the first before anything was received', async () => {
    const { manager, below } = await connected(both());
    const socket = manager.socket('/');
    const seen = everything(manager, socket);
    expect(await sent(below)).toEqual(['0']);
    below.closes();
    // No time passes.
    await settled();
    expect(network.made.map(({ name }) => name)).toEqual(['websocket', 'polling']);
    expect(manager.status).toBe('connecting');
    network.last.shakes({ sid: 'engine2' });
    expect(await sent()).toEqual(['0']);
    network.last.gives('message', '0{"sid":"a"}');
    expect([socket.id, manager.transport, failed()]).toEqual(['a', 'polling', true]);
    expect(seen.filter(([name]) => /error|reconnect/.test(String(name)))).toEqual([]);
    expect(seen.filter(([name]) => name === 'connect' || name === 'disconnect')).toEqual([['connect']]);
    clock.advance(20_000);
    expect(network.made).toHaveLength(2);
  });

  it('is tried over the next one at once if a proxy closes the first without a handshake', async () => {
    const startedAtMs = clock.now();
    const manager = make(both());
    const socket = manager.socket('/');
    await settled();
    network.last.opens();
    network.last.closes();
    await settled();
    network.last.shakes();
    expect(await sent()).toEqual(['0']);
    network.last.gives('message', '0{"sid":"a"}');
    expect([socket.id, manager.transport, clock.now()]).toEqual(['a', 'polling', startedAtMs]);
  });

  it('is retried after a wait if the first closes after an answer', async () => {
    const { manager, below } = await connected(both());
    manager.socket('/');
    below.gives('message', '0{"sid":"a"}');
    below.closes();
    await settled();
    expect([network.made.length, manager.status]).toEqual([1, 'reconnecting']);
    clock.advance(1_000);
    await settled();
    expect(network.last.name).toBe('websocket');
    network.last.shakes();
    expect(failed()).toBe(false);
  });

  it('is retried after a wait if it was asked nothing', async () => {
    const { manager, below } = await connected(both());
    below.closes();
    await settled();
    expect([network.made.length, manager.status]).toEqual([1, 'reconnecting']);
  });

  it('connects eventually if it needs longer and WebSocket is refused', async () => {
    const manager = make({ ...both(), reconnectionDelayMax: 1_000 });
    const socket = manager.socket('/');
    network.onOpen.set('websocket', (one) => one.fails());
    // A middleware that takes 7 s: each CONNECT over polling is answered then, if the session is still open.
    const answered = new Set<FakeTransport>();
    for (let second = 0; second < 120 && !socket.connected; second++) {
      await settled();
      const one = network.last;
      if (one.name === 'polling' && !answered.has(one)) {
        answered.add(one);
        one.shakes();
        clock.after(7_000, () => one.gives('message', '0{"sid":"late"}'));
      }
      clock.advance(1_000);
    }
    expect(socket.connected).toBe(true);
  });

  it('differs from an auth function that never answers, which is an error after the timeout', async () => {
    const { manager } = await connected({ ...both(), timeout: 9_000 });
    const seen = everything(manager, manager.socket('/', { auth: () => {} }));
    clock.advance(8_999);
    expect(seen).toEqual([]);
    clock.advance(1);
    expect(seen).toEqual([['connect_error', expect.stringContaining('auth')]]);
    expect(network.made).toHaveLength(1);
  });

  it('differs from a slow auth function', async () => {
    const { manager } = await connected(both());
    let answer: (data: object) => void = () => {};
    const socket = manager.socket('/', {
      auth: (callback) => {
        answer = callback;
      },
    });
    const seen = everything(manager, socket);
    clock.advance(15_000);
    expect(seen).toEqual([]);
    answer({ token: 1 });
    expect(await sent()).toEqual(['0{"token":1}']);
    expect(network.made).toHaveLength(1);
  });
});

it('a closed manager leaves no timer and no watcher of the page behind', async () => {
  const { manager, below } = await connected();
  const socket = manager.socket('/');
  below.gives('message', '0{"sid":"a"}');
  signals.tell('woken', 'moved');
  expect(signals.watched).toBe(1);
  socket.disconnect();
  await settled();
  expect([clock.pending, signals.watched]).toEqual([0, 0]);
});
