import { once } from 'node:events';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright';
import type { Server } from 'socket.io';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type WebSocket as ServerSocket, WebSocketServer } from 'ws';
import type { StreamedWebSocket, webSocketStreamClass } from '../../src/platform/web-socket-stream.js';
import type { early } from '../../src/plugins/early.js';
import type { schedule, webSocketStream } from '../../src/plugins/schedule.js';
import { useBrowser } from '../support/browser.js';
import { useFixture } from '../support/fixture.js';
import { type Site, startSite } from '../support/site.js';
import { Announcements } from '../support/waiting.js';

/** WebSocketStream in Chromium, against real servers: it behaves as a WebSocket does. */

declare global {
  interface Window {
    kit: {
      StreamedWebSocket: typeof StreamedWebSocket;
      webSocketStreamClass: typeof webSocketStreamClass;
      schedule: typeof schedule;
      webSocketStream: typeof webSocketStream;
      early: typeof early;
    };
    /** Opens one of the two kinds. */
    dial(url: string, protocols?: string | string[]): WebSocket;
    lines: string[];
    /** How many of the page's connections use a stream. */
    streams: number;
  }
}

const browser = useBrowser();
let site: Site;
let address: string;
beforeAll(async () => {
  site = await startSite(fileURLToPath(new URL('../../', import.meta.url)).replace(/.$/, ''));
  const built = '/dist/browser/production';
  address = site.page(`<!doctype html><html lang="en"><title>streams</title><link rel="icon" href="data:,">
    <script>
      streams = 0;
      WebSocketStream = class extends WebSocketStream {
        constructor(...args) {
          super(...args);
          streams += 1;
        }
      };
    </script>
    <script type="module">
      import { io } from '${built}/index.js';
      import { early } from '${built}/plugins/early.js';
      import { schedule, webSocketStream } from '${built}/plugins/schedule.js';
      import { StreamedWebSocket, webSocketStreamClass } from '${built}/platform/web-socket-stream.js';
      Object.assign(window, { io, kit: { early, schedule, webSocketStream, StreamedWebSocket, webSocketStreamClass } });
    </script></html>`);
});
afterAll(() => site?.close());

async function open(prepare?: (page: Page) => Promise<unknown>): Promise<Page> {
  const page = await browser.open('module');
  await prepare?.(page);
  await page.goto(address);
  await page.waitForFunction(() => window.kit !== undefined);
  return page;
}

describe('a streamed WebSocket', () => {
  let http: HttpServer;
  let url: string;
  /** What the server has received, for each connection. */
  const heard: string[] = [];
  const ended: string[] = [];
  let served = 0;
  const announcements = new Announcements();

  function serve(socket: ServerSocket): void {
    served += 1;
    const orders: Record<string, () => void> = {
      text: () => socket.send('hello'),
      bytes: () => socket.send(Buffer.from([1, 2, 3])),
      empty: () => [socket.send(''), socket.send(Buffer.alloc(0))],
      many: () => {
        for (let i = 0; i < 500; i += 1) socket.send(i % 3 ? `${i}` : Buffer.from([i % 256]));
      },
      large: () => socket.send('x'.repeat(3_000_000)),
      close: () => socket.close(),
      code: () => socket.close(4_001, 'enough'),
      last: () => [socket.send('last'), socket.close(1_000, 'done')],
      drop: () => socket.terminate(),
      // No frame begins like this.
      broken: () =>
        (socket as unknown as { _socket: NodeJS.WritableStream })._socket.write(Buffer.from([0xff, 0x00])),
    };
    socket.on('message', (data: Buffer, isBinary) => {
      const text = isBinary ? `bytes ${[...data].slice(0, 5)}` : `${data}`.slice(0, 20);
      if (!isBinary && Object.hasOwn(orders, text)) orders[text]?.();
      else {
        heard.push(`${text} (${data.length})`);
        socket.send(`heard ${text}`);
      }
    });
    socket.on('close', (code) => {
      ended.push(`${code}`);
      announcements.announce();
    });
    socket.on('error', () => {});
  }

  beforeAll(async () => {
    http = createServer();
    const sockets = new WebSocketServer({
      noServer: true,
      handleProtocols: (wanted) => (wanted.has('unknown') ? false : ([...wanted][0] ?? false)),
    });
    http.on('upgrade', (request, socket, head) => {
      if (request.url === '/refused') socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      else if (request.url === '/dropped') socket.destroy();
      else if (request.url !== '/silent')
        sockets.handleUpgrade(request, socket, head, (webSocket) => serve(webSocket));
    });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    http?.closeAllConnections();
    http?.close();
  });
  /** Runs in the page; resolves when the end has been logged. */
  type Program = (url: string) => unknown;

  const say = (...orders: string[]): Program =>
    // Built as text, because a page does not have the variables of the test.
    new Function(
      'url',
      `const socket = dial(url); socket.onopen = () => { lines.push('open ' + socket.readyState); for (const one of ${JSON.stringify(orders)}) socket.send(one); };`,
    ) as Program;

  const programs: Record<string, Program> = {
    'receives text, bytes and empty messages in order': say('text', 'bytes', 'empty', 'text', 'close'),
    'receives hundreds of messages of both kinds': say('many', 'close'),
    'receives a large message': say('large', 'close'),
    'is closed by the server': say('close'),
    'is closed by the server with a code and a reason': say('code'),
    'receives what came before the end': say('last'),
    'is dropped by the server': say('drop'),
    'sends text of every kind': say('', 'a', 'ä € 😀', 'x'.repeat(70_000), 'close'),
    'is refused by the server': () => void window.dial(`${window.name}/refused`),
    'is dropped during its handshake': () => void window.dial(`${window.name}/dropped`),
    'finds nobody': () => void window.dial('ws://127.0.0.1:1'),
    'asks for a sub-protocol': (url) => {
      const socket = window.dial(url, 'chat');
      socket.onopen = () => socket.send('close');
    },
    'asks for several sub-protocols': (url) => {
      const socket = window.dial(url, ['a', 'b']);
      socket.onopen = () => socket.send('close');
    },
    'asks for a sub-protocol that the server does not have': (url) => void window.dial(url, 'unknown'),
    'sends bytes of every kind, as they were at that time': (url) => {
      const socket = window.dial(url);
      socket.onopen = () => {
        const bytes = new Uint8Array([9, 8, 7, 6]);
        socket.send(bytes);
        socket.send(bytes.buffer);
        socket.send(new DataView(bytes.buffer, 1, 2));
        bytes.fill(0);
        socket.send('text after bytes');
        socket.send(new Blob([new Uint8Array([5, 4])]));
        socket.send('text after a Blob');
        socket.send('close');
      };
    },
    'closes by itself, and what it sent before leaves': (url) => {
      const socket = window.dial(url);
      socket.onopen = () => {
        for (let i = 0; i < 20; i += 1) socket.send(i % 2 ? `${i}` : new Uint8Array([i]));
        socket.send('z'.repeat(2_000_000));
        socket.close();
        window.lines.push(`then ${socket.readyState}`);
        socket.close();
      };
    },
    'closes by itself while messages come in': (url) => {
      const socket = window.dial(url);
      socket.onopen = () => socket.send('many');
      const log = socket.onmessage as (event: MessageEvent) => void;
      socket.onmessage = (event) => {
        log.call(socket, event);
        if (event.data === '50') socket.close();
      };
    },
    'closes while it connects': () => {
      const socket = window.dial(`${window.name}/silent`);
      socket.close();
      window.lines.push(`then ${socket.readyState}`);
    },
    'closes while the server does not answer': () => {
      const socket = window.dial(`${window.name}/silent`);
      setTimeout(() => socket.close(), 50);
    },
    'goes on after a listener throws': (url) => {
      const socket = window.dial(url);
      socket.onopen = () => socket.send('text');
      const log = socket.onmessage as (event: MessageEvent) => void;
      addEventListener('error', (event) => event.preventDefault(), { once: true });
      let thrown = false;
      socket.onmessage = (event) => {
        log.call(socket, event);
        socket.send(thrown ? 'close' : 'text');
        if (thrown) return;
        thrown = true;
        throw new Error('of a listener');
      };
    },
  };

  /** What the page and the server see. */
  async function run(page: Page, kind: 'WebSocket' | 'stream', program: Program) {
    heard.length = 0;
    ended.length = 0;
    served = 0;
    await page.evaluate(
      ({ kind, url }) => {
        window.name = url;
        window.lines = [];
        window.dial = (url, protocols) => {
          const { StreamedWebSocket, webSocketStreamClass } = window.kit;
          const Class = webSocketStreamClass();
          if (!Class) throw new Error('This browser has no WebSocketStream.');
          const socket = (
            kind === 'stream'
              ? new StreamedWebSocket(Class, url, protocols, () => undefined)
              : new WebSocket(url, protocols)
          ) as WebSocket;
          socket.binaryType = 'arraybuffer';
          const { lines } = window;
          socket.onopen = () => lines.push('open');
          socket.onmessage = ({ data }) => {
            const text = typeof data === 'string' ? data : `${data.constructor.name} ${new Uint8Array(data)}`;
            lines.push(`${text.slice(0, 30)} (${text.length})`);
          };
          socket.onerror = () => lines.push('error');
          socket.onclose = ({ code, reason, wasClean }) =>
            lines.push(`close ${code} ${reason} ${wasClean} ${socket.readyState}`);
          return socket;
        };
      },
      { kind, url },
    );
    await page.evaluate(`(${program})(${JSON.stringify(url)})`);
    await page.waitForFunction(() => window.lines.some((line) => line.startsWith('close ')), undefined, {
      polling: 20,
    });
    await announcements.until('the end at the server', () => ended.length === served);
    return { log: await page.evaluate(() => window.lines), heard: [...heard], ended: [...ended] };
  }

  // In one page: opening one takes longer than all of this.
  test('does everything that a WebSocket does', async () => {
    const page = await open();
    let streams = 0;
    for (const [what, program] of Object.entries(programs)) {
      const expected = await run(page, 'WebSocket', program);
      expect(await page.evaluate(() => window.streams)).toBe(streams);
      expect(await run(page, 'stream', program), `one that ${what}`).toEqual(expected);
      streams += 1;
      expect(await page.evaluate(() => window.streams)).toBe(streams);
    }
  });

  test('reports a frame that is none as an end, but without the event `error`, which its platform does not tell', async () => {
    const page = await open();
    const expected = await run(page, 'WebSocket', say('broken'));
    expect(expected.log).toEqual(['open 1', 'error', 'close 1006  false 3']);
    expect((await run(page, 'stream', say('broken'))).log).toEqual(['open 1', 'close 1006  false 3']);
  });
});

describe('io() with webSocketStream()', () => {
  const fixture = useFixture({
    setup(app: Server) {
      app.on('connection', (socket) => {
        socket.on('burst', (count: number) => {
          for (let i = 0; i < count; i += 1) socket.emit('n', i);
        });
        socket.on('echo', (value: unknown, answer: (value: unknown) => void) => answer(value));
        socket.on('goodbye', () => socket.disconnect(true));
        socket.on('disconnect', (reason) => ends.push(reason));
      });
      app.of('/news').on('connection', (socket) => socket.emit('title', 'hello'));
    },
  });
  const ends: string[] = [];

  async function connect(page: Page, plugins: readonly string[] = ['webSocketStream'], options = {}) {
    return page.evaluate(
      async ({ url, plugins, options }) => {
        const made = plugins.map((name) => window.kit[name as 'schedule']());
        window.socket = window.io(url, { plugins: made, reconnectionDelay: 50, ...options });
        window.socket.on('disconnect', (reason) => window.record.push(reason));
        await window.next(window.socket, 'connect');
        return window.socket.io.transport;
      },
      { url: fixture.proxy.url, plugins, options },
    );
  }

  test('connects, exchanges text and bytes over several namespaces, and leaves', async () => {
    const page = await open();
    expect(await connect(page)).toBe('websocket');
    const seen = await page.evaluate(async () => {
      const { socket } = window;
      const bytes = new Uint8Array([1, 2, 3]);
      const echo = socket.emitWithAck('echo', { bytes, text: 'ä', blob: new Blob(['ab']) });
      bytes.fill(0);
      const { bytes: first, text, blob } = await echo;
      const news = socket.io.socket('/news').connect();
      const [title] = await window.next(news, 'title');
      return { first: [...new Uint8Array(first)], text, blob: [...new Uint8Array(blob)], title };
    });
    expect(seen).toEqual({ first: [1, 2, 3], text: 'ä', blob: [97, 98], title: 'hello' });
    ends.length = 0;
    await page.evaluate(() => window.socket.disconnect());
    await expect.poll(() => ends).toEqual(['client namespace disconnect']);
    expect(await page.evaluate(() => [window.streams, window.record])).toEqual([1, ['io client disconnect']]);
  });

  test('comes back after every kind of end, over a new stream', async () => {
    const page = await open();
    await connect(page);
    for (const [end, reason] of [
      [async () => fixture.proxy.cut(), 'transport close'],
      [() => page.evaluate(() => void window.socket.io.engine.close()), 'forced close'],
    ] as const) {
      const again = page.evaluate(async () => {
        await window.next(window.socket, 'connect');
        return window.record.pop();
      });
      await end();
      expect(await again).toBe(reason);
    }
    expect(await page.evaluate(() => window.streams)).toBe(3);
  });

  test('ends with the page: the server hears it at once', async () => {
    const page = await open();
    await connect(page);
    ends.length = 0;
    await page.goto('about:blank');
    await expect.poll(() => ends.length).toBe(1);
    expect(ends[0]).toMatch(/client namespace disconnect|transport close/);
  });

  test('falls back to long-polling where WebSocket is refused', async () => {
    const restore = fixture.proxy.refuseUpgrades({ status: 403 });
    const page = await open();
    expect(await connect(page)).toBe('polling');
    restore();
  });

  test('receives a burst in order while the page paints, alone and beside schedule()', async () => {
    for (const plugins of [
      ['webSocketStream'],
      ['schedule', 'webSocketStream'],
      ['webSocketStream', 'schedule'],
    ]) {
      const page = await open();
      await connect(page, plugins, { transports: ['websocket'] });
      const { heard, frames } = await page.evaluate(
        () =>
          new Promise<{ heard: number[]; frames: number }>((resolve) => {
            const heard: number[] = [];
            let frames = 0;
            const frame = (): void => {
              if (heard.length > 0) frames += 1;
              requestAnimationFrame(frame);
            };
            requestAnimationFrame(frame);
            window.socket.on('n', (n: number) => {
              heard.push(n);
              if (heard.length === 10_000) resolve({ heard, frames });
            });
            window.socket.emit('burst', 10_000);
          }),
      );
      expect(heard).toEqual(Array.from({ length: 10_000 }, (_, i) => i));
      expect(frames).toBeGreaterThan(3);
      await page.close();
    }
  });

  test('does nothing where the page has its own WebSocket, as test tools give it', async () => {
    const own = (): void => {
      const Native = WebSocket;
      window.WebSocket = class extends Native {
        constructor(...args: ConstructorParameters<typeof Native>) {
          super(...args);
          window.record.push('own');
        }
      };
    };
    const page = await open((page) => page.addInitScript(own));
    expect(await connect(page)).toBe('websocket');
    expect(await page.evaluate(() => [window.streams, window.record.length])).toEqual([0, 1]);
  });
});
