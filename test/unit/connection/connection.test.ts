import { describe, expect, it, vi } from 'vitest';
import type { NamespaceHandler } from '../../../src/connection/hooks.js';
import type { Manager } from '../../../src/io.js';
import type { Attempt, ConnectionError } from '../../../src/platform/errors.js';
import type { Options } from '../../../src/platform/options.js';
import { messages, useManagers } from '../../support/fake-managers.js';
import { type FakeTransport, settled } from '../../support/fake-transports.js';
import { stubReportError } from '../../support/report-error.js';

/** The connection of a manager, which runs the lifecycle machine. The machine has its own tests. */

const fake = useManagers();
const bytes = (...values: number[]): ArrayBuffer => new Uint8Array(values).buffer;
const made = (): FakeTransport[] => fake.network.made;
const names = (): string[] => made().map(({ name }) => name);
const closings = (): number => fake.network.log.filter((line) => line.endsWith('is closed')).length;

const EVENTS = [
  ...['open', 'close', 'error'],
  ...['reconnect_attempt', 'reconnect_error', 'reconnect', 'reconnect_failed'],
] as const;

/** The names of the events of a manager. */
function told(manager: Manager): string[] {
  const seen: string[] = [];
  for (const event of EVENTS) manager.on(event as 'open', () => seen.push(event));
  return seen;
}

/** A manager whose first attempt is running. Nothing probes its links. */
async function opening(options: Options = {}): Promise<Manager> {
  const manager = fake.make({ verify: false, ...options });
  await settled();
  return manager;
}

/** A connected manager. */
async function connected(options: Options = {}): Promise<{ manager: Manager; below: FakeTransport }> {
  const manager = await opening(options);
  const below = fake.network.last;
  below.shakes({ pingInterval: 1e8 });
  return { manager, below };
}

/** Waits for the next attempt. */
async function nextAttempt(manager: Manager): Promise<FakeTransport> {
  fake.world.clock.advance(manager.retryInMs as number);
  await settled();
  return fake.network.last;
}

describe('opening', () => {
  it('opens one session, however often it is requested', async () => {
    const manager = await opening();
    manager.open();
    manager.open(() => {});
    fake.network.last.shakes();
    manager.open();
    await settled();
    expect(made()).toHaveLength(1);
  });

  it('that throws is not reported if the program closes it at once', async () => {
    const manager = fake.make({ autoConnect: false });
    const seen = told(manager);
    manager.uri = 'ftp://host.test';
    const socket = manager.socket('/').connect();
    socket.disconnect();
    expect([fake.world.clock.pending, seen]).toEqual([0, ['close']]);
  });

  it('opens a new one soon after a stable connection was lost', async () => {
    const { below } = await connected();
    fake.world.clock.advance(5_000);
    fake.world.chances.push(0.001);
    below.closes();
    fake.world.clock.advance(1);
    await settled();
    expect(made()).toHaveLength(2);
  });
});

describe('losing the link', () => {
  it('is reported once, with its reason and details', async () => {
    const { manager, below } = await connected();
    const seen: unknown[] = [];
    manager.on('close', (...args) => seen.push(args));
    below.fails('websocket error');
    below.closes();
    expect(seen).toEqual([['transport error', expect.objectContaining({ message: 'websocket error' })]]);
    expect(closings()).toBe(1);
  });

  it('closes the connection if reconnection is off', async () => {
    const { manager, below } = await connected({ reconnection: false });
    const seen = told(manager);
    below.closes();
    expect([manager.status, seen, fake.world.clock.pending]).toEqual(['closed', ['close'], 0]);
  });
});

describe('closing', () => {
  it('abandons the running attempt, and reports it', async () => {
    const manager = await opening();
    const seen = told(manager);
    manager.socket('/').disconnect();
    expect([closings(), manager.status, seen]).toEqual([1, 'closed', ['close']]);
    expect(fake.world.clock.pending).toBe(0);
  });

  it('leaves no timer between two attempts', async () => {
    const { manager, below } = await connected();
    const socket = manager.socket('/');
    below.closes();
    expect(fake.world.clock.pending).toBe(1);
    socket.disconnect();
    expect(fake.world.clock.pending).toBe(0);
    fake.world.clock.advance(60_000);
    await settled();
    expect(made()).toHaveLength(1);
  });

  it('can be undone', async () => {
    const { manager } = await connected();
    manager.socket('/').disconnect();
    manager.open();
    await settled();
    fake.network.last.shakes();
    expect([manager.status, made().length]).toEqual(['connected', 2]);
  });

  it('sends pending packets, and then ends the session', async () => {
    const { manager, below } = await connected();
    const socket = manager.socket('/');
    below.gives('message', '0{"sid":"a"}');
    await messages(below);
    socket.emit('last');
    socket.disconnect();
    expect([manager.status, closings()]).toEqual(['closed', 0]);
    expect(await messages(below)).toEqual(['2["last"]', '1']);
    expect(closings()).toBe(1);
  });

  it('ends a session that can no longer send after ten seconds', async () => {
    const { manager, below } = await connected();
    const socket = manager.socket('/');
    below.gives('message', '0{"sid":"a"}');
    await messages(below);
    Object.assign(below, { writable: false });
    socket.emit('never');
    socket.disconnect();
    fake.world.clock.advance(9_999);
    expect(closings()).toBe(0);
    fake.world.clock.advance(1);
    expect([closings(), fake.world.clock.pending, fake.world.signals.watched]).toEqual([1, 0, 0]);
  });
});

describe('reconnection(false)', () => {
  it.each<[string, () => Promise<Manager>]>([
    [
      'between two attempts',
      async () => {
        const { manager, below } = await connected();
        below.closes();
        return manager.reconnection(false);
      },
    ],
    [
      'while there is no network',
      async () => {
        const { manager, below } = await connected();
        fake.world.signals.tell('offline');
        below.closes();
        return manager.reconnection(false);
      },
    ],
    [
      'in a listener of `reconnect_error`',
      async () => {
        const { manager, below } = await connected();
        below.closes();
        const next = await nextAttempt(manager);
        manager.on('reconnect_error', () => manager.reconnection(false));
        next.fails();
        return manager;
      },
    ],
    [
      'in a listener of `error`',
      async () => {
        const manager = await opening();
        manager.on('error', () => manager.reconnection(false));
        fake.network.last.fails();
        return manager;
      },
    ],
  ])('%s stops the retries at once', async (_when, stop) => {
    const manager = await stop();
    const seen = told(manager);
    const before = made().length;
    expect([manager.status, manager.retryInMs, fake.world.clock.pending]).toEqual(['closed', undefined, 0]);
    expect(fake.world.signals.watched).toBe(0);
    fake.world.signals.tell('online');
    fake.world.clock.advance(60_000);
    await settled();
    expect([made().length, seen]).toEqual([before, []]);
  });

  it('leaves a link and a running attempt alone', async () => {
    const { manager } = await connected();
    manager.reconnection(false);
    expect(manager.status).toBe('connected');
    const other = await opening();
    other.reconnection(false);
    fake.network.last.shakes();
    expect(other.status).toBe('connected');
  });

  it('can be undone by opening the connection: its sockets come back', async () => {
    const { manager, below } = await connected();
    const socket = manager.socket('/');
    below.gives('message', '0{"sid":"a"}');
    below.closes();
    manager.reconnection(false).open();
    await settled();
    fake.network.last.shakes();
    expect(await messages(fake.network.last)).toEqual(['0']);
    expect(socket.active).toBe(true);
  });

  it('ends a wait for ready(), because nothing will connect the socket any more', async () => {
    const { manager, below } = await connected();
    const socket = manager.socket('/');
    below.closes();
    const ready = socket.ready();
    manager.reconnection(false);
    await expect(ready).rejects.toMatchObject({ code: 'DISCONNECTED' });
  });
});

describe('an event of an attempt or a link that is over', () => {
  it('is ignored: messages, loss, failure', async () => {
    const { manager, below } = await connected();
    const packets = vi.fn();
    below.closes();
    (await nextAttempt(manager)).shakes();
    const seen = told(manager);
    manager.on('packet', packets);
    below.gives('message', '2["stale"]');
    below.fails();
    below.closes();
    expect([seen, packets.mock.calls, manager.status]).toEqual([[], [], 'connected']);
  });

  it('does not replace the link in use: a late handshake is ignored', async () => {
    const manager = await opening();
    const late = fake.network.last;
    const socket = manager.socket('/').disconnect().connect();
    await settled();
    fake.network.last.shakes({ sid: 'second' });
    late.shakes({ sid: 'first' });
    expect([manager.engine.id, manager.status, socket.active]).toEqual(['second', 'connected', true]);
  });

  it('does not disturb a half-received packet', async () => {
    const manager = await opening();
    const late = fake.network.last;
    manager.socket('/').disconnect().connect();
    await settled();
    const packets = vi.fn();
    manager.on('packet', packets);
    fake.network.last.shakes();
    fake.network.last.gives('message', '51-["file",{"_placeholder":true,"num":0}]');
    late.shakes();
    late.gives('message', '2["stale"]');
    fake.network.last.gives('message', bytes(1));
    expect(packets.mock.calls.map(([packet]) => packet.data[0])).toEqual(['file']);
    expect(manager.status).toBe('connected');
  });
});

describe('a received message', () => {
  it('goes to its namespace, and then to the listeners of `packet`', async () => {
    const { manager, below } = await connected();
    const order: string[] = [];
    for (const nsp of ['/', '/admin']) {
      const socket = manager.socket(nsp);
      below.gives('message', nsp === '/' ? '0{"sid":"a"}' : '0/admin,{"sid":"b"}');
      socket.onAny((name) => order.push(`${nsp} ${name}`));
    }
    manager.on('packet', (packet) => order.push(`packet for ${packet.nsp}`));
    below.gives('message', '2["a",1]');
    below.gives('message', '51-/admin,["b",{"_placeholder":true,"num":0}]');
    below.gives('message', bytes(1));
    expect(order).toEqual(['/ a', 'packet for /', '/admin b', 'packet for /admin']);
  });

  it('for an unused namespace is ignored', async () => {
    const { manager, below } = await connected();
    below.gives('message', '2/unknown,["a"]');
    expect(manager.status).toBe('connected');
  });

  it.each([
    ['9["a"]'],
    ['2["connect"]'],
    ['2{'],
    [''],
    [bytes(1)],
    ['51-["a",{"_placeholder":true,"num":5}]', bytes(1)],
    ['51-["a"]', '2["b"]'],
  ])(
    'ends the link with parse error if it cannot be read, and a new link is opened: %s',
    async (...chunks) => {
      const { manager, below } = await connected();
      const [closes, events]: [unknown[], string[]] = [[], []];
      manager.on('close', (...args) => closes.push(args));
      const socket = manager.socket('/').onAny((name) => events.push(name));
      below.gives('message', '0{"sid":"a"}');
      await settled();
      for (const chunk of chunks) below.gives('message', chunk);
      expect([closes, closings()]).toEqual([[['parse error', expect.any(Error)]], 1]);
      below.gives('message', '2["behind"]');
      expect(events).toEqual([]);
      const next = await nextAttempt(manager);
      next.shakes();
      next.gives('message', '0{"sid":"b"}');
      next.gives('message', '2["next"]');
      expect([events, socket.connected]).toEqual([['next'], true]);
    },
  );

  it('over a new link is read afresh: half a packet of the old link is forgotten', async () => {
    const { manager, below } = await connected();
    const packets = vi.fn();
    below.gives('message', '51-["file",{"_placeholder":true,"num":0}]');
    below.closes();
    const next = await nextAttempt(manager);
    next.shakes();
    manager.on('packet', packets);
    next.gives('message', '2["next"]');
    expect(packets.mock.calls.map(([packet]) => packet.data)).toEqual([['next']]);
  });

  it('is offered only to its own namespace, however many there are', async () => {
    const { manager, below } = await connected();
    const handlers = Array.from({ length: 1_000 }, (_, i): NamespaceHandler => {
      const handler: NamespaceHandler = {
        active: true,
        connected: true,
        receive: vi.fn(),
        linkUp() {},
        linkDown() {},
        failed() {},
        giveUp() {},
      };
      manager._connection._namespaces.set(`/n${i}`, handler);
      return handler;
    });
    for (let i = 0; i < 100; i++) below.gives('message', '2/n7,["a"]');
    expect(handlers.map(({ receive }) => vi.mocked(receive).mock.calls.length).filter(Boolean)).toEqual([
      100,
    ]);
    expect(handlers[7]?.receive).toHaveBeenCalledTimes(100);
  });

  it('may make the program throw without harming the connection', async () => {
    const reported = stubReportError();
    const { manager, below } = await connected();
    const socket = manager.socket('/');
    below.gives('message', '0{"sid":"a"}');
    const heard: string[] = [];
    socket.onAny((name) => heard.push(name));
    const { onevent } = socket;
    socket.onevent = () => {
      throw new Error('mine');
    };
    below.gives('message', '2["a"]');
    socket.onevent = onevent;
    below.gives('message', '2["b"]');
    expect([manager.status, heard, reported.mock.calls.length]).toEqual(['connected', ['b'], 1]);
  });
});

describe('the limit of the server', () => {
  /** What becomes of an event of 100 bytes where the server takes 50. */
  async function emitOver(name: string, options: Options): Promise<{ codes: string[]; sent: number }> {
    const manager = await opening({ ...fake.over(name), ...options });
    const socket = manager.socket('/');
    const below = fake.network.last;
    below.shakes({ maxPayload: 50, upgrades: [] });
    below.gives('message', '0{"sid":"a"}');
    await messages(below);
    const codes: string[] = [];
    socket.on('dropped', (error) => codes.push((error as ConnectionError).code));
    socket.emit('x'.repeat(100));
    return { codes, sent: (await messages(below)).length };
  }

  it.each<[string, string, Options, boolean]>([
    ['holds', 'websocket', {}, false],
    ['holds', 'polling', {}, false],
    ['does not hold', 'websocket', { maxPayloadTransports: ['polling'] }, true],
    ['holds', 'polling', { maxPayloadTransports: ['polling'] }, false],
  ])('%s over %s with %j', async (_what, name, options, sent) => {
    expect(await emitOver(name, options)).toEqual(
      sent ? { codes: [], sent: 1 } : { codes: ['TOO_LARGE'], sent: 0 },
    );
  });
});

describe('a listener that acts on an event', () => {
  it('`open`, and closes: the link is closed, and no reconnect is reported', async () => {
    const { manager, below } = await connected();
    const socket = manager.socket('/');
    below.closes();
    const next = await nextAttempt(manager);
    const seen = told(manager);
    manager.on('open', () => socket.disconnect());
    next.shakes();
    await settled();
    expect([seen, manager.status, fake.world.clock.pending]).toEqual([['open', 'close'], 'closed', 0]);
    expect(closings()).toBe(1);
  });

  it('`error`, and closes: no retry is scheduled', async () => {
    const manager = await opening();
    const socket = manager.socket('/');
    manager.on('error', () => socket.disconnect());
    fake.network.last.fails();
    expect([manager.status, fake.world.clock.pending]).toEqual(['closed', 0]);
    fake.world.clock.advance(10_000);
    await settled();
    expect(made()).toHaveLength(1);
  });

  it('`error`, and opens: the next attempt starts at once, and only once', async () => {
    const manager = await opening();
    manager.once('error', () => manager.open());
    fake.network.last.fails();
    await settled();
    expect([made().length, manager.status, manager.retryInMs]).toEqual([2, 'reconnecting', undefined]);
    fake.network.last.shakes();
    fake.world.clock.advance(10_000);
    await settled();
    expect([made().length, manager.status]).toEqual([2, 'connected']);
  });

  it('`close`, and closes: no retry is scheduled', async () => {
    const { manager, below } = await connected();
    const socket = manager.socket('/');
    manager.once('close', () => socket.disconnect());
    below.closes();
    expect([manager.status, fake.world.clock.pending]).toEqual(['closed', 0]);
  });

  it('`close`, and opens: the next attempt starts at once, and only once', async () => {
    const { manager, below } = await connected();
    manager.once('close', () => manager.open());
    below.closes();
    await settled();
    fake.network.last.shakes();
    fake.world.clock.advance(10_000);
    await settled();
    expect([made().length, manager.status]).toEqual([2, 'connected']);
  });

  it('`reconnect_attempt`, and closes: the attempt is not made', async () => {
    const { manager, below } = await connected();
    const socket = manager.socket('/');
    manager.on('reconnect_attempt', () => socket.disconnect());
    below.closes();
    await nextAttempt(manager);
    expect([made().length, manager.status]).toEqual([1, 'closed']);
  });

  it('`reconnect_failed`, and opens: the attempts start again', async () => {
    const manager = await opening({ reconnectionAttempts: 0 });
    manager.once('reconnect_failed', () => manager.open());
    fake.network.last.fails();
    await settled();
    expect([made().length, manager.status]).toEqual([2, 'connecting']);
  });

  it('an event, and closes: later events are not delivered', async () => {
    const { manager, below } = await connected();
    const socket = manager.socket('/');
    const heard: string[] = [];
    below.gives('message', '0{"sid":"a"}');
    socket.onAny((name) => {
      heard.push(name);
      socket.disconnect();
    });
    below.gives('message', '2["a"]');
    below.gives('message', '2["b"]');
    expect(heard).toEqual(['a']);
  });
});

describe('without a network', () => {
  it('waits for it, retries occasionally, and reconnects soon after it returns', async () => {
    const { manager, below } = await connected();
    fake.world.signals.tell('offline');
    below.closes();
    expect([manager.status, manager.retryInMs]).toEqual(['offline', 5_000]);
    fake.world.clock.advance(4_999);
    await settled();
    expect(made()).toHaveLength(1);
    fake.world.clock.advance(1);
    await settled();
    fake.network.last.fails();
    expect([made().length, manager.status]).toEqual([2, 'offline']);
    fake.world.clock.advance(1_000);
    fake.world.signals.tell('online');
    expect([manager.status, manager.retryInMs]).toEqual(['reconnecting', 125]);
    (await nextAttempt(manager)).shakes();
    expect(manager.status).toBe('connected');
  });

  it('gives up after its attempts, too, because a machine may wrongly report that it has none', async () => {
    const { manager, below } = await connected({ reconnectionAttempts: 3 });
    const seen = told(manager);
    fake.world.signals.tell('offline');
    below.closes();
    for (let i = 0; i < 3; i++) (await nextAttempt(manager)).fails();
    expect([manager.status, made().length, seen.at(-2)]).toEqual(['closed', 4, 'reconnect_failed']);
    expect(fake.world.clock.pending).toBe(0);
  });

  it('tries as with a network if the largest delay is infinite', async () => {
    const { manager, below } = await connected({ reconnectionDelayMax: Number.POSITIVE_INFINITY });
    fake.world.signals.tell('offline');
    below.closes();
    const waits: unknown[] = [];
    for (let i = 0; i < 4; i++) {
      waits.push([manager.status, manager.retryInMs]);
      (await nextAttempt(manager)).fails();
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000].map((ms) => ['offline', ms]));
  });

  it('keeps a link that still works', async () => {
    const { manager } = await connected();
    fake.world.signals.tell('offline');
    fake.world.clock.advance(60_000);
    expect(manager.status).toBe('connected');
  });
});

describe('a page that enters the back/forward cache', () => {
  it('closes its link at once, and opens a new one when it is shown again', async () => {
    const { manager } = await connected();
    const closes: unknown[] = [];
    manager.on('close', (...args) => closes.push(args));
    fake.world.signals.tell('leaving', 'stored');
    expect([closings(), manager.status, closes]).toEqual([1, 'offline', [['transport close', undefined]]]);
    fake.world.signals.tell('restored');
    expect(manager.retryInMs).toBeLessThanOrEqual(250);
    (await nextAttempt(manager)).shakes();
    expect(manager.status).toBe('connected');
  });

  it('closes its link even if nothing was received over it and another transport is left', async () => {
    const { manager } = await connected(fake.over('websocket', 'polling'));
    manager.socket('/');
    fake.world.signals.tell('leaving', 'stored');
    await settled();
    expect([closings(), manager.status, made().length]).toEqual([1, 'offline', 1]);
  });

  it('loses its connection for good if reconnection is off', async () => {
    const { manager } = await connected({ reconnection: false });
    fake.world.signals.tell('leaving', 'stored', 'restored');
    expect([closings(), manager.status, fake.world.clock.pending]).toEqual([1, 'closed', 0]);
  });

  it('keeps its link at every other signal', async () => {
    const { manager } = await connected({ reconnection: false });
    fake.world.signals.tell('offline', 'online', 'moved', 'hidden', 'woken', 'restored', 'leaving');
    expect([closings(), manager.status]).toEqual([0, 'connected']);
  });

  it('abandons the running attempt', async () => {
    const manager = await opening();
    fake.world.signals.tell('leaving', 'stored');
    expect([closings(), manager.status]).toEqual([1, 'offline']);
    fake.world.signals.tell('restored');
    await nextAttempt(manager);
    expect(made()).toHaveLength(2);
  });

  it('sends over WebSocket what the program emits while leaving', async () => {
    const { manager, below } = await connected();
    const socket = manager.socket('/');
    below.gives('message', '0{"sid":"a"}');
    await messages(below);
    fake.world.signals.tell('leaving');
    socket.emit('bye');
    socket.disconnect();
    fake.world.signals.tell('left');
    expect(await messages(below)).toEqual(['2["bye"]', '1']);
    expect([closings(), fake.world.signals.watched]).toEqual([1, 0]);
  });
});

describe('an attempt that hangs', () => {
  it('is restarted when the network changes, with the same attempt number', async () => {
    const manager = await opening();
    const seen = told(manager);
    fake.world.clock.advance(249);
    fake.world.signals.tell('moved');
    await settled();
    expect([made().length, closings()]).toEqual([1, 0]);
    fake.world.clock.advance(1);
    fake.world.signals.tell('moved');
    await settled();
    expect([made().length, closings(), manager.status]).toEqual([2, 1, 'connecting']);
    made()[0]?.fails();
    expect(seen).toEqual([]);
    fake.network.last.shakes();
    expect([seen, manager.status]).toEqual([['open'], 'connected']);
  });

  it('is restarted once, and not at every signal: it connects despite them, or times out', async () => {
    const manager = await opening({ timeout: 4_000 });
    const errors: string[] = [];
    manager.on('error', ({ message }) => errors.push(message));
    const signals = ['moved', 'woken', 'online'] as const;
    for (let i = 0; i < 6; i++) {
      fake.world.clock.advance(700);
      fake.world.signals.tell(signals[i % 3] as 'moved');
      await settled();
    }
    expect([names(), errors]).toEqual([['websocket', 'websocket', 'websocket'], []]);
    fake.world.clock.advance(500);
    expect(errors).toEqual(['timeout']);
  });
});

describe('the page', () => {
  it('is watched only while a connection is wanted', async () => {
    const { manager, below } = await connected();
    const socket = manager.socket('/');
    expect(fake.world.signals.watched).toBe(1);
    below.closes();
    expect(fake.world.signals.watched).toBe(1);
    socket.disconnect();
    expect(fake.world.signals.watched).toBe(0);
    socket.connect();
    manager.open();
    expect(fake.world.signals.watched).toBe(1);
    socket.disconnect();
    expect(fake.world.signals.watched).toBe(0);
  });

  it('is watched while a closed connection is still sending', async () => {
    const { manager, below } = await connected();
    const socket = manager.socket('/');
    below.gives('message', '0{"sid":"a"}');
    socket.emit('last');
    socket.disconnect();
    expect([manager.status, fake.world.signals.watched]).toEqual(['closed', 1]);
    await settled();
    expect(fake.world.signals.watched).toBe(0);
  });

  it('is no longer watched after the retries are used up', async () => {
    await opening({ reconnectionAttempts: 0 });
    expect(fake.world.signals.watched).toBe(1);
    fake.network.last.fails();
    expect([fake.world.signals.watched, fake.world.clock.pending]).toEqual([0, 0]);
  });
});

describe('a server that does not answer CONNECT over a transport', () => {
  it('is tried over the remaining transports, at once, in the same attempt', async () => {
    const { manager } = await connected({ ...fake.over('websocket', 'polling'), upgrade: false });
    manager.socket('/');
    const seen = told(manager);
    fake.world.clock.advance(5_000);
    await settled();
    expect([names(), manager.status, seen]).toEqual([['websocket', 'polling'], 'connecting', ['close']]);
    fake.world.clock.advance(100);
    const attempts: Attempt[][] = [];
    manager.on('error', (error) => attempts.push([...(error as ConnectionError).attempts]));
    fake.network.last.fails('xhr poll error');
    expect(attempts).toMatchObject([
      [
        { transport: 'websocket', phase: 'connect', ms: 5_000, message: 'timeout' },
        { transport: 'polling', phase: 'open', ms: 100 },
      ],
    ]);
    // In the next attempt, all of them are tried again.
    await nextAttempt(manager);
    expect(names()).toEqual(['websocket', 'polling', 'websocket']);
  });

  const three = ['websocket', 'webtransport', 'polling'];

  it.each<[string, readonly string[], number, number, boolean]>([
    ['none has failed', ['websocket', 'polling'], 0, 0, true],
    ['the other one has failed', ['websocket', 'polling'], 1, 0, false],
    ['the other one was unresponsive before', ['websocket', 'polling'], 0, 1, false],
    ['it is the only one', ['websocket'], 0, 0, false],
    ['one of three has failed', three, 1, 0, true],
    ['two of three have failed', three, 2, 0, false],
    ['one of three was unresponsive before', three, 0, 1, true],
    ['one of three was unresponsive before, and another one has failed', three, 1, 1, false],
  ])(
    'is tried over another transport only if one is left: %s',
    async (_how, list, failing, unresponsive, left) => {
      const manager = await opening({ ...fake.over(...list), upgrade: false });
      manager.socket('/');
      for (let i = 0; i < unresponsive; i++) {
        fake.network.last.shakes();
        fake.world.clock.advance(8_000);
        await settled();
      }
      for (let i = 0; i < failing; i++) fake.network.last.fails();
      fake.network.last.shakes();
      const before = made().length;
      fake.world.clock.advance(8_000);
      await settled();
      expect(made().length > before).toBe(left);
    },
  );

  it('is tried over one that was merely slower', async () => {
    const manager = await opening({ ...fake.over('websocket', 'polling'), upgrade: false });
    manager.socket('/');
    fake.world.clock.advance(1_000);
    fake.network.last.shakes();
    expect(manager.transport).toBe('polling');
    fake.world.clock.advance(8_000);
    await settled();
    expect(names()).toEqual(['websocket', 'polling', 'websocket']);
  });
});

describe('a link that is lost', () => {
  /** Another transport is left, and a namespace waits for its answer. */
  async function unheard(options: Options = {}): ReturnType<typeof connected> {
    const both = await connected({ ...fake.over('websocket', 'polling'), upgrade: false, ...options });
    both.manager.socket('/');
    fake.world.clock.advance(40);
    return both;
  }

  it('before anything was received has failed: the remaining transports are tried at once', async () => {
    const { manager, below } = await unheard();
    const closes: unknown[] = [];
    manager.on('close', (reason) => closes.push(reason));
    below.closes();
    await settled();
    expect([names(), manager.status, manager.retryInMs]).toEqual([
      ['websocket', 'polling'],
      'connecting',
      undefined,
    ]);
    expect([closes, closings()]).toEqual([['transport close'], 0]);
  });

  it('because the program closed its engine has not failed', async () => {
    const { manager } = await unheard();
    const closes: unknown[] = [];
    manager.on('close', (reason) => closes.push(reason));
    await settled();
    manager.engine.close();
    expect([names(), manager.status, closes]).toEqual([['websocket'], 'reconnecting', ['forced close']]);
  });

  it('after something was received is retried after a wait, over all transports', async () => {
    const { manager, below } = await unheard();
    below.gives('message', '2/unknown,["a"]');
    below.closes();
    expect([names(), manager.status]).toEqual([['websocket'], 'reconnecting']);
    expect((await nextAttempt(manager)).name).toBe('websocket');
  });

  it('is retried after a wait if its transport was the last', async () => {
    const { manager, below } = await unheard(fake.over('websocket'));
    below.closes();
    expect([names(), manager.status]).toEqual([['websocket'], 'reconnecting']);
  });

  it('is retried after a wait if the server was asked nothing: its silence means nothing', async () => {
    const { manager, below } = await connected({ ...fake.over('websocket', 'polling'), upgrade: false });
    below.closes();
    expect([names(), manager.status]).toEqual([['websocket'], 'reconnecting']);
  });

  it('is judged by itself: what arrived over the previous link does not count', async () => {
    const { manager, below } = await unheard();
    below.gives('message', '2/unknown,["a"]');
    below.closes();
    const next = await nextAttempt(manager);
    next.shakes();
    next.closes();
    await settled();
    expect([names(), manager.status]).toEqual([['websocket', 'websocket', 'polling'], 'connecting']);
  });
});

describe('a listener of `status`', () => {
  it('is called after the other events of the same moment', async () => {
    const manager = fake.make({ autoConnect: false, verify: false });
    const order = told(manager);
    manager.on('status', (status) => order.push(`is ${status}`));
    const socket = manager.socket('/').connect();
    await settled();
    fake.network.last.shakes();
    fake.network.last.closes();
    (await nextAttempt(manager)).shakes();
    socket.disconnect();
    expect(order).toEqual([
      ...['is connecting', 'open', 'is connected', 'close', 'is reconnecting'],
      ...['reconnect_attempt', 'open', 'reconnect', 'is connected', 'close', 'is closed'],
    ]);
  });

  it('gets only the last of several changes', async () => {
    const manager = await opening();
    const statuses: string[] = [];
    const socket = manager.socket('/');
    manager.on('status', (status) => statuses.push(status));
    manager.on('open', () => socket.disconnect());
    fake.network.last.shakes();
    expect(statuses).toEqual(['closed']);
  });

  it('that closes as soon as the connection opens is called after `open`', async () => {
    const manager = await opening();
    const socket = manager.socket('/');
    const seen = told(manager);
    manager.on('status', (status) => {
      if (status === 'connected') socket.disconnect();
    });
    fake.network.last.shakes();
    await settled();
    expect([seen, manager.status, closings(), fake.world.clock.pending]).toEqual([
      ['open', 'close'],
      'closed',
      1,
      0,
    ]);
  });
});
