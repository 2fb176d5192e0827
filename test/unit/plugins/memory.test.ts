import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { headStartMs, preferred, TransportMemory } from '../../../src/plugins/memory.js';
import { FakeEnvironment } from '../../support/fake-environment.js';

const MINUTE = 60_000;

let world: FakeEnvironment;
const NOTHING = { webSocketFailed: false, rttMs: undefined };

const memoryOf = (server: string): TransportMemory => new TransportMemory(world.store, world.dateMs, server);

beforeEach(() => {
  world = new FakeEnvironment();
});

describe('what is known of the way to a server', () => {
  it('is nothing at first', () => {
    expect(memoryOf('http://a.test/socket.io').recall()).toEqual(NOTHING);
  });

  it('is what was learnt last, and what was learnt before about the rest', () => {
    const memory = memoryOf('http://a.test/socket.io');
    memory.remember({ rttMs: 80 });
    expect(memory.recall()).toEqual({ webSocketFailed: false, rttMs: 80 });
    memory.remember({ webSocketFailed: true });
    expect(memory.recall()).toEqual({ webSocketFailed: true, rttMs: 80 });
    memory.remember({ webSocketFailed: false, rttMs: 20 });
    expect(memory.recall()).toEqual({ webSocketFailed: false, rttMs: 20 });
  });

  it('outlives the page', () => {
    memoryOf('http://a.test/socket.io').remember({ webSocketFailed: true });
    expect(memoryOf('http://a.test/socket.io').recall()).toMatchObject({ webSocketFailed: true });
  });

  it('says nothing of another server, nor of another path', () => {
    memoryOf('http://a.test/socket.io').remember({ webSocketFailed: true });
    expect(memoryOf('http://b.test/socket.io').recall()).toEqual(NOTHING);
    expect(memoryOf('http://a.test/other').recall()).toEqual(NOTHING);
  });

  it('is forgotten after half an hour', () => {
    const memory = memoryOf('a');
    memory.remember({ webSocketFailed: true, rttMs: 5 });
    world.clock.advance(30 * MINUTE - 1);
    expect(memory.recall()).toEqual({ webSocketFailed: true, rttMs: 5 });
    world.clock.advance(1);
    expect(memory.recall()).toEqual(NOTHING);
  });

  it('is not kept alive by what is learnt about something else', () => {
    const memory = memoryOf('a');
    memory.remember({ webSocketFailed: true });
    world.clock.advance(20 * MINUTE);
    memory.remember({ rttMs: 5 });
    world.clock.advance(20 * MINUTE);
    expect(memory.recall()).toEqual({ webSocketFailed: false, rttMs: 5 });
    memory.remember({ webSocketFailed: true });
    world.clock.advance(20 * MINUTE);
    expect(memory.recall()).toEqual({ webSocketFailed: true, rttMs: undefined });
  });

  it('is not kept alive by what is learnt about something else, however often', () => {
    const memory = memoryOf('a');
    memory.remember({ webSocketFailed: true, rttMs: 5 });
    for (let minute = 0; minute < 30; minute += 10) {
      world.clock.advance(10 * MINUTE);
      memory.remember({ rttMs: minute });
    }
    expect(memory.recall()).toEqual({ webSocketFailed: false, rttMs: 20 });
  });

  it('is forgotten when the date goes back behind it', () => {
    const memory = memoryOf('a');
    memory.remember({ webSocketFailed: true });
    world.dateAheadMs -= MINUTE;
    expect(memory.recall()).toEqual(NOTHING);
  });
});

describe('what somebody else has written into the store', () => {
  const key = 'holdfast:a';

  it.each([
    '',
    'x',
    'null',
    '5',
    '"text"',
    '[]',
    '{}',
    '{"failedAt":null}',
    '{"failedAt":true}',
    '{"failedAt":"yesterday"}',
    '{"failedAt":{}}',
    '{"failedAt":1e400}',
    '{"rtt":80}',
    '{"rtt":80,"rttAt":null}',
    '{"rtt":80,"rttAt":{}}',
    '{"rttAt":1e400}',
  ])('says nothing: %s', (text) => {
    world.store.set(key, text);
    const memory = memoryOf('a');
    expect(memory.recall()).toEqual(NOTHING);
    memory.remember({ rttMs: 7 });
    expect(memory.recall()).toEqual({ webSocketFailed: false, rttMs: 7 });
  });

  it.each([[-1], ['80'], [null], [{}], [true]])('is no round-trip time: %j', (rtt) => {
    world.store.set(key, JSON.stringify({ failedAt: world.dateMs(), rtt, rttAt: world.dateMs() }));
    expect(memoryOf('a').recall()).toEqual({ webSocketFailed: true, rttMs: undefined });
  });

  it.each([['true'], [true], [1], [{}], [null], ['now']])('is no failure: %j', (given) => {
    const failedAt = given === 'now' ? String(world.dateMs()) : given;
    world.store.set(key, JSON.stringify({ failedAt, rtt: 1, rttAt: world.dateMs() }));
    expect(memoryOf('a').recall()).toEqual({ webSocketFailed: false, rttMs: 1 });
  });

  it('never throws, whatever it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        world.store.set(key, text);
        memoryOf('a').recall();
        memoryOf('a').remember({ webSocketFailed: true });
        expect(memoryOf('a').recall()).toMatchObject({ webSocketFailed: true });
      }),
      { numRuns: 200 },
    );
  }, 30_000);
});

it.each([
  [undefined, 1_000],
  [0, 300],
  [24, 300],
  [25, 300],
  [26, 304],
  [100, 600],
  [700, 3_000],
  [701, 3_000],
  [60_000, 3_000],
])('a round trip of %s ms gives the first candidate a head start of %i ms', (rttMs, ms) => {
  expect(headStartMs(rttMs)).toBe(ms);
});

describe('the order of the candidates', () => {
  const list = ['websocket', 'webtransport', 'polling'];

  it('is the listed one where WebSocket is not known to fail', () => {
    expect(preferred(list, NOTHING)).toBe(list);
    expect(preferred(list, { webSocketFailed: false })).toBe(list);
  });

  it('has polling first where it is', () => {
    expect(preferred(list, { webSocketFailed: true })).toEqual(['polling', 'websocket', 'webtransport']);
  });

  it('never brings in what was not listed', () => {
    expect(preferred(['websocket'], { webSocketFailed: true })).toEqual(['websocket']);
  });
});
