import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Manager } from '../../../src/io.js';
import type { Options } from '../../../src/platform/options.js';
import { TransportMemory } from '../../../src/plugins/memory.js';
import { messages, useManagers } from '../../support/fake-managers.js';
import { type FakeTransport, settled } from '../../support/fake-transports.js';

const fake = useManagers();
const KEY = 'holdfast:http://host.test:3000/socket.io';

let memory: TransportMemory;
let manager: Manager;
let ends: string[];
let data: unknown[];

beforeEach(() => {
  memory = new TransportMemory(fake.world.store, fake.world.dateMs, KEY);
});
afterEach(async () => {
  manager.reconnection(false);
  manager.engine.close();
  await settled();
  // A session that is closing ends by its deadline.
  fake.world.clock.advance(10_000);
  expect(fake.world.clock.pending).toBe(0);
});

const transport = (index: number): FakeTransport => fake.network.made[index] as FakeTransport;
const names = (): string[] => fake.network.made.map(({ name }) => name);
const events = (): string[] => fake.network.log.filter((line) => line.startsWith('upgrad'));
const write = (...texts: string[]): void => {
  for (const text of texts) manager.engine.write(text);
};
/** How long until the next probe, in milliseconds; the other timers are the heartbeat and those of liveness. */
const untilProbe = (): number | undefined =>
  fake.world.clock.waits.find((ms) => ms <= 600_000 && ms % 15_000 === 0);

/** Opens a polling session; transports before polling in the list fail. */
async function session(
  options: Options = {},
  list: readonly string[] = ['polling', 'websocket'],
  handshake: object = {},
): Promise<FakeTransport> {
  ends = [];
  data = [];
  manager = fake.make({ ...fake.over(...list), verify: false, ...options });
  manager.on('close', (reason) => ends.push(reason));
  manager.engine.on('message', (message) => data.push(message));
  for (const event of ['upgrading', 'upgrade', 'upgradeError'] as const) {
    manager.engine.on(event, () => void fake.network.log.push(event));
  }
  await settled();
  while (fake.network.last.name !== 'polling') fake.network.last.fails();
  const polling = fake.network.last;
  // No heartbeat is due in any of these tests.
  polling.shakes({ pingInterval: 1e8, ...handshake });
  return polling;
}

describe('a polling session', () => {
  it('moves to WebSocket on the same session, at once if polling was listed first', async () => {
    const polling = await session();
    const statuses: unknown[] = [];
    manager.on('status', (status) => statuses.push([status, manager.transport]));
    const probe = transport(1);
    expect([probe.name, probe.query.sid, manager.transport]).toEqual(['websocket', 'engine1', 'polling']);
    probe.opens();
    expect(probe.written).toEqual(['ping:probe']);
    probe.gives('pong', 'probe');
    polling.paused?.();
    expect([manager.transport, manager.engine.id]).toEqual(['websocket', 'engine1']);
    expect(probe.written).toEqual(['ping:probe', 'upgrade']);
    expect(events()).toEqual(['upgrading', 'upgrade']);
    expect(statuses).toEqual([['connected', 'websocket']]);
    probe.gives('message', '2["hello"]');
    expect([data, ends]).toEqual([['2["hello"]'], []]);
  });

  it('moves at once if WebSocket was merely slow', async () => {
    manager = fake.make(fake.over('websocket', 'polling'));
    await settled();
    fake.world.clock.advance(1_000);
    transport(1).shakes();
    expect(names()).toEqual(['websocket', 'polling', 'websocket']);
    expect(transport(2).query.sid).toBe('engine1');
  });

  it('waits if the server has not answered over WebSocket in this attempt', async () => {
    manager = fake.make(fake.over('websocket', 'polling'));
    manager.socket('/');
    await settled();
    transport(0).shakes();
    await settled();
    fake.world.clock.advance(8_000);
    await settled();
    transport(1).shakes();
    expect([names(), untilProbe()]).toEqual([['websocket', 'polling'], 15_000]);
  });

  it('prefers WebTransport to WebSocket', async () => {
    await session({}, ['polling', 'websocket', 'webtransport'], { upgrades: ['websocket', 'webtransport'] });
    expect(names()).toEqual(['polling', 'webtransport']);
  });

  it('waits longer each time if WebSocket has failed', async () => {
    await session({}, ['websocket', 'polling']);
    const waits: number[] = [];
    for (let i = 0; i < 8; i++) {
      waits.push(untilProbe() as number);
      fake.world.clock.advance(waits.at(-1) as number);
      expect(fake.network.last.name).toBe('websocket');
      fake.network.last.fails();
    }
    expect(waits).toEqual([15_000, 30_000, 60_000, 120_000, 240_000, 480_000, 600_000, 600_000]);
    expect([ends, manager.transport]).toEqual([[], 'polling']);
  });

  it.each<[string, Options, string[], object]>([
    ['the server offers none', {}, ['polling', 'websocket'], { upgrades: [] }],
    ['the program wants none', { upgrade: false }, ['polling', 'websocket'], {}],
    ['the program has not listed it', {}, ['polling'], {}],
  ])('stays on polling if %s', async (_why, options, list, handshake) => {
    await session(options, list, handshake);
    fake.world.clock.advance(1e7);
    expect([names(), manager.transport]).toEqual([['polling'], 'polling']);
  });
});

describe('what is sent during an upgrade', () => {
  it('arrives in order: the first half over polling, the rest over WebSocket', async () => {
    const polling = await session();
    const probe = transport(1);
    write('1');
    await settled();
    probe.opens();
    write('2');
    await settled();
    probe.gives('pong', 'probe');
    write('3', '4');
    await settled();
    expect(polling.written).toEqual(['message:1', 'message:2']);
    polling.gives('message', '2["last of polling"]');
    polling.paused?.();
    write('5');
    await settled();
    expect(probe.written).toEqual(['ping:probe', 'upgrade', 'message:3', 'message:4', 'message:5']);
    expect(polling.written).toEqual(['message:1', 'message:2']);
    expect(data).toEqual(['2["last of polling"]']);
  });

  it('is sent before the end if the session is closed after it', async () => {
    const polling = await session();
    const probe = transport(1);
    const closed: string[] = [];
    manager.engine.on('close', (reason) => closed.push(reason));
    probe.opens();
    probe.gives('pong', 'probe');
    write('last');
    manager.engine.close();
    expect(closed).toEqual([]);
    polling.paused?.();
    await settled();
    expect(probe.written).toEqual(['ping:probe', 'upgrade', 'message:last']);
    expect(closed).toEqual(['forced close']);
    expect(fake.network.log).toContain('websocket is closed');
  });

  it('arrives even if the program then disconnects', async () => {
    const polling = await session();
    const socket = manager.socket('/');
    polling.gives('message', '0{"sid":"a"}');
    await messages(polling);
    const probe = transport(1);
    probe.opens();
    probe.gives('pong', 'probe');
    socket.emit('last');
    socket.disconnect();
    polling.paused?.();
    await settled();
    expect(probe.written.slice(2)).toEqual(['message:2["last"]', 'message:1']);
    expect(manager.engine.readyState).toBe('closed');
  });
});

describe('a probe that fails', () => {
  const fails: [string, (probe: FakeTransport) => void][] = [
    ['reports an error', (probe) => probe.fails()],
    ['closes', (probe) => probe.closes()],
    [
      'opens and closes',
      (probe) => {
        probe.opens();
        probe.closes();
      },
    ],
    [
      'gets a wrong answer',
      (probe) => {
        probe.opens();
        probe.gives('pong', 'other');
      },
    ],
    [
      'gets something else',
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
    ['never opens', () => fake.world.clock.advance(10_000)],
    [
      'opens and gets no answer',
      (probe) => {
        probe.opens();
        fake.world.clock.advance(10_000);
      },
    ],
  ];

  it.each(fails)(
    'does not affect the session, and the next one comes later: one that %s',
    async (what, happen) => {
      await session();
      const probe = transport(1);
      happen(probe);
      expect(events()).toEqual(['upgradeError']);
      // One that has closed by itself need not be closed.
      expect(fake.network.log.includes('websocket is closed')).toBe(!/closes$/.test(what));
      expect([manager.transport, ends, untilProbe()]).toEqual(['polling', [], 15_000]);
      probe.gives('pong', 'probe');
      probe.closes();
      expect([manager.transport, ends]).toEqual(['polling', []]);
      write('a');
      await settled();
      expect(transport(0).written).toEqual(['message:a']);
      fake.world.clock.advance(15_000);
      expect(names()).toEqual(['polling', 'websocket', 'websocket']);
      transport(2).opens();
      transport(2).gives('pong', 'probe');
      transport(0).paused?.();
      expect(manager.transport).toBe('websocket');
    },
  );

  it('has ten seconds', async () => {
    await session();
    transport(1).opens();
    fake.world.clock.advance(9_999);
    expect(fake.network.log).not.toContain('websocket is closed');
    fake.world.clock.advance(1);
    expect(fake.network.log).toContain('websocket is closed');
  });

  const refuses = (): never => {
    throw new Error('no');
  };

  it.each<[string, () => void]>([
    ['fails synchronously', () => fake.network.onOpen.set('websocket', (probe) => probe.fails())],
    ['cannot be made', () => fake.network.onMake.set('websocket', refuses)],
    ['throws while it is opened', () => fake.network.onOpen.set('websocket', refuses)],
  ])('leaves the session on polling and no timer at its end: one that %s', async (_what, prepare) => {
    prepare();
    await session();
    expect([manager.transport, ends, untilProbe()]).toEqual(['polling', [], 15_000]);
    manager.reconnection(false);
    manager.engine.close();
    expect(fake.world.clock.pending).toBe(0);
  });
});

describe('a probe that fails after polling was paused for it', () => {
  interface Paused {
    readonly polling: FakeTransport;
    readonly probe: FakeTransport;
    /** How often polling was resumed. */
    resumed(): number;
  }

  async function paused(): Promise<Paused> {
    const polling = await session();
    let count = 0;
    Object.assign(polling, { _poll: () => count++ });
    const probe = transport(1);
    probe.opens();
    probe.gives('pong', 'probe');
    write('a', 'b');
    return { polling, probe, resumed: () => count };
  }

  it.each<[string, (probe: FakeTransport) => void]>([
    ['reports an error', (probe) => probe.fails()],
    ['closes', (probe) => probe.closes()],
    ['is overdue', () => fake.world.clock.advance(10_000)],
  ])('resumes polling once it has paused, and loses nothing: one that %s', async (_how, happen) => {
    const { polling, probe, resumed } = await paused();
    happen(probe);
    await settled();
    expect([resumed(), polling.written, ends, events()]).toEqual([0, [], [], ['upgrading', 'upgradeError']]);
    polling.paused?.();
    write('c');
    await settled();
    expect([resumed(), polling.written]).toEqual([1, ['message:a', 'message:b', 'message:c']]);
    expect([manager.transport, manager.engine.id, ends]).toEqual(['polling', 'engine1', []]);
    polling.gives('message', '2["still here"]');
    expect(data).toEqual(['2["still here"]']);
  });

  it('resumes polling if its WebSocket is closing when polling has paused', async () => {
    const { polling, probe, resumed } = await paused();
    Object.assign(probe, { ws: { bufferedAmount: 0, readyState: 2 } });
    polling.paused?.();
    await settled();
    expect([resumed(), polling.written, ends]).toEqual([1, ['message:a', 'message:b'], []]);
    expect(probe.written).toEqual(['ping:probe']);
  });

  it('is followed by a later one, which succeeds', async () => {
    const { polling, probe } = await paused();
    probe.fails();
    polling.paused?.();
    await settled();
    fake.world.clock.advance(15_000);
    const next = fake.network.last;
    next.opens();
    next.gives('pong', 'probe');
    polling.paused?.();
    write('c');
    await settled();
    expect([manager.transport, next.written]).toEqual(['websocket', ['ping:probe', 'upgrade', 'message:c']]);
  });

  it('does not resume polling of a session that has ended meanwhile', async () => {
    const { polling, probe, resumed } = await paused();
    polling.closes();
    expect(ends).toEqual(['transport close']);
    polling.paused?.();
    probe.fails();
    await settled();
    expect([resumed(), ends.length]).toEqual([0, 1]);
  });

  it('lets a session that is closing end after its last packets', async () => {
    const { polling, probe } = await paused();
    manager.engine.close();
    probe.fails();
    expect(manager.engine.readyState).toBe('closing');
    polling.paused?.();
    await settled();
    expect([polling.written, manager.engine.readyState]).toEqual([['message:a', 'message:b'], 'closed']);
  });
});

describe('the end of the session', () => {
  it('ends the running probe', async () => {
    await session();
    transport(1).opens();
    manager.reconnection(false);
    manager.engine.close();
    await settled();
    expect(fake.network.log).toContain('websocket is closed');
    expect(fake.world.clock.pending).toBe(0);
    transport(1).gives('pong', 'probe');
    expect(events()).not.toContain('upgrade');
  });

  it('ends it even if the program has removed all listeners of the engine', async () => {
    await session();
    transport(1).opens();
    manager.engine.off();
    manager.reconnection(false);
    manager.engine.close();
    expect(fake.network.log).toContain('websocket is closed');
    expect(fake.world.clock.pending).toBe(0);
  });

  it('ends the wait for the next probe', async () => {
    const polling = await session({ reconnection: false }, ['websocket', 'polling']);
    expect(untilProbe()).toBe(15_000);
    polling.closes();
    expect([ends, fake.world.clock.pending]).toEqual([['transport close'], 0]);
  });
});

describe('a change of the network', () => {
  const moves = (): void => fake.world.signals.tell('moved');

  it('starts the next probe at once, and the waits from the beginning', async () => {
    const polling = await session({}, ['websocket', 'polling']);
    fake.world.clock.advance(15_000);
    fake.network.last.fails();
    expect(untilProbe()).toBe(30_000);
    const before = names().length;
    moves();
    expect(names()).toHaveLength(before + 1);
    fake.network.last.fails();
    expect(untilProbe()).toBe(15_000);
    moves();
    fake.network.last.opens();
    fake.network.last.gives('pong', 'probe');
    polling.paused?.();
    expect([manager.transport, untilProbe()]).toEqual(['websocket', undefined]);
  });

  it.each(['online', 'moved'] as const)('is recognised by the signal %s', async (signal) => {
    await session({}, ['websocket', 'polling']);
    fake.world.signals.tell(signal);
    expect(names().slice(2)).toEqual(['websocket']);
  });

  it('is not recognised by other signals', async () => {
    await session({}, ['websocket', 'polling']);
    fake.world.signals.tell('offline', 'woken', 'restored', 'hidden');
    expect(names()).toHaveLength(2);
  });

  it('has no effect while a probe is running', async () => {
    await session();
    moves();
    moves();
    expect(names()).toHaveLength(2);
  });

  it('has no effect once the session is upgraded, nor after its end', async () => {
    const polling = await session({ reconnection: false });
    transport(1).opens();
    transport(1).gives('pong', 'probe');
    polling.paused?.();
    moves();
    expect(names()).toHaveLength(2);
    manager.engine.close();
    await settled();
    moves();
    expect(names()).toHaveLength(2);
  });

  it('has no effect if there is no better transport', async () => {
    await session({ upgrade: false });
    moves();
    expect(names()).toEqual(['polling']);
  });

  it('has no effect after the end of a session that waited for its next probe', async () => {
    await session({ reconnection: false }, ['websocket', 'polling']);
    manager.engine.close();
    await settled();
    moves();
    expect(names()).toHaveLength(2);
  });
});

describe('the memory of the server', () => {
  it('records that WebSocket works when the session has moved to it', async () => {
    memory.remember({ websocket: true });
    const polling = await session({}, ['websocket', 'polling']);
    expect(memory.recall().websocket).toBe(true);
    fake.world.signals.tell('moved');
    fake.network.last.opens();
    fake.network.last.gives('pong', 'probe');
    polling.paused?.();
    expect(memory.recall().websocket).toBe(false);
  });

  it('records that WebSocket fails when a probe has failed and polling continues', async () => {
    await session();
    transport(1).fails();
    expect(memory.recall().websocket).toBe(true);
  });

  it.each<[string, (polling: FakeTransport) => void]>([
    ['was lost', (polling) => polling.closes()],
    ['was closed', () => manager.engine.close()],
  ])('records no failure when the probe ended because the session %s', async (_how, end) => {
    const polling = await session();
    end(polling);
    transport(1).fails();
    expect(ends).toHaveLength(1);
    expect(memory.recall().websocket).not.toBe(true);
  });

  it('delays the first probe if WebSocket has failed before', async () => {
    memory.remember({ websocket: true });
    await session();
    expect([names(), untilProbe()]).toEqual([['polling'], 15_000]);
  });
});

describe('a server with WebTransport and WebSocket', () => {
  const list = ['polling', 'websocket', 'webtransport'];
  const both = { upgrades: ['websocket', 'webtransport'] };

  it('moves to WebSocket if WebTransport fails, and remembers that', async () => {
    await session({}, list, both);
    transport(1).fails();
    expect(names()).toEqual(['polling', 'webtransport', 'websocket']);
    transport(2).opens();
    transport(2).gives('pong', 'probe');
    transport(0).paused?.();
    expect(manager.transport).toBe('websocket');
    expect(memory.recall()).toMatchObject({ webtransport: true, websocket: false });
  });

  it('moves to WebSocket within seconds if WebTransport hangs', async () => {
    await session({}, list, both);
    fake.world.clock.advance(3_000);
    expect(names()).toEqual(['polling', 'webtransport', 'websocket']);
    expect(memory.recall()).toMatchObject({ webtransport: true });
  });

  it('tries WebSocket first if WebTransport failed before', async () => {
    memory.remember({ webtransport: true });
    await session({}, list, both);
    expect(names()).toEqual(['polling', 'websocket']);
    transport(1).fails();
    expect(names()).toEqual(['polling', 'websocket', 'webtransport']);
  });

  it('waits if both fail', async () => {
    await session({}, list, both);
    transport(1).fails();
    transport(2).fails();
    expect([names(), untilProbe()]).toEqual([['polling', 'webtransport', 'websocket'], 15_000]);
  });

  it('gives WebTransport the whole deadline if there is no other transport', async () => {
    await session({}, ['polling', 'webtransport'], both);
    fake.world.clock.advance(9_999);
    expect([names(), events()]).toEqual([['polling', 'webtransport'], []]);
    fake.world.clock.advance(1);
    expect(events()).toEqual(['upgradeError']);
  });

  it('remembers that WebTransport works', async () => {
    memory.remember({ webtransport: true });
    await session({}, ['polling', 'webtransport'], both);
    fake.world.clock.advance(15_000);
    transport(1).opens();
    transport(1).gives('pong', 'probe');
    transport(0).paused?.();
    expect(manager.transport).toBe('webtransport');
    expect(memory.recall()).toMatchObject({ webtransport: false });
  });
});
