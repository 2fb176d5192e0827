import { describe, expect, it } from 'vitest';
import type { Manager } from '../../../src/io.js';
import type { Options } from '../../../src/platform/options.js';
import { PROBE, PROBE_WITH_QUERY } from '../../../src/plugins/legacy/codec.js';
import { legacy } from '../../../src/plugins/legacy/index.js';
import { isAdopted } from '../../../src/plugins/legacy/transports.js';
import type { Transport } from '../../../src/session/transports/transport.js';
import type { Socket } from '../../../src/socket/socket.js';
import { messages, useManagers } from '../../support/fake-managers.js';
import { type FakeTransport, settled } from '../../support/fake-transports.js';

const fake = useManagers();

interface Met {
  readonly manager: Manager;
  readonly socket: Socket;
  readonly below: FakeTransport;
  /** What happened to the socket. */
  readonly log: string[];
  /** The server says this. */
  hear(...texts: unknown[]): void;
  /** What the client has sent since the last look. */
  sent(): Promise<string[]>;
}

/** A connection whose transport has just finished its handshake. */
async function meet(options: Options = {}, handshake: object = {}): Promise<Met> {
  const manager = fake.make({ plugins: [legacy()], ...options });
  const socket = manager.socket('/');
  const log: string[] = [];
  socket.on('connect', () => log.push(`connect ${socket.id}`));
  socket.on('disconnect', (reason) => log.push(`disconnect ${reason}`));
  socket.on('connect_error', ({ message }) => log.push(`connect_error ${message}`));
  socket.on('a', (...args) => log.push(`a ${args}`));
  await settled();
  const below = fake.network.last;
  below.shakes({ pingInterval: 1_000, pingTimeout: 500, ...handshake });
  return {
    manager,
    socket,
    below,
    log,
    hear(...texts) {
      for (const text of texts) below.gives('message', text);
    },
    sent: () => messages(below),
  };
}

const known = ({ manager }: Met): boolean | undefined => manager._connection._known.legacy;
const adopted = ({ below }: Met): boolean => isAdopted(below as unknown as Transport);

it('asks for a namespace that does not exist, and for nothing else before the answer', async () => {
  const { sent, log } = await meet();
  expect([await sent(), log]).toEqual([[`0${PROBE},`], []]);
});

it('asks nothing of a server whose handshake tells the largest message: it is of today', async () => {
  const met = await meet({}, { maxPayload: 1_000 });
  expect(await met.sent()).toEqual(['0']);
  expect([known(met), adopted(met)]).toEqual([undefined, false]);
});

it('asks nothing where the program brings its own parser', async () => {
  class Encoder {
    encode = ({ type }: { type: number }): unknown[] => [`${type}`];
  }
  class Decoder {
    on(): void {}
    add(): void {}
  }
  const { sent } = await meet({ parser: { Encoder, Decoder } as never });
  expect(await sent()).toEqual(['0']);
});

describe('an old server', () => {
  it.each(['0', '0/', '0/,'])('is known by its word that the root namespace is joined: %s', async (text) => {
    const met = await meet();
    met.hear(text);
    await settled();
    expect([known(met), adopted(met), met.log]).toEqual([true, true, ['connect engine1']]);
  });

  it.each([
    ['4"not you"', 'not you'],
    ['4{"code":1}', 'rejected by the server'],
    ['4', 'rejected by the server'],
  ])('is known by its refusal, which nobody asked for: %s', async (text, message) => {
    const met = await meet();
    met.hear(text);
    await settled();
    expect([known(met), met.log]).toEqual([true, [`connect_error ${message}`]]);
  });

  it.each([`0${PROBE}`, `0${PROBE},`])(
    'that takes every namespace is known by an answer without an id, and is told to leave it again: %s',
    async (text) => {
      const met = await meet();
      met.hear(text);
      expect(known(met)).toBe(true);
      expect(await met.sent()).toContain(`1${PROBE},`);
    },
  );

  it('is asked how it names the sockets of a namespace, and not for the root namespace', async () => {
    const { hear, sent } = await meet();
    hear('0');
    expect(await sent()).toEqual([`0${PROBE},`, `0${PROBE_WITH_QUERY},`]);
  });

  it('is not asked twice who it is where its answers come late', async () => {
    const met = await meet();
    met.hear('0', `4${PROBE},"Invalid namespace"`, `4${PROBE_WITH_QUERY},"Invalid namespace"`, '2["a",1]');
    await settled();
    expect(met.log).toEqual(['connect engine1', 'a 1']);
  });

  it('is asked for a sign of life as often as it wants, for as long as the connection lasts', async () => {
    const { hear, below, manager } = await meet();
    hear('0');
    await settled();
    below.written.length = 0;
    for (let second = 0; second < 3; second++) {
      fake.world.clock.advance(1_000);
      below.gives('pong');
      await settled();
    }
    expect(below.written).toEqual(['ping', 'ping', 'ping']);
    manager.reconnection(false);
    below.closes();
    await settled();
    expect(fake.world.clock.pending).toBe(0);
  });

  it('that wants to be asked all the time is asked twenty times a second at most', async () => {
    const { hear, below } = await meet({}, { pingInterval: 1, pingTimeout: 20_000 });
    hear('0');
    await settled();
    below.written.length = 0;
    for (let ms = 0; ms < 1_000; ms += 10) fake.world.clock.advance(10);
    await settled();
    expect(below.written).toEqual(Array<string>(20).fill('ping'));
  });

  it('that does not answer is gone', async () => {
    const { hear, log } = await meet();
    hear('0');
    await settled();
    fake.world.clock.advance(1_500);
    expect(log).toEqual(['connect engine1', 'disconnect ping timeout']);
  });

  it('has the next transport of its session speak as it does', async () => {
    const met = await meet();
    met.hear('0');
    const next = met.manager.engine._create('websocket');
    expect(isAdopted(next)).toBe(true);
  });
});

describe('a server of today', () => {
  // Old servers and foreign ones answer alike: only the unsolicited word tells them apart.
  it.each([
    `4${PROBE},{"message":"Invalid namespace"}`,
    `4${PROBE},"Unable to connect"`,
    `4${PROBE},"Invalid namespace"`,
  ])('is known by an answer that comes first: %s', async (text) => {
    const met = await meet();
    met.hear(text);
    expect(await met.sent()).toEqual([`0${PROBE},`, '0']);
    expect([known(met), adopted(met)]).toEqual([undefined, false]);
    met.hear('0{"sid":"a"}');
    expect(met.log).toEqual(['connect a']);
  });

  it('that takes every namespace is told to leave it again', async () => {
    const met = await meet();
    met.hear(`0${PROBE},{"sid":"a"}`);
    expect(await met.sent()).toEqual([`0${PROBE},`, `1${PROBE},`, '0']);
    expect(known(met)).toBeUndefined();
  });

  it('that takes every namespace is told so, too, where its answer comes late', async () => {
    const met = await meet();
    fake.world.clock.advance(500);
    expect(await met.sent()).toEqual([`0${PROBE},`, '0']);
    met.hear(`0${PROBE},{"sid":"a"}`);
    expect(await met.sent()).toEqual([`1${PROBE},`]);
  });

  it('is assumed where nothing comes within 250 ms', async () => {
    const { sent } = await meet();
    fake.world.clock.advance(249);
    expect(await sent()).toEqual([`0${PROBE},`]);
    fake.world.clock.advance(1);
    expect(await sent()).toEqual(['0']);
  });

  it.each([
    [10, 50],
    [100, 100],
    [9_000, 500],
  ])('is assumed, where a round trip took %i ms before, within %i ms', async (rttMs, ms) => {
    const first = await meet();
    first.hear(`4${PROBE},"Invalid namespace"`, '0{"sid":"a"}');
    first.manager._connection._learn({ rttMs });
    first.below.closes();
    fake.world.clock.advance(1_000);
    await settled();
    const below = fake.network.last;
    below.shakes();
    fake.world.clock.advance(ms - 1);
    expect(await messages(below)).toEqual([`0${PROBE},`]);
    fake.world.clock.advance(1);
    expect(await messages(below)).toEqual(['0']);
  });
});

describe('an old server that was taken for one of today', () => {
  it('is met anew: its late word ends the session, and the next one knows it', async () => {
    const met = await meet();
    fake.world.clock.advance(500);
    met.hear('0');
    expect(known(met)).toBe(true);
    expect(met.manager.status).toBe('reconnecting');
    fake.world.clock.advance(1_000);
    await settled();
    const below = fake.network.last;
    below.shakes();
    // It gets more time: a middleware may hold its word back.
    fake.world.clock.advance(2_999);
    expect(await messages(below)).toEqual([`0${PROBE},`]);
    below.gives('message', '0');
    await settled();
    expect(met.log.at(-1)).toBe('connect engine1');
  });
});

describe('what is remembered', () => {
  it('is an old server: its long-polling is read as it writes from the first byte on', async () => {
    const met = await meet();
    met.hear('0');
    const { manager } = await meet();
    manager._connection._known.legacy = true;
    const hooks = legacy().manager?.(manager);
    const transport = (name: string): Transport =>
      ({ name, query: {}, doWrite() {}, onData() {}, write() {} }) as unknown as Transport;
    const made = (name: string): Transport | undefined => hooks?.transport?.(name, () => transport(name));
    expect(isAdopted(made('polling') as Transport)).toBe(true);
    expect(isAdopted(made('websocket') as Transport)).toBe(false);
  });

  it('is forgotten where the handshake is that of a server of today', async () => {
    const first = await meet();
    first.hear('0');
    await settled();
    first.below.closes();
    fake.world.clock.advance(1_000);
    await settled();
    fake.network.last.shakes({ maxPayload: 1_000 });
    expect(known(first)).toBe(false);
    expect(await messages(fake.network.last)).toEqual(['0']);
  });

  it('is nothing where there was no answer', async () => {
    const met = await meet();
    fake.world.clock.advance(500);
    expect(known(met)).toBeUndefined();
  });
});

describe('the meeting', () => {
  it('is not ended by what says nothing of it', async () => {
    const { hear, sent } = await meet();
    hear('2["a"]', '0/other', '4/other,"Invalid namespace"', Uint8Array.of(1), '');
    expect(await sent()).toEqual([`0${PROBE},`]);
  });

  it('ends once', async () => {
    const met = await meet();
    met.hear('0', `4${PROBE},"Invalid namespace"`);
    await settled();
    fake.world.clock.advance(499);
    expect(met.log).toEqual(['connect engine1']);
    expect(await met.sent()).toEqual([`0${PROBE},`, `0${PROBE_WITH_QUERY},`]);
  });

  it('ends without a word where the session ends', async () => {
    const met = await meet({ reconnection: false });
    met.manager.engine.close();
    met.hear('0');
    fake.world.clock.advance(60_000);
    await settled();
    expect(met.log.filter((line) => line.startsWith('connect '))).toEqual([]);
  });
});
