import { readFile } from 'node:fs/promises';
import type { Server } from 'socket.io';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { Manager, type Socket } from '../../src/index.js';
import { useScene } from '../support/scene.js';
import { Announcements, nextEvent } from '../support/waiting.js';

/** The server's part of handling a message once, as docs/delivery.md shows it: run from there. */

interface Order {
  readonly item: number;
}

let documented: (io: Server, save: (order: Order) => Promise<string>) => void;

beforeAll(async () => {
  const text = await readFile(new URL('../../docs/delivery.md', import.meta.url), 'utf8');
  const [, code] = /<!-- run by test\/node\/idempotency\.test\.ts -->\s+```js\n(.*?)```/s.exec(text) ?? [];
  if (code === undefined) throw new Error('docs/delivery.md does not show it any more.');
  documented = new Function('io', 'save', code) as typeof documented;
});

const desk = new Announcements();
let saved: Order[] = [];
/** How often the order was received, whatever became of it. */
let received = 0;
let finish: (receipt: string) => void = () => {};

const scene = useScene({
  setup(io) {
    saved = [];
    received = 0;
    documented(io, (order) => {
      saved.push(order);
      desk.announce();
      return new Promise((resolve) => {
        finish = resolve;
      });
    });
    io.on('connection', (socket) => {
      socket.onAny(() => {
        received += 1;
        desk.announce();
      });
    });
  },
});

async function page(): Promise<Socket> {
  const manager = new Manager(scene.proxy.url, {
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

test('an order that is sent again while it is being handled is handled once, and answered', async () => {
  const socket = await page();
  const answer = socket.idempotent().emitWithAck('order', { item: 7 });
  await desk.until('the order', () => saved.length === 1);
  scene.proxy.cut();
  await desk.until('the order again', () => received === 2);
  finish('receipt 1');
  expect(await answer).toBe('receipt 1');
  expect(saved).toEqual([{ item: 7 }]);
});

test('an order whose answer was lost is answered when it is sent again', async () => {
  const socket = await page();
  const answer = socket.idempotent().emitWithAck('order', { item: 7 });
  await desk.until('the order', () => saved.length === 1);
  const heal = scene.proxy.stall('to-client');
  finish('receipt 1');
  const away = nextEvent(socket, 'disconnect');
  scene.proxy.cut();
  await away;
  heal();
  expect(await answer).toBe('receipt 1');
  expect({ saved, received }).toEqual({ saved: [{ item: 7 }], received: 2 });
});

test('two orders of the same thing are two orders, and two with one key are one', async () => {
  const socket = await page();
  for (const receipt of ['receipt 1', 'receipt 2']) {
    const answer = socket.idempotent().emitWithAck('order', { item: 7 });
    await desk.until('the order', () => saved.length === Number(receipt.at(-1)));
    finish(receipt);
    expect(await answer).toBe(receipt);
  }
  const third = socket.idempotent('my key').emitWithAck('order', { item: 8 });
  await desk.until('the order', () => saved.length === 3);
  finish('receipt 3');
  expect(await third).toBe('receipt 3');
  expect(await socket.idempotent('my key').emitWithAck('order', { item: 8 })).toBe('receipt 3');
  expect(saved).toEqual([{ item: 7 }, { item: 7 }, { item: 8 }]);
});
