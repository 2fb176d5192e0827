import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, onTestFinished, test, vi } from 'vitest';
import { keep, Manager, type Options, type Socket } from '../../src/index.js';
import {
  type Contract,
  contract,
  type EventSchemas,
  InvalidError,
  type Schema,
} from '../../src/plugins/contract/index.js';
import { serve } from '../../src/plugins/contract/server.js';
import { startServer, type TestServer } from '../support/server.js';
import { nextEvent, within } from '../support/waiting.js';

/** Contracts with real libraries of schemas, against the real server. */

// biome-ignore-start lint/suspicious/noExplicitAny: modules that are found at run time, and events of any contract
type AnySocket = Socket<any, any>;
type AnyContract = Contract<any, any>;
const load = (name: string): Promise<any> =>
  import(pathToFileURL(createRequire(join(inject('frameworks').folder, 'x')).resolve(name)).href);

interface Vocabulary {
  readonly text: Schema;
  readonly id: Schema;
  /** A text that becomes a Date. */
  readonly date: Schema;
  readonly optionalText: Schema;
  /** `{ room: { name: text } }` */
  readonly nested: Schema;
  /** Doubles a text asynchronously. A text that begins with "slow" takes longer; "bad" is invalid. */
  readonly later?: Schema;
}

const libraries: Record<string, () => Promise<Vocabulary>> = {
  async zod() {
    const { z } = await load('zod');
    return {
      text: z.string(),
      id: z.object({ id: z.string() }),
      date: z.string().transform((text: string) => new Date(text)),
      optionalText: z.string().optional(),
      nested: z.object({ room: z.object({ name: z.string() }) }),
      later: z
        .string()
        .transform(async (text: string, context: any) => twice(text, () => context.addIssue('bad'))),
    };
  },
  async valibot() {
    const v = await load('valibot');
    return {
      text: v.string(),
      id: v.object({ id: v.string() }),
      date: v.pipe(
        v.string(),
        v.transform((text: string) => new Date(text)),
      ),
      optionalText: v.optional(v.string()),
      nested: v.object({ room: v.object({ name: v.string() }) }),
      later: v.pipeAsync(
        v.string(),
        v.checkAsync(async (text: string) => text !== 'bad'),
        v.transformAsync(async (text: string) => twice(text, () => {})),
      ),
    };
  },
  async arktype() {
    const { type } = await load('arktype');
    return {
      text: type('string'),
      id: type({ id: 'string' }),
      date: type('string').pipe((text: string) => new Date(text)),
      optionalText: type('string | undefined'),
      nested: type({ room: { name: 'string' } }),
    };
  },
};
// biome-ignore-end lint/suspicious/noExplicitAny: the same

async function twice(text: string, bad: () => void): Promise<string> {
  await new Promise((resolve) => setTimeout(resolve, text.startsWith('slow') ? 50 : 1));
  if (text === 'bad') bad();
  return text + text;
}

let server: TestServer;
const faults: InvalidError[] = [];
/** The arguments of the server's handlers. */
const heard: unknown[][] = [];

beforeAll(async () => {
  server = await startServer({ options: { connectionStateRecovery: {} } });
});
afterAll(() => server?.stop());
beforeEach(() => {
  faults.length = heard.length = 0;
});

let namespaces = 0;

/** A socket of a namespace of its own, both of whose sides have the contract; or the client alone, where the server has another. */
async function joined(
  client: AnyContract,
  { server: other, ...options }: Options & { readonly server?: AnyContract | null } = {},
): Promise<{ socket: AnySocket; remote: ReturnType<TestServer['latest']> }> {
  const nsp = `/${++namespaces}`;
  const namespace = server.io.of(nsp);
  if (other !== null) serve(namespace, other ?? client, { invalid: (error) => faults.push(error) });
  namespace.on('connection', (socket) => {
    for (const name of Object.keys(client.toServer as EventSchemas)) {
      socket.on(name, (...args: unknown[]) => {
        heard.push([name, ...args]);
        const answer = args.at(-1);
        if (typeof answer === 'function') answer(name === 'liar' ? { id: 5 } : { id: 'x' });
      });
    }
  });
  const plugins = [client, ...(options.plugins ?? [])];
  const manager = new Manager(server.url, { transports: ['websocket'], plugins: [] });
  const socket: AnySocket = manager.socket(nsp, { ...options, plugins });
  onTestFinished(() => void socket.disconnect());
  await within(socket.ready(), 'the connection');
  return { socket, remote: await server.socket(nsp) };
}

/** An event behind whose arguments the server may have an offset. */
const event = (...start: unknown[]): unknown => expect.arrayContaining(start);

const invalid = (event: string, path: unknown[]): unknown =>
  expect.objectContaining({ code: 'INVALID', event, path });

describe.each(Object.keys(libraries))('%s', (library) => {
  let schemas: Vocabulary;
  let chat: Contract<EventSchemas, EventSchemas>;
  beforeAll(async () => {
    schemas = await (libraries[library] as () => Promise<Vocabulary>)();
    const { text, id, date, optionalText, nested } = schemas;
    const event = { args: [text, text], ack: id };
    chat = contract({
      toServer: {
        say: event,
        liar: event,
        at: { args: [date] },
        nested: { args: [nested] },
        maybe: { args: [text, optionalText] },
        bare: {},
      },
      fromServer: { said: { args: [text] }, at: { args: [date] }, ask: { args: [text], ack: id }, bare: {} },
    });
  });

  test('matching values pass, and both sides get what the schemas make of them', async () => {
    const { socket, remote } = await joined(chat);
    expect(await socket.emitWithAck('say', 'a', 'b')).toEqual({ id: 'x' });
    socket.emit('at', '2024-02-03T00:00:00.000Z').emit('maybe', 'a').emit('bare');
    await socket.emitWithAck('say', 'c', 'd');
    expect(heard.map((event) => event.filter((one) => typeof one !== 'function'))).toEqual([
      ['say', 'a', 'b'],
      ['at', new Date('2024-02-03')],
      ['maybe', 'a', undefined],
      ['bare'],
      ['say', 'c', 'd'],
    ]);
    const at = nextEvent(socket, 'at');
    remote.emit('at', '2024-02-03T00:00:00.000Z');
    expect(await at).toEqual([new Date('2024-02-03')]);
    expect(faults).toEqual([]);
  });

  test('an emit that does not match throws at the call, and names the place and the expected value', async () => {
    const { socket } = await joined(chat);
    expect(() => socket.emit('say', 'a', 5)).toThrow(invalid('say', [1]));
    expect(() => socket.emit('nested', { room: { name: 5 } })).toThrow(
      invalid('nested', [0, 'room', 'name']),
    );
    expect(() => socket.emit('say', 'a')).toThrow(invalid('say', [1]));
    try {
      socket.emit('say', 'a', 5);
    } catch (error) {
      expect((error as InvalidError).expected).toMatch(/string/);
      expect((error as InvalidError).message).toMatch(/"say".*argument 2.*string/s);
      expect((error as InvalidError).issues).toHaveLength(1);
      expect(error).toBeInstanceOf(InvalidError);
    }
    await expect(socket.emitWithAck('say', 5, 5)).rejects.toMatchObject({
      code: 'INVALID',
      event: 'say',
      path: [0],
    });
    expect(() => socket.emit('unknown')).toThrow(invalid('unknown', []));
    // A name that every object has is none of the contract.
    expect(() => socket.emit('toString')).toThrow(invalid('toString', []));
    await socket.emitWithAck('say', 'a', 'b');
    expect(heard).toHaveLength(1);
  });

  test('an event of the server that does not match is withheld and reported', async () => {
    const { socket, remote } = await joined(chat);
    const said = vi.fn();
    socket.on('said', said);
    const told = nextEvent(socket, 'invalid');
    remote.emit('said', 5);
    expect(await told).toEqual([invalid('said', [0]), event('said', 5)]);
    const unknown = nextEvent(socket, 'invalid');
    remote.emit('unknown', 5);
    expect(await unknown).toEqual([invalid('unknown', []), event('unknown', 5)]);
    const good = nextEvent(socket, 'said');
    remote.emit('said', 'hello');
    await good;
    expect(said.mock.calls).toEqual([['hello']]);
  });

  test('an event of a client that does not match is answered with an error, and the connection stays open', async () => {
    const { socket } = await joined(contract({}), { server: chat });
    // This client has no contract of its own that could stop it.
    const raw = new Manager(server.url, { transports: ['websocket'] }).socket(socket.nsp);
    onTestFinished(() => void raw.disconnect());
    const answer = await within(raw.emitWithAck('say', 'a', 5), 'the refusal');
    expect(answer).toMatchObject({ code: 'INVALID', issues: [{ path: [1], message: expect.any(String) }] });
    expect(await raw.emitWithAck('unknown')).toMatchObject({ code: 'INVALID' });
    raw.emit('say', 5, 5);
    raw.emit('toString');
    expect(await raw.emitWithAck('constructor')).toMatchObject({ code: 'INVALID' });
    expect(raw.connected).toBe(true);
    expect(heard).toEqual([]);
    expect(faults.map(({ event }) => event)).toEqual(['say', 'unknown', 'say', 'toString', 'constructor']);
  });

  test('an acknowledgement of the server that does not match rejects', async () => {
    const { socket } = await joined(chat, { server: null });
    await expect(socket.emitWithAck('liar', 'a', 'b')).rejects.toMatchObject({
      code: 'INVALID',
      event: 'liar',
      path: ['ack', 'id'],
    });
    const answer = await new Promise((resolve) => socket.timeout(5_000).emit('liar', 'a', 'b', resolve));
    expect(answer).toMatchObject({ code: 'INVALID' });
    // Without a place for an error, the callback is not called.
    const told = nextEvent(socket, 'invalid');
    const plain = vi.fn();
    socket.emit('liar', 'a', 'b', plain);
    expect(await told).toEqual([invalid('liar', ['ack', 'id']), ['liar', 'a', 'b']]);
    expect(plain).not.toHaveBeenCalled();
  });

  test('the refusal of the server rejects', async () => {
    const lax = contract({ toServer: { say: { args: [schemas.optionalText], ack: schemas.id } } });
    const { socket } = await joined(lax, { server: chat });
    await expect(socket.emitWithAck('say')).rejects.toMatchObject({
      code: 'INVALID',
      event: 'say',
      path: [0],
    });
  });

  test('an acknowledgement to the server is checked on both sides', async () => {
    const { socket, remote } = await joined(chat);
    let failure: unknown;
    socket.on('ask', (_what: string, answer: (answer: unknown) => void) => {
      try {
        answer({ id: 5 });
      } catch (error) {
        failure = error;
        answer({ id: 'good' });
      }
    });
    expect(await remote.timeout(5_000).emitWithAck('ask', 'x')).toEqual({ id: 'good' });
    expect(failure).toEqual(invalid('ask', ['ack', 'id']));
    // A client without the contract.
    const raw = new Manager(server.url, { transports: ['websocket'] }).socket(socket.nsp);
    onTestFinished(() => void raw.disconnect());
    raw.on('ask', (_what: string, answer: (answer: unknown) => void) => answer({ id: 5 }));
    const other = await server.socket(socket.nsp, 2);
    await expect(other.timeout(5_000).emitWithAck('ask', 'x')).rejects.toEqual(invalid('ask', ['ack', 'id']));
  });

  test('keep() with arguments that do not match throws, connected or not', async () => {
    const { socket } = await joined(chat);
    expect(() => keep(socket, 'say', 5, 5)).toThrow(invalid('say', [0]));
    const left = nextEvent(socket, 'disconnect');
    socket.disconnect();
    await left;
    expect(() => keep(socket, 'say', 5, 5)).toThrow(invalid('say', [0]));
    const room = keep(socket, 'say', 'a', 'b');
    socket.connect();
    expect(await within(room.ready, 'the answer')).toEqual({ id: 'x' });
  });

  test('retries send matching values, and an answer that does not match ends them', async () => {
    const { socket } = await joined(chat, { retries: 2, server: null });
    expect(() => socket.emit('say', 5, 5)).toThrow(invalid('say', [0]));
    expect(await socket.emitWithAck('say', 'a', 'b')).toEqual({ id: 'x' });
    await expect(socket.emitWithAck('liar', 'a', 'b')).rejects.toEqual(invalid('liar', ['ack', 'id']));
    const answers = await new Promise((resolve) =>
      socket.emit('say', 'a', 'b', (...all: unknown[]) => resolve(all)),
    );
    expect(answers).toEqual([null, { id: 'x' }]);
  });
});

describe.each(['zod', 'valibot'])('asynchronous schemas of %s', (library) => {
  let later: Schema;
  let text: Schema;
  beforeAll(async () => {
    const schemas = await (libraries[library] as () => Promise<Vocabulary>)();
    later = schemas.later as Schema;
    text = schemas.text;
  });

  const both = (): AnyContract =>
    contract({
      toServer: { late: { args: [later] }, soon: { args: [text] }, end: {} },
      fromServer: { late: { args: [later] }, soon: { args: [text] } },
    });

  test('keep the order of events, both ways', async () => {
    const { socket, remote } = await joined(both(), { server: both() });
    const incoming: unknown[][] = [];
    for (const name of ['late', 'soon'])
      socket.on(name, (...args: unknown[]) => incoming.push([name, ...args]));
    const last = new Promise<void>((resolve) => {
      socket.on('soon', (what: string) => what === 'last' && resolve());
    });
    for (const what of ['slow', 'b']) remote.emit('late', what);
    for (const what of ['c', 'last']) remote.emit('soon', what);
    await within(last, 'the last event');
    expect(incoming).toEqual([
      ['late', 'slowslow'],
      ['late', 'bb'],
      ['soon', 'c'],
      ['soon', 'last'],
    ]);

    socket.emit('late', 'slow').emit('late', 'b').emit('soon', 'c');
    const done = nextEvent(remote, 'end');
    socket.emit('end');
    await done;
    expect(heard.map(([name, what]) => [name, what]).slice(0, 3)).toEqual([
      ['late', 'slowslow'],
      ['late', 'bb'],
      ['soon', 'c'],
    ]);
  });

  test('reject an emit that does not match where its outcome is reported', async () => {
    const { socket } = await joined(
      contract({ toServer: { late: { args: [later], ack: text }, soon: { args: [text] } } }),
      { server: null },
    );
    await expect(within(socket.emitWithAck('late', 'bad'), 'the error')).rejects.toEqual(
      invalid('late', [0]),
    );
    const dropped = nextEvent(socket, 'dropped');
    socket.emit('late', 'bad');
    expect(await dropped).toEqual([invalid('late', [0]), ['late', 'bad']]);
  });

  test('withhold an event that does not match, and continue', async () => {
    const { socket, remote } = await joined(both(), { server: null });
    const told = nextEvent(socket, 'invalid');
    const next = nextEvent(socket, 'soon');
    remote.emit('late', 'bad');
    remote.emit('soon', 'c');
    expect(await told).toEqual([invalid('late', [0]), event('late', 'bad')]);
    expect(await next).toEqual(['c']);
  });

  test('an event that waits for its schema when the program disconnects is not delivered', async () => {
    const { socket, remote } = await joined(both(), { server: null });
    const late = vi.fn();
    socket.on('late', late);
    remote.emit('late', 'slow');
    await within(
      new Promise((resolve) => socket.io.engine.once('message' as never, resolve as never)),
      'the event',
    );
    socket.disconnect();
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(late).not.toHaveBeenCalled();
  });
});

test('a schema that throws or rejects counts as a mismatch', async () => {
  const schema = (validate: () => never | Promise<never>): Schema => ({
    '~standard': { version: 1, vendor: 'test', validate },
  });
  const throwing = schema(() => {
    throw new Error('broken');
  });
  const { socket, remote } = await joined(
    contract({
      toServer: { a: { args: [throwing] } },
      fromServer: {
        a: { args: [throwing] },
        b: { args: [schema(() => Promise.reject(new Error('broken')))] },
      },
    }),
    { server: null },
  );
  expect(() => socket.emit('a')).toThrow(invalid('a', [0]));
  for (const name of ['a', 'b']) {
    const told = nextEvent(socket, 'invalid');
    remote.emit(name);
    expect((await told)[0]).toEqual(invalid(name, [0]));
  }
});

test('an offset of the server is not checked as an argument, and a session with withheld events is recovered', async () => {
  const { z } = await load('zod');
  const { socket, remote } = await joined(contract({ fromServer: { said: { args: [z.string()] } } }), {
    server: null,
  });
  const said: unknown[][] = [];
  socket.on('said', (...args: unknown[]) => said.push(args));
  const told = nextEvent(socket, 'invalid');
  const { nsp } = remote;
  nsp.emit('said', 'a');
  nsp.emit('said', 5);
  await told;
  const back = nextEvent(socket, 'connect');
  (socket.io.engine.transport as unknown as { ws: { terminate(): void } }).ws.terminate();
  await nextEvent(socket, 'disconnect');
  nsp.emit('said', 'b');
  await back;
  expect(socket.recovered).toBe(true);
  const last = nextEvent(socket, 'said');
  nsp.emit('said', 'c');
  await last;
  expect(said).toEqual([['a'], ['b'], ['c']]);
});

test('a contract applies only to its own socket, even if two sockets share a connection', async () => {
  const { z } = await load('zod');
  const manager = new Manager(server.url, { transports: ['websocket'], autoConnect: false });
  const texts = contract({ toServer: { say: { args: [z.string()] } } });
  const numbers = contract({ toServer: { say: { args: [z.number()] } } });
  const one = manager.socket('/texts', { plugins: [texts] });
  const other = manager.socket('/numbers', { plugins: [numbers] });
  const free = manager.socket('/free');
  expect(() => one.emit('say', 5)).toThrow(invalid('say', [0]));
  expect(() => other.emit('say', 'a')).toThrow(invalid('say', [0]));
  expect(() => one.emit('say', 'a')).not.toThrow();
  expect(() => other.emit('say', 5)).not.toThrow();
  expect(() => free.emit('anything', 5)).not.toThrow();
});

test("a handler's answer that does not match reaches the client as an error, and the server keeps running", async () => {
  const { z } = await load('zod');
  const ack = z.object({ id: z.string() });
  const { socket } = await joined(contract({ toServer: { liar: { ack } } }));
  await expect(socket.emitWithAck('liar')).rejects.toEqual(invalid('liar', ['ack', 'id']));
  expect(faults).toEqual([invalid('liar', ['ack', 'id'])]);
});

test('a handler can answer although the client has not asked for it', async () => {
  const { z } = await load('zod');
  const say = contract({ toServer: { say: { args: [z.string()], ack: z.object({ id: z.string() }) } } });
  const { socket } = await joined(say);
  socket.emit('say', 'a');
  await socket.emitWithAck('say', 'b');
  expect(heard.map(([, , answer]) => typeof answer)).toEqual(['function', 'function']);
});

test('answers of clients to a broadcast are checked, and a bad one counts as none', async () => {
  const { z } = await load('zod');
  const double = z.number().transform((n: number) => 2 * n);
  const chat = contract({ fromServer: { ask: { ack: double } } });
  const { socket, remote } = await joined(chat);
  const free = new Manager(server.url, { transports: ['websocket'] }).socket(socket.nsp);
  onTestFinished(() => void free.disconnect());
  await within(free.ready(), 'the connection');
  socket.on('ask', (answer: (n: number) => void) => answer(4));
  free.on('ask', (answer: (n: unknown) => void) => answer('four'));
  await expect(remote.nsp.timeout(300).emitWithAck('ask')).rejects.toMatchObject({ responses: [8] });
  expect(faults).toEqual([invalid('ask', ['ack'])]);
  free.off('ask').on('ask', (answer: (n: unknown) => void) => answer(5));
  expect((await remote.nsp.timeout(5_000).emitWithAck('ask')).sort()).toEqual([10, 8]);
  expect(await remote.broadcast.timeout(5_000).emitWithAck('ask')).toEqual([10]);
});

test('a bad answer ends the wait of a server that has set no timeout', async () => {
  const { z } = await load('zod');
  const { socket, remote } = await joined(contract({}), {
    server: contract({ fromServer: { ask: { ack: z.object({ id: z.string() }) } } }),
  });
  socket.io.socket(socket.nsp).off();
  const raw = new Manager(server.url, { transports: ['websocket'] }).socket(socket.nsp);
  onTestFinished(() => void raw.disconnect());
  raw.on('ask', (answer: (what: unknown) => void) => answer({ id: raw.id }));
  await within(raw.ready(), 'the connection');
  const other = remote.nsp.sockets.get(raw.id as string);
  expect(await other?.emitWithAck('ask')).toEqual({ id: raw.id });
  raw.off('ask').on('ask', (answer: (what: unknown) => void) => answer(5));
  await expect(within(other?.emitWithAck('ask') as Promise<unknown>, 'the error')).rejects.toEqual(
    invalid('ask', ['ack']),
  );
});

test('with error-first acknowledgements, the error passes, and the value after it is checked on both sides', async () => {
  const { z } = await load('zod');
  const chat = contract({ toServer: { say: { args: [z.any()], ack: z.string().transform(Number) } } });
  const nsp = `/${++namespaces}`;
  const served = serve(server.io.of(nsp), chat, {
    errorFirstAcks: true,
    invalid: (error) => faults.push(error),
  });
  served.on('connection', (socket) => {
    socket.on('say', (answers: unknown[], answer: (...all: unknown[]) => void) => answer(...answers));
  });
  const manager = new Manager(server.url, { transports: ['websocket'] });
  const socket: AnySocket = manager.socket(nsp, { errorFirstAcks: true, plugins: [chat] });
  onTestFinished(() => void socket.disconnect());
  const say = (...answers: unknown[]): Promise<unknown> =>
    within(socket.emitWithAck('say', answers), 'the answer');
  expect(await say(null, '5')).toBe(5);
  await expect(say('no')).rejects.toBe('no');
  await expect(say({ reason: 'no' }, 5)).rejects.toEqual({ reason: 'no' });
  expect(faults).toEqual([]);
  await expect(say(null, 5)).rejects.toEqual(invalid('say', ['ack']));
  expect(faults).toEqual([invalid('say', ['ack'])]);
});

test('a dynamically created namespace is checked, too', async () => {
  const { z } = await load('zod');
  const ask = contract({
    toServer: { say: { args: [z.string()], ack: z.string() } },
    fromServer: { ask: { ack: z.number() } },
  });
  const served = serve(server.io.of(/^\/demand-\d$/), ask, { invalid: (error) => faults.push(error) });
  served.use((socket, next) => {
    socket.use(([, , answer], pass) => {
      if (typeof answer === 'function') pass();
    });
    next();
  });
  served.on('connection', (socket) => socket.on('say', (what, answer) => answer(what)));
  const one = new Manager(server.url, { transports: ['websocket'] }).socket('/demand-1', { plugins: [ask] });
  const other = new Manager(server.url, { transports: ['websocket'] }).socket('/demand-2');
  onTestFinished(() => {
    one.disconnect();
    other.disconnect();
  });
  expect(await within(one.emitWithAck('say', 'a'), 'the answer')).toBe('a');
  expect(await within(other.emitWithAck('say', 5), 'the refusal')).toMatchObject({ code: 'INVALID' });
  other.on('ask', (answer: (n: unknown) => void) => answer('no'));
  const asked = server.io.of('/demand-2').timeout(300).emitWithAck('ask');
  await expect(asked).rejects.toMatchObject({ responses: [] });
  expect(faults).toEqual([invalid('say', [0]), invalid('ask', ['ack'])]);
});
