import { describe, expect, onTestFinished, test } from 'vitest';
import { io, type Socket } from '../../src/index.js';
import type { Options } from '../../src/platform/options.js';
import { startServer, type TestServer } from '../support/server.js';
import { Announcements, nextEvent } from '../support/waiting.js';

/** `emit` followed at once by `disconnect()`, as docs/delivery.md describes it, with a real server. */

interface Setup {
  readonly server: TestServer;
  readonly socket: Socket;
  /** The events that the server received, and how its sockets ended, in order. */
  readonly log: string[];
  readonly untilLogged: (line: string) => Promise<void>;
}

async function setUp(options: Options, admission: Promise<void> = Promise.resolve()): Promise<Setup> {
  const log: string[] = [];
  const changes = new Announcements();
  const add = (line: string): void => {
    log.push(line);
    changes.announce();
  };
  const server = await startServer({
    setup(app) {
      app.use((_socket, next) => void admission.then(() => next()));
      app.on('connection', (socket) => {
        socket.onAny((name, value) => add(`${name} ${typeof value === 'object' ? value.length : value}`));
        socket.on('disconnect', (reason) => add(reason));
      });
    },
  });
  const socket = io(server.url, { forceNew: true, ...options });
  onTestFinished(async () => {
    socket.disconnect();
    await server.stop();
  });
  const untilLogged = (line: string): Promise<void> =>
    changes.until(`"${line}" (so far: ${log.join(', ')})`, () => log.includes(line));
  return { server, socket, log, untilLogged };
}

const GONE = 'client namespace disconnect';

describe.each<[string, Options]>([
  ['WebSocket', { transports: ['websocket'] }],
  ['polling', { transports: ['polling'] }],
  ['polling while it is being upgraded', { transports: ['polling', 'websocket'] }],
])('connected over %s', (_transport, options) => {
  test('everything is sent, in order, before the server sees the disconnect', async () => {
    const { socket, log, untilLogged } = await setUp(options);
    await nextEvent(socket, 'connect');
    socket.emit('text', 1);
    socket.emit('bytes', new Uint8Array(100_000));
    socket.emit('text', 2);
    socket.disconnect();
    expect([socket.connected, socket.sendBuffer]).toEqual([false, []]);
    await untilLogged(GONE);
    expect(log).toEqual(['text 1', 'bytes 100000', 'text 2', GONE]);
  });

  test('an awaited emit is sent, and fails as maybe delivered', async () => {
    const { socket, log, untilLogged } = await setUp(options);
    await nextEvent(socket, 'connect');
    const answer = socket.emitWithAck('question', 1);
    socket.disconnect();
    await expect(answer).rejects.toMatchObject({ code: 'DISCONNECTED', maybeDelivered: true });
    await untilLogged(GONE);
    expect(log).toEqual(['question 1', GONE]);
  });
});

describe.each<[string, Options]>([
  ['WebSocket', { transports: ['websocket'] }],
  ['polling', { transports: ['polling'] }],
])('while connecting over %s', (_transport, options) => {
  test('nothing is sent: emitted events are kept until connect()', async () => {
    const { server, socket, log, untilLogged } = await setUp(options);
    socket.emit('kept', 1);
    const answer = socket.emitWithAck('question', 2);
    socket.volatile.emit('volatile', 3);
    socket.disconnect();
    await expect(answer).rejects.toMatchObject({ code: 'DISCONNECTED', maybeDelivered: false });
    expect(socket.sendBuffer.length).toBe(1);
    socket.connect();
    await untilLogged('kept 1');
    expect([log, server.serverSockets()]).toEqual([['kept 1'], 1]);
  });

  test('nothing is sent while CONNECT is pending: the server sees a socket that leaves', async () => {
    let admit = (): void => {};
    const admission = new Promise<void>((resolve) => {
      admit = resolve;
    });
    const { socket, log, untilLogged } = await setUp(options, admission);
    await new Promise<void>((resolve) => socket.io.once('open', () => resolve()));
    // CONNECT leaves in the same turn.
    await new Promise((resolve) => setImmediate(resolve));
    socket.emit('kept', 1);
    socket.disconnect();
    admit();
    socket.connect();
    await untilLogged('kept 1');
    expect(log.filter((line) => line === 'kept 1')).toEqual(['kept 1']);
    expect(socket.sendBuffer).toEqual([]);
  });
});
