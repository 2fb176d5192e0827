import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Manager } from '../../../src/io.js';
import type { Options } from '../../../src/platform/options.js';
import { verifyDeadlineMs, watchSleep } from '../../../src/plugins/liveness.js';
import type { Socket } from '../../../src/socket/socket.js';
import { FakeEnvironment } from '../../support/fake-environment.js';
import { messages, useManagers } from '../../support/fake-managers.js';
import { type FakeTransport, settled } from '../../support/fake-transports.js';

let world: FakeEnvironment;

beforeEach(() => {
  world = new FakeEnvironment();
});

it.each([
  [undefined, 2_000],
  [0, 1_000],
  [250, 1_000],
  [251, 1_004],
  [500, 2_000],
  [750, 3_000],
  [10_000, 3_000],
])('with a round trip of %s ms, a link in doubt has %i ms to show a sign of life', (rttMs, ms) => {
  expect(verifyDeadlineMs(rttMs)).toBe(ms);
});

describe('a link in doubt', () => {
  const fake = useManagers();

  interface Doubtful {
    readonly manager: Manager;
    readonly socket: Socket;
    readonly below: FakeTransport;
    /** Why the socket was disconnected. */
    readonly ends: string[];
    /** The namespace of the probe that was written since the last call, if any. */
    probe(): Promise<string | undefined>;
    /** The server answers that the probed namespace does not exist. */
    answer(nsp: string | undefined): void;
  }

  /** A joined socket over a link whose server has not answered a probe. */
  async function fresh(options: Options = {}): Promise<Doubtful> {
    const made = await fake.joined(options);
    const ends: string[] = [];
    made.socket.on('disconnect', (reason) => ends.push(reason));
    return {
      ...made,
      ends,
      async probe() {
        const asked = (await messages(made.below)).map((text) => /^0(\/.+),$/.exec(text)?.[1]);
        expect(asked.length).toBeLessThan(2);
        return asked[0];
      },
      answer(nsp) {
        expect(nsp).toBeDefined();
        made.below.gives('message', `4${nsp},{"message":"Invalid namespace"}`);
      },
    };
  }

  /** The same, whose server has answered a probe. */
  async function proved(options: Options = {}): Promise<Doubtful> {
    const made = await fresh(options);
    fake.world.clock.advance(5_000);
    made.answer(await made.probe());
    return made;
  }

  it('is probed once after 5 s, to learn whether the server answers at all', async () => {
    const { probe, answer, manager, below } = await fresh();
    fake.world.clock.advance(4_999);
    expect(await probe()).toBeUndefined();
    fake.world.clock.advance(1);
    const nsp = await probe();
    fake.world.clock.advance(30);
    answer(nsp);
    expect(manager.latencyMs).toBe(30);
    fake.world.clock.advance(20_000);
    below.gives('ping');
    fake.world.clock.advance(20_000);
    expect(await probe()).toBeUndefined();
  });

  it.each(['offline', 'online', 'moved', 'woken', 'restored'] as const)(
    'after %s is dropped with ping timeout if the server no longer answers, and a new link is opened',
    async (signal) => {
      const { manager, ends, probe } = await proved();
      fake.world.signals.tell(signal);
      fake.world.signals.online = true;
      expect(await probe()).toBeDefined();
      fake.world.clock.advance(999);
      expect(ends).toEqual([]);
      fake.world.clock.advance(1);
      expect([ends, manager.status]).toEqual([['ping timeout'], 'reconnecting']);
      fake.world.clock.advance(manager.retryInMs as number);
      await settled();
      fake.network.last.shakes();
      expect(manager.status).toBe('connected');
    },
  );

  it('is kept if the server has never answered a probe over it', async () => {
    const { manager, ends, probe } = await fresh();
    fake.world.clock.advance(5_000);
    expect(await probe()).toBeDefined();
    fake.world.clock.advance(4_000);
    for (let i = 0; i < 3; i++) {
      fake.world.signals.tell('moved');
      fake.world.clock.advance(4_000);
    }
    expect([ends, manager.status]).toEqual([[], 'connected']);
  });

  it('is dropped even if it was never answered, if nothing arrives while the browser is offline', async () => {
    const { ends, probe } = await fresh();
    fake.world.signals.tell('offline');
    expect(await probe()).toBeDefined();
    fake.world.clock.advance(4_000);
    expect(ends).toEqual(['ping timeout']);
  });

  it('is kept if the server answered only over the previous link', async () => {
    const { manager, socket, below, probe } = await proved();
    below.closes();
    fake.world.clock.advance(manager.retryInMs as number);
    await settled();
    const next = fake.network.last;
    next.shakes();
    next.gives('message', '0{"sid":"b"}');
    fake.world.signals.tell('moved');
    fake.world.clock.advance(4_000);
    expect([socket.connected, await probe()]).toEqual([true, undefined]);
  });

  it('is kept if the server answers, without any event for the program', async () => {
    const { manager, socket, probe, answer } = await proved();
    const seen: string[] = [];
    for (const event of ['close', 'error', 'packet'] as const) manager.on(event, () => seen.push(event));
    for (const event of ['disconnect', 'connect_error'] as const) socket.on(event, () => seen.push(event));
    fake.world.signals.tell('offline');
    const nsp = await probe();
    fake.world.clock.advance(100);
    answer(nsp);
    fake.world.clock.advance(30_000);
    expect([seen, manager.status, socket.connected]).toEqual([[], 'connected', true]);
  });

  it('is kept if any packet arrives in time', async () => {
    const { ends, below, probe } = await proved();
    fake.world.signals.tell('offline');
    expect(await probe()).toBeDefined();
    fake.world.clock.advance(10);
    below.gives('ping');
    fake.world.clock.advance(30_000);
    expect(ends).toEqual([]);
  });

  it('is not saved by packets from before the doubt', async () => {
    const { ends, below } = await proved();
    fake.world.clock.advance(500);
    below.gives('ping');
    fake.world.signals.tell('moved');
    fake.world.clock.advance(1_000);
    expect(ends).toEqual(['ping timeout']);
  });

  it('can be doubted again after it was found alive', async () => {
    const { ends, probe, answer } = await proved();
    fake.world.signals.tell('moved');
    const first = await probe();
    fake.world.clock.advance(10);
    answer(first);
    fake.world.signals.tell('moved');
    expect(await probe()).toBeDefined();
    fake.world.clock.advance(1_000);
    expect(ends).toEqual(['ping timeout']);
  });

  it('is not revived by an answer over the previous link', async () => {
    const { manager, below, probe, answer } = await proved();
    fake.world.signals.tell('moved');
    const nsp = await probe();
    below.closes();
    fake.world.clock.advance(manager.retryInMs as number);
    await settled();
    const next = fake.network.last;
    next.shakes();
    next.gives('message', '0{"sid":"b"}');
    fake.world.clock.advance(5_000);
    next.gives('message', `4${(await messages(next))[1]?.slice(1)}{"message":"Invalid namespace"}`);
    fake.world.signals.tell('moved');
    answer(nsp);
    fake.world.clock.advance(1_000);
    expect(manager.status).toBe('reconnecting');
  });

  it('has a deadline according to the known round trip', async () => {
    const { ends, probe, answer } = await fresh();
    fake.world.clock.advance(5_000);
    const nsp = await probe();
    fake.world.clock.advance(600);
    answer(nsp);
    fake.world.signals.tell('moved');
    fake.world.clock.advance(2_399);
    expect(ends).toEqual([]);
    fake.world.clock.advance(1);
    expect(ends).toEqual(['ping timeout']);
  });

  it('is neither probed nor dropped with the option verify: false', async () => {
    const { manager, below } = await fake.joined({ verify: false });
    fake.world.signals.tell('offline', 'online', 'woken', 'moved');
    fake.world.clock.advance(30_000);
    expect([await messages(below), manager.status]).toEqual([[], 'connected']);
  });

  it('is lost only once if it is lost meanwhile, and the next link is not affected', async () => {
    const { manager, ends, below } = await proved();
    fake.world.signals.tell('woken');
    below.closes();
    fake.world.clock.advance(manager.retryInMs as number);
    await settled();
    fake.network.last.shakes();
    fake.network.last.gives('message', '0{"sid":"b"}');
    fake.world.clock.advance(4_000);
    expect([ends, manager.status]).toEqual([['transport close'], 'connected']);
  });

  it('is probed once, however many signals arrive together', async () => {
    const { ends, probe } = await proved();
    fake.world.signals.tell('offline', 'moved', 'online');
    expect(await probe()).toBeDefined();
    fake.world.clock.advance(1_000);
    expect(ends).toEqual(['ping timeout']);
  });

  it('is found dead in time, however often signals come', async () => {
    const { ends } = await proved();
    for (let count = 0; count < 10 && ends.length === 0; count++) {
      fake.world.signals.tell('moved');
      fake.world.clock.advance(900);
    }
    expect(ends).toEqual(['ping timeout']);
  });

  it('is probed after a sleep without a signal, and at no other time', async () => {
    const { ends, probe } = await proved();
    fake.world.clock.advance(5_000);
    expect(await probe()).toBeUndefined();
    fake.world.clock.sleep(30_000);
    fake.world.clock.advance(0);
    expect(await probe()).toBeDefined();
    fake.world.clock.advance(1_000);
    expect(ends).toEqual(['ping timeout']);
  });

  it('leaves no timer and no watcher when the connection is closed meanwhile', async () => {
    const { socket } = await proved();
    fake.world.signals.tell('woken', 'moved');
    socket.disconnect();
    await settled();
    expect([fake.world.clock.pending, fake.world.signals.watched]).toEqual([0, 0]);
  });

  it.each([
    ['in time', 10],
    ['after the deadline', 60_000],
  ])('leaves the probed namespace again if the server accepts it %s', async (_when, ms) => {
    const { ends, below, probe } = await fresh();
    fake.world.clock.advance(5_000);
    const nsp = await probe();
    for (let passed = 0; passed < ms; passed += 10_000) {
      fake.world.clock.advance(Math.min(10_000, ms));
      below.gives('ping');
    }
    await messages(below);
    below.gives('message', `0${nsp},{"sid":"p"}`);
    expect([await messages(below), ends]).toEqual([[`1${nsp},`], []]);
  });

  it('is probed again only after the earlier probe was answered, so that no namespace gets two', async () => {
    const { below } = await fresh();
    const asked: string[] = [];
    for (let i = 0; i < 20; i++) {
      fake.world.signals.tell('moved');
      fake.world.clock.advance(4_000);
      below.gives('ping');
      asked.push(...(await messages(below)));
    }
    expect(new Set(asked).size).toBe(asked.length);
  });
});

describe('watching for sleep', () => {
  let woken: ReturnType<typeof vi.fn<() => void>>;
  let stop: () => void;

  beforeEach(() => {
    woken = vi.fn();
    stop = watchSleep(world.clock, world.dateMs, woken);
  });

  it('reports nothing while timers are on time and the date advances', () => {
    world.clock.advance(3_600_000);
    expect(woken).not.toHaveBeenCalled();
    expect(world.clock.pending).toBe(1);
  });

  it('reports a late timer once', () => {
    world.clock.advance(12_000);
    world.clock.sleep(60_000);
    world.clock.advance(0);
    expect(woken).toHaveBeenCalledOnce();
    world.clock.advance(60_000);
    expect(woken).toHaveBeenCalledOnce();
  });

  it('reports once a date that jumped while the monotonic clock stood still', () => {
    world.dateAheadMs += 60_000;
    world.clock.advance(1_000);
    expect(woken).toHaveBeenCalledOnce();
  });

  it('ignores a date that goes back, and a page that is busy for 1.5 s', () => {
    world.dateAheadMs -= 3_600_000;
    world.clock.advance(5_000);
    world.clock.sleep(2_500);
    world.clock.advance(0);
    expect(woken).not.toHaveBeenCalled();
    world.clock.sleep(2_501);
    world.clock.advance(0);
    expect(woken).toHaveBeenCalledOnce();
  });

  it('leaves no timer after it was stopped, even by its own listener', () => {
    world.clock.advance(12_000);
    stop();
    expect(world.clock.pending).toBe(0);
    stop = watchSleep(world.clock, world.dateMs, () => stop());
    world.clock.sleep(60_000);
    world.clock.advance(0);
    expect(world.clock.pending).toBe(0);
  });
});
