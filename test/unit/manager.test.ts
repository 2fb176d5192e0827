import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Manager } from '../../src/manager.js';
import type { Options } from '../../src/platform/options.js';
import { FakeNetwork, type FakeTransport, settled } from '../support/fake-transports.js';
import { SimulatedClock } from '../support/simulated-clock.js';

let clock: SimulatedClock;
let network: FakeNetwork;
let managers: Manager[];
const reported = vi.fn();

beforeEach(() => {
  clock = new SimulatedClock();
  network = new FakeNetwork();
  managers = [];
  vi.stubGlobal('reportError', reported);
});
afterEach(async () => {
  for (const manager of managers) {
    manager.reconnection(false);
    manager.off();
    manager.engine?.close();
  }
  await settled();
  vi.unstubAllGlobals();
  reported.mockReset();
});

function make(options: Options = {}): Manager {
  const manager = new Manager(
    'http://host.test:3000',
    { transports: [network.transport('websocket')], randomizationFactor: 0, ...options },
    { clock, dateMs: () => 0, random: () => 0.5 },
  );
  managers.push(manager);
  return manager;
}

/** A manager whose link is open, and the transport below it. */
async function connected(options: Options = {}): Promise<{ manager: Manager; below: FakeTransport }> {
  const manager = make(options);
  await settled();
  network.last.shakes();
  return { manager, below: network.last };
}

/** The Socket.IO messages that were written, since the last look. */
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

  it('can be set one after the other, to 0 and false as well', () => {
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

  it('are checked, and left alone where they are wrong', () => {
    const manager = new Manager('http://host.test', { autoConnect: false });
    expect(() => manager.reconnectionDelay(-1)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
    expect(() => manager.timeout('5' as never)).toThrow('"timeout"');
    expect(() => manager.randomizationFactor(2)).toThrow('"randomizationFactor"');
    expect(manager.reconnectionDelay()).toBe(1_000);
    expect(() => new Manager('http://host.test', { transports: ['smoke'] })).toThrow('"transports"');
  });

  it('are the program’s own object never', async () => {
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

  it('are the program’s own object never, nor is the query for one transport', async () => {
    const query = { EIO: '4', transport: 'websocket' };
    make({ transportOptions: { websocket: { query } } });
    await settled();
    network.last.shakes();
    expect(query).toEqual({ EIO: '4', transport: 'websocket' });
  });

  it('are the program’s own object never, nor are the headers, where cookies are added to them', async () => {
    const [extraHeaders, forOne] = [{ 'x-mine': '1' }, { 'x-mine': '2' }];
    const real: Options = { transports: ['websocket'], withCredentials: true, reconnection: false };
    make({ ...real, extraHeaders });
    make({ ...real, transportOptions: { websocket: { extraHeaders: forOne } } });
    await settled();
    expect([extraHeaders, forOne]).toEqual([{ 'x-mine': '1' }, { 'x-mine': '2' }]);
  });

  it('that a program has made wrong since are an error of the next try, and are tried again', async () => {
    const manager = make({ autoConnect: false });
    const seen = record(manager);
    manager.opts.transports = ['smoke'] as never;
    manager.open();
    clock.advance(0);
    expect(seen).toEqual([['error', expect.stringContaining('"transports"')]]);
    manager.opts.transports = [network.transport('websocket')];
    clock.advance(1_000);
    await settled();
    network.last.shakes();
    expect(manager.status).toBe('connected');
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

  it('tells a callback of its success', async () => {
    const manager = make({ autoConnect: false });
    const callback = vi.fn();
    manager.open(callback);
    await settled();
    network.last.shakes();
    expect(callback.mock.calls).toEqual([[]]);
  });

  it('tells a callback of its failure, and leaves the next try to it', async () => {
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

  it('goes on trying even if the callback of a failure throws', async () => {
    const manager = make({ autoConnect: false });
    manager.open();
    await settled();
    network.last.fails();
    clock.advance(1_000);
    await settled();
    // A try of the retry loop is under way, and this callback hears of it.
    manager.open(() => {
      throw new Error('mine');
    });
    expect(() => network.last.fails()).not.toThrow();
    expect([manager.status, clock.pending]).toEqual(['reconnecting', 1]);
  });

  it('tries again after a failure, and tells of it', async () => {
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

  it('gives up after its attempts; then no socket is active, and each can be connected again', async () => {
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

  it('are not connected where autoConnect is off', () => {
    const manager = make({ autoConnect: false });
    const socket = manager.socket('/');
    expect([socket.active, manager.socket('/').active, manager.status]).toEqual([false, false, 'idle']);
  });

  it('are connected again when they are asked for, if they had left', async () => {
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

  it('close the connection when the last of them leaves, and not before', async () => {
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

  it('that come back after they closed it open it again', async () => {
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

  it('leave no CONNECT behind when the last of them leaves while it is pending', async () => {
    const { manager, below } = await connected();
    manager.socket('/').disconnect();
    await settled();
    expect(manager.status).toBe('closed');
    expect(network.log).toContain('websocket is closed');
    below.gives('message', '0{"sid":"a"}');
    expect(clock.pending).toBe(0);
  });

  it('wait for the retry loop, and do not hurry it', async () => {
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

  it('hear why the connection ended, each of them', async () => {
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

  it('are disconnected with parse error by what cannot be read, and come back', async () => {
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

  it('that no server answers make the connection a new one, while none of them is connected', async () => {
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

  it('that no server answers leave the others alone', async () => {
    const { manager, below } = await connected({ timeout: 1_000 });
    const [root, silent] = [manager.socket('/'), manager.socket('/silent')];
    below.gives('message', '0{"sid":"a"}');
    clock.advance(1_000);
    expect([root.connected, silent.active, manager.status]).toEqual([true, true, 'connected']);
  });

  it('hear nothing of a namespace that they left while a new one of its name is under way', async () => {
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
  it('can be taken away by a program without making the library deaf', async () => {
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

  it('tell of each ping and each packet', async () => {
    const { manager, below } = await connected();
    const [ping, packet] = [vi.fn(), vi.fn()];
    manager.on('ping', ping).on('packet', packet);
    below.gives('ping');
    below.gives('message', '2/unknown,["a"]');
    expect(ping).toHaveBeenCalledOnce();
    expect(packet.mock.calls).toEqual([[{ type: 2, nsp: '/unknown', data: ['a'], id: undefined }]]);
  });

  it('tell the status, and who is tried', async () => {
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
    expect(statuses).toEqual(['reconnecting', 'reconnecting', 'connected', 'reconnecting']);
    expect(attempts).toEqual(['websocket start', 'websocket failed', 'websocket start', 'websocket won']);
  });

  it('may close everything from within', async () => {
    const manager = make();
    const socket = manager.socket('/');
    manager.on('open', () => socket.disconnect());
    await settled();
    network.last.shakes();
    await settled();
    expect([manager.status, socket.active, clock.pending]).toEqual(['closed', false, 0]);
  });
});

it('takes its options alone, for a host that they name', async () => {
  const manager = new Manager({
    hostname: 'elsewhere.test',
    port: 3001,
    transports: [network.transport('websocket')],
  } as Options);
  managers.push(manager);
  expect(manager.uri).toBeUndefined();
  expect(manager.engine).toMatchObject({ hostname: 'elsewhere.test', port: 3001 });
});
