import { describe, expect, it } from 'vitest';
import { useManagers } from '../../support/fake-managers.js';
import { settled } from '../../support/fake-transports.js';
import { useReportError } from '../../support/report-error.js';

const fake = useManagers();
const reported = useReportError();

interface Moment {
  /** The event of the attempt on which the program acts. */
  readonly news: string;
  /** Before the attempt begins. */
  readonly prepare?: () => void;
  /** Causes the event, if it does not occur by itself. */
  readonly happen?: () => void;
  /** The final log of the transports. */
  readonly log: readonly string[];
}

const first = ['websocket opens', 'websocket is closed'];
const both = ['websocket opens', 'polling opens', 'websocket is closed', 'polling is closed'];
const headStart = (): void => fake.world.clock.advance(1_000);
const fails = (): never => {
  throw new Error('no');
};

const moments: Record<string, Moment> = {
  'the first is about to start': { news: 'websocket start', log: [] },
  'the second is about to start beside the first': {
    news: 'polling start',
    happen: headStart,
    log: first,
  },
  'the second is about to start after the first': {
    news: 'polling start',
    happen: () => fake.network.last.fails(),
    log: first,
  },
  'the first has failed': {
    news: 'websocket failed',
    happen: () => fake.network.last.fails(),
    log: first,
  },
  'the first has failed synchronously': {
    news: 'websocket failed',
    prepare: () => fake.network.onOpen.set('websocket', (one) => one.fails()),
    log: first,
  },
  'the first could not be made': {
    news: 'websocket failed',
    prepare: () => fake.network.onMake.set('websocket', fails),
    log: [],
  },
  'the first was slower': {
    news: 'websocket failed',
    happen() {
      headStart();
      fake.network.last.shakes();
    },
    log: both,
  },
  'the first has won': {
    news: 'websocket won',
    happen: () => fake.network.last.shakes(),
    log: first,
  },
  'the last has failed': {
    news: 'polling failed',
    happen() {
      fake.network.last.fails();
      fake.network.last.fails();
    },
    log: ['websocket opens', 'websocket is closed', 'polling opens', 'polling is closed'],
  },
  'the time is over': {
    news: 'websocket failed',
    happen() {
      headStart();
      fake.world.clock.advance(900);
    },
    log: both,
  },
};

describe('a program that disconnects in the listener of', () => {
  it.each(Object.entries(moments))('%s leaves nothing behind', async (_when, moment) => {
    const { clock, signals } = fake.world;
    moment.prepare?.();
    const manager = fake.make({ ...fake.over('websocket', 'polling'), timeout: 1_900 });
    const socket = manager.socket('/');
    let left = 0;
    manager.on('attempt', ({ transport, phase }) => {
      if (`${transport} ${phase}` !== moment.news) return;
      left += 1;
      socket.disconnect();
    });
    await settled();
    expect(() => moment.happen?.()).not.toThrow();
    await settled();
    expect([left, manager.status, socket.active]).toEqual([1, 'closed', false]);
    // A polling transport that was still opening waits up to ten seconds for the id of its session.
    expect(clock.waits.filter((ms) => ms !== 10_000)).toEqual([]);
    expect(signals.watched).toBe(0);

    clock.advance(60_000);
    await settled();
    expect(clock.pending).toBe(0);
    expect(fake.network.log).toEqual(moment.log);
    expect(reported).not.toHaveBeenCalled();
  });
});

describe('a program that disconnects and reconnects in the listener of', () => {
  it.each(Object.entries(moments))('%s has one connection', async (_when, moment) => {
    const { clock } = fake.world;
    moment.prepare?.();
    const manager = fake.make({ ...fake.over('websocket', 'polling'), timeout: 1_900, upgrade: false });
    const socket = manager.socket('/');
    let [left, before] = [0, 0];
    manager.on('attempt', ({ transport, phase }) => {
      if (left > 0 || `${transport} ${phase}` !== moment.news) return;
      left += 1;
      before = fake.network.made.length;
      fake.network.onOpen.clear();
      fake.network.onMake.clear();
      socket.disconnect().connect();
    });
    await settled();
    moment.happen?.();
    await settled();
    expect(fake.network.made.slice(before).map(({ name }) => name)).toEqual(['websocket']);
    fake.network.last.shakes();
    fake.network.last.gives('message', '0{"sid":"b"}');
    expect([left, socket.id, manager.transport]).toEqual([1, 'b', 'websocket']);
    expect(fake.network.log.filter((line) => line === 'websocket opens')).toHaveLength(
      1 + moment.log.filter((line) => line === 'websocket opens').length,
    );
    // The watch for sleep, the first probe and the heartbeat.
    expect(clock.waits.filter((ms) => ms !== 10_000)).toEqual([1_000, 5_000, 45_000]);
  });
});
