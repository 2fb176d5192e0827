import { readFile } from 'node:fs/promises';
import { createServer, type Server as HttpServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import type { Browser, Page } from 'playwright';
import type { Server, Socket } from 'socket.io';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { launchPages } from '../support/browser.js';
import { startServer, type TestServer } from '../support/server.js';
import { Announcements } from '../support/waiting.js';
import { type App, bundleApp } from './support/bundle-apps.js';

/** The bindings in their real frameworks, in Chromium: by the number of connections, renderings and events. */

interface Variant extends App {
  readonly state?: object;
  /** The page's content before the app. */
  readonly before?: string;
}

const zone = '<script src="/zone.js"></script>';
const variants = (): Record<string, Variant> => ({
  'React 19': { source: 'react.js' },
  'React 18': { source: 'react.js', react: inject('frameworks').react18 },
  'Vue 3': { source: 'vue.js' },
  'Svelte 5': { source: 'svelte.js' },
  Angular: { source: 'angular.ts' },
  'Angular with Zone.js': { source: 'angular.ts', state: { zone: true }, before: zone },
});

interface Log {
  renders: number;
  checks?: number;
  readonly events: string[];
  readonly failures: string[];
}

declare global {
  interface Window {
    log: Log;
    show(change: object): void;
    resolve(): void;
    copies: Record<
      'one' | 'two',
      { show(other: unknown): void; unmount(): void; events: string[]; socket: unknown }
    >;
  }
}

let server: TestServer;
let browser: Browser;
let pages: HttpServer;
let origin: string;
const files = new Map<string, string>();
const announcements = new Announcements();

/** The server's sockets of one namespace. */
interface Room {
  connections: number;
  questions: number;
  /** Whose `auth` function the newest connection used. */
  by?: string;
}
const rooms = new Map<string, Room>();
const roomOf = (nsp: string): Room => {
  const room = rooms.get(nsp) ?? { connections: 0, questions: 0 };
  rooms.set(nsp, room);
  return room;
};

function setup(io: Server): void {
  io.of(/./).on('connection', (socket: Socket) => {
    const room = roomOf(socket.nsp.name);
    room.connections++;
    room.by = socket.handshake.auth.by;
    announcements.announce();
    socket.on('disconnect', () => announcements.announce());
    socket.on('double', (n: number, answer: (twice: number) => void) => answer(2 * n));
    socket.on('question', (arg: number, answer: (what: object) => void) => {
      room.questions++;
      answer({ arg });
      announcements.announce();
    });
  });
}

beforeAll(async () => {
  pages = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://pages');
    const file = files.get(pathname);
    const type = pathname.endsWith('.js') ? 'text/javascript' : 'text/html';
    response.writeHead(file === undefined ? 404 : 200, { 'Content-Type': `${type}; charset=utf-8` });
    response.end(file);
  });
  await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`;
  [server, browser] = await Promise.all([startServer({ setup }), launchPages()]);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  pages?.closeAllConnections();
  pages?.close();
});

let visits = 0;
/** What pages complain of until their test closes them: what the browser says of a page that goes is nobody's fault. */
const complaints: string[] = [];
afterEach(() => {
  expect(complaints.splice(0), 'errors and warnings of the page').toEqual([]);
});

async function close(page: Page): Promise<void> {
  page.removeAllListeners('console');
  await page.context().close();
}

const head =
  '<!doctype html><html lang="en"><meta charset="utf-8"><title>app</title><link rel="icon" href="data:,">';

async function open(html: string, query: Record<string, string>): Promise<Page> {
  const path = `/${++visits}.html`;
  files.set(path, head + html);
  const context = await browser.newContext();
  const page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(`${path}: ${error.stack ?? error}`));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(`${path}: ${message.text()}`);
  });
  await page.goto(`${origin}${path}?${new URLSearchParams(query)}`);
  return page;
}

describe.each(['React 19', 'React 18', 'Vue 3', 'Svelte 5', 'Angular', 'Angular with Zone.js'])(
  '%s',
  (name) => {
    let variant: Variant;
    const script = `/${encodeURIComponent(name)}.js`;
    let nsp: string;

    beforeAll(async () => {
      variant = variants()[name] as Variant;
      files.set(script, await bundleApp(variant));
      if (variant.before === zone) files.set('/zone.js', await bundleApp({ source: 'zone.js' }));
    });

    /** Shows the app in a namespace of its own. */
    async function show(state: object = {}): Promise<Page> {
      nsp = `/${++visits}`;
      const body = `${variant.before ?? ''}<div id="root"></div><script type="module" src="${script}"></script>`;
      return open(body, {
        url: `${server.url}${nsp}`,
        state: JSON.stringify({ ...variant.state, ...state }),
      });
    }
    const sockets = (): Socket[] => [...(server.io._nsps.get(nsp)?.sockets.values() ?? [])] as Socket[];
    const until = (what: string, condition: () => boolean): Promise<void> =>
      announcements.until(what, condition);
    /** Waits until all elements of a class show a text that begins so. */
    const shown = async (page: Page, kind: string, count: number, start: string): Promise<void> => {
      await page.waitForFunction(
        ([selector, number, text]) => {
          const all = [...document.querySelectorAll(selector)];
          return all.length === number && all.every(({ textContent }) => textContent?.startsWith(text));
        },
        [`.${kind}`, count, start] as const,
      );
    };

    test('twelve components share one connection, and each gets every event once', async () => {
      const page = await show();
      await shown(page, 'panel', 12, 'connected websocket | {"arg":1} | idle');
      const [socket] = sockets() as [Socket];
      expect(roomOf(nsp).connections).toBe(1);
      // The handler changes all the time, and so does nothing of the subscription.
      const changing = page.evaluate(async () => {
        for (let i = 0; i < 20; i++) {
          window.show({ tag: `${i} ` });
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        window.show({ tag: 'last ' });
        await new Promise((resolve) => setTimeout(resolve, 50));
      });
      for (let n = 0; n < 40; n++) {
        socket.emit('tick', n);
        await new Promise((resolve) => setTimeout(resolve, 3));
      }
      await changing;
      socket.emit('tick', 40);
      await page.waitForFunction(() => window.log.events.filter((one) => one.endsWith(' 40')).length === 12);
      const events = await page.evaluate(() => window.log.events);
      for (let n = 0; n <= 40; n++) {
        expect(events.filter((one) => one === `a${n}` || one.endsWith(` ${n}`))).toHaveLength(12);
      }
      expect(events.filter((one) => one === 'last 40')).toHaveLength(12);

      const left = page.evaluate(() => window.unmount());
      await left;
      await until('the last component to leave', () => sockets().length === 0);
      expect(roomOf(nsp).connections).toBe(1);
      await close(page);
    });

    test('components that are replaced keep the connection', async () => {
      const page = await show({ counter: true });
      await shown(page, 'panel', 12, 'connected');
      for (let version = 1; version <= 3; version++) {
        await page.evaluate((next) => window.show({ version: next }), version);
        await shown(page, 'panel', 12, 'connected websocket | {"arg":1}');
      }
      // In the page itself: the socket is kept for 200 ms only, which a call from outside can take on a busy machine.
      await page.evaluate(async () => {
        window.show({ panels: 0, counter: false });
        while (document.querySelector('.panel')) {
          await new Promise((resolve) => {
            const { port1, port2 } = new MessageChannel();
            port1.onmessage = resolve;
            port2.postMessage(0);
          });
        }
        window.show({ panels: 2 });
      });
      await shown(page, 'panel', 2, 'connected');
      expect(roomOf(nsp).connections).toBe(1);
      await close(page);
    });

    test('the newest auth function is asked, but not that of a component that was unmounted', async () => {
      const page = await show({ panels: 1 });
      await shown(page, 'panel', 1, 'connected');
      const reconnect = async (): Promise<string | undefined> => {
        const { connections } = roomOf(nsp);
        sockets()[0]?.conn.close();
        await until('the reconnect', () => roomOf(nsp).connections > connections && sockets().length === 1);
        return roomOf(nsp).by;
      };
      expect(roomOf(nsp).by).toBe('panel');
      await page.evaluate(() => window.show({ counter: true }));
      await shown(page, 'counter', 1, 'connected');
      expect(await reconnect()).toBe('counter');
      await page.evaluate(() => window.show({ counter: false }));
      await page.waitForFunction(() => !document.querySelector('.counter'));
      expect(await reconnect()).toBe('panel');
      await close(page);
    });

    test('a socket that the server has disconnected stays so until its address or options change', async () => {
      const page = await show({ panels: 1 });
      await shown(page, 'panel', 1, 'connected');
      sockets()[0]?.disconnect();
      await shown(page, 'panel', 1, 'refused');
      // This changes an option, but only in its function.
      await page.evaluate(() => window.show({ tag: 'b' }));
      await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 100)));
      await shown(page, 'panel', 1, 'refused');
      expect(roomOf(nsp).connections).toBe(1);
      const other = `/${++visits}`;
      await page.evaluate((url) => window.show({ url }), `${server.url}${other}`);
      await shown(page, 'panel', 1, 'connected');
      await close(page);
    });

    test('it renders only when something has changed', async () => {
      const page = await show({ panels: 0, counter: true });
      await shown(page, 'counter', 1, 'connected');
      const [socket] = sockets() as [Socket];
      const before = await page.evaluate(() => window.log.renders);
      // Strict mode renders everything twice: connecting, connected; with its round-trip time.
      expect(before).toBeLessThanOrEqual(name.startsWith('React') ? 8 : 4);
      for (let n = 0; n < 50; n++) socket.emit('tick', n);
      await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 100)));
      expect(await page.evaluate(() => window.log.renders)).toBe(before);
      await close(page);
    });

    test('null opens no connection', async () => {
      const page = await show({ url: null });
      await shown(page, 'panel', 12, 'closed - | - | idle');
      expect(roomOf(nsp).connections).toBe(0);
      await page.evaluate((url) => window.show({ url }), `${server.url}${nsp}`);
      await shown(page, 'panel', 12, 'connected websocket | {"arg":1}');
      expect(roomOf(nsp).connections).toBe(1);
      await page.evaluate(() => window.show({ url: null }));
      await shown(page, 'panel', 12, 'closed - | - | idle');
      await until('the connection to end', () => sockets().length === 0);
      await close(page);
    });

    test('another address opens another connection', async () => {
      const page = await show();
      await shown(page, 'panel', 12, 'connected');
      const other = `/${++visits}`;
      await page.evaluate((url) => window.show({ url }), `${server.url}${other}`);
      await until('the first connection to end', () => sockets().length === 0);
      await shown(page, 'panel', 12, 'connected websocket | {"arg":1}');
      expect([roomOf(nsp).connections, roomOf(other).connections]).toEqual([1, 1]);
      await close(page);
    });

    test('a request is repeated after a reconnect, and for other arguments', async () => {
      const page = await show({ panels: 2 });
      await shown(page, 'panel', 2, 'connected websocket | {"arg":1}');
      expect(roomOf(nsp).questions).toBe(2);
      sockets()[0]?.conn.close();
      await until('the question to be asked again', () => roomOf(nsp).questions >= 4);
      await shown(page, 'panel', 2, 'connected websocket | {"arg":1}');
      await page.evaluate(() => window.show({ arg: 2 }));
      await shown(page, 'panel', 2, 'connected websocket | {"arg":2}');
      // Another rendering with equal arguments asks nothing.
      await page.evaluate(() => window.show({ arg: 2, tag: 'z' }));
      await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 100)));
      expect([roomOf(nsp).questions, roomOf(nsp).connections]).toEqual([6, 2]);
      await close(page);
    });

    test('an emit shows its answer, or why there is none', async () => {
      const page = await show({ panels: 1 });
      await shown(page, 'panel', 1, 'connected');
      await page.click('.panel');
      await shown(page, 'panel', 1, 'connected websocket | {"arg":1} | 42');
      await page.evaluate(() => window.show({ url: null }));
      await shown(page, 'panel', 1, 'closed');
      await page.click('.panel');
      await shown(page, 'panel', 1, 'closed - | - | DISCONNECTED');
      expect(await page.evaluate(() => window.log.failures)).toEqual([]);
      await close(page);
    });

    test('a provider passes its socket to the components below it', async () => {
      const page = await show({ panels: 3, provided: true });
      await shown(page, 'provided', 2, 'connected');
      expect(roomOf(nsp).connections).toBe(1);
      await close(page);
    });

    if (name.startsWith('React')) {
      test('a component that suspends before it was shown does not connect', async () => {
        const page = await show({ panels: 0, suspended: true });
        await page.getByText('waiting').waitFor();
        await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 300)));
        expect(roomOf(nsp).connections).toBe(0);
        await page.evaluate(() => window.resolve());
        await page.getByText('later').waitFor();
        await until('the connection', () => roomOf(nsp).connections === 1);
        await close(page);
      });

      test('a server-rendered page connects in the browser, once', async () => {
        nsp = `/${++visits}`;
        const url = `${server.url}${nsp}`;
        const [code, client] = await Promise.all([
          bundleApp({ ...variant, source: 'react-server.js', platform: 'node' }),
          bundleApp({ ...variant, source: 'react-hydrate.js' }),
        ]);
        const html = await rendered(code, url);
        expect(html).toContain('<p class="soon">connecting false -</p>');
        expect(html).toContain('<p class="later">connecting false -</p>');
        // Of an address without a server, too.
        expect(await rendered(code, '/news')).toContain('connecting false -');
        await new Promise((resolve) => setTimeout(resolve, 200));
        expect(roomOf(nsp).connections).toBe(0);

        files.set(`${script}.hydrate.js`, client);
        const body = `<div id="root">${html}</div><script type="module" src="${script}.hydrate.js"></script>`;
        const page = await open(body, { url });
        await shown(page, 'soon', 1, 'connected false 1');
        await shown(page, 'later', 1, 'connected false 1');
        expect(await page.evaluate(() => window.log.failures)).toEqual([]);
        expect(roomOf(nsp).connections).toBe(1);
        await close(page);
      });
    }

    if (name.startsWith('Svelte')) {
      test('a component that fails before it is mounted leaves no connection and no listener', async () => {
        const page = await show({ panels: 0, failing: true });
        await shown(page, 'failed', 1, 'failed');
        await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 300)));
        await until('the connection to end', () => sockets().length === 0);
        await page.evaluate(() => window.show({ panels: 1 }));
        await shown(page, 'panel', 1, 'connected');
        sockets()[0]?.emit('tick', 1);
        await page.waitForFunction(() => window.log.events.length > 0);
        expect(await page.evaluate(() => window.log.events)).toEqual(['a1']);
        await close(page);
      });

      test('a component may wait for an answer of its socket before it is mounted', async () => {
        variant = { source: 'svelte-waiting.js', waiting: true };
        files.set(script, await bundleApp(variant));
        const page = await show();
        await shown(page, 'waited', 1, 'connected 42');
        await close(page);
      });
    }

    if (name.startsWith('Vue')) {
      test('a component that is kept alive gets every event once, also while it is hidden', async () => {
        const page = await show({ panels: 0, kept: true });
        await shown(page, 'panel', 1, 'connected websocket | {"arg":1}');
        const tick = async (n: number): Promise<void> => {
          sockets()[0]?.emit('tick', n);
          await page.waitForFunction((n) => window.log.events.some((one) => one.endsWith(`${n}`)), n);
        };
        await tick(1);
        await page.evaluate(() => window.show({ kept: false }));
        await shown(page, 'panel', 0, '');
        await tick(2);
        // It keeps its socket for longer than one that nobody uses would stay.
        await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 500)));
        await tick(3);
        expect([roomOf(nsp).connections, roomOf(nsp).questions]).toEqual([1, 1]);
        // A reconnect while it is hidden.
        sockets()[0]?.conn.close();
        await until('the reconnect', () => roomOf(nsp).connections === 2 && sockets().length === 1);
        await tick(4);
        await page.evaluate(() => window.show({ kept: true }));
        await shown(page, 'panel', 1, 'connected websocket | {"arg":1}');
        await tick(5);
        expect(await page.evaluate(() => window.log.events)).toEqual(['a1', 'a2', 'a3', 'a4', 'a5']);
        await page.evaluate(() => window.unmount());
        await until('the component to leave', () => sockets().length === 0);
        expect(roomOf(nsp).connections).toBe(2);
        await close(page);
      });
    }

    if (name === 'React 19') {
      test("two copies of the library in one page do not disturb each other, and accept each other's sockets", async () => {
        nsp = `/${++visits}`;
        files.set('/copies.js', await bundleApp({ ...variant, source: 'copies.js' }));
        const body = ['one', 'two'].map(
          (copy) => `<div id="${copy}"></div><script type="module" src="/copies.js?copy=${copy}"></script>`,
        );
        const page = await open(body.join(''), { url: `${server.url}${nsp}` });
        await shown(page, 'one', 1, 'connected closed');
        await shown(page, 'two', 1, 'connected closed');
        expect(roomOf(nsp).connections).toBe(2);
        await page.evaluate(() => {
          const { one, two } = window.copies;
          one.show(two.socket);
          two.show(one.socket);
        });
        await shown(page, 'one', 1, 'connected connected');
        await shown(page, 'two', 1, 'connected connected');
        server.io.of(nsp).emit('tick', 1);
        await page.waitForFunction(() =>
          Object.values(window.copies).every(({ events }) => events.length >= 2),
        );
        await page.evaluate(() => window.copies.one.unmount());
        await until('the first copy to leave', () => sockets().length === 1);
        await shown(page, 'two', 1, 'connected closed');
        server.io.of(nsp).emit('tick', 2);
        await page.waitForFunction(() => window.copies.two.events.length >= 3);
        const heard = await page.evaluate(() =>
          Object.values(window.copies).map(({ events }) => events.sort()),
        );
        expect(heard).toEqual([
          ['other 1', 'own 1'],
          ['other 1', 'own 1', 'own 2'],
        ]);
        expect(roomOf(nsp).connections).toBe(2);
        await close(page);
      });
    }

    if (name.startsWith('Angular')) {
      test('the address and the arguments may be required inputs', async () => {
        const page = await show({ panels: 0, inputs: true });
        await shown(page, 'inputs', 1, 'connected websocket | {"arg":1} | idle');
        const other = `/${++visits}`;
        await page.evaluate((url) => window.show({ url, arg: 2 }), `${server.url}${other}`);
        await shown(page, 'inputs', 1, 'connected websocket | {"arg":2} | idle');
        await until('the first connection to end', () => sockets().length === 0);
        expect([roomOf(nsp).connections, roomOf(other).connections]).toEqual([1, 1]);
        await close(page);
      });

      test('a heartbeat and an event without listeners do not trigger change detection', async () => {
        const page = await show({ panels: 1 });
        await shown(page, 'panel', 1, 'connected websocket | {"arg":1}');
        await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 200)));
        const before = await page.evaluate(() => window.log.checks);
        for (let n = 0; n < 20; n++) sockets()[0]?.emit('unheard', n);
        await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 200)));
        expect(await page.evaluate(() => window.log.checks)).toBe(before);
        await close(page);
      });
    }

    if (name === 'Angular with Zone.js') {
      test('a handler that changes a field updates the page', async () => {
        const page = await show({ panels: 0, field: true });
        await until('the connection', () => sockets().length === 1);
        sockets()[0]?.emit('tick', 5);
        await page.getByText('tick 5').waitFor();
        await close(page);
      });
    }
  },
);

test.each(['vue', 'svelte'])('on a server, %s renders and does not connect', async (framework) => {
  const nsp = `/${++visits}`;
  const code = await bundleApp({ source: `${framework}-server.js`, platform: 'node' });
  const { render } = loaded<{ render(url: string): string | Promise<string> }>(code);
  const html = await render(`${server.url}${nsp}`);
  expect(html).toContain('<p>connecting connecting false -</p>');
  // Of an address without a server, too.
  expect(await render('/news')).toContain('<p>connecting connecting false -</p>');
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(roomOf(nsp).connections).toBe(0);
});

test.each([
  ['react', 'query-react.jsx'],
  ['vue', 'query-vue.js'],
  ['svelte', 'query-svelte.js'],
  ['angular', 'query-angular.ts'],
])(
  'the recipe with TanStack Query for %s: events update the cache, and a gap invalidates it',
  async (framework, source) => {
    const document = await readFile(new URL(`../../docs/${framework}.md`, import.meta.url), 'utf8');
    const recipe = /```tsx? query\n([\s\S]*?)```/.exec(document)?.[1] as string;
    files.set('/query.js', await bundleApp({ source, recipe }));
    const nsp = `/${++visits}`;
    const messages = ['a', 'b'];
    let asked = 0;
    server.io.of(nsp).on('connection', (socket) => {
      socket.on('messages', (_room: string, answer: (all: string[]) => void) => {
        asked++;
        answer(messages);
      });
    });
    const body = '<div id="root"></div><script type="module" src="/query.js"></script>';
    const page = await open(body, { url: `${server.url}${nsp}` });
    await page.getByText('success: a, b', { exact: true }).waitFor();
    server.io.of(nsp).emit('said', 'c');
    await page.getByText('success: a, b, c', { exact: true }).waitFor();
    expect(asked).toBe(1);
    // What was said while the connection was away.
    messages.push('c', 'd');
    for (const socket of server.io.of(nsp).sockets.values()) socket.conn.close();
    await page.getByText('success: a, b, c, d', { exact: true }).waitFor();
    expect(asked).toBe(2);
    await close(page);
  },
);

/** What a program for a server exports. */
function loaded<Exports>(code: string): Exports {
  const module = { exports: {} as Exports };
  new Function('module', 'exports', 'require', code)(module, module.exports, createRequire(import.meta.url));
  return module.exports;
}

/** What a server sends of a page, with everything that comes later. */
async function rendered(code: string, url: string): Promise<string> {
  const { render } = loaded<{ render(url: string, options: object): { pipe(to: object): void } }>(code);
  const stream = new PassThrough();
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  await new Promise((resolve, reject) => {
    stream.on('end', resolve);
    const { pipe } = render(url, { onError: reject, onShellReady: () => pipe(stream) });
  });
  return Buffer.concat(chunks).toString();
}
