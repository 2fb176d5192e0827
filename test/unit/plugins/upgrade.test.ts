import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type EngineOpening,
  type EngineTarget,
  openEngineLink,
} from '../../../src/connection/engine-link.js';
import type { Link } from '../../../src/connection/link.js';
import type { Options } from '../../../src/platform/options.js';
import { TransportMemory } from '../../../src/plugins/memory.js';
import { type Codec, createCodec } from '../../../src/protocol/codec.js';
import { FakeEnvironment } from '../../support/fake-environment.js';
import { FakeNetwork, type FakeTransport, settled } from '../../support/fake-transports.js';
import type { SimulatedClock } from '../../support/simulated-clock.js';

const newCodec = (): Codec =>
  createCodec({ maxAttachments: 10, maxReceivedBytes: 1_000_000, maxSentAttachments: 10 });

let world: FakeEnvironment;
let clock: SimulatedClock;
let memory: TransportMemory;
let network: FakeNetwork;
let opening: EngineOpening;
let link: Link;
let lost: unknown[][];
let data: unknown[];

beforeEach(() => {
  world = new FakeEnvironment();
  clock = world.clock;
  memory = new TransportMemory(world.store, world.dateMs, 'http://host.test/socket.io');
  network = new FakeNetwork();
});
afterEach(async () => {
  opening.engine.close();
  await settled();
  expect(clock.pending).toBe(0);
});

const target = (options: Options): EngineTarget => ({
  uri: 'http://host.test',
  options,
  memory,
  deaf: [],
  newCodec,
});
const transport = (index: number): FakeTransport => network.made[index] as FakeTransport;
const events = (): string[] => network.log.filter((line) => line.startsWith('upgrad'));

/** Opens a polling session; where polling is not the first of the list, what is before it fails. */
async function session(
  options: Options = {},
  names = ['polling', 'websocket'],
  handshake = {},
): Promise<FakeTransport> {
  lost = [];
  data = [];
  opening = openEngineLink(
    target({ transports: names.map((name) => network.transport(name)), ...options }),
    world,
    {
      won(won) {
        link = won;
      },
      exhausted() {},
      data: (chunk) => data.push(chunk),
      lost: (...args) => lost.push(args),
      news() {},
      ping() {},
      upgraded: () => network.log.push('upgraded'),
      revived() {},
      troubled() {},
    },
  );
  for (const event of ['upgrading', 'upgrade', 'upgradeError']) {
    opening.engine.on(event as 'upgrade', () => void network.log.push(event));
  }
  await settled();
  if (names[0] !== 'polling') {
    network.last.fails();
    await settled();
  }
  const polling = network.last;
  polling.shakes(handshake);
  return polling;
}

describe('a polling session', () => {
  it('goes on to WebSocket on the same session, at once where polling was asked for first', async () => {
    const polling = await session();
    const probe = transport(1);
    expect(probe.name).toBe('websocket');
    expect(probe.query.sid).toBe('engine1');
    expect(link.transport).toBe('polling');
    probe.opens();
    expect(probe.written).toEqual(['ping:probe']);
    probe.gives('pong', 'probe');
    polling.paused?.();
    expect(link.transport).toBe('websocket');
    expect(opening.engine.id).toBe('engine1');
    expect(probe.written).toEqual(['ping:probe', 'upgrade']);
    expect(events()).toEqual(['upgrading', 'upgraded', 'upgrade']);
    expect(clock.pending).toBe(0);
    probe.gives('message', 'hello');
    expect(data).toEqual(['hello']);
    expect(lost).toEqual([]);
  });

  it('goes on at once where WebSocket was merely slow', async () => {
    opening = openEngineLink(
      target({ transports: [network.transport('websocket'), network.transport('polling')] }),
      world,
      {
        won() {},
        exhausted() {},
        data() {},
        lost() {},
        news() {},
        ping() {},
        upgraded() {},
        revived() {},
        troubled() {},
      },
    );
    await settled();
    clock.advance(1_000);
    transport(1).shakes();
    expect(network.made.map(({ name }) => name)).toEqual(['websocket', 'polling', 'websocket']);
    expect(transport(2).query.sid).toBe('engine1');
  });

  it('waits, ever longer, where WebSocket has failed', async () => {
    await session({}, ['websocket', 'polling']);
    const waits: number[] = [];
    for (let i = 0; i < 8; i++) {
      waits.push(clock.waits[0] as number);
      clock.advance(waits.at(-1) as number);
      expect(network.last.name).toBe('websocket');
      network.last.fails();
    }
    expect(waits).toEqual([15_000, 30_000, 60_000, 120_000, 240_000, 480_000, 600_000, 600_000]);
    expect(lost).toEqual([]);
    expect(link.transport).toBe('polling');
  });

  it.each<[string, Options, string[], object]>([
    ['the server offers none', {}, ['polling', 'websocket'], { upgrades: [] }],
    ['the program wants none', { upgrade: false }, ['polling', 'websocket'], {}],
    ['the program has not listed it', {}, ['polling'], {}],
  ])('stays where it is where %s', async (_why, options, names, handshake) => {
    await session(options, names, handshake);
    clock.advance(1e7);
    expect(network.made).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });
});

describe('what is sent during an upgrade', () => {
  it('arrives in order, the one half over polling and the other over WebSocket', async () => {
    const polling = await session();
    const probe = transport(1);
    link.send('1', { compress: true }, true);
    await settled();
    probe.opens();
    link.send('2', { compress: true }, true);
    await settled();
    probe.gives('pong', 'probe');
    link.send('3', { compress: true }, true);
    link.send('4', { compress: true }, true);
    await settled();
    expect(polling.written).toEqual(['message:1', 'message:2']);
    polling.gives('message', 'last of polling');
    polling.paused?.();
    link.send('5', { compress: true }, true);
    await settled();
    expect(probe.written).toEqual(['ping:probe', 'upgrade', 'message:3', 'message:4', 'message:5']);
    expect(polling.written).toEqual(['message:1', 'message:2']);
    expect(data).toEqual(['last of polling']);
  });

  it('and closed behind, is sent before the end', async () => {
    const polling = await session();
    const probe = transport(1);
    probe.opens();
    probe.gives('pong', 'probe');
    link.send('last', { compress: true }, true);
    link.close();
    polling.paused?.();
    await settled();
    expect(probe.written).toEqual(['ping:probe', 'upgrade', 'message:last']);
    expect(lost).toEqual([['forced close', undefined]]);
    expect(network.log).toContain('websocket is closed');
  });
});

describe('a probe that comes to nothing', () => {
  it.each<[string, (probe: FakeTransport) => void]>([
    ['fails', (probe) => probe.fails()],
    ['closes', (probe) => probe.closes()],
    [
      'opens and closes',
      (probe) => {
        probe.opens();
        probe.closes();
      },
    ],
    [
      'is answered wrongly',
      (probe) => {
        probe.opens();
        probe.gives('pong', 'other');
      },
    ],
    [
      'is answered by something else',
      (probe) => {
        probe.opens();
        probe.gives('message', '2["a"]');
      },
    ],
    [
      'gets a handshake of its own',
      (probe) => {
        probe.opens();
        probe.gives('open', '{"sid":"other"}');
      },
    ],
    ['is never opened', () => clock.advance(10_000)],
    [
      'is opened and not answered',
      (probe) => {
        probe.opens();
        clock.advance(10_000);
      },
    ],
  ])('changes nothing for the session, and is tried again later: one that %s', async (_what, happen) => {
    await session();
    const probe = transport(1);
    happen(probe);
    expect(network.log.filter((line) => line === 'upgradeError')).toHaveLength(1);
    expect([link.transport, lost]).toEqual(['polling', []]);
    expect(clock.waits).toEqual([15_000]);
    probe.gives('pong', 'probe');
    probe.closes();
    expect([link.transport, lost]).toEqual(['polling', []]);
    link.send('a', { compress: true }, true);
    await settled();
    expect(transport(0).written).toEqual(['message:a']);
    clock.advance(15_000);
    expect(network.made).toHaveLength(3);
    transport(2).opens();
    transport(2).gives('pong', 'probe');
    transport(0).paused?.();
    expect(link.transport).toBe('websocket');
  });

  it('has a deadline', async () => {
    await session();
    transport(1).opens();
    clock.advance(9_999);
    expect(network.log).not.toContain('websocket is closed');
    clock.advance(1);
    expect(network.log).toContain('websocket is closed');
  });

  it('on the spot is one as well, and leaves no timer when the link is closed', async () => {
    network.onOpen.set('websocket', (probe) => probe.fails());
    await session();
    expect([link.transport, lost]).toEqual(['polling', []]);
    expect(clock.waits).toEqual([15_000]);
    link.close();
    expect(clock.pending).toBe(0);
  });

  it.each<[string, () => void]>([
    [
      'throws while it is made',
      () =>
        network.onMake.set('websocket', () => {
          throw new Error('no');
        }),
    ],
    [
      'throws while it is opened',
      () =>
        network.onOpen.set('websocket', () => {
          throw new Error('no');
        }),
    ],
  ])('is one that %s', async (_what, prepare) => {
    prepare();
    await session();
    expect([link.transport, lost]).toEqual(['polling', []]);
    expect(clock.waits).toEqual([15_000]);
  });

  it('while polling was paused for it ends the session: a new one must come', async () => {
    await session();
    transport(1).opens();
    transport(1).gives('pong', 'probe');
    transport(1).fails();
    expect(lost).toEqual([['transport error', expect.any(Error)]]);
    transport(0).paused?.();
    expect(lost).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  it('while polling is paused and never comes to rest ends the session after the deadline', async () => {
    await session();
    transport(1).opens();
    transport(1).gives('pong', 'probe');
    clock.advance(10_000);
    expect(lost).toEqual([['transport error', expect.any(Error)]]);
  });
});

describe('the end of the session', () => {
  it('ends the probe that is under way', async () => {
    await session();
    transport(1).opens();
    link.close();
    await settled();
    expect(network.log).toContain('websocket is closed');
    expect(clock.pending).toBe(0);
    transport(1).gives('pong', 'probe');
    expect(events()).not.toContain('upgrade');
  });

  it('ends the wait for the next', async () => {
    await session({}, ['websocket', 'polling']);
    expect(clock.pending).toBe(1);
    transport(1).closes();
    expect([lost.length, clock.pending]).toEqual([1, 0]);
  });
});

describe('a change of the network', () => {
  it('has the probe that was waited for made at once, and the waits begin anew', async () => {
    await session({}, ['websocket', 'polling']);
    clock.advance(15_000);
    network.last.fails();
    expect(clock.waits).toEqual([30_000]);
    const before = network.made.length;
    link.improve();
    expect(network.made).toHaveLength(before + 1);
    network.last.fails();
    expect(clock.waits).toEqual([15_000]);
    link.improve();
    network.last.opens();
    network.last.gives('pong', 'probe');
    network.made.find(({ name }) => name === 'polling')?.paused?.();
    expect(link.transport).toBe('websocket');
    expect(clock.pending).toBe(0);
  });

  it('changes nothing while a probe is under way', async () => {
    await session();
    link.improve();
    link.improve();
    expect(network.made).toHaveLength(2);
    expect(clock.waits).toEqual([10_000]);
  });

  it('changes nothing once it is upgraded, nor after the end', async () => {
    const polling = await session();
    transport(1).opens();
    transport(1).gives('pong', 'probe');
    polling.paused?.();
    link.improve();
    expect([network.made.length, clock.pending]).toEqual([2, 0]);
    link.close();
    await settled();
    link.improve();
    expect([network.made.length, clock.pending]).toEqual([2, 0]);
  });

  it('changes nothing where there is nothing better', async () => {
    await session({ upgrade: false });
    link.improve();
    expect([network.made.length, clock.pending]).toEqual([1, 0]);
  });

  it('after the end of a session whose next probe was waited for changes nothing', async () => {
    await session({}, ['websocket', 'polling']);
    link.close();
    await settled();
    link.improve();
    expect([network.made.length, clock.pending]).toEqual([2, 0]);
  });
});

describe('what is remembered of the server', () => {
  it('is that WebSocket works, when the session has moved on to it', async () => {
    memory.remember({ webSocketFailed: true });
    const polling = await session({}, ['websocket', 'polling']);
    expect(memory.recall()).toMatchObject({ webSocketFailed: true });
    link.improve();
    network.last.opens();
    network.last.gives('pong', 'probe');
    polling.paused?.();
    expect(memory.recall()).toMatchObject({ webSocketFailed: false });
  });

  it('is that it fails, where a probe did and polling goes on', async () => {
    await session();
    transport(1).fails();
    expect(memory.recall()).toMatchObject({ webSocketFailed: true });
  });

  it('is not that it fails, where the end of the session ended the probe', async () => {
    const polling = await session();
    polling.closes();
    transport(1).fails();
    expect(lost).toHaveLength(1);
    expect(memory.recall()?.webSocketFailed ?? false).toBe(false);
  });

  it('has polling go on to a WebSocket that failed before later, and not at once', async () => {
    memory.remember({ webSocketFailed: true });
    await session();
    expect(network.made).toHaveLength(1);
    expect(clock.waits).toEqual([15_000]);
  });
});
