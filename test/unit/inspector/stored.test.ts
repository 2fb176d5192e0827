import { describe, expect, it, vi } from 'vitest';
import type { Manager } from '../../../src/manager/manager.js';
import { storedOf } from '../../../src/plugins/inspector/stored.js';

/** The inspector's list of durable outboxes. */

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const managerWith = (...plugins: object[]): Manager => ({ _plugins: plugins }) as unknown as Manager;
const outboxOf = (pending: () => unknown) => ({ name: 'durable app', onSettled() {}, pending });

describe('the list of events in durable outboxes', () => {
  it('is absent without an outbox', () => {
    expect(storedOf(managerWith({ name: 'other' }), () => 0, vi.fn())()).toBeUndefined();
  });

  it('is read at most once a second, and never twice at the same time', async () => {
    let nowMs = 0;
    let answer: (rows: unknown[]) => void = () => {};
    const pending = vi.fn(() => new Promise((resolve) => (answer = resolve)));
    const changed = vi.fn();
    const rows = storedOf(managerWith(outboxOf(pending)), () => nowMs, changed);
    expect([rows(), rows()]).toEqual([[], []]);
    nowMs = 5_000;
    rows();
    expect(pending).toHaveBeenCalledOnce();
    answer([{ id: 'a' }]);
    await settle();
    expect(changed).toHaveBeenCalledOnce();
    expect(rows()).toEqual([{ id: 'a' }]);
    expect(pending).toHaveBeenCalledTimes(2);
    answer([]);
    await settle();
    nowMs = 5_999;
    rows();
    expect(pending).toHaveBeenCalledTimes(2);
  });

  it('has the readable events of several outboxes, whatever fails', async () => {
    const failing = [
      () => Promise.reject(new Error('blocked')),
      () => {
        throw new Error('broken');
      },
    ];
    const outboxes = [...failing, () => Promise.resolve([{ id: 'b' }])].map(outboxOf);
    const rows = storedOf(managerWith(...outboxes), () => 0, vi.fn());
    rows();
    await settle();
    expect(rows()).toEqual([{ id: 'b' }]);
  });
});
