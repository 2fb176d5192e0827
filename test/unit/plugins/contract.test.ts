import { describe, expect, it, vi } from 'vitest';
import { contract, type Schema } from '../../../src/plugins/contract/index.js';
import { joinedSocket, type Wired, type WiredOptions } from '../../support/wired-socket.js';

/** Tests that need no schema library: valid contracts, and slow schemas. */

const schema = (validate: Schema['~standard']['validate']): Schema => ({
  '~standard': { version: 1, vendor: 'test', validate },
});
const any = schema((value) => ({ value }));
const never = schema(() => new Promise(() => {}));

/** A schema that answers on the test's command. */
function slow(): { later: Schema; answer(): void } {
  let answer = (): void => {};
  const later = schema(
    () =>
      new Promise((resolve) => {
        answer = () => resolve({ value: 1 });
      }),
  );
  return { later, answer: () => answer() };
}

const settled = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

const wired = (definition: Parameters<typeof contract>[0], options: WiredOptions = {}): Wired =>
  joinedSocket({ ...options, plugins: [contract(definition)] });

describe('an invalid contract', () => {
  // biome-ignore lint/suspicious/noExplicitAny: what types would not let through
  const wrong: Record<string, any> = {
    'a schema for all arguments': { args: any },
    'a list in place of the event': [any],
    'a schema in place of the event': any,
    'no schema': { args: [String] },
    'no schema of the answer': { ack: [any] },
    'a misspelt member': { arg: [any] },
  };

  it.each(Object.keys(wrong))('throws where it is created: %s', (name) => {
    for (const side of ['toServer', 'fromServer'])
      expect(() => contract({ [side]: { say: wrong[name] } })).toThrow(
        expect.objectContaining({ code: 'BAD_OPTION', message: expect.stringMatching(/"say".*accepted/) }),
      );
  });

  it.each(['connect', 'disconnect', 'connect_error', 'newListener'])(
    'throws for an event named %s',
    (name) => {
      for (const side of ['toServer', 'fromServer'])
        expect(() => contract({ [side]: { [name]: {} } })).toThrow(
          expect.objectContaining({ code: 'RESERVED_EVENT' }),
        );
    },
  );

  it('is not one that is empty', () => {
    expect(() => contract()).not.toThrow();
    expect(() => contract({ toServer: { bare: {}, none: { args: [] } } })).not.toThrow();
  });
});

it('accepts event names that every object has', () => {
  const toServer = JSON.parse('{"__proto__":{},"constructor":{},"toString":{}}');
  const { socket, wire } = wired({ toServer });
  for (const name of ['__proto__', 'constructor', 'toString']) socket.emit(name);
  expect(() => socket.emit('valueOf')).toThrow(expect.objectContaining({ code: 'INVALID' }));
  expect(wire.sent()).toEqual(['2["__proto__"]', '2["constructor"]', '2["toString"]']);
});

it('a schema that fails without an issue refuses the value', () => {
  const { socket, wire } = wired({ toServer: { say: { args: [schema(() => ({ issues: [] })), any] } } });
  expect(() => socket.emit('say', 1, 2)).toThrow(expect.objectContaining({ code: 'INVALID', issues: [] }));
  expect(wire.sent()).toEqual([]);
});

it('a contract inside the Proxy of a state library is checked like any other', () => {
  const chat = contract({ toServer: { say: { args: [schema(() => ({ issues: [{ message: 'no' }] }))] } } });
  const { socket } = joinedSocket({ plugins: [new Proxy(chat, {})] });
  expect(() => socket.emit('say', 1)).toThrow(expect.objectContaining({ code: 'INVALID' }));
});

describe('a schema that never answers', () => {
  const definition = {
    toServer: { late: { args: [never] }, soon: { args: [any] }, asked: { args: [any], ack: never } },
    fromServer: { late: { args: [never] }, soon: { args: [any] } },
  };
  const message = expect.stringContaining('too long');

  it('is treated as a mismatch after a while, and lets queued events continue, both ways', async () => {
    const { socket, wire } = wired(definition);
    const dropped = vi.fn();
    const invalid = vi.fn();
    const soon = vi.fn();
    socket.on('dropped', dropped).on('invalid', invalid).on('soon', soon);
    const answer = socket.emitWithAck('late', 1);
    answer.catch(() => {});
    socket.emit('late', 2);
    socket.emit('soon', 3);
    wire.receive('2["late",1]');
    wire.receive('2["soon",2]');
    for (let i = 0; i < 3; i++) {
      await settled();
      wire.clock.advance(10_000);
    }
    await settled();
    await expect(answer).rejects.toMatchObject({ code: 'INVALID', event: 'late', message });
    expect(dropped.mock.calls).toEqual([[expect.objectContaining({ message }), ['late', 2]]]);
    expect(invalid.mock.calls).toEqual([[expect.objectContaining({ message }), ['late', 1]]]);
    expect(soon.mock.calls).toEqual([[2]]);
    expect(wire.sent()).toEqual(['2["soon",3]']);
  });

  it('rejects if it belongs to an acknowledgement', async () => {
    const { socket, wire } = wired(definition);
    const answer = socket.emitWithAck('asked', 1);
    answer.catch(() => {});
    wire.receive('30["x"]');
    await settled();
    wire.clock.advance(10_000);
    await expect(answer).rejects.toMatchObject({ code: 'INVALID', message });
  });

  it('leaves no timer behind if it does answer', async () => {
    const { later, answer } = slow();
    const { socket, wire } = wired({ toServer: { late: { args: [later] } } });
    const { pending } = wire.clock;
    socket.emit('late', 1);
    await settled();
    expect(wire.clock.pending).toBe(pending + 1);
    answer();
    await settled();
    expect(wire.clock.pending).toBe(pending);
    expect(wire.sent()).toEqual(['2["late",1]']);
  });
});

it('an awaited emit ends with the socket, even if its schema has not answered', async () => {
  const { later, answer } = slow();
  const { socket, wire } = wired({ toServer: { late: { args: [later] } } });
  const outcome = socket.emitWithAck('late', 1);
  socket.disconnect();
  answer();
  await expect(outcome).rejects.toMatchObject({ code: 'DISCONNECTED' });
  expect(wire.sent().filter((packet) => packet.includes('late'))).toEqual([]);
  expect(socket.sendBuffer).toEqual([]);
});

it('a listener of invalid that throws stops nothing', () => {
  const reported = vi.fn();
  vi.stubGlobal('reportError', reported);
  const no = schema(() => ({ issues: [{ message: 'no' }] }));
  const { socket, wire } = wired({ fromServer: { a: { args: [no] }, b: { args: [any] } } });
  socket.on('invalid', () => {
    throw new Error('a listener');
  });
  const heard = vi.fn();
  socket.on('b', heard);
  wire.receive('2["a",1]');
  wire.receive('2["b",2]');
  expect(heard.mock.calls).toEqual([[2]]);
  expect(reported).toHaveBeenCalledTimes(1);
  vi.unstubAllGlobals();
});

it('catch-all listeners get the same arguments as listeners of the event', () => {
  const double = schema((value) => ({ value: 2 * (value as number) }));
  const { socket, wire } = wired({ fromServer: { a: { args: [double] } } });
  const seen: unknown[] = [];
  socket.onAny((...event) => seen.push(event));
  socket.on('a', (value: number) => seen.push(value));
  wire.receive('2["a",1]');
  wire.receive('2["b",1]');
  expect(seen).toEqual([['a', 2], 2]);
});

it('a contract that is types alone in production leaves out the same arguments', async () => {
  vi.resetModules();
  vi.doMock('../../../src/platform/build.js', () => ({ DEVELOPMENT: false }));
  const production = await import('../../../src/plugins/contract/index.js');
  const { joinedSocket: joined } = await import('../../support/wired-socket.js');
  vi.doUnmock('../../../src/platform/build.js');
  const no = schema(() => ({ issues: [{ message: 'no' }] }));
  const types = production.contract({ toServer: { say: { args: [no, no] } }, validate: 'development' });
  const { socket, wire } = joined({ plugins: [types] });
  socket.emit('say', 'a', undefined);
  expect(wire.sent()).toEqual(['2["say","a"]']);
});
