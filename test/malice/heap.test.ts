import { type ChildProcess, fork } from 'node:child_process';
import type { ServerResponse } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Options } from '../../src/platform/options.js';
import { startServer, type TestServer } from '../support/server.js';
import { within } from '../support/waiting.js';
import type { Account } from './heap-child.js';
import { join, sound, Villain, type Voice } from './hostile-server.js';

/** A server that sends more than a page can hold, to a client in a process with a small heap. */

const MiB = 2 ** 20;
const heapMiB = 256;
const root = fileURLToPath(new URL('../../', import.meta.url));
// Below node_modules, so that the packages are found and nothing is left in the tree.
const program = `${root}node_modules/.cache/holdfast-malice/heap-child.mjs`;

let honest: TestServer;
beforeAll(async () => {
  await build({
    entryPoints: [`${root}test/malice/heap-child.ts`],
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    outfile: program,
    logLevel: 'error',
  });
  honest = await startServer({
    setup: (app) => app.on('connection', (socket) => socket.on('echo', (value, answer) => answer(value))),
  });
});
afterAll(() => honest.stop());

let undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.reverse()) await step();
  undo = [];
});

/** Lets a client meet the villain until it has told `last`; what it says then. */
async function meet(
  script: Parameters<typeof Villain.start>[0],
  options: Options,
  last: RegExp,
): Promise<Account> {
  const villain = await Villain.start(script);
  const errand = { villain: villain.url, honest: honest.url, options };
  const child = fork(program, {
    execArgv: [`--max-old-space-size=${heapMiB}`, '--expose-gc'],
    env: { ...process.env, HOLDFAST_ERRAND: JSON.stringify(errand) },
  });
  undo.push(
    () => villain.close(),
    () => child.kill('SIGKILL'),
  );
  await said(child, 'told', last);
  child.send('account');
  return (await said(child, 'account')) as Account;
}

function said(child: ChildProcess, what: 'told' | 'account', like = /./): Promise<unknown> {
  const answer = new Promise((resolve, reject) => {
    child.on('message', (message: Record<string, unknown>) => {
      if (what in message && like.test(String(message[what]))) resolve(message[what]);
    });
    child.once('exit', (code, signal) =>
      reject(new Error(`The client ended (${code ?? signal}) before it had said ${like}.`)),
    );
  });
  return within(answer, `the client to say ${like}`, 20_000);
}

/** The frame of a WebSocket, as a server writes it: RFC 6455, 5.2. */
function frame(text: string): Buffer {
  const body = Buffer.from(text);
  const head =
    body.length < 126
      ? Buffer.from([0x81, body.length])
      : Buffer.from([0x81, 126, body.length >> 8, body.length & 0xff]);
  return Buffer.concat([head, body]);
}

/** Writes as fast as the client reads, or as if it did not matter. */
async function flood(to: NetSocket | ServerResponse, piece: Buffer, bytes: number): Promise<void> {
  const block = Buffer.concat(Array<Buffer>(Math.max(1, Math.floor(65_536 / piece.length))).fill(piece));
  for (let sent = 0; sent < bytes && !to.destroyed; sent += block.length) {
    if (to.write(block)) continue;
    await new Promise<void>((resolve) => {
      const on = (): void => {
        to.off('drain', on).off('close', on);
        resolve();
      };
      to.on('drain', on).on('close', on);
    });
  }
}

const overWebSocket = (piece: Buffer, bytes: number, last: string, options: { joined: boolean }) => ({
  async joining(voice: Voice) {
    if (options.joined) join(voice);
    await flood(voice.connection as NetSocket, piece, bytes);
    voice.say(last);
  },
});

const webSocket: Options = { transports: ['websocket'] };
const polling: Options = { transports: ['polling'] };

function expectSafe({ grown, answers, uncaught }: Account, limitMiB: number): void {
  expect(uncaught).toEqual([]);
  expect(answers, 'the other connection').toBe(1);
  expect(grown / MiB, 'MiB that it has grown').toBeLessThan(limitMiB);
}

test.each([
  ['events', '42["x",1]'],
  ['events that want an answer that nobody gives', '4212345["x",1]'],
  ['events for a thousand namespaces', '42/nowhere,["x"]'],
  ['answers to nothing', '43777[1,2,3]'],
  ['CONNECT', '40{"sid":"a","pid":"b"}'],
  ['refusals', '44{"message":"no"}'],
  ['pings', '2'],
  ['packets that say nothing', '6'],
])('a flood of %s', async (_, text) => {
  const account = await meet(
    overWebSocket(frame(text), MiB, '42["last"]', { joined: true }),
    webSocket,
    /^last$/,
  );
  expect(account.story).toEqual(['connect', 'last']);
  expectSafe(account, 150);
});

test('pings by a server that reads no answers', async () => {
  const script = {
    async joining(voice: Voice) {
      join(voice);
      voice.connection?.pause();
      await flood(voice.connection as NetSocket, frame('2'), 6 * MiB);
      voice.say('42["last"]');
    },
  };
  expectSafe(await meet(script, webSocket, /^(last|disconnect)/), 150);
});

test('events before the answer to CONNECT', async () => {
  const script = overWebSocket(frame(`42["early","${'x'.repeat(1_000)}"]`), 400 * MiB, '41', {
    joined: false,
  });
  const account = await meet(script, webSocket, /^(connect_error|disconnect)/);
  expectSafe(account, 150);
});

test('attachments without end', async () => {
  const binary = Buffer.concat([Buffer.from([0x82, 127, 0, 0, 0, 0, 0, 0x10, 0, 0]), Buffer.alloc(MiB)]);
  const script = {
    async joining(voice: Voice) {
      join(voice);
      voice.say('459999-["x"]');
      await flood(voice.connection as NetSocket, binary, 400 * MiB);
    },
  };
  const account = await meet(script, webSocket, /^disconnect/);
  expect(account.story).toEqual(['connect', 'disconnect parse error']);
  expectSafe(account, 200);
});

test('a message of 400 MiB', async () => {
  const head = Buffer.from([0x81, 127, 0, 0, 0, 0, 0x19, 0, 0, 0]);
  const script = {
    async joining(voice: Voice) {
      join(voice);
      voice.connection?.write(head);
      await flood(voice.connection as NetSocket, Buffer.alloc(65_536, 'x'), 400 * MiB);
    },
  };
  expectSafe(await meet(script, webSocket, /^disconnect/), 200);
});

/** Answers polls, but for the first, with this. */
const overPolling = (write: (response: ServerResponse) => Promise<void>) => {
  let polls = 0;
  return {
    request(request: { method?: string | undefined; url?: string | undefined }, response: ServerResponse) {
      if (request.method !== 'GET' || !/[?&]sid=/.test(request.url ?? '')) return false;
      polls += 1;
      if (polls > 1) response.writeHead(200, { 'content-type': 'text/plain' });
      if (polls === 1) response.end('40{"sid":"a"}');
      else write(response);
      return true;
    },
    handshake: sound,
  };
};

test('two million packets in one answer', async () => {
  const script = overPolling(async (response) => {
    await flood(response, Buffer.from('6\x1e'), 4 * MiB);
    response.end('42["last"]');
  });
  expectSafe(await meet(script, polling, /^(last|disconnect)/), 300);
});
