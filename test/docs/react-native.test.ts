import { createContext, runInContext } from 'node:vm';
import { build } from 'esbuild';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { Socket } from '../../src/index.js';
import { startServer, type TestServer } from '../support/server.js';
import { nextEvent, patiently } from '../support/waiting.js';
import { blocksOf, root } from './support/blocks.js';
import { shipped } from './support/bundle.js';

/**
 * The first block of docs/react-native.md, as it stands, against doubles of the three modules that it imports, on a platform that
 * has a WebSocket, `fetch`, timers and nothing else.
 */

const [block] = blocksOf('docs/react-native.md');

/** The calls of the mocks, and the test's control of them. */
class Phone {
  readonly stored = new Map<string, string>();
  readonly listeners = { app: new Set<(state: string) => void>(), net: new Set<(state: object) => void>() };

  readonly AsyncStorage = {
    getAllKeys: async () => [...this.stored.keys()],
    multiGet: async (keys: string[]) => keys.map((key) => [key, this.stored.get(key) ?? null]),
    setItem: async (key: string, value: string) => void this.stored.set(key, value),
  };

  readonly NetInfo = {
    addEventListener: (listener: (state: object) => void) => {
      this.listeners.net.add(listener);
      // As the module does.
      listener({ isConnected: true, type: 'wifi' });
      return () => this.listeners.net.delete(listener);
    },
  };

  readonly AppState = {
    addEventListener: (_event: 'change', listener: (state: string) => void) => {
      this.listeners.app.add(listener);
      return { remove: () => this.listeners.app.delete(listener) };
    },
  };

  goes(state: 'active' | 'background'): void {
    for (const listener of this.listeners.app) listener(state);
  }

  connects(isConnected: boolean): void {
    for (const listener of this.listeners.net) listener({ isConnected });
  }

  get listening(): number[] {
    return [this.listeners.app.size, this.listeners.net.size];
  }
}

let server: TestServer;
const sockets: Socket[] = [];
beforeEach(async () => {
  server = await startServer({
    setup: (io) => io.on('connection', (socket) => socket.on('say', (_word, answer) => answer('heard'))),
  });
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.disconnect();
  await server.stop();
});

type Connect = (url: string, options?: object) => Promise<Socket>;

/** Runs the block on a new phone. */
async function start(phone: Phone): Promise<Connect> {
  const doubles: Readonly<Record<string, string>> = {
    '@react-native-async-storage/async-storage': 'export default phone.AsyncStorage;',
    '@react-native-community/netinfo': 'export default phone.NetInfo;',
    'react-native': 'export const { AppState } = phone;',
  };
  const result = await build({
    stdin: { contents: block?.code ?? '', resolveDir: root },
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'program',
    target: 'es2022',
    alias: { ...shipped },
    plugins: [
      {
        name: 'doubles',
        setup(builder) {
          builder.onResolve({ filter: /^@?react-native/ }, ({ path }) => ({ path, namespace: 'double' }));
          builder.onLoad({ filter: /./, namespace: 'double' }, ({ path }) => ({
            contents: doubles[path] ?? '',
          }));
        },
      },
    ],
  });
  // Nothing of a page: no window, no document, no navigator, no URL, no localStorage.
  const { fetch, setTimeout, clearTimeout, performance, AbortController, TextDecoder, Blob } = globalThis;
  const platform = createContext({
    ...{ WebSocket, fetch, setTimeout, clearTimeout, performance, AbortController, TextDecoder, Blob },
    phone,
  });
  runInContext(`${result.outputFiles[0]?.text}\nthis.connect = program.connect;`, platform);
  return async (url, options) => {
    const socket = await (platform as { connect: Connect }).connect(url, options);
    sockets.push(socket);
    return socket;
  };
}

const connected = async (socket: Socket): Promise<void> => {
  if (!socket.connected) await nextEvent(socket, 'connect');
};

test('the block has twenty lines', () => {
  const lines = block?.code.split('\n').filter((line) => line && !line.startsWith('import')) ?? [];
  expect(lines.length).toBeLessThanOrEqual(20);
});

test.each(['websocket', 'polling'])('a phone connects and communicates over %s', async (transport) => {
  const connect = await start(new Phone());
  const socket = await connect(server.url, { transports: [transport] });
  await connected(socket);
  expect(socket.io.engine.transport.name).toBe(transport);
  expect(await socket.emitWithAck('say', 'hello')).toBe('heard');
});

test('what holdfast learns about a server is stored, and known when the app starts again', async () => {
  const phone = new Phone();
  const first = await (await start(phone))(server.url);
  await connected(first);
  const key = `holdfast:${server.url}/socket.io`;
  expect(JSON.parse(phone.stored.get(key) ?? '{}')).toMatchObject({
    rttMs: [expect.any(Number), expect.any(Number)],
    websocket: [false, expect.any(Number)],
  });

  phone.stored.set('something else', 'of the app');
  phone.stored.set(key, JSON.stringify({ websocket: [true, Date.now()] }));
  const second = await (await start(phone))(server.url, { upgrade: false });
  await connected(second);
  expect(second.io.engine.transport.name).toBe('polling');
});

test('a lost connection waits for the network, and reconnects with it at once', async () => {
  const phone = new Phone();
  const connect = await start(phone);
  const socket = await connect(server.url, { reconnectionDelay: 600_000, reconnectionDelayMax: 600_000 });
  await connected(socket);
  expect(phone.listening).toEqual([1, 1]);
  phone.connects(false);
  const lost = nextEvent(socket, 'disconnect');
  server.latest().conn.close();
  await lost;
  expect(socket.io.status).toBe('offline');
  phone.connects(true);
  await connected(socket);
});

test('a lost connection reconnects when the app returns to the foreground', async () => {
  const phone = new Phone();
  const connect = await start(phone);
  const socket = await connect(server.url, { reconnectionDelay: 600_000, reconnectionDelayMax: 600_000 });
  await connected(socket);
  phone.goes('background');
  const lost = nextEvent(socket, 'disconnect');
  server.latest().conn.close();
  await lost;
  phone.goes('active');
  await connected(socket);
});

test('an open connection is checked when the app returns to the foreground', async () => {
  const phone = new Phone();
  const connect = await start(phone);
  const socket = await connect(server.url);
  await connected(socket);
  const asked = new Promise<void>((resolve) => {
    socket.io.engine.on('packet', ({ data }) => {
      if (String(data).startsWith('4/holdfast-probe')) resolve();
    });
  });
  phone.goes('active');
  await asked;
});

test('no listener is left after the program has disconnected', async () => {
  const phone = new Phone();
  const connect = await start(phone);
  const socket = await connect(server.url);
  await connected(socket);
  socket.disconnect();
  // What was sent may still be on its way.
  await vi.waitFor(() => expect(phone.listening).toEqual([0, 0]), patiently);
});
