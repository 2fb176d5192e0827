import { describe, expect, it, vi } from 'vitest';
import { type EventIterator, type EventsOptions, events } from '../../../src/helpers/event-stream.js';
import { joinedSocket } from '../../support/wired-socket.js';

const failure = (code: string): unknown => expect.objectContaining({ code });

/** The stream of `news` of a connected socket, and a function that delivers some. */
function listening(options?: EventsOptions) {
  const { socket, wire } = joinedSocket();
  const stream = events(socket, 'news', options);
  const bring = (...names: unknown[]): void => {
    for (const name of names) wire.receive(`2["news",${JSON.stringify(name)}]`);
  };
  const listened = (): boolean => socket.hasListeners('news');
  return { socket, stream, bring, listened };
}

/** The remaining events of a stream, and its error. */
async function rest(stream: EventIterator<unknown>): Promise<unknown[]> {
  const had: unknown[] = [];
  try {
    for await (const args of stream) had.push(args);
  } catch (error) {
    had.push(error);
  }
  return had;
}

describe('events()', () => {
  it('yields the arguments of each event in order, queued or awaited', async () => {
    const { socket, stream, bring, listened } = listening();
    bring(1, 2);
    const had: unknown[] = [];
    for await (const [n] of stream) {
      had.push(n);
      if (n === 2) queueMicrotask(() => bring(3, 4));
      if (n === 4) break;
    }
    expect([had, listened(), socket.connected]).toEqual([[1, 2, 3, 4], false, true]);
  });

  it('listens from the call on, and only to its own event', async () => {
    const { stream, bring, socket } = listening();
    bring('early');
    expect(socket.hasListeners('other')).toBe(false);
    expect(await stream.next()).toEqual({ done: false, value: ['early'] });
  });

  it('answers requests made in advance in order', async () => {
    const { stream, bring } = listening();
    const turns = [stream.next(), stream.next()];
    bring('a', 'b');
    expect(await Promise.all(turns)).toEqual([
      { done: false, value: ['a'] },
      { done: false, value: ['b'] },
    ]);
  });

  it('continues after a reconnect', async () => {
    const { socket, wire } = joinedSocket();
    const stream = events(socket, 'news');
    wire.receive('2["news",1]');
    wire.reconnect();
    wire.receive('2["news",2]');
    expect([await stream.next(), await stream.next()].map(({ value }) => value)).toEqual([[1], [2]]);
  });

  it('ends all pending next() calls when the loop is left', async () => {
    const { stream, bring, listened } = listening();
    const turn = stream.next();
    await stream.return?.();
    bring('late');
    expect([await turn, await stream.next(), listened()]).toEqual([
      { done: true, value: undefined },
      { done: true, value: undefined },
      false,
    ]);
  });

  it('stops listening when an error leaves the loop', async () => {
    const { stream, bring, listened } = listening();
    bring(1);
    const loop = async (): Promise<void> => {
      for await (const _args of stream) throw new Error('mine');
    };
    await expect(loop()).rejects.toThrow('mine');
    expect(listened()).toBe(false);
  });
});

describe('a loop that is slower than the server', () => {
  it('has 1,000 events queued by default', async () => {
    const { stream, bring } = listening();
    for (let i = 0; i < 1_001; i++) bring(i);
    const had = await rest(stream);
    expect([had.length, had.at(-2), had.at(-1)]).toEqual([1_001, [999], failure('QUEUE_FULL')]);
  });

  it('ends once with an error after the queued events, and stops listening', async () => {
    const { stream, bring, listened } = listening({ limit: 2 });
    bring('a', 'b', 'c', 'd');
    expect(listened()).toBe(false);
    expect(await rest(stream)).toEqual([['a'], ['b'], failure('QUEUE_FULL')]);
    expect([await rest(stream), stream.dropped]).toEqual([[], 0]);
  });

  it.each<['drop-oldest' | 'drop-newest', string[]]>([
    ['drop-oldest', ['c', 'd']],
    ['drop-newest', ['a', 'd']],
  ])('with %s keeps %o, and counts what it dropped', async (whenFull, left) => {
    const { stream, bring } = listening({ limit: 2, whenFull });
    bring('a', 'b', 'c', 'd');
    expect(stream.dropped).toBe(2);
    for (const name of left) expect(await stream.next()).toEqual({ done: false, value: [name] });
    const turn = stream.next();
    bring('e');
    expect([(await turn).value, stream.dropped]).toEqual([['e'], 2]);
  });
});

describe('the queued bytes of a loop', () => {
  const large = 'x'.repeat(100);

  it('are bounded: one event more ends it', async () => {
    const { stream, bring } = listening({ maxBytes: 200 });
    bring(large, large, 'one more');
    expect(await rest(stream)).toEqual([
      [large],
      [large],
      expect.objectContaining({
        code: 'QUEUE_FULL',
        message: expect.stringMatching(/^2\d\d bytes of events "news" wait in the queue \(maxBytes\)/),
      }),
    ]);
  });

  it('may exceed the bound for a single event', async () => {
    const { stream, bring } = listening({ maxBytes: 10 });
    bring(large);
    expect(await stream.next()).toEqual({ done: false, value: [large] });
    bring(large);
    expect(await stream.next()).toEqual({ done: false, value: [large] });
  });

  it.each<['drop-oldest' | 'drop-newest', string[], number]>([
    ['drop-oldest', [large, 'c'], 2],
    ['drop-newest', ['a', 'b', 'c'], 1],
  ])(
    'stay within the bound with %s, however many events must be dropped',
    async (whenFull, left, dropped) => {
      const { stream, bring } = listening({ maxBytes: 120, whenFull });
      bring('a', 'b', large, 'c');
      for (const name of left) expect((await stream.next()).value).toEqual([name]);
      expect(stream.dropped).toBe(dropped);
    },
  );

  it('include attachments, and are free again once the loop has taken them', async () => {
    const { socket, wire } = joinedSocket();
    const stream = events(socket, 'file', { maxBytes: 150, whenFull: 'drop-oldest' });
    const send = (): void =>
      wire.receive('51-["file",{"_placeholder":true,"num":0}]', new Uint8Array(100).buffer);
    for (let i = 0; i < 5; i++) {
      send();
      await stream.next();
    }
    expect(stream.dropped).toBe(0);
    for (let i = 0; i < 5; i++) send();
    expect(stream.dropped).toBe(3);
  });

  it('are released with the loop', async () => {
    const { stream, bring } = listening({ maxBytes: 150 });
    bring(large);
    await stream.return();
    expect(await rest(stream)).toEqual([]);
  });
});

describe('the signal of a loop', () => {
  it('ends it with its reason, and drops the queue', async () => {
    const controller = new AbortController();
    const { stream, bring, listened } = listening({ signal: controller.signal });
    bring('a');
    controller.abort('enough');
    expect(listened()).toBe(false);
    expect([await rest(stream), await rest(stream)]).toEqual([['enough'], []]);
  });

  it('ends a loop that is waiting', async () => {
    const controller = new AbortController();
    const { stream } = listening({ signal: controller.signal });
    const turns = [stream.next(), stream.next()];
    controller.abort('enough');
    expect(await Promise.allSettled(turns)).toEqual([
      { status: 'rejected', reason: 'enough' },
      { status: 'fulfilled', value: { done: true, value: undefined } },
    ]);
  });

  it('ends it at once if it was aborted before', async () => {
    const { stream, listened } = listening({ signal: AbortSignal.abort('early') });
    expect([listened(), await rest(stream)]).toEqual([false, ['early']]);
  });

  it('is released when the loop is left', async () => {
    const { signal } = new AbortController();
    const [add, remove] = [vi.spyOn(signal, 'addEventListener'), vi.spyOn(signal, 'removeEventListener')];
    const { stream, bring } = listening({ signal });
    bring('a');
    for await (const _args of stream) break;
    expect(remove.mock.calls.map(([, listener]) => listener)).toEqual(
      add.mock.calls.map(([, listener]) => listener),
    );
  });
});

it.each<[string, unknown, string]>([
  ['limit', 0, 'a number, 1 or more'],
  ['limit', -1, 'a number, 1 or more'],
  ['limit', Number.NaN, 'a number, 1 or more'],
  ['limit', 'many', 'a number, 1 or more'],
  ['limit', null, 'a number, 1 or more'],
  ['maxBytes', 0, 'a number above 0'],
  ['maxBytes', Number.NaN, 'a number above 0'],
  ['maxBytes', 'much', 'a number above 0'],
  ['whenFull', 'refuse', '"throw", "drop-oldest" or "drop-newest"'],
  ['whenFull', 5, '"throw", "drop-oldest" or "drop-newest"'],
  ['signal', {}, 'an AbortSignal'],
  ['signal', 5, 'an AbortSignal'],
])('events() rejects a %s of %o, names the valid values, and does not listen', (name, value, accepted) => {
  const { socket } = joinedSocket();
  const call = (): unknown => events(socket, 'news', { [name]: value });
  expect(call).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
  expect(call).toThrow(name);
  expect(call).toThrow(`accepted: ${accepted}`);
  expect(socket.hasListeners('news')).toBe(false);
});
