import { type ChildProcess, fork } from 'node:child_process';
import type { ServerResponse } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Options } from '../../src/platform/options.js';
import { startServer, type TestServer } from '../support/server.js';
import { within } from '../support/waiting.js';
import type { Report } from './heap-child.js';
import { accept, HostileServer, type HostileSession, validHandshake } from './hostile-server.js';

/** A server that sends more than a page can hold, with a client in a process with a small heap. */

const MiB = 2 ** 20;
const heapMiB = 256;
const root = fileURLToPath(new URL('../../', import.meta.url));
// In node_modules, so that packages are found and the work tree stays clean.
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

/** Runs a client against a hostile server until it logs `last`, and returns its report. */
async function attack(
  script: Parameters<typeof HostileServer.start>[0],
  options: Options,
  last: RegExp,
): Promise<Report> {
  const hostile = await HostileServer.start(script);
  const task = { hostile: hostile.url, honest: honest.url, options };
  const child = fork(program, {
    execArgv: [`--max-old-space-size=${heapMiB}`, '--expose-gc'],
    env: { ...process.env, HOLDFAST_TASK: JSON.stringify(task) },
  });
  undo.push(
    () => hostile.close(),
    () => child.kill('SIGKILL'),
  );
  await messageOf(child, 'logged', last);
  child.send('report');
  return (await messageOf(child, 'report')) as Report;
}

function messageOf(child: ChildProcess, what: 'logged' | 'report', like = /./): Promise<unknown> {
  const answer = new Promise((resolve, reject) => {
    child.on('message', (message: Record<string, unknown>) => {
      if (what in message && like.test(String(message[what]))) resolve(message[what]);
    });
    child.once('exit', (code, signal) =>
      reject(new Error(`The client exited (${code ?? signal}) before it sent ${like}.`)),
    );
  });
  return within(answer, `the client to send ${like}`, 20_000);
}

/** A WebSocket frame from a server: RFC 6455, 5.2. */
function frame(text: string): Buffer {
  const body = Buffer.from(text);
  const head =
    body.length < 126
      ? Buffer.from([0x81, body.length])
      : Buffer.from([0x81, 126, body.length >> 8, body.length & 0xff]);
  return Buffer.concat([head, body]);
}

/** Writes as fast as the client reads, until this many bytes are sent. */
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

const overWebSocket = (piece: Buffer, bytes: number, last: string, options: { accepted: boolean }) => ({
  async onConnect(session: HostileSession) {
    if (options.accepted) accept(session);
    await flood(session.connection as NetSocket, piece, bytes);
    session.send(last);
  },
});

const webSocket: Options = { transports: ['websocket'] };
const polling: Options = { transports: ['polling'] };

function expectSafe({ grown, answers, uncaught }: Report, limitMiB: number): void {
  expect(uncaught).toEqual([]);
  expect(answers, 'the other connection').toBe(1);
  expect(grown / MiB, 'growth in MiB').toBeLessThan(limitMiB);
}

test.each([
  ['events', '42["x",1]'],
  ['events whose acknowledgements are never sent', '4212345["x",1]'],
  ['events for a thousand namespaces', '42/nowhere,["x"]'],
  ['acknowledgements with unknown ids', '43777[1,2,3]'],
  ['CONNECT', '40{"sid":"a","pid":"b"}'],
  ['refusals', '44{"message":"no"}'],
  ['pings', '2'],
  ['noop packets', '6'],
])('a flood of %s', async (_, text) => {
  const report = await attack(
    overWebSocket(frame(text), MiB, '42["last"]', { accepted: true }),
    webSocket,
    /^last$/,
  );
  expect(report.log).toEqual(['connect', 'last']);
  expectSafe(report, 150);
});

test('pings from a server that reads no pongs', async () => {
  const script = {
    async onConnect(session: HostileSession) {
      accept(session);
      session.connection?.pause();
      await flood(session.connection as NetSocket, frame('2'), 6 * MiB);
      session.send('42["last"]');
    },
  };
  expectSafe(await attack(script, webSocket, /^(last|disconnect)/), 150);
});

test('events before the answer to CONNECT', async () => {
  const script = overWebSocket(frame(`42["early","${'x'.repeat(1_000)}"]`), 400 * MiB, '41', {
    accepted: false,
  });
  const report = await attack(script, webSocket, /^(connect_error|disconnect)/);
  expectSafe(report, 150);
});

test('endless attachments', async () => {
  const binary = Buffer.concat([Buffer.from([0x82, 127, 0, 0, 0, 0, 0, 0x10, 0, 0]), Buffer.alloc(MiB)]);
  const script = {
    async onConnect(session: HostileSession) {
      accept(session);
      session.send('459999-["x"]');
      await flood(session.connection as NetSocket, binary, 400 * MiB);
    },
  };
  const report = await attack(script, webSocket, /^disconnect/);
  expect(report.log).toEqual(['connect', 'disconnect parse error']);
  expectSafe(report, 200);
});

test('a message of 400 MiB', async () => {
  const head = Buffer.from([0x81, 127, 0, 0, 0, 0, 0x19, 0, 0, 0]);
  const script = {
    async onConnect(session: HostileSession) {
      accept(session);
      session.connection?.write(head);
      await flood(session.connection as NetSocket, Buffer.alloc(65_536, 'x'), 400 * MiB);
    },
  };
  expectSafe(await attack(script, webSocket, /^disconnect/), 200);
});

/** Writes the response to every poll but the first. */
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
    handshake: validHandshake,
  };
};

test('two million packets in one response', async () => {
  const script = overPolling(async (response) => {
    await flood(response, Buffer.from('6\x1e'), 4 * MiB);
    response.end('42["last"]');
  });
  expectSafe(await attack(script, polling, /^(last|disconnect)/), 300);
});
