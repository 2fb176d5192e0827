import { describe, expect, it, vi } from 'vitest';
import type { Manager } from '../../../src/io.js';
import { useManagers } from '../../support/fake-managers.js';
import { settled } from '../../support/fake-transports.js';

const fake = useManagers();

/** Waits for the next attempt. */
async function nextAttempt(manager: Manager): Promise<void> {
  fake.world.clock.advance(manager.retryInMs as number);
  await settled();
}

/** Managers that wait for their next attempt. */
const waiting: Record<string, () => Promise<Manager>> = {
  'a failed first attempt': async () => {
    const manager = fake.make();
    await settled();
    fake.network.last.fails();
    return manager;
  },
  'a lost connection': async () => {
    const { manager, below } = await fake.joined();
    below.closes();
    return manager;
  },
  'a connection lost without a network': async () => {
    const { manager, below } = await fake.joined();
    fake.world.signals.online = false;
    below.closes();
    return manager;
  },
};

describe.each(Object.entries(waiting))('open(callback) in the wait after %s', (_what, wait) => {
  it('starts an attempt at once, and reports its success once to the callback', async () => {
    const manager = await wait();
    const callback = vi.fn();
    const made = fake.network.made.length;
    manager.open(callback);
    await settled();
    expect([fake.network.made.length, callback.mock.calls]).toEqual([made + 1, []]);
    fake.network.last.shakes();
    expect(callback.mock.calls).toEqual([[]]);

    // Neither a loss nor the next connection is news of this one.
    fake.network.last.closes();
    await nextAttempt(manager);
    fake.network.last.shakes();
    expect([callback.mock.calls.length, manager.status]).toEqual([1, 'connected']);
  });

  it('reports its failure once to the callback, and the retries continue', async () => {
    const manager = await wait();
    fake.world.signals.online = true;
    const callback = vi.fn();
    manager.open(callback);
    await settled();
    fake.network.last.fails('refused');
    expect(callback.mock.calls).toEqual([[expect.objectContaining({ message: 'refused' })]]);

    await nextAttempt(manager);
    fake.network.last.fails('refused again');
    await nextAttempt(manager);
    fake.network.last.shakes();
    expect([callback.mock.calls.length, manager.status]).toEqual([1, 'connected']);
  });
});

it('open(callback) in the wait before the last attempt reports its failure before `reconnect_failed`', async () => {
  const manager = fake.make({ reconnectionAttempts: 1 });
  const told: string[] = [];
  manager.on('reconnect_failed', () => told.push('reconnect_failed'));
  await settled();
  fake.network.last.fails();
  manager.open((error) => told.push(`callback: ${error?.message}`));
  await settled();
  fake.network.last.fails('refused');
  expect(told).toEqual(['callback: refused', 'reconnect_failed']);
  expect([manager.status, fake.world.clock.pending]).toEqual(['closed', 0]);
});

describe('open(callback) twice', () => {
  it('during a retry notifies both once', async () => {
    const { manager, below } = await fake.joined();
    below.closes();
    await nextAttempt(manager);
    const [a, b] = [vi.fn(), vi.fn()];
    manager.open(a);
    manager.open(b);
    fake.network.last.shakes();
    fake.network.last.closes();
    await nextAttempt(manager);
    fake.network.last.shakes();
    expect([a.mock.calls, b.mock.calls]).toEqual([[[]], [[]]]);
  });

  it('in the wait, and then during the attempt that it started, notifies both of its failure once', async () => {
    const { manager, below } = await fake.joined();
    below.closes();
    const [a, b] = [vi.fn(), vi.fn()];
    manager.open(a);
    await settled();
    manager.open(b);
    fake.network.last.fails('refused');
    await nextAttempt(manager);
    fake.network.last.shakes();
    const refused = [[expect.objectContaining({ message: 'refused' })]];
    expect([a.mock.calls, b.mock.calls]).toEqual([refused, refused]);
  });
});

it('open(callback) is not called for a later attempt if the program has closed its own', async () => {
  const manager = fake.make({ autoConnect: false });
  const socket = manager.socket('/');
  const [a, b] = [vi.fn(), vi.fn()];
  manager.open(a);
  await settled();
  socket.connect();
  socket.disconnect();
  await settled();
  expect(manager.status).toBe('closed');
  manager.open(b);
  await settled();
  fake.network.last.shakes();
  expect([a.mock.calls, b.mock.calls]).toEqual([[], [[]]]);
});
