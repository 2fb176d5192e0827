import type { Server } from 'socket.io';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { io, type Socket } from '../../src/index.js';
import { freePort, host } from '../support/ports.js';
import { startServer, type TestServer } from '../support/server.js';

/** Programs that disconnect and reconnect endlessly in handlers of the resulting events. Timers and other connections must still run. */

/** More handlers than run in one turn of the event loop unless it hangs. */
const HANGING = 10_000;
/** How many turns the program's loop lasts. */
const TURNS = 100;

let accepting: TestServer;
let refusing: TestServer;
let bystander: Socket;
beforeAll(async () => {
  accepting = await startServer({
    setup: (app: Server) =>
      app.on('connection', (socket) => socket.on('echo', (value, answer) => answer(value))),
  });
  refusing = await startServer({ setup: (app: Server) => app.use((_socket, next) => next(new Error('no'))) });
  bystander = io(accepting.url, { forceNew: true });
  await bystander.ready();
});
afterAll(async () => {
  bystander.disconnect();
  await accepting.stop();
  await refusing.stop();
});

const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) {
    socket.off();
    socket.io.off();
    socket.disconnect();
  }
});

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

/** Lets the program disconnect and reconnect whenever `event` fires, for a while. */
async function loop(url: string, options: object, of: 'socket' | 'manager', event: string): Promise<Socket> {
  const retries = { reconnectionDelay: 0, reconnectionDelayMax: 0, randomizationFactor: 0 };
  const socket = io(url, { forceNew: true, timeout: 5_000, ...retries, ...options });
  sockets.push(socket);
  let [handled, inThisTurn, most] = [0, 0, 0];
  const source = (of === 'socket' ? socket : socket.io) as { on(event: string, listener: () => void): void };
  source.on(event, () => {
    handled++;
    most = Math.max(most, ++inThisTurn);
    if (inThisTurn < HANGING) socket.disconnect().connect();
  });
  if (/^(disconnect|close)$/.test(event)) socket.on('connect', () => socket.disconnect());
  for (let turns = 0; turns < TURNS || handled < 3; turns++) {
    inThisTurn = 0;
    await turn();
  }
  expect(most).toBeLessThan(HANGING);
  expect(await bystander.timeout(5_000).emitWithAck('echo', event)).toBe(event);
  return socket;
}

const onConnecting = ['open', 'attempt', 'status', 'close'];

describe.each(['websocket', 'polling'])('over %s, disconnect().connect() in a handler', (transport) => {
  const transports = [transport];

  test.each<['socket' | 'manager', string]>([
    ['socket', 'connect'],
    ['socket', 'disconnect'],
    ...onConnecting.map((event): ['manager', string] => ['manager', event]),
  ])('of the %s’s event %s does not block the page, and ends with the handler', async (of, event) => {
    const socket = await loop(accepting.url, { transports }, of, event);
    socket.off();
    socket.io.off();
    await socket.ready();
    expect(await socket.emitWithAck('echo', 1)).toBe(1);
  });

  test.each<['socket' | 'manager', string]>([
    ['socket', 'connect_error'],
    ...['error', 'reconnect_attempt', 'reconnect_error', 'attempt', 'status'].map(
      (event): ['manager', string] => ['manager', event],
    ),
  ])('of the %s’s event %s does not block the page when there is no server', async (of, event) => {
    await loop(`http://${host}:${await freePort()}`, { transports }, of, event);
  });

  test('of reconnect_failed does not block the page', async () => {
    const url = `http://${host}:${await freePort()}`;
    await loop(url, { transports, reconnectionAttempts: 1 }, 'manager', 'reconnect_failed');
  });

  test('of connect_error does not block the page when the server refuses the namespace', async () => {
    await loop(refusing.url, { transports }, 'socket', 'connect_error');
  });

  test('of connect_error does not block the page when `auth` throws', async () => {
    const auth = (): never => {
      throw new Error('nobody is logged in');
    };
    await loop(accepting.url, { transports, auth }, 'socket', 'connect_error');
  });
});

describe('a promise that is requested again at once does not block the page', () => {
  const away = { autoConnect: false };
  const gone = AbortSignal.abort(new Error('no'));

  test.each<[what: string, options: object, ask: (socket: Socket) => Promise<unknown>]>([
    ['drained() of a closed connection', away, (socket) => socket.connect().disconnect().io.drained()],
    [
      'drained() before volatile events, without a connection',
      away,
      (socket) => socket.io.drained().then(() => socket.volatile.emit('x')),
    ],
    [
      'drained() before events that find no room, without a connection',
      { ...away, outbox: { maxPackets: 1 } },
      (socket) => socket.io.drained().then(() => socket.emit('x')),
    ],
    ['drained() with a signal that was aborted', away, (socket) => socket.io.drained({ signal: gone })],
    ['ready() with a signal that was aborted', away, (socket) => socket.ready({ signal: gone })],
    [
      'ready() whose auth throws, beside another namespace',
      {
        auth: () => {
          throw new Error('no token');
        },
      },
      (socket) => socket.ready(),
    ],
    ['a volatile emitWithAck', away, (socket) => socket.volatile.emitWithAck('x')],
    [
      'an emitWithAck into a full outbox',
      { ...away, outbox: { maxPackets: 0 } },
      (socket) => socket.emitWithAck('x'),
    ],
    [
      'an emitWithAck with retries',
      { ...away, retries: 2, outbox: { maxPackets: 0 } },
      (socket) => socket.emitWithAck('x'),
    ],
    ['an emitWithAck of what cannot be sent', away, (socket) => socket.emitWithAck('x', 1n)],
    ['an emitWithAck of a name that is reserved', away, (socket) => socket.emitWithAck('connect')],
    ['an emitWithAck with a signal that was aborted', away, (socket) => socket.signal(gone).emitWithAck('x')],
    [
      'an emitWithAck beyond maxPendingAcks',
      { ...away, maxPendingAcks: 0 },
      (socket) => socket.emitWithAck('x'),
    ],
  ])('%s', async (_what, options, ask) => {
    const socket = io(accepting.url, { forceNew: true, ...options });
    sockets.push(socket);
    const other = socket.io.socket('/other');
    sockets.push(other as Socket);
    if (!('autoConnect' in options)) await new Promise<void>((resolve) => socket.io.once('open', resolve));
    let [asked, inThisTurn, most] = [0, 0, 0];
    let over = false;
    const asking = (async () => {
      while (!over && inThisTurn < HANGING) {
        most = Math.max(most, ++inThisTurn);
        asked++;
        await ask(socket).catch(() => {});
      }
    })();
    for (let turns = 0; turns < TURNS || asked < 3; turns++) {
      inThisTurn = 0;
      await turn();
    }
    over = true;
    await asking;
    expect(most).toBeLessThan(HANGING);
  });
});
