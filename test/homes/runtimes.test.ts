import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Server } from 'socket.io';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { freePort, host } from '../support/ports.js';
import { run } from '../support/run.js';
import { startServer, type TestServer } from '../support/server.js';

/** One program of behaviours in every runtime, over the installed package, against a real server. */

type Acknowledge = (...answer: unknown[]) => void;

interface Behaviours {
  readonly behaviours: Readonly<Record<string, unknown>>;
}
const program = new URL('fixtures/runtimes/behaviours.mjs', import.meta.url).href;
const names = Object.keys(((await import(program)) as Behaviours).behaviours);

const { runtimes } = inject('project');
const { platform, arch } = process;
const binary = (...path: string[]): string => join(runtimes, 'node_modules', ...path);
const bunArch = arch === 'arm64' ? 'aarch64' : arch;
const libc = platform === 'linux' ? '-glibc' : '';

/** How each runtime is started, its version, and the build of the package that it takes. */
const started = {
  'Node 20': { command: [process.execPath], version: /^(20|22|24|26)\./, build: 'node' },
  'Node 22': {
    command: [binary(`node-22-${platform}-${arch}`, 'bin/node')],
    version: /^22\./,
    build: 'node',
  },
  'Node 24': {
    command: [binary(`node-24-${platform}-${arch}`, 'bin/node')],
    version: /^24\./,
    build: 'node',
  },
  Bun: { command: [binary(`@oven/bun-${platform}-${bunArch}`, 'bin/bun')], version: /^1\./, build: 'web' },
  Deno: {
    command: [binary(`@deno/${platform}-${arch}${libc}`, 'deno'), 'run', '--allow-all', '--no-prompt'],
    version: /^2\./,
    build: 'web',
  },
} as const;

interface Outcome {
  readonly version: string;
  readonly build: string;
  readonly results: Readonly<Record<string, string>>;
  readonly uncaught: readonly string[];
}

function application(io: Server): void {
  io.engine.on('initial_headers', (headers: Record<string, unknown>) => {
    headers['set-cookie'] = 'node=one; Path=/';
  });
  const asked = new Map<string, number>();
  io.on('connection', (socket) => {
    const cut = (): void => {
      // As a network that breaks: nobody is told.
      const { transport } = socket.conn as unknown as {
        transport: { socket?: { terminate(): void }; onError(reason: string): void };
      };
      if (transport.socket) transport.socket.terminate();
      else transport.onError('cut');
    };
    socket.on('echo', (...args) => (args.pop() as Acknowledge)(args));
    socket.on('give back', (value) => socket.emit('back', value));
    socket.on('double', (bytes: Buffer, answer: Acknowledge) => answer(Buffer.concat([bytes, bytes])));
    socket.on('ask me', (a, b, answer: Acknowledge) => socket.emit('question', a, b, answer));
    socket.on('put me out', () => socket.disconnect());
    socket.on('cut me', cut);
    socket.on('cut me and call', () => {
      cut();
      // A room of its own, which outlives the connection for as long as the session may be recovered.
      setTimeout(() => io.to(`of ${socket.id}`).emit('missed', 'here'), 5);
    });
    socket.join(`of ${socket.id}`);
    socket.on('handshake', (answer: Acknowledge) =>
      answer({ query: socket.handshake.query, headers: socket.handshake.headers }),
    );
    socket.on('cookie', (answer: Acknowledge) => {
      const { request } = socket.conn as unknown as { request: { headers: { cookie?: string } } };
      const { dataReq } = socket.conn.transport as unknown as { dataReq?: typeof request };
      answer((dataReq ?? request).headers.cookie ?? '');
    });
    socket.on('third time', (id: string, answer: Acknowledge) => {
      const times = (asked.get(id) ?? 0) + 1;
      asked.set(id, times);
      if (times === 3) answer(times);
    });
    socket.on('burst', (count: number) => {
      for (let i = 0; i < count; i++) socket.emit('burst', i);
    });
  });
  io.of('/news').on('connection', (socket) =>
    socket.on('headline', (answer: Acknowledge) => answer('all is well')),
  );
  io.of('/private').use((socket, next) => {
    if (socket.handshake.auth.token === 'right') next();
    else next(Object.assign(new Error('not you'), { data: { status: 401 } }));
  });
  io.of('/private').on('connection', (socket) =>
    socket.on('who', (answer: Acknowledge) => answer(socket.handshake.auth)),
  );
}

let server: TestServer;
let nobody: string;
beforeAll(async () => {
  server = await startServer({
    setup: application,
    options: { pingInterval: 300, pingTimeout: 10_000, connectionStateRecovery: {} },
  });
  nobody = `http://${host}:${await freePort()}`;
});
afterAll(() => server?.stop());

test('there are more than forty behaviours', () => {
  expect(names.length).toBeGreaterThan(40);
});

describe.each(Object.entries(started))('in %s', (_name, { command, version, build }) => {
  let outcome: Outcome;
  beforeAll(async () => {
    const [file, ...args] = command;
    expect(existsSync(file), file).toBe(true);
    const { folder } = inject('project');
    const { code, stdout, stderr } = await run(
      file,
      [...args, 'runtimes/main.mjs', server.url, nobody],
      folder,
    );
    expect(code, `${stdout}\n${stderr}`).toBe(0);
    outcome = JSON.parse(stdout) as Outcome;
  });

  test('it is this runtime, with the build for it', () => {
    expect(outcome.version).toMatch(version);
    expect(outcome.build).toMatch(new RegExp(`^${build}/production/`));
  });

  test.each(names)('%s', (name) => {
    expect(outcome.results[name]).toBe('ok');
  });

  test('no error is left uncaught, and the process ends by itself', () => {
    expect(outcome.uncaught).toEqual([]);
  });
});
