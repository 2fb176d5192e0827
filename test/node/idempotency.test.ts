import { readFile } from 'node:fs/promises';
import type { Server } from 'socket.io';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { Manager, type Socket } from '../../src/index.js';
import { useFixture } from '../support/fixture.js';
import { Announcements, nextEvent } from '../support/waiting.js';

/** Runs the server code in docs/delivery.md that handles each message once. */

interface Order {
  readonly item: number;
}

let documented: (io: Server, save: (order: Order) => Promise<string>) => void;

beforeAll(async () => {
  const text = await readFile(new URL('../../docs/delivery.md', import.meta.url), 'utf8');
  const [, code] = /<!-- run by test\/node\/idempotency\.test\.ts -->\s+```js\n(.*?)```/s.exec(text) ?? [];
  if (code === undefined) throw new Error('docs/delivery.md has no such block.');
  documented = new Function('io', 'save', code) as typeof documented;
});

const changes = new Announcements();
let saved: Order[] = [];
/** How often the order was received, including duplicates. */
let received = 0;
let finish: (receipt: string) => void = () => {};

const fixture = useFixture({
  setup(io) {
    saved = [];
    received = 0;
    documented(io, (order) => {
      saved.push(order);
      changes.announce();
      return new Promise((resolve) => {
        finish = resolve;
      });
    });
    io.on('connection', (socket) => {
      socket.onAny(() => {
        received += 1;
        changes.announce();
      });
    });
  },
});

async function connect(): Promise<Socket> {
  const manager = new Manager(fixture.proxy.url, {
    reconnectionDelay: 10,
    reconnectionDelayMax: 50,
    transports: ['websocket'],
  });
  const socket = manager.socket('/', { retries: 10 });
  onTestFinished(() => {
    socket.disconnect();
  });
  return socket.ready();
}

test('handles an order once if it arrives again while it is being handled, and answers it', async () => {
  const socket = await connect();
  const answer = socket.idempotent().emitWithAck('order', { item: 7 });
  await changes.until('the order', () => saved.length === 1);
  fixture.proxy.cut();
  await changes.until('the order again', () => received === 2);
  finish('receipt 1');
  expect(await answer).toBe('receipt 1');
  expect(saved).toEqual([{ item: 7 }]);
});

test('answers a resent order whose first answer was lost', async () => {
  const socket = await connect();
  const answer = socket.idempotent().emitWithAck('order', { item: 7 });
  await changes.until('the order', () => saved.length === 1);
  const heal = fixture.proxy.stall('to-client');
  finish('receipt 1');
  const disconnected = nextEvent(socket, 'disconnect');
  fixture.proxy.cut();
  await disconnected;
  heal();
  expect(await answer).toBe('receipt 1');
  expect({ saved, received }).toEqual({ saved: [{ item: 7 }], received: 2 });
});

test('treats equal orders as different, and orders with the same key as one', async () => {
  const socket = await connect();
  for (const receipt of ['receipt 1', 'receipt 2']) {
    const answer = socket.idempotent().emitWithAck('order', { item: 7 });
    await changes.until('the order', () => saved.length === Number(receipt.at(-1)));
    finish(receipt);
    expect(await answer).toBe(receipt);
  }
  const third = socket.idempotent('my key').emitWithAck('order', { item: 8 });
  await changes.until('the order', () => saved.length === 3);
  finish('receipt 3');
  expect(await third).toBe('receipt 3');
  expect(await socket.idempotent('my key').emitWithAck('order', { item: 8 })).toBe('receipt 3');
  expect(saved).toEqual([{ item: 7 }, { item: 7 }, { item: 8 }]);
});
