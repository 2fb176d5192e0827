import { afterAll, beforeAll, expect, test } from 'vitest';
import { io, type Socket } from '../../src/index.js';
import type { Options } from '../../src/platform/options.js';
import { type Middlebox, nginx, provideMiddleboxes } from '../faults/middleboxes.js';
import { startServer, type TestServer } from '../support/server.js';
import { nextEvent } from '../support/waiting.js';

/** Long-polling with three unconnected servers behind nginx with round robin. */

let missing: string | undefined;
const servers: TestServer[] = [];
const boxes: Middlebox[] = [];
let open: Middlebox;
let webSocketBlocked: Middlebox;

beforeAll(async () => {
  missing = await provideMiddleboxes(['nginx']);
  if (missing && process.env.CI) throw new Error(missing);
  if (missing) return;
  while (servers.length < 3) servers.push(await startServer());
  const ports = servers.map(({ port }) => port);
  open = await nginx({ upgrades: true, keepFailed: true })(ports);
  webSocketBlocked = await nginx({ upgrades: false, keepFailed: true })(ports);
  boxes.push(open, webSocketBlocked);
});

afterAll(async () => {
  for (const box of boxes) await box.stop();
  for (const server of servers) await server.stop();
});

function connect({ port }: Middlebox, options: Options = {}): Socket {
  const socket = io(`http://127.0.0.1:${port}`, {
    forceNew: true,
    reconnectionDelay: 50,
    reconnectionDelayMax: 200,
    ...options,
  });
  return socket;
}

test('a client with the default transports needs no sticky sessions', async ({ skip }) => {
  if (missing) skip(missing);
  const socket = connect(open);
  await nextEvent(socket, 'connect');
  expect(socket.io.transport).toBe('websocket');
  socket.disconnect();
});

test('a client that lists polling first connects over WebSocket', async ({ skip }) => {
  if (missing) skip(missing);
  const socket = connect(open, { transports: ['polling', 'websocket'] });
  await nextEvent(socket, 'connect');
  expect(socket.io.transport).toBe('websocket');
  socket.disconnect();
});

test.for([
  ['a client that has only polling', ['polling']],
  ['a client whose WebSocket is blocked', ['websocket', 'polling']],
] as const)('%s gets "unknown session" each time, and keeps trying', async ([, transports], { skip }) => {
  if (missing) skip(missing);
  const socket = connect(webSocketBlocked, { transports: [...transports] });
  for (let times = 0; times < 3; times += 1) {
    const [error] = await nextEvent<[Error & { description?: unknown }]>(socket, 'connect_error');
    expect(error.message).toMatch(/^xhr (post|poll) error$/);
    expect(error.description).toBe(400);
  }
  expect(socket.active).toBe(true);
  socket.disconnect();
});
