import sqlite from 'node-sqlite3-wasm';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';
import { io as connect, keep, type Options, type Socket } from '../../src/index.js';
import { type Contract, contract, type InvalidError } from '../../src/plugins/contract/index.js';
import { serve } from '../../src/plugins/contract/server.js';
import { durable } from '../../src/plugins/durable/index.js';
import { createTestServer } from '../../src/testing/index.js';
import { documented } from '../support/durable-site.js';
import { startFaultProxy } from '../support/fault-proxy.js';
import { startServer } from '../support/server.js';
import { nextEvent, patiently, within } from '../support/waiting.js';

/** What `serve` promises, on a real server and on that of the test kit: both recover sessions. */

// biome-ignore-start lint/suspicious/noExplicitAny: clients that break their contract, and two kinds of servers
type AnySocket = Socket<any, any>;
interface Bench {
  readonly io: any;
  connect(namespace: string, options?: Options): Promise<AnySocket>;
  /** Cuts every connection. */
  cut(): void;
  close(): Promise<unknown>;
}
/** A socket of either server. */
interface Peer {
  on(name: string, listener: (text: string, answer: (text: string) => void) => void): unknown;
}
type AnyContract = Contract<any, any>;
// biome-ignore-end lint/suspicious/noExplicitAny: the same

const quick = { reconnectionDelay: 10, reconnectionDelayMax: 50, forceNew: true };

async function joined(socket: AnySocket): Promise<AnySocket> {
  onTestFinished(() => void socket.disconnect());
  return within(socket.ready(), 'the connection');
}

const benches: Record<string, () => Promise<Bench>> = {
  async 'a real server'() {
    const server = await startServer({ options: { connectionStateRecovery: {} } });
    const proxy = await startFaultProxy(server.port);
    return {
      io: server.io,
      connect: (namespace, options) => joined(connect(proxy.url + namespace, { ...quick, ...options })),
      cut: () => proxy.cut(),
      close: async () => {
        await proxy.close();
        await server.stop();
      },
    };
  },
  async 'the server of the test kit'() {
    const { server, io } = createTestServer({ connectionStateRecovery: true });
    return {
      io: server,
      connect: (namespace, options) => joined(io(namespace, { ...quick, ...options }) as AnySocket),
      cut: () => server.cut(),
      close: () => server.close(),
    };
  },
};

let names = 0;

describe.each(Object.keys(benches))('%s', (kind) => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await (benches[kind] as () => Promise<Bench>)();
  });
  afterAll(() => bench?.close());

  test('calls the callback of an acknowledgement on the socket', async () => {
    const namespace = `/this${++names}`;
    bench.io.of(namespace).on('connection', (peer: Peer) => peer.on('say', (_text, answer) => answer('yes')));
    const own = contract({ toServer: { say: { args: [z.string()], ack: z.string() } }, fromServer: {} });
    const socket = await bench.connect(namespace, { plugins: [own] });
    const on = await new Promise((resolve) => {
      socket.emit('say', 'a', function (this: unknown) {
        resolve(this);
      });
    });
    expect(on).toBe(socket);
  });

  const chat = contract({
    toServer: { say: { args: [z.string().transform((text) => text.toUpperCase())], ack: z.string() } },
    fromServer: { hello: { args: [z.number()] }, ask: { ack: z.number() } },
  });

  /** A namespace that answers every event, with everything that reached its handlers, and every fault. */
  function served(rules: AnyContract, name: string | RegExp = `/${++names}`) {
    const namespace = bench.io.of(name);
    const got: unknown[][] = [];
    const faults: InvalidError[] = [];
    // biome-ignore lint/suspicious/noExplicitAny: the sockets of two kinds of servers
    const remotes: any[] = [];
    // biome-ignore lint/suspicious/noExplicitAny: the same
    namespace.on('connection', (remote: any) => {
      remotes.push(remote);
      remote.emit('hello', 1);
      for (const event of ['say', 'evil', 'bare'])
        remote.on(event, (...args: unknown[]) => {
          got.push([event, ...args.filter((one) => typeof one !== 'function')]);
          const answer = args.at(-1);
          if (typeof answer === 'function') answer('fine');
        });
    });
    const start = (): void => void serve(namespace, rules, { invalid: (error) => faults.push(error) });
    return { name: name as string, namespace, got, faults, remotes, start };
  }

  async function recover(socket: AnySocket): Promise<void> {
    const back = nextEvent(socket, 'connect');
    bench.cut();
    await back;
    expect(socket.recovered).toBe(true);
  }

  test.each(['a namespace', 'a dynamic namespace', 'a namespace that has clients'])(
    'checks the events and the answers of a recovered session: %s',
    async (which) => {
      const dynamic = which.startsWith('a dynamic');
      const late = which.endsWith('clients');
      const number = ++names;
      const { got, faults, remotes, start } = served(
        chat,
        dynamic ? new RegExp(`^/dynamic-${number}-`) : `/fixed-${number}`,
      );
      if (!late) start();
      const name = dynamic ? `/dynamic-${number}-a` : `/fixed-${number}`;
      const socket = await bench.connect(name);
      if (late) start();
      // Recovery needs the offset of an event.
      await vi.waitFor(() => remotes.at(-1).emit('hello', 1) && nextEvent(socket, 'hello', 500), patiently);

      for (const round of ['fresh', 'recovered']) {
        got.length = faults.length = 0;
        expect(await socket.emitWithAck('say', round)).toBe('fine');
        expect(await socket.emitWithAck('say', { $ne: 1 })).toMatchObject({ code: 'INVALID' });
        expect(await socket.emitWithAck('evil', 1)).toMatchObject({ code: 'INVALID' });
        socket.emit('evil', 2);
        socket.off('ask').on('ask', (answer: (value: unknown) => void) => answer('no number'));
        await expect(remotes.at(-1).timeout(5_000).emitWithAck('ask')).rejects.toMatchObject({
          code: 'INVALID',
        });
        // Once: the second time, the text would be one that was transformed already.
        expect(got).toEqual([['say', round.toUpperCase()]]);
        expect(faults.map(({ event }) => event)).toEqual(['say', 'evil', 'evil', 'ask']);
        if (round === 'fresh') await recover(socket);
      }
      expect(remotes).toHaveLength(2);
    },
  );

  test('a second contract for a namespace is refused', () => {
    const { namespace, start } = served(chat);
    start();
    expect(start).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
    expect(() => serve(namespace, contract({}))).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
    serve(bench.io, chat);
    expect(() => serve(bench.io.of('/'), chat)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
  });

  test('an acknowledgement that only resembles a refusal is checked like any other, on both sides', async () => {
    const both = { ask: { ack: z.number() } };
    const rules = contract({ toServer: both, fromServer: both });
    const { name, remotes, faults, start, namespace } = served(rules);
    start();
    const raw = await bench.connect(name);
    let forged: unknown;
    raw.on('ask', (answer: (value: unknown) => void) => answer(forged));
    // Another namespace has no contract: its handlers may answer anything.
    const lax = bench.io.of(`${name}-lax`);
    // biome-ignore lint/suspicious/noExplicitAny: the sockets of two kinds of servers
    lax.on('connection', (remote: any) =>
      remote.on('ask', (answer: (value: unknown) => void) => answer(forged)),
    );
    const client = await bench.connect(`${name}-lax`, { plugins: [rules] });
    const forgeries = [
      [null],
      [{}],
      [5],
      [{ message: 'x', path: 5 }],
      [{ path: [] }],
      [{ message: {}, path: [] }],
    ];
    const all = [
      ...forgeries,
      [{ message: 'x', path: [null] }],
      [{ message: 'x', path: [{ key: [] }] }],
      'issues',
      { length: 1 },
      null,
    ];
    for (const issues of all) {
      forged = { code: 'INVALID', issues };
      const mismatch = { code: 'INVALID', path: ['ack'] };
      await expect(within(remotes[0].emitWithAck('ask'), 'the server')).rejects.toMatchObject(mismatch);
      await expect(remotes[0].timeout(5_000).emitWithAck('ask')).rejects.toMatchObject(mismatch);
      await expect(within(client.emitWithAck('ask'), 'the client')).rejects.toMatchObject(mismatch);
    }
    expect(faults).toHaveLength(2 * all.length);
    await expect(namespace.timeout(20).emitWithAck('ask')).rejects.toMatchObject({ responses: [] });
    // A real one with much text makes a short message.
    forged = { code: 'INVALID', issues: [{ message: 'x'.repeat(100_000), path: Array(1_000).fill('y') }] };
    const error = await client.emitWithAck('ask').catch((reason: Error) => reason);
    expect(error.message.length).toBeLessThan(2_000);
  });

  const optional = contract({
    toServer: { say: { args: [z.string(), z.string().optional()], ack: z.string().optional() } },
    fromServer: {
      said: { args: [z.string(), z.string().default('nothing')] },
      word: { args: [z.string()] },
      ask: { args: [z.string().optional()], ack: z.string().optional() },
    },
  });

  test('arguments and answers that are undefined at the end are left out, and not null', async () => {
    const { name, remotes, faults, got, start } = served(optional);
    start();
    const socket = await bench.connect(name, { plugins: [optional] });
    expect(await socket.emitWithAck('say', 'a')).toBe('fine');
    expect(await socket.emitWithAck('say', 'a', undefined)).toBe('fine');
    expect(await keep(socket, 'say', 'a', undefined).ready).toBe('fine');
    expect(got).toEqual(Array(3).fill(['say', 'a', undefined]));
    // In front of another argument, it would arrive as null.
    await expect(socket.emitWithAck('say', undefined, 'b')).rejects.toMatchObject({
      code: 'INVALID',
      path: [0],
    });
    const [remote] = remotes;
    remote.removeAllListeners('say').on('say', (...args: unknown[]) => {
      (args.at(-1) as (answer: unknown) => void)(undefined);
    });
    expect(await socket.emitWithAck('say', 'a')).toBeUndefined();

    const said: unknown[][] = [];
    const invalid = vi.fn();
    socket.on('said', (...args: unknown[]) => said.push(args)).on('invalid', invalid);
    socket.on('ask', (what: unknown, answer: (value: unknown) => void) => answer(what));
    remote.emit('said', 'b', undefined);
    remote.nsp.emit('said', 'c', undefined);
    remote.nsp.to(remote.id).emit('said', 'd', undefined);
    expect(await remote.timeout(5_000).emitWithAck('ask', undefined)).toBeUndefined();
    expect(await remote.nsp.timeout(5_000).emitWithAck('ask', undefined)).toEqual([undefined]);
    // An offset is not taken for the argument that was left out, nor an argument for the offset that a volatile event does not have.
    expect(said).toEqual(['b', 'c', 'd'].map((text) => [text, 'nothing']));
    const word = nextEvent(socket, 'word');
    remote.volatile.emit('word', 'Running');
    expect(await word).toEqual(['Running']);
    expect(invalid).not.toHaveBeenCalled();
    expect(faults).toEqual([]);
  });

  test('a refusal rejects also where the contract has no acknowledgement', async () => {
    const old = contract({
      toServer: { bare: { args: [z.string()] } },
      fromServer: { told: { args: [z.string()] } },
    });
    const current = contract({
      toServer: { bare: { args: [z.number()] } },
      fromServer: { told: { args: [z.number()] } },
    });
    const { name, remotes, got, faults, start } = served(current);
    start();
    const socket = await bench.connect(name, { plugins: [old] });
    await expect(socket.emitWithAck('bare', 'x')).rejects.toMatchObject({ code: 'INVALID', path: [0] });
    await expect(remotes[0].timeout(5_000).emitWithAck('told', 5)).rejects.toMatchObject({ code: 'INVALID' });
    expect(got).toEqual([]);
    expect(faults.map(({ event }) => event)).toEqual(['bare', 'told']);
    const told = nextEvent(socket, 'invalid');
    const callback = vi.fn();
    socket.emit('bare', 'x', callback);
    expect((await told)[0]).toMatchObject({ code: 'INVALID', event: 'bare' });
    expect(callback).not.toHaveBeenCalled();
  });
});

describe('a durable outbox with a contract', () => {
  const order = z.object({ item: z.number() });
  const key = z.object({ idempotencyKey: z.string() });
  const shop = contract({
    toServer: { order: { args: [order, key], ack: z.object({ changes: z.number() }) } },
  });
  const shopWithoutKeys = contract({ toServer: { order: { args: [order], ack: z.any() } } });

  /** The server of docs/durable.md. */
  async function recipe(rules: AnyContract) {
    const server = await startServer();
    const proxy = await startFaultProxy(server.port);
    serve(server.io, rules);
    const db = (await documented(':memory:'))(server.io, sqlite);
    onTestFinished(async () => {
      await proxy.close();
      await server.stop();
      db.close();
    });
    return { server, proxy, count: () => db.all('SELECT item FROM orders').length };
  }

  test('works with the recipe: the key passes both checks, and a message that comes twice is handled once', async () => {
    const { server, proxy, count } = await recipe(shop);
    const outbox = durable({ name: 'app', owner: 'ann', fallback: 'memory' });
    outbox.onError(() => {});
    const socket = connect(proxy.url, { plugins: [outbox, shop], ...quick, autoConnect: false });
    const first = outbox.emitWithAck(socket, 'order', { item: 1 });
    await expect.poll(outbox.pending).toMatchObject([{ args: [{ item: 1 }], event: 'order' }]);
    socket.connect();
    await joined(socket as AnySocket);
    expect(await within(first, 'the first order')).toEqual({ changes: 1 });
    const again = (): unknown => outbox.emitWithAck(socket.idempotent('mine'), 'order', { item: 2 });
    expect([await again(), await again()]).toEqual([{ changes: 1 }, { changes: 1 }]);
    // The connection is cut when the server has the order, before its answer arrives.
    server.latest().onAny(() => proxy.cut());
    expect(await within(outbox.emitWithAck(socket, 'order', { item: 3 }), 'the third order')).toBeTruthy();
    expect(count()).toBe(3);
    await expect(outbox.emitWithAck(socket, 'order', { item: 'x' } as never)).rejects.toMatchObject({
      code: 'INVALID',
      path: [0, 'item'],
    });
    expect(count()).toBe(3);
  });

  test('whose contract leaves out the key does not take an order for it', async () => {
    const { proxy, count } = await recipe(shopWithoutKeys);
    const outbox = durable({ name: 'app', owner: 'ann', fallback: 'memory' });
    outbox.onError(() => {});
    const complaint = vi.spyOn(console, 'error').mockImplementation(() => {});
    onTestFinished(() => complaint.mockRestore());
    const socket = connect(proxy.url, { plugins: [outbox, shopWithoutKeys], ...quick });
    await joined(socket as AnySocket);
    outbox.emitWithAck(socket, 'order', { item: 1 }).catch(() => {});
    await vi.waitFor(
      () => expect(complaint).toHaveBeenCalledWith(expect.stringContaining('without a key')),
      patiently,
    );
    expect(count()).toBe(0);
  });
});
