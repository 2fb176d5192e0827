import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright';
import type { Server } from 'socket.io';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.js';
import { startServer, type TestServer } from '../support/server.js';
import { type Site, startSite } from '../support/site.js';

/** An eventful session for the inspector: a fallback, a refused namespace, a cut, retries, packets of every type. */

export interface SessionFixture {
  readonly server: TestServer;
  readonly proxy: FaultProxy;
  readonly site: Site;
  close(): Promise<void>;
}

const dist = fileURLToPath(new URL('dist/', `file://${process.cwd()}/`)).replace(/\/$/, '');

function application(io: Server): void {
  io.on('connection', (socket) => {
    socket.on('order:place', (_order: object, answer: (status: object) => void) =>
      answer({ accepted: true }),
    );
    socket.on('ping:me', (answer: () => void) => answer());
    const timer = setInterval(() => {
      socket.emit('price', { symbol: 'HLD', bid: 101.25, ask: 101.5 });
      if (Math.random() < 0.3)
        socket.emit('book:delta', { levels: Array.from({ length: 12 }, (_, i) => [i, i * 3]) });
      if (Math.random() < 0.1) socket.emit('chart', Buffer.alloc(900));
    }, 90);
    socket.on('disconnect', () => clearInterval(timer));
  });
  io.of('/chat').on('connection', (socket) => {
    socket.on('say', (_text: string, answer: (id: number) => void) => answer(7));
    const timer = setInterval(() => socket.emit('presence', { online: 42 }), 700);
    socket.on('disconnect', () => clearInterval(timer));
  });
  io.of('/admin').use((_socket, next) => next(new Error('only for administrators')));
}

export async function startSessionFixture(): Promise<SessionFixture> {
  const [server, site] = await Promise.all([startServer({ setup: application }), startSite(dist)]);
  const proxy = await startFaultProxy(server.port);
  proxy.delay(12, 4);
  return {
    server,
    proxy,
    site,
    async close() {
      await proxy.close();
      await server.stop();
      await site.close();
    },
  };
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A page that opens the inspector with script tags only. */
export const inspectedPage = (attributes = 'data-inspect'): string =>
  `<!doctype html><html lang="en"><title>inspected</title><link rel="icon" href="data:,"><meta name="viewport" content="width=device-width">
  <body><main><h1>Orders</h1></main><script src="/holdfast.min.js"></script><script src="/holdfast.inspector.min.js" ${attributes}></script></body></html>`;

/** Runs the session in a page that has loaded `io`; takes about nine seconds. */
export async function runSession(page: Page, { proxy }: SessionFixture): Promise<void> {
  const heal = proxy.refuseUpgrades({ status: 403, body: 'no upgrades here' });
  await page.evaluate((url) => {
    const socket = window.io(url, {
      reconnectionDelay: 300,
      reconnectionDelayMax: 900,
      auth: { token: 'hush-hush' },
    });
    const { io: manager } = socket;
    const chat = manager.socket('/chat');
    manager.socket('/admin');
    window.socket = socket as never;
    setInterval(() => socket.emit('order:place', { symbol: 'HLD', amount: 3 }, () => {}), 340);
    setInterval(() => chat.emit('say', 'how are you?', () => {}), 900);
    setInterval(() => socket.volatile.emit('cursor', 12, 40), 120);
  }, `${proxy.url}/?key=hush-hush`);
  await wait(2_500);
  heal();
  await proxy.down();
  await wait(1_600);
  await proxy.up();
  await wait(3_500);
  proxy.cut();
  await wait(1_500);
}
