import { afterEach, describe, expect, it, vi } from 'vitest';
import { patiently } from '../../support/waiting.js';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

/** The module in an environment with only these globals. */
async function turnWith(globals: Record<string, unknown>) {
  const all = { setImmediate: undefined, MessageChannel: undefined, ...globals };
  for (const [name, value] of Object.entries(all)) vi.stubGlobal(name, value);
  vi.resetModules();
  return (await import('../../../src/platform/turn.js')).systemTurn;
}

const yielding = vi.fn(async () => {});

describe('a turn of the event loop', () => {
  it.each<[string, Record<string, unknown>]>([
    ['setImmediate', { setImmediate, MessageChannel: undefined }],
    ['a MessageChannel', { MessageChannel }],
    ['a MessageChannel, even if the scheduler can yield', { scheduler: { yield: yielding }, MessageChannel }],
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

  it('does not ask the scheduler, which would run it before the browser paints', async () => {
    const turn = await turnWith({ scheduler: { yield: yielding }, MessageChannel });
    await new Promise<void>((resolve) => turn(resolve));
    expect(yielding).not.toHaveBeenCalled();
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
    await vi.waitFor(() => expect(closed).toHaveBeenCalledTimes(3), patiently);
  });
});
