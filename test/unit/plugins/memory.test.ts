import fc from 'fast-check';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { systemStore } from '../../../src/platform/storage.js';
import { TransportMemory } from '../../../src/plugins/memory.js';
import { FakeEnvironment } from '../../support/fake-environment.js';
import { messages, useManagers } from '../../support/fake-managers.js';
import { settled } from '../../support/fake-transports.js';

const MINUTE = 60_000;

let world: FakeEnvironment;
const NOTHING = { websocket: undefined, webtransport: undefined, rttMs: undefined, legacy: undefined };

const memoryOf = (server: string): TransportMemory => new TransportMemory(world.store, world.dateMs, server);

beforeEach(() => {
  world = new FakeEnvironment();
});

describe('the memory of a server', () => {
  it('is empty at first', () => {
    expect(memoryOf('http://a.test/socket.io').recall()).toEqual(NOTHING);
  });

  it('has the latest value of each fact', () => {
    const memory = memoryOf('http://a.test/socket.io');
    memory.remember({ rttMs: 80 });
    expect(memory.recall()).toEqual({ rttMs: 80 });
    memory.remember({ websocket: true });
    expect(memory.recall()).toEqual({ websocket: true, rttMs: 80 });
    memory.remember({ websocket: false, rttMs: 20 });
    expect(memory.recall()).toEqual({ websocket: false, rttMs: 20 });
  });

  it('outlives the page', () => {
    memoryOf('http://a.test/socket.io').remember({ websocket: true });
    expect(memoryOf('http://a.test/socket.io').recall()).toMatchObject({ websocket: true });
  });

  it('does not apply to another server or path', () => {
    memoryOf('http://a.test/socket.io').remember({ websocket: true });
    expect(memoryOf('http://b.test/socket.io').recall()).toEqual(NOTHING);
    expect(memoryOf('http://a.test/other').recall()).toEqual(NOTHING);
  });

  it('is forgotten after half an hour', () => {
    const memory = memoryOf('a');
    memory.remember({ websocket: true, rttMs: 5 });
    world.clock.advance(30 * MINUTE - 1);
    expect(memory.recall()).toEqual({ websocket: true, rttMs: 5 });
    world.clock.advance(1);
    expect(memory.recall()).toEqual(NOTHING);
  });

  it('expires fact by fact', () => {
    const memory = memoryOf('a');
    memory.remember({ websocket: true });
    world.clock.advance(20 * MINUTE);
    memory.remember({ rttMs: 5 });
    world.clock.advance(20 * MINUTE);
    expect(memory.recall()).toEqual({ rttMs: 5 });
    memory.remember({ websocket: true });
    world.clock.advance(20 * MINUTE);
    expect(memory.recall()).toEqual({ websocket: true, rttMs: undefined });
  });

  it('expires fact by fact, however often another fact is renewed', () => {
    const memory = memoryOf('a');
    memory.remember({ websocket: true, rttMs: 5 });
    for (let minute = 0; minute < 30; minute += 10) {
      world.clock.advance(10 * MINUTE);
      memory.remember({ rttMs: minute });
    }
    expect(memory.recall()).toEqual({ rttMs: 20 });
  });

  it('is forgotten if the date goes back to before it was learnt', () => {
    const memory = memoryOf('a');
    memory.remember({ websocket: true });
    world.dateAheadMs -= MINUTE;
    expect(memory.recall()).toEqual(NOTHING);
  });
});

describe('a foreign text in the store', () => {
  const key = 'a';

  it.each([
    '',
    'x',
    'null',
    '5',
    '"text"',
    '[]',
    '{}',
    '{"websocket":null}',
    '{"websocket":true}',
    '{"websocket":[true]}',
    '{"websocket":[true,"yesterday"]}',
    '{"websocket":{}}',
    '{"websocket":[true,1e400]}',
    '{"websocket":"true"}',
    '{"rttMs":80}',
    '{"rttMs":[80]}',
    '{"rttMs":[80,{}]}',
    '{"rttMs":[80,1e400]}',
    '{"legacy":true}',
    '{"legacy":[true,"now"]}',
  ])('is ignored: %s', (text) => {
    world.store.set(key, text);
    const memory = memoryOf('a');
    expect(memory.recall()).toEqual(NOTHING);
    memory.remember({ rttMs: 7 });
    expect(memory.recall()).toEqual({ rttMs: 7 });
  });

  it.each([[-1], ['80'], [null], [{}], [true]])('is not used as a round-trip time: %j', (rtt) => {
    const now = world.dateMs();
    world.store.set(key, JSON.stringify({ websocket: [true, now], rttMs: [rtt, now] }));
    expect(memoryOf('a').recall()).toEqual({ websocket: true, rttMs: undefined });
  });

  it.each([['true'], [1], [{}], [null], [[true]]])('is not used as a failure: %j', (given) => {
    const now = world.dateMs();
    world.store.set(key, JSON.stringify({ websocket: [given, now], rttMs: [1, now] }));
    expect(memoryOf('a').recall()).toEqual({ rttMs: 1 });
  });

  it.each<[string, string]>([
    ['4.9 MB of text', 'x'.repeat(4_900_000)],
    ['400,000 nested lists', '['.repeat(400_000) + ']'.repeat(400_000)],
    ['400,000 nested objects', '{"a":'.repeat(400_000) + '}'.repeat(400_000)],
    ['4 kB of nested lists', '['.repeat(2_000) + ']'.repeat(2_000)],
    ['much in a known fact', `{"legacy":["${'x'.repeat(4_000)}",1]}`],
  ])('is neither parsed nor kept if it is long: %s', (_what, text) => {
    // Of its own: the page remembers for itself, too.
    const key = `poisoned ${text.length}`;
    const kept = new Map([[key, text]]);
    const localStorage = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
    };
    vi.stubGlobal('window', { localStorage });
    const parse = vi.spyOn(JSON, 'parse');
    const memory = new TransportMemory(systemStore, world.dateMs, key);
    expect(memory.recall()).toEqual(NOTHING);
    memory.remember({ rttMs: 7 });
    expect(memory.recall()).toEqual({ rttMs: 7 });
    expect(kept.get(key)?.length).toBeLessThan(50);
    expect(parse.mock.calls.some(([given]) => given === text)).toBe(false);
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  it('never causes an exception, whatever it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        world.store.set(key, text);
        memoryOf('a').recall();
        memoryOf('a').remember({ websocket: true });
        expect(memoryOf('a').recall()).toMatchObject({ websocket: true });
      }),
      { numRuns: 200 },
    );
  }, 30_000);
});

describe('a manager that remembers', () => {
  const fake = useManagers();
  const KEY = 'holdfast:http://host.test:3000/socket.io';
  const known = (key = KEY): ReturnType<TransportMemory['recall']> =>
    new TransportMemory(fake.world.store, fake.world.dateMs, key).recall();
  const remember = (given: Parameters<TransportMemory['remember']>[0]): void =>
    new TransportMemory(fake.world.store, fake.world.dateMs, KEY).remember(given);
  const names = (): string[] => fake.network.made.map(({ name }) => name);

  it('tries polling first in its own list if WebSocket has failed', async () => {
    remember({ websocket: true });
    fake.make(fake.standard());
    await settled();
    expect(names()).toEqual(['polling']);
  });

  it.each<[string, () => void]>([
    ['nothing is known', () => {}],
    ['WebSocket has worked', () => remember({ websocket: false, rttMs: 5 })],
    [
      'the failure is half an hour old',
      () => {
        remember({ websocket: true });
        fake.world.clock.advance(30 * MINUTE);
      },
    ],
  ])('tries WebSocket first if %s', async (_what, prepare) => {
    prepare();
    fake.make(fake.standard());
    await settled();
    expect(names()).toEqual(['websocket']);
  });

  it('keeps the order of a list that the program gave', async () => {
    remember({ websocket: true });
    fake.make(fake.over('websocket', 'polling'));
    await settled();
    expect(names()).toEqual(['websocket']);
  });

  it('tries WebSocket first with rememberUpgrade, once it has worked', async () => {
    remember({ rttMs: 50, websocket: false });
    fake.make({ ...fake.over('polling', 'websocket'), rememberUpgrade: true });
    await settled();
    expect(names()).toEqual(['websocket']);
  });

  it('adds no transport to the list', async () => {
    remember({ websocket: true });
    fake.make({ ...fake.standard(), transports: ['websocket'] });
    await settled();
    fake.network.last.fails();
    expect(names()).toEqual(['websocket']);
  });

  it('learns that WebSocket works when WebSocket wins', async () => {
    remember({ websocket: true });
    fake.make(fake.over('websocket', 'polling'));
    await settled();
    fake.network.last.shakes();
    expect(known().websocket).toBe(false);
  });

  it.each<[string, () => void]>([
    ['failed', () => fake.network.last.fails()],
    ['was slower', () => fake.world.clock.advance(1_000)],
    ['hung', () => fake.world.clock.advance(10_000)],
  ])('learns that WebSocket %s when polling wins in the same attempt', async (_how, happen) => {
    fake.make({ ...fake.over('websocket', 'polling'), upgrade: false });
    await settled();
    happen();
    fake.network.made.find(({ name }) => name === 'polling')?.shakes();
    expect(known().websocket).toBe(true);
  });

  it('learns nothing when polling fails, too, because the browser may be offline', async () => {
    const manager = fake.make(fake.over('websocket', 'polling'));
    await settled();
    fake.network.last.fails();
    fake.network.last.fails();
    expect(manager.status).toBe('reconnecting');
    expect(known()).toEqual(NOTHING);
  });

  it('learns nothing about WebSocket when polling alone was tried', async () => {
    fake.make(fake.over('polling'));
    await settled();
    fake.network.last.shakes();
    expect(known().websocket).not.toBe(true);
    remember({ websocket: true });
    fake.make(fake.over('polling'));
    await settled();
    fake.network.last.shakes();
    expect(known().websocket).toBe(true);
  });

  it('uses half the time of the handshake as the round trip until that is measured', async () => {
    fake.make();
    await settled();
    fake.world.clock.advance(80);
    fake.network.last.shakes();
    expect(known().rttMs).toBe(40);
    remember({ rttMs: 7 });
    fake.make();
    await settled();
    fake.world.clock.advance(200);
    fake.network.last.shakes();
    expect(known().rttMs).toBe(7);
  });

  it('learns that WebSocket fails if the server did not answer over it and does over polling', async () => {
    const manager = fake.make({ ...fake.over('websocket', 'polling'), upgrade: false });
    manager.socket('/');
    await settled();
    fake.network.last.shakes();
    fake.world.clock.advance(5_000);
    await settled();
    fake.network.last.shakes();
    fake.network.last.gives('ping');
    expect(known().websocket).toBe(false);
    fake.network.last.gives('message', '0{"sid":"a"}');
    expect(known().websocket).toBe(true);
    // Only once: later messages do not overwrite facts learnt since.
    remember({ websocket: false });
    fake.network.last.gives('message', '2["a"]');
    expect(known().websocket).toBe(false);
  });

  it('does not blame WebSocket if the server did not answer over polling either', async () => {
    const manager = fake.make({ ...fake.over('polling', 'websocket'), upgrade: false });
    manager.socket('/');
    await settled();
    fake.network.last.shakes();
    fake.world.clock.advance(5_000);
    await settled();
    fake.network.last.shakes();
    fake.network.last.gives('message', '0{"sid":"a"}');
    expect([manager.transport, known().websocket]).toEqual(['websocket', false]);
  });

  it('keeps servers apart, whether they are named by address or by options', async () => {
    for (const options of [{ hostname: 'one.test' }, { hostname: 'two.test' }, { host: 'three.test' }]) {
      fake.makeAt(undefined, options);
      await settled();
      fake.network.last.shakes();
    }
    fake.makeAt('https://one.test/chat?a=b');
    await settled();
    fake.network.last.shakes();
    expect([...fake.world.store.entries.keys()]).toEqual([
      'holdfast:http://one.test/socket.io',
      'holdfast:http://two.test/socket.io',
      'holdfast:http://three.test/socket.io',
      'holdfast:https://one.test/socket.io',
    ]);
  });

  it('never stores a password or a query from the address', async () => {
    const manager = fake.makeAt('http://user:secret@host.test:3000/?token=hidden');
    const socket = manager.socket('/');
    await settled();
    fake.network.last.shakes();
    fake.network.last.gives('message', '0{"sid":"a"}');
    await messages(fake.network.last);
    const stored = [...fake.world.store.entries].flat().join();
    expect(socket.connected).toBe(true);
    expect(stored).toContain(KEY);
    for (const word of ['user', 'secret', 'token', 'hidden']) expect(stored).not.toContain(word);
  });
});
