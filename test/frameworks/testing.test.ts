import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Server } from 'socket.io';
import { beforeAll, expect, inject, test } from 'vitest';
import { contract, type Schema } from '../../src/plugins/contract/index.js';
import { serve } from '../../src/plugins/contract/server.js';
import { createTestServer } from '../../src/testing/index.js';

/** The real contract on both sides of an in-memory server. Its types are checked in fixtures/types/testing.ts. */

// biome-ignore lint/suspicious/noExplicitAny: a module that is found at run time
let z: any;
beforeAll(async () => {
  const path = createRequire(join(inject('frameworks').folder, 'x')).resolve('zod');
  ({ z } = await import(pathToFileURL(path).href));
});

const make = () => {
  const text: Schema<string, string> = z.string().min(1);
  const date: Schema<string, Date> = z.string().transform((given: string) => new Date(given));
  const chat = contract({
    toServer: {
      say: { args: [text], ack: z.object({ id: z.string() }) as Schema<{ id: string }, { id: string }> },
      at: { args: [date] },
    },
    fromServer: {
      said: { args: [text, date] },
      ask: { args: [text], ack: z.string().transform(Number) as Schema<string, number> },
    },
  });
  const bench = createTestServer<typeof chat>();
  serve(bench.server as unknown as Server, chat);
  return { ...bench, chat };
};

test('values are transformed at the receiver, and inspected as they were sent', async () => {
  const { server, io, chat } = make();
  const dates: unknown[] = [];
  server.on('connection', (peer) => {
    peer.on('say', (text, done) => {
      peer.nsp.emit('said', text, '2024-02-03');
      done({ id: `of ${text}` });
    });
    peer.on('at', (at) => dates.push(at.getFullYear()));
  });
  const socket = io('/', { plugins: [chat] });
  const said = new Promise<unknown[]>((resolve) =>
    socket.on('said', (text, at) => resolve([text, at.getFullYear()])),
  );
  expect(await socket.emitWithAck('say', 'hello')).toEqual({ id: 'of hello' });
  expect(await said).toEqual(['hello', 2024]);
  socket.emit('at', '1999-01-01');
  expect((await server.expectEvent('at')).args).toEqual(['1999-01-01']);
  await expect.poll(() => dates).toEqual([1999]);
  socket.disconnect();
  await server.finish();
});

test('values that do not match are rejected on either side', async () => {
  const { server, io, tab, chat } = make();
  server.on('connection', (peer) => peer.on('say', (_text, done) => done({ id: 5 } as never)));
  const socket = io('/', { plugins: [chat] });
  expect(() => socket.emit('say', '', () => {})).toThrow(expect.objectContaining({ code: 'INVALID' }));
  await expect(socket.emitWithAck('say', 'hello')).rejects.toMatchObject({ code: 'INVALID' });
  // A client that knows nothing of the contract.
  const other = tab()();
  expect(
    await (other as never as { emitWithAck(...args: unknown[]): Promise<unknown> }).emitWithAck('say', 5),
  ).toMatchObject({ code: 'INVALID' });
  const invalid = new Promise<{ event: string }>((resolve) => socket.on('invalid', resolve));
  server.emit('said', 'x', 5 as never);
  expect((await invalid).event).toBe('said');
  socket.disconnect();
  other.disconnect();
  await server.finish();
});

test('the server gets an answer of a client, with and without a timeout', async () => {
  const { server, io, chat } = make();
  const socket = io('/', { plugins: [chat] });
  socket.on('ask', (_what, reply) => reply('12'));
  await socket.ready();
  const peer = server.sockets.sockets.get(socket.id as string);
  expect(await peer?.emitWithAck('ask', 'how many?')).toBe(12);
  expect(await peer?.timeout(5_000).emitWithAck('ask', 'how many?')).toBe(12);
  socket.disconnect();
  await server.finish();
});

test('invalid answers of clients to a broadcast count as none, and valid ones are transformed', async () => {
  const { server, io, tab, chat } = make();
  const faults: string[] = [];
  serve(server.of('/room') as never, chat, {
    invalid: (error, { id }) => faults.push(`${error.event} ${id}`),
  });
  const socket = io('/room', { plugins: [chat] });
  // A client that knows nothing of the contract.
  const other = tab()('/room') as unknown as ReturnType<typeof io>;
  await Promise.all([socket.ready(), other.ready()]);
  socket.on('ask', (_text, answer) => answer('4'));
  other.on('ask', (_text, answer) => answer(5 as never));
  const room = server.of('/room') as unknown as Server;
  await expect(room.timeout(300).emitWithAck('ask', 'a')).rejects.toMatchObject({ responses: [4] });
  expect(faults).toEqual([`ask ${other.id}`]);
  other.off('ask').on('ask', (_text, answer) => answer('7'));
  expect((await room.timeout(5_000).emitWithAck('ask', 'a')).sort()).toEqual([4, 7]);
  socket.disconnect();
  other.disconnect();
  await server.finish();
});
