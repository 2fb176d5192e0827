import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createIo, Manager } from '../../src/core.js';
import type { Plugin } from '../../src/manager/plugin.js';
import type { Options } from '../../src/platform/options.js';
import { longPolling } from '../../src/plugins/long-polling.js';
import { webTransport } from '../../src/plugins/web-transport.js';
import { FakeEnvironment } from '../support/fake-environment.js';
import { FakeNetwork, settled } from '../support/fake-transports.js';

const build = vi.hoisted(() => ({ DEVELOPMENT: true }));
vi.mock('../../src/platform/build.js', () => ({
  get DEVELOPMENT() {
    return build.DEVELOPMENT;
  },
}));

/** The composable core: a manager does what its plugins add, and needs none of them. */

let world: FakeEnvironment;
let network: FakeNetwork;

beforeEach(() => {
  world = new FakeEnvironment();
  network = new FakeNetwork();
});

const make = (options: Options = {}): Manager =>
  new Manager('http://host.test:3000', { transports: [network.transport('websocket')], ...options }, world);

const names = (): string[] => network.made.map(({ name }) => name);

describe('the core', () => {
  it('connects, emits, receives and reconnects without any plugin', async () => {
    const manager = make();
    const socket = manager.socket('/');
    await settled();
    network.last.shakes();
    network.last.gives('message', '0{"sid":"a"}');
    socket.emit('hello');
    await settled();
    expect(network.last.written).toEqual(['message:0', 'message:2["hello"]']);
    const heard = vi.fn();
    socket.on('news', heard);
    network.last.gives('message', '2["news",1]');
    expect(heard.mock.calls).toEqual([[1]]);
    // Only the heartbeat.
    expect(world.clock.waits).toEqual([45_000]);
    network.last.closes();
    world.clock.advance(manager.retryInMs as number);
    await settled();
    expect([names(), [...world.store.entries]]).toEqual([['websocket', 'websocket'], []]);
    socket.disconnect();
    expect([world.clock.pending, world.signals.watched]).toEqual([0, 0]);
  });

  it('tries the transports one after the other, each until the timeout', async () => {
    make({ transports: [network.transport('websocket'), network.transport('polling')] });
    await settled();
    world.clock.advance(15_000);
    expect(names()).toEqual(['websocket']);
    network.last.fails();
    expect(names()).toEqual(['websocket', 'polling']);
  });

  it('knows the transports of its plugins by name', () => {
    const manager = make({ transports: ['polling'], plugins: [longPolling()] });
    expect(manager.engine.transport.name).toBe('polling');
    manager.reconnection(false).engine.close();
  });
});

describe('a named transport that is not part of the program', () => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  afterEach(() => {
    build.DEVELOPMENT = true;
    warn.mockClear();
  });
  const warnings = (): unknown[] => warn.mock.calls.map(([text]) => text);
  /** A newly loaded `core.js`, without any warnings yet. */
  async function fresh(): Promise<typeof Manager> {
    vi.resetModules();
    return (await import('../../src/core.js')).Manager;
  }
  const remedies = {
    polling: 'add the plugin longPolling() of "holdfast/plugins", or list the class of a transport',
    webtransport: 'add the plugin webTransport() of "holdfast/plugins", or list the class of a transport',
  };
  const leftOut = (name: keyof typeof remedies): string =>
    `holdfast: option "transports": "${name}" is skipped, because this program does not contain it; ${remedies[name]}`;

  it.each(['polling', 'webtransport'] as const)('is left out with a warning: %s', async (name) => {
    const Fresh = await fresh();
    const list = [name, network.transport('websocket')] as never;
    const manager = new Fresh('http://host.test', { transports: list }, world);
    await settled();
    expect([names(), warnings()]).toEqual([['websocket'], [leftOut(name)]]);
    // Once, however often it is tried.
    network.last.fails();
    world.clock.advance(manager.retryInMs as number);
    await settled();
    new Fresh('http://other.test', { transports: list }, world);
    await settled();
    expect([names().length, warnings().length]).toEqual([3, 1]);
  });

  it('is left out silently in production', async () => {
    build.DEVELOPMENT = false;
    const Fresh = await fresh();
    new Fresh(
      'http://host.test',
      { transports: ['polling', network.transport('websocket')] as never },
      world,
    );
    await settled();
    expect([names(), warnings()]).toEqual([['websocket'], []]);
  });

  it('causes no warning if a plugin provides it, or if the program named no transports', async () => {
    const Fresh = await fresh();
    const plugins = [longPolling(), webTransport()];
    const options = { transports: ['polling', 'webtransport'], plugins };
    const managers = [
      new Fresh('http://host.test', options, world),
      new Fresh('http://host.test', {}, world),
    ];
    expect(managers.map(({ engine }) => engine.transport.name)).toEqual(['polling', 'websocket']);
    for (const manager of managers) manager.reconnection(false).engine.close();
    expect(warnings()).toEqual([]);
  });

  it.each([true, false])('is an error if it is the only one (development: %s)', async (development) => {
    build.DEVELOPMENT = development;
    const Fresh = await fresh();
    const transports = ['webtransport', 'polling'];
    const manager = new Fresh('http://host.test', { transports }, world);
    const socket = manager.socket('/');
    const errors: Error[] = [];
    socket.on('connect_error', (error) => errors.push(error));
    world.clock.advance(0);
    const why = 'option "transports" is ["webtransport", "polling"], none of which is available';
    expect(errors).toMatchObject([{ code: 'BAD_OPTION', message: expect.stringContaining(why) }]);
    expect(errors[0]?.message.includes(remedies.webtransport)).toBe(development);
    expect(warnings()).toEqual(development ? [leftOut('webtransport'), leftOut('polling')] : []);
    // The program can mend it.
    manager.opts.transports = [network.transport('websocket')] as never;
    world.clock.advance(manager.retryInMs as number);
    await settled();
    network.last.shakes();
    expect(manager.status).toBe('connected');
  });
});

describe('a plugin', () => {
  const counting = (name: string, made: string[]): Plugin => ({
    name,
    manager() {
      made.push(name);
      return undefined;
    },
  });

  it('is given in the option `plugins`, and used once for each name', () => {
    const made: string[] = [];
    make({ autoConnect: false, plugins: [counting('a', made), counting('b', made), counting('a', made)] });
    expect(made).toEqual(['a', 'b']);
  });

  it('is ignored if an earlier one has its name: those of `createIo` come first', () => {
    const used: string[] = [];
    const named = (id: string): Plugin => ({
      name: 'same',
      manager: () => void used.push(`manager ${id}`) as undefined,
      socket: () => void used.push(`socket ${id}`) as undefined,
    });
    const plugins = [named('second'), named('third')];
    createIo([named('first')])('http://plugins.test', { autoConnect: false, plugins });
    createIo()('http://plugins.test', { autoConnect: false, plugins });
    expect(used).toEqual(['manager first', 'socket first', 'manager second', 'socket second']);

    // Of the plugins of a later `io()`, only those without `manager` are used.
    const late = (id: string): Plugin => ({
      name: 'late',
      socket: () => void used.push(`socket ${id}`) as undefined,
    });
    const io = createIo();
    io('http://plugins.test', { autoConnect: false });
    io('http://plugins.test/late', { autoConnect: false, plugins: [late('fourth'), late('fifth')] });
    expect(used.slice(4)).toEqual(['socket fourth']);
  });

  it('is given to `createIo`, and used by all managers, also those of `io.Manager`', () => {
    const made: string[] = [];
    const io = createIo([counting('a', made)]);
    const options = { autoConnect: false, plugins: [counting('a', made), counting('b', made)] };
    io('http://plugins.test', options);
    new io.Manager('http://plugins.test', { autoConnect: false });
    expect(made).toEqual(['a', 'b', 'a']);
  });

  it('may change the order of the transports and their deadlines', async () => {
    const reversing: Plugin = {
      name: 'reversing',
      manager: () => ({
        plan(plan) {
          plan.names = [...plan.names].reverse();
          plan.headStartMs = 10;
        },
      }),
    };
    make({
      transports: [network.transport('websocket'), network.transport('polling')],
      plugins: [reversing],
    });
    await settled();
    world.clock.advance(10);
    expect(names()).toEqual(['polling', 'websocket']);
  });

  it('may hold back a session before anything is sent, without losing what arrives meanwhile', async () => {
    let proceed = (): void => {};
    const holding: Plugin = {
      name: 'holding',
      manager: () => ({
        opened(_session, _won, go) {
          proceed = go;
        },
      }),
    };
    const manager = make({ plugins: [holding] });
    const packets = vi.fn();
    manager.socket('/');
    manager.on('packet', packets);
    await settled();
    network.last.shakes();
    network.last.gives('message', '2/other,["early"]');
    await settled();
    expect([manager.status, network.last.written, packets.mock.calls]).toEqual(['connecting', [], []]);
    proceed();
    await settled();
    expect([manager.status, network.last.written]).toEqual(['connected', ['message:0']]);
    expect(packets.mock.calls.map(([packet]) => packet.data)).toEqual([['early']]);
  });

  it.each([
    ['large', 'x'.repeat(2 ** 20), 16],
    ['empty', '', 200_000],
  ])(
    'that holds back a session does not let a server fill the memory with %s messages',
    async (_what, text, count) => {
      const holding: Plugin = { name: 'holding', manager: () => ({ opened() {} }) };
      const manager = make({ plugins: [holding] });
      const errors: string[] = [];
      manager.on('error', ({ message }) => errors.push(message));
      await settled();
      network.last.shakes();
      network.last.gives('message', text);
      expect(errors).toEqual([]);
      for (let i = 1; i < count; i++) network.last.gives('message', text);
      expect([errors, manager.status]).toEqual([['too many early messages'], 'reconnecting']);
      manager.reconnection(false);
    },
  );

  it('that holds back a session leaves the retry to the connection if the session is lost', async () => {
    let proceed = (): void => {};
    const holding: Plugin = {
      name: 'holding',
      manager: () => ({
        opened(_session, _won, go) {
          proceed = go;
        },
      }),
    };
    const manager = make({ plugins: [holding] });
    await settled();
    network.last.shakes();
    network.last.closes();
    expect(manager.status).toBe('reconnecting');
    proceed();
    expect(manager.status).toBe('reconnecting');
  });

  it('takes part in a session until it ends', async () => {
    const log: string[] = [];
    const using: Plugin = {
      name: 'using',
      manager: () => ({
        used({ id }) {
          log.push(`uses ${id}`);
          return () => log.push('stops');
        },
      }),
    };
    const manager = make({ plugins: [using] });
    await settled();
    network.last.shakes();
    expect(log).toEqual(['uses engine1']);
    network.last.closes();
    expect(log).toEqual(['uses engine1', 'stops']);
    manager.reconnection(false);
  });

  it('may observe the traffic of the connection, and is reported if it throws', async () => {
    const reported = vi.fn();
    vi.stubGlobal('reportError', reported);
    const chunks: unknown[] = [];
    const watching: Plugin = {
      name: 'watching',
      manager: () => ({
        chunk(way, chunk) {
          chunks.push(`${way} ${chunk}`);
          throw new Error('mine');
        },
      }),
    };
    const manager = make({ plugins: [watching] });
    const socket = manager.socket('/');
    await settled();
    network.last.shakes();
    network.last.gives('message', '0{"sid":"a"}');
    expect([chunks, socket.connected, reported.mock.calls.length]).toEqual([
      ['out 0', 'in 0{"sid":"a"}'],
      true,
      2,
    ]);
    vi.unstubAllGlobals();
  });
});
