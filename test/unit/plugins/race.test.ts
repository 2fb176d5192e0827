import { beforeEach, describe, expect, it } from 'vitest';
import type { ConnectionError } from '../../../src/platform/errors.js';
import { TransportMemory } from '../../../src/plugins/memory.js';
import { headStartMs } from '../../../src/plugins/race.js';
import { messages, useManagers } from '../../support/fake-managers.js';
import { type FakeTransport, settled } from '../../support/fake-transports.js';

const fake = useManagers();
const names = (): string[] => fake.network.made.map(({ name }) => name);
const transport = (index: number): FakeTransport => fake.network.made[index] as FakeTransport;

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

describe('the head start', () => {
  it('is one second if nothing is known', async () => {
    fake.make(fake.over('websocket', 'polling'));
    await settled();
    fake.world.clock.advance(999);
    expect(names()).toEqual(['websocket']);
    fake.world.clock.advance(1);
    expect(names()).toEqual(['websocket', 'polling']);
  });

  it('fits the remembered round trip', async () => {
    const { store, dateMs } = fake.world;
    new TransportMemory(store, dateMs, 'holdfast:http://host.test:3000/socket.io').remember({ rttMs: 100 });
    fake.make(fake.over('websocket', 'polling'));
    await settled();
    fake.world.clock.advance(599);
    expect(names()).toEqual(['websocket']);
    fake.world.clock.advance(1);
    expect(names()).toEqual(['websocket', 'polling']);
  });

  it('fits the round trip measured by the previous connection', async () => {
    const { manager, socket, below } = await fake.joined(fake.over('websocket', 'polling'));
    fake.world.clock.advance(50);
    manager.socket('/b');
    await messages(below);
    fake.world.clock.advance(100);
    below.gives('message', '0/b,{"sid":"b"}');
    socket.io.engine.close();
    fake.world.clock.advance(1_000);
    await settled();
    const before = names().length;
    fake.world.clock.advance(299);
    expect(names().length).toBe(before);
    fake.world.clock.advance(1);
    expect(names().slice(before)).toEqual(['polling']);
  });
});

describe('a candidate that hangs', () => {
  it('is abandoned after ten seconds while another one is running', async () => {
    const ended: unknown[] = [];
    const manager = fake.make(fake.over('websocket', 'polling'));
    manager.on('attempt', ({ transport: name, phase, ms }) => {
      if (phase === 'failed' && ms === 10_000) ended.push(name);
    });
    await settled();
    fake.world.clock.advance(9_999);
    expect(ended).toEqual([]);
    fake.world.clock.advance(1);
    expect(ended).toEqual(['websocket']);
  });
});

describe('a network that is silent and recovers', () => {
  let errors: Error[];
  beforeEach(async () => {
    errors = [];
    const manager = fake.make({ ...fake.over('websocket'), timeout: false });
    manager.on('error', (error) => errors.push(error));
    await settled();
  });

  it('is dialled again every two seconds, beside the first attempt', () => {
    fake.world.clock.advance(1_999);
    expect(names()).toHaveLength(1);
    fake.world.clock.advance(1);
    expect(names()).toHaveLength(2);
    expect(fake.network.log).not.toContain('websocket is closed');
    // At most three at the same time: the oldest fresh one makes way.
    fake.world.clock.advance(4_000);
    expect(names()).toHaveLength(4);
    expect(fake.network.log.filter((line) => line === 'websocket is closed')).toHaveLength(1);
  });

  it('uses the first dial that succeeds, and closes the others', async () => {
    fake.world.clock.advance(4_000);
    transport(2).shakes();
    await settled();
    expect(fake.network.log.filter((line) => line === 'websocket is closed')).toHaveLength(2);
    fake.world.clock.advance(60_000);
    expect(names()).toHaveLength(3);
  });

  it('does not record every dial: the error lists a bounded number of attempts', () => {
    fake.world.clock.advance(3_600_000);
    transport(0).fails();
    expect((errors[0] as ConnectionError).attempts.length).toBeLessThanOrEqual(50);
  });
});
