import { describe, expect, it } from 'vitest';
import type { Manager } from '../../../src/io.js';
import type { Options } from '../../../src/platform/options.js';
import { PROBE, PROBE_WITH_FRAGMENT } from '../../../src/plugins/legacy/codec.js';
import { legacy } from '../../../src/plugins/legacy/index.js';
import { speaksV3 } from '../../../src/plugins/legacy/transports.js';
import type { Transport } from '../../../src/session/transports/transport.js';
import type { Socket } from '../../../src/socket/socket.js';
import { messages, useManagers } from '../../support/fake-managers.js';
import { type FakeTransport, settled } from '../../support/fake-transports.js';

const fake = useManagers();

interface Handshaken {
  readonly manager: Manager;
  readonly socket: Socket;
  readonly below: FakeTransport;
  /** The events of the socket. */
  readonly log: string[];
  /** The server sends this. */
  hear(...texts: unknown[]): void;
  /** The client's messages since the last call. */
  sent(): Promise<string[]>;
}

/** The first message to a server. */
const ASKED = `0${PROBE_WITH_FRAGMENT},`;

/** A connection whose transport has just finished its handshake, this many milliseconds after it began to open. */
async function handshaken(
  options: Options = {},
  handshake: object = {},
  openedInMs = 0,
): Promise<Handshaken> {
  const manager = fake.make({ plugins: [legacy()], ...options });
  const socket = manager.socket('/');
  const log: string[] = [];
  socket.on('connect', () => log.push(`connect ${socket.id}`));
  socket.on('disconnect', (reason) => log.push(`disconnect ${reason}`));
  socket.on('connect_error', ({ message }) => log.push(`connect_error ${message}`));
  socket.on('a', (...args) => log.push(`a ${args}`));
  await settled();
  const below = fake.network.last;
  fake.world.clock.advance(openedInMs);
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

const known = ({ manager }: Handshaken): boolean | undefined => manager._connection._known.legacy;
const adopted = ({ below }: Handshaken): boolean => speaksV3(below as unknown as Transport);

it('probes a namespace that does not exist, and sends nothing else before the answer', async () => {
  const { sent, log } = await handshaken();
  expect([await sent(), log]).toEqual([[ASKED], []]);
});

it('sends no probe if the handshake has a maxPayload, because only current servers send it', async () => {
  const client = await handshaken({}, { maxPayload: 1_000 });
  expect(await client.sent()).toEqual(['0']);
  expect([known(client), adopted(client)]).toEqual([undefined, false]);
});

it('sends no probe if the program brings its own parser', async () => {
  class Encoder {
    encode = ({ type }: { type: number }): unknown[] => [`${type}`];
  }
  class Decoder {
    on(): void {}
    add(): void {}
  }
  const { sent } = await handshaken({ parser: { Encoder, Decoder } as never });
  expect(await sent()).toEqual(['0']);
});

describe('an old server', () => {
  it('shows the round trip by its answer to the probe, although it joins the root namespace unasked', async () => {
    const { manager, hear, log } = await handshaken({}, {}, 300);
    hear('0');
    await settled();
    // At most as long as opening took.
    expect([log, manager.latencyMs]).toEqual([['connect engine1'], 300]);
    fake.world.clock.advance(100);
    hear(`4${PROBE},"Invalid namespace"`);
    expect([manager.latencyMs, manager._connection._known.rttMs]).toEqual([100, 100]);
    // A later answer, for instance after a refusal, measures nothing.
    fake.world.clock.advance(5_000);
    hear(`4${PROBE},"Invalid namespace"`);
    expect(manager.latencyMs).toBe(100);
  });

  it.each(['0', '0/', '0/,'])('is recognised by its packet for the root namespace: %s', async (text) => {
    const client = await handshaken();
    client.hear(text);
    await settled();
    expect([known(client), adopted(client), client.log]).toEqual([true, true, ['connect engine1']]);
  });

  it.each([
    ['4"not you"', 'not you'],
    ['4{"code":1}', 'rejected by the server'],
    ['4', 'rejected by the server'],
  ])('is recognised by its unsolicited refusal: %s', async (text, message) => {
    const client = await handshaken();
    client.hear(text);
    await settled();
    expect([known(client), client.log]).toEqual([true, [`connect_error ${message}`]]);
  });

  it.each([`0${PROBE}`, `0${PROBE},`])(
    'that accepts every namespace is recognised by an answer without an id, and the probed namespace is left: %s',
    async (text) => {
      const client = await handshaken();
      client.hear(text);
      expect(known(client)).toBe(true);
      expect(await client.sent()).toContain(`1${PROBE},`);
    },
  );

  it('gets no CONNECT for the root namespace', async () => {
    const { hear, sent } = await handshaken();
    hear('0');
    expect(await sent()).toEqual([ASKED]);
  });

  it('with a slow middleware gets more time if it answers like 1.4 to 2.x, without the fragment of the name', async () => {
    const client = await handshaken({}, { pingInterval: 25_000 });
    client.hear(`4${PROBE},"Invalid namespace"`);
    fake.world.clock.advance(4_999);
    expect(await client.sent()).toEqual([ASKED]);
    client.hear('0');
    await settled();
    expect([await client.sent(), client.log]).toEqual([[], ['connect engine1']]);
  });

  it('is not detected twice if its answer arrives late', async () => {
    const client = await handshaken();
    client.hear('0', `4${PROBE},"Invalid namespace"`, '2["a",1]');
    await settled();
    expect(client.log).toEqual(['connect engine1', 'a 1']);
  });

  it('is pinged at its interval, as long as the connection lasts', async () => {
    const { hear, below, manager } = await handshaken();
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

  it('with a tiny ping interval is pinged at most twenty times a second', async () => {
    const { hear, below } = await handshaken({}, { pingInterval: 1, pingTimeout: 20_000 });
    hear('0');
    await settled();
    below.written.length = 0;
    for (let ms = 0; ms < 1_000; ms += 10) fake.world.clock.advance(10);
    await settled();
    expect(below.written).toEqual(Array<string>(20).fill('ping'));
  });

  it('that does not answer a ping causes ping timeout', async () => {
    const { hear, log } = await handshaken();
    hear('0');
    await settled();
    fake.world.clock.advance(1_500);
    expect(log).toEqual(['connect engine1', 'disconnect ping timeout']);
  });

  it('has the next transport of its session speak its protocol version', async () => {
    const client = await handshaken();
    client.hear('0');
    const next = client.manager.engine._makeTransport('websocket');
    expect(speaksV3(next)).toBe(true);
  });
});

describe('a current server', () => {
  // Foreign servers answer with the text of old ones: only the unsolicited packet proves that a server is old.
  it.each([
    `4${PROBE_WITH_FRAGMENT},{"message":"Invalid namespace"}`,
    `4${PROBE_WITH_FRAGMENT},"Unable to connect"`,
    `4${PROBE_WITH_FRAGMENT},"Invalid namespace"`,
    `4${PROBE},{"message":"Invalid namespace"}`,
    `4${PROBE},"Unable to connect"`,
  ])('is assumed as soon as it answers the probe, if no other packet came before: %s', async (text) => {
    const client = await handshaken();
    client.hear(text);
    expect(await client.sent()).toEqual([ASKED, '0']);
    client.hear('0{"sid":"a"}');
    expect([known(client), adopted(client), client.log]).toEqual([undefined, false, ['connect a']]);
  });

  it.each([PROBE_WITH_FRAGMENT, PROBE])(
    'that accepts every namespace has the probed namespace left again: %s',
    async (name) => {
      const client = await handshaken();
      client.hear(`0${name},{"sid":"a"}`);
      expect(await client.sent()).toEqual([ASKED, `1${name},`, '0']);
      expect(known(client)).toBeUndefined();
    },
  );

  it('that sends too much before its version is known loses the connection', async () => {
    const { hear, manager, sent } = await handshaken();
    const ends: unknown[] = [];
    manager.on('error', ({ message }) => ends.push(message));
    for (let i = 0; i < 16; i++) hear(`2["${'x'.repeat(2 ** 20)}"]`);
    expect(ends).toEqual(['too much before the version is known']);
    expect(await sent()).toEqual([ASKED]);
  });

  it('that keeps answering like an old one is not waited for forever', async () => {
    const { hear, sent } = await handshaken({}, { pingInterval: 25_000 });
    for (let second = 0; second < 5; second++) {
      hear(`4${PROBE},"Invalid namespace"`);
      fake.world.clock.advance(1_000);
    }
    expect(await sent()).toEqual([ASKED, '0']);
  });

  it('that accepts every namespace has it left again, even if its answer arrives late', async () => {
    const client = await handshaken();
    fake.world.clock.advance(500);
    expect(await client.sent()).toEqual([ASKED, '0']);
    client.hear(`0${PROBE_WITH_FRAGMENT},{"sid":"a"}`);
    expect(await client.sent()).toEqual([`1${PROBE_WITH_FRAGMENT},`]);
  });

  it('may send events before it answers', async () => {
    const client = await handshaken();
    client.hear('2["a",1]', `4${PROBE_WITH_FRAGMENT},"Invalid namespace"`, '2["a",2]', '0{"sid":"a"}');
    expect(client.log).toEqual(['a 1', 'a 2', 'connect a']);
  });

  it.each([
    [0, 250],
    [300, 600],
    [9_000, 2_000],
  ])(
    'is assumed, if the transport took %i ms to open, when nothing arrives within %i ms',
    async (openedInMs, ms) => {
      const { sent } = await handshaken({}, { pingInterval: 25_000 }, openedInMs);
      fake.world.clock.advance(ms - 1);
      expect(await sent()).toEqual([ASKED]);
      fake.world.clock.advance(1);
      expect(await sent()).toEqual(['0']);
    },
  );

  it('is not assumed because of a late timer: a packet may have arrived that was not read yet', async () => {
    const client = await handshaken();
    fake.world.clock.sleep(5_000);
    fake.world.clock.advance(0);
    client.hear('0');
    await settled();
    expect([await client.sent(), client.log]).toEqual([[ASKED], ['connect engine1']]);
  });

  it('is assumed if the next timer is late, too', async () => {
    const { sent } = await handshaken();
    for (let i = 0; i < 2; i++) {
      fake.world.clock.sleep(5_000);
      fake.world.clock.advance(0);
    }
    expect(await sent()).toEqual([ASKED, '0']);
  });
});

describe('an old server that was taken for a current one', () => {
  it('is detected later: its late packet ends the session, and the next session knows it', async () => {
    const client = await handshaken();
    fake.world.clock.advance(500);
    client.hear('0');
    expect(known(client)).toBe(true);
    expect(client.manager.status).toBe('reconnecting');
    fake.world.clock.advance(1_000);
    await settled();
    const below = fake.network.last;
    below.shakes();
    // It gets more time, because a middleware may delay its packet.
    fake.world.clock.advance(4_999);
    expect(await messages(below)).toEqual([ASKED]);
    below.gives('message', '0');
    await settled();
    expect(client.log.at(-1)).toBe('connect engine1');
  });
});

describe('the remembered version', () => {
  it('makes the next long-polling transport speak v3 from the first byte', async () => {
    const client = await handshaken();
    client.hear('0');
    const { manager } = await handshaken();
    manager._connection._known.legacy = true;
    const hooks = legacy().manager?.(manager);
    const transport = (name: string): Transport =>
      ({ name, query: {}, doWrite() {}, onData() {}, write() {} }) as unknown as Transport;
    const made = (name: string): Transport | undefined => hooks?.transport?.(name, () => transport(name));
    expect(speaksV3(made('polling') as Transport)).toBe(true);
    expect(speaksV3(made('websocket') as Transport)).toBe(false);
  });

  it('gives an old server time even if it answers like a current one, and is forgotten if its packet never comes', async () => {
    const client = await handshaken({}, { pingInterval: 25_000 });
    client.hear('0');
    await settled();
    client.below.closes();
    fake.world.clock.advance(1_000);
    await settled();
    const below = fake.network.last;
    below.shakes({ pingInterval: 25_000 });
    below.gives('message', `4${PROBE_WITH_FRAGMENT},"Invalid namespace"`);
    fake.world.clock.advance(4_999);
    expect(await messages(below)).toEqual([ASKED]);
    fake.world.clock.advance(1);
    expect(await messages(below)).toEqual(['0']);
    expect(known(client)).toBe(false);
  });

  it('is forgotten after the handshake of a current server', async () => {
    const first = await handshaken();
    first.hear('0');
    await settled();
    first.below.closes();
    fake.world.clock.advance(1_000);
    await settled();
    fake.network.last.shakes({ maxPayload: 1_000 });
    expect(known(first)).toBe(false);
    expect(await messages(fake.network.last)).toEqual(['0']);
  });

  it('is empty if there was no answer', async () => {
    const client = await handshaken();
    fake.world.clock.advance(500);
    expect(known(client)).toBeUndefined();
  });
});

describe('the version detection', () => {
  it('is not ended by packets that say nothing about the version', async () => {
    const { hear, sent } = await handshaken();
    hear('2["a"]', '0/other', '4/other,"Invalid namespace"', Uint8Array.of(1), '');
    expect(await sent()).toEqual([ASKED]);
  });

  it('ends once', async () => {
    const client = await handshaken();
    client.hear('0', `4${PROBE},"Invalid namespace"`);
    await settled();
    fake.world.clock.advance(499);
    expect(client.log).toEqual(['connect engine1']);
    expect(await client.sent()).toEqual([ASKED]);
  });

  it('ends silently with the session', async () => {
    const client = await handshaken({ reconnection: false });
    client.manager.engine.close();
    client.hear('0');
    fake.world.clock.advance(60_000);
    await settled();
    expect(client.log.filter((line) => line.startsWith('connect '))).toEqual([]);
  });
});
