import type { Server } from 'socket.io';
import { beforeEach, describe, expect, test } from 'vitest';
import { useBrowser } from '../support/browser.js';
import { useFigures } from '../support/figures.js';
import { useFixture } from '../support/fixture.js';
import { waysOfLoading } from '../support/page-server.js';
import { startWorker, type TestWorker, workerKinds } from '../support/worker-tools.js';

const browser = useBrowser();
const figures = useFigures();

let heard: unknown[] = [];
beforeEach(() => {
  heard = [];
});
const fixture = useFixture({
  setup(app: Server) {
    app.on('connection', (socket) => {
      socket.on('tell', (word: unknown, answer: () => void) => {
        heard.push(word);
        answer();
      });
      socket.on('double', (bytes: Buffer, answer: (twice: Buffer) => void) =>
        answer(Buffer.concat([bytes, bytes])),
      );
    });
  },
});

interface Setting {
  readonly url: string;
  /** Names of transports; `fetch` stands for the class. */
  readonly transports?: readonly string[];
  readonly reconnectionDelay?: number;
}

async function connect(worker: TestWorker, setting: Setting): Promise<string> {
  return worker.run(async ({ url, transports, reconnectionDelay = 100 }) => {
    const list = transports?.map((name) => (name === 'fetch' ? self.Fetch : name));
    self.socket = self.io(url, {
      reconnectionDelay,
      reconnectionDelayMax: reconnectionDelay,
      ...(list && { transports: list as string[] }),
    });
    self.socket.on('disconnect', (reason: string) => self.record.push(reason));
    await self.until(self.socket, 'connect', () => self.socket.connected);
    return self.socket.io.engine.transport.name;
  }, setting);
}

/** Acknowledgements, binary data in both directions, and a cut that loses no emit. */
async function talks(worker: TestWorker): Promise<void> {
  const twice = await worker.run(async () => {
    const answer = await self.socket.emitWithAck('double', new Uint8Array([1, 2, 255]));
    return Array.from(new Uint8Array(answer));
  });
  expect(twice).toEqual([1, 2, 255, 1, 2, 255]);
  const cut = worker.run(() => self.until(self.socket, 'disconnect', () => !self.socket.connected));
  await worker.run(() => undefined);
  fixture.proxy.cut();
  await cut;
  await worker.run(async () => {
    self.socket.emit('tell', 'during the cut', () => undefined);
    await self.socket.emitWithAck('tell', 'behind it');
  });
  expect(heard).toEqual(['during the cut', 'behind it']);
  expect(fixture.server.serverSockets()).toBe(2);
  expect(await worker.run(() => self.record)).toHaveLength(1);
  expect(await worker.run(() => self.uncaught)).toEqual([]);
}

describe.each(workerKinds)('in a %s', (kind) => {
  test.each(waysOfLoading)('holdfast, loaded as a %s, communicates and reconnects', async (loading) => {
    const page = await browser.open('script');
    const worker = await startWorker(page, kind, loading);
    expect(await connect(worker, { url: fixture.proxy.url })).toBe('websocket');
    await talks(worker);
  });

  test('holdfast communicates and reconnects by long-polling over fetch', async () => {
    const page = await browser.open('script');
    const worker = await startWorker(page, kind, 'module');
    expect(await connect(worker, { url: fixture.proxy.url, transports: ['fetch'] })).toBe('polling');
    await talks(worker);
  });
});

test.each(['dedicated worker', 'shared worker'] as const)(
  'in a %s, holdfast falls back to long-polling if WebSocket is refused',
  async (kind) => {
    fixture.proxy.refuseUpgrades({ status: 403 });
    const page = await browser.open('script');
    const worker = await startWorker(page, kind, 'script');
    expect(await connect(worker, { url: fixture.proxy.url })).toBe('polling');
    await talks(worker);
  },
);

test('in a service worker, which has no XMLHttpRequest, polling uses fetch automatically', async () => {
  fixture.proxy.refuseUpgrades({ status: 403 });
  const page = await browser.open('script');
  const worker = await startWorker(page, 'service worker', 'script');
  const seen = await worker.run(async (url) => {
    self.socket = self.io(url);
    await self.next(self.socket, 'connect');
    const seen = { transport: self.socket.io.transport, xhr: typeof XMLHttpRequest };
    self.socket.disconnect();
    return seen;
  }, fixture.proxy.url);
  expect(seen).toEqual({ transport: 'polling', xhr: 'undefined' });
});

// Of all that happens to a page, a worker hears only of the network.
test.each(['dedicated worker', 'shared worker'] as const)(
  'in a %s, holdfast is usable as soon as the network returns',
  async (kind) => {
    const page = await browser.open('script');
    const worker = await startWorker(page, kind, 'module');
    await connect(worker, { url: fixture.proxy.url, reconnectionDelay: 60_000 });
    const cut = worker.run(() => self.until(self.socket, 'disconnect', () => !self.socket.connected));
    fixture.proxy.cut();
    await cut;
    const ms = await worker.run(async () => {
      const startMs = performance.now();
      self.dispatchEvent(new Event('online'));
      await self.next(self.socket, 'connect', 15_000);
      return performance.now() - startMs;
    });
    figures.add(`${kind}, back online: usable`, ms, 500);
    // Its next attempt was a minute away.
    expect(ms).toBeLessThan(15_000);
  },
);
