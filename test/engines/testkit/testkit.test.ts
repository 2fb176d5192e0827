import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { NetworkProxy } from '../../../src/playwright/proxy.js';
import { type App, startApp } from '../../playwright/app.js';
import { host } from '../../support/ports.js';
import type { Driver } from '../drivers/driver.js';
import { drivePlaywrightWebKit } from '../drivers/playwright.js';
import { driveWebKitGtk } from '../drivers/webkit-gtk.js';
import { engines } from '../engines.js';

/** The test kit in the three engines: the in-memory server within a page, and the proxy of the fixtures in front of WebKit. */

const limitMs = 60_000;

/** The value of an expression in the page, once it has one. */
async function value(driver: Driver, expression: string): Promise<unknown> {
  const endMs = Date.now() + limitMs / 2;
  for (;;) {
    const found = await driver.evaluate(`(${expression}) ?? null`);
    if (found !== null) return found;
    if (Date.now() > endMs) throw new Error(`${expression} has no value`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The value of a Promise in the page. */
async function settled(driver: Driver, promise: string): Promise<unknown> {
  await driver.evaluate(
    `void (window.settled = undefined, ${promise}.then((given) => { window.settled = given; }))`,
  );
  return value(driver, 'window.settled');
}

describe('an in-memory server in a page', () => {
  let url: string;
  const server = createServer();
  beforeAll(async () => {
    const { outputFiles } = await build({
      entryPoints: [fileURLToPath(new URL('page.ts', import.meta.url))],
      bundle: true,
      write: false,
      format: 'iife',
      platform: 'browser',
    });
    const script = outputFiles[0]?.text ?? '';
    server.on('request', (request, response) => {
      const isScript = request.url === '/page.js';
      response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
      response.end(isScript ? script : '<!doctype html><script src="/page.js"></script>');
    });
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    url = `http://${host}:${(server.address() as AddressInfo).port}/`;
  });
  afterAll(() => server.close());

  test.each(engines.filter(({ start }) => start))(
    '$name',
    async ({ start }) => {
      const driver = await (start as () => Promise<Driver>)();
      try {
        await driver.open(url);
        expect(await value(driver, 'window.outcome')).toEqual([
          3,
          [3, 2, 1],
          4,
          '/room-1',
          'reconnecting',
          'connected',
          7,
        ]);
      } finally {
        await driver.close();
      }
    },
    limitMs,
  );
});

const { HOLDFAST_WEBKIT: webkit, HOLDFAST_WEBKIT_DRIVER: webkitDriver } = process.env;

describe.runIf(webkit)('the proxy, in front of WebKit', () => {
  let app: App;
  let proxy: NetworkProxy;
  let driver: Driver;
  beforeAll(async () => {
    [app, proxy] = await Promise.all([startApp(), NetworkProxy.start()]);
    const address = proxy.url.replace('http://', '');
    driver = await (webkitDriver
      ? driveWebKitGtk(webkitDriver, webkit as string, address)
      : drivePlaywrightWebKit(webkit as string, address));
  }, limitMs);
  beforeEach(() => proxy.restore());
  afterAll(async () => {
    await driver?.close();
    await proxy?.close();
    await app?.close();
  });

  const open = async (query = ''): Promise<void> => {
    await driver.open(`${app.url}/holdfast${query}`);
    await settled(driver, 'socket.ready().then(() => true)');
  };
  const transport = (): Promise<unknown> => driver.evaluate('socket.io.transport');

  test(
    'carries WebSockets, and records their traffic',
    async () => {
      const heard: unknown[] = [];
      proxy.tap = {
        opened: (name) => {
          heard.push(name);
          return {
            sent: (text) => heard.push(`> ${text}`),
            received: (text) => heard.push(`< ${text}`),
            closed() {},
          };
        },
      };
      await open();
      expect(await transport()).toBe('websocket');
      expect(await settled(driver, 'ask("a")')).toBe('noted: a');
      expect(heard).toEqual(
        expect.arrayContaining(['websocket', '> 40', expect.stringMatching(/^> 42\d+\["note","a"\]$/)]),
      );
      proxy.tap = undefined;
    },
    limitMs,
  );

  test.each(['refuse', 'swallow', 'mute'] as const)(
    '%s: the page falls back to polling',
    async (fault) => {
      proxy.webSockets = fault;
      await driver.open(`${app.url}/holdfast?transports=websocket,polling`);
      await settled(driver, 'socket.ready().then(() => true)');
      expect(await transport()).toBe('polling');
      expect(await settled(driver, 'ask("a")')).toBe('noted: a');
    },
    limitMs,
  );

  test(
    'cut: the page reconnects',
    async () => {
      await open('?transports=websocket');
      proxy.cut();
      await value(driver, 'log[0]');
      expect(await settled(driver, 'ask("again")')).toBe('noted: again');
    },
    limitMs,
  );

  test(
    'die: nothing arrives, and neither side is notified',
    async () => {
      await open('?transports=websocket');
      proxy.die();
      const outcome =
        'socket.timeout(700).emitWithAck("note", "lost").then(() => "answered", () => "silence")';
      expect(await settled(driver, outcome)).toBe('silence');
      expect(await driver.evaluate('[socket.connected, log.length]')).toEqual([true, 0]);
      // A new connection works.
      expect(await settled(driver, 'io(location.origin, { forceNew: true }).ready().then(() => "new")')).toBe(
        'new',
      );
    },
    limitMs,
  );

  test(
    'latency: an answer is delayed',
    async () => {
      await open('?transports=websocket');
      proxy.latencyMs = 150;
      const took = '((startMs) => ask("slow").then(() => performance.now() - startMs))(performance.now())';
      expect(await settled(driver, took)).toBeGreaterThan(290);
    },
    limitMs,
  );
});
