import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

/** The module in an environment with only these globals. */
async function turnWith(globals: Record<string, unknown>) {
  const all = { scheduler: undefined, setImmediate: undefined, MessageChannel: undefined, ...globals };
  for (const [name, value] of Object.entries(all)) vi.stubGlobal(name, value);
  vi.resetModules();
  return (await import('../../../src/platform/turn.js')).systemTurn;
}

const yielding = vi.fn(() => wait(1));

describe('a turn of the event loop', () => {
  it.each<[string, Record<string, unknown>]>([
    ['scheduler.yield', { scheduler: { yield: yielding } }],
    ['setImmediate', { setImmediate, MessageChannel: undefined }],
    ['a MessageChannel', { MessageChannel }],
    ['a MessageChannel where the scheduler cannot yield', { scheduler: {}, MessageChannel }],
    ['a timer', {}],
  ])('runs by %s, later than every promise, in order', async (_name, globals) => {
    const turn = await turnWith(globals);
    const order: number[] = [];
    const ran = new Promise<void>((resolve) => {
      turn(() => order.push(1));
      turn(() => {
        order.push(2);
        turn(() => {
          order.push(3);
          resolve();
        });
      });
    });
    for (let i = 0; i < 20; i++) await Promise.resolve();
    expect(order).toEqual([]);
    await ran;
    expect(order).toEqual([1, 2, 3]);
  });

  it('runs if the scheduler rejects, as in a task that was aborted', async () => {
    const refusing = { yield: () => wait(1).then(() => Promise.reject(new DOMException('', 'AbortError'))) };
    const turn = await turnWith({ scheduler: refusing });
    await new Promise<void>((resolve) => turn(resolve));
  });

  it('asks the scheduler first', async () => {
    const turn = await turnWith({ scheduler: { yield: yielding }, setImmediate, MessageChannel });
    yielding.mockClear();
    await new Promise<void>((resolve) => turn(resolve));
    expect(yielding).toHaveBeenCalledOnce();
  });

  it('leaves no channel open', async () => {
    const closed = vi.fn();
    class Watched extends MessageChannel {
      constructor() {
        super();
        this.port2.addEventListener('close', closed);
      }
    }
    const turn = await turnWith({ MessageChannel: Watched });
    for (let i = 0; i < 3; i++) await new Promise<void>((resolve) => turn(resolve));
    await vi.waitFor(() => expect(closed).toHaveBeenCalledTimes(3));
  });
});
