import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchChromium } from '../support/browser.js';
import { freePort } from '../support/ports.js';
import { startServer, type TestServer } from '../support/server.js';
import { bundle, startTabPages, type TabPages, workerFile } from '../support/tab-pages.js';

/** A group of tabs under unusual programs, pages and scripts, in Chromium and with a real server. */

/** Every page and worker has the library: `start` opens a socket of a group, whose events `log` keeps. */
const PROGRAM = `
  import { io } from 'holdfast';
  import { contract } from 'holdfast/contract';
  import { durable } from 'holdfast/durable';
  import { early, snippet } from 'holdfast/early';
  import { endpoints } from 'holdfast/endpoints';
  import { inspect } from 'holdfast/inspector';
  import { legacy } from 'holdfast/legacy';
  import { schedule } from 'holdfast/schedule';
  import { tabs } from 'holdfast/tabs';
  const start = (url, key, { plugins = [], worker, ...options } = {}) => {
    const socket = io(url, {
      plugins: [tabs({ key, worker }), ...plugins],
      query: { key },
      forceNew: true,
      reconnectionDelay: 100,
      hideOffset: true,
      ...options,
    });
    const log = [];
    for (const event of ['connect', 'disconnect', 'connect_error', 'gap', 'dropped', 'news'])
      socket.on(event, (first) => log.push([event, first?.code ?? first]));
    return Object.assign(globalThis, { socket, log });
  };
  const text = {
    '~standard': {
      version: 1,
      vendor: 'tests',
      validate: (value) => typeof value === 'string' ? { value: 'checked ' + value } : { issues: [{ message: 'no text' }] },
    },
  };
  const talk = contract({ toServer: { say: { args: [text], ack: text } }, fromServer: { news: { args: [text] } } });
  Object.assign(globalThis, { talk, endpoints, legacy, inspect, io, durable, early, schedule, snippet, start });
`;

let pages: TabPages;
let server: TestServer;
let browser: Browser;
/** The events that the server received from each group. */
const heard = new Map<unknown, unknown[]>();

beforeAll(async () => {
  const script = await bundle(PROGRAM);
  // The page `/later` is of a release whose tabs say other things to each other.
  const later = script.replace(/(?<=holdfast:tabs:)(\$\{\w+\}|1)/, '2');
  expect(later).not.toBe(script);
  [pages, server, browser] = await Promise.all([
    startTabPages(script, await workerFile(), later),
    startServer({
      options: { connectionStateRecovery: { skipMiddlewares: false }, maxHttpBufferSize: 1e6 },
      setup(io) {
        io.use(({ handshake }, next) =>
          next(handshake.auth.token === 'expired' ? new Error('token expired') : undefined),
        );
        io.on('connection', (socket) => {
          const { key } = socket.handshake.query;
          socket.join(`${key}`);
          socket.on('say', (what: unknown, ...rest: unknown[]) => {
            heard.set(key, [...(heard.get(key) ?? []), what]);
            const answer = rest[rest.length - 1];
            if (typeof answer === 'function') answer(what);
          });
          socket.on('leave me', () => void socket.disconnect());
        });
      },
    }),
    // Else tabs of one site may share a process, and end together.
    launchChromium('--disable-features=ProcessPerSiteUpToMainFrameThreshold'),
  ]);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await pages?.close();
});

async function until(page: Page, expression: string): Promise<void> {
  await page.waitForFunction(expression, undefined, { polling: 50, timeout: 30_000 });
}

/** Waits for a condition in the test's own process. */
async function eventually(holds: () => boolean): Promise<void> {
  const endsAtMs = performance.now() + 30_000;
  while (!holds() && performance.now() < endsAtMs) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(holds()).toBe(true);
}

const startIn = (key: string, options = '{}'): string => `void start('${server.url}', '${key}', ${options})`;

/** Opens this many tabs of a group, the first of which leads. */
async function tabsOf(key: string, count: number, options?: string): Promise<Page[]> {
  const context = await browser.newContext();
  const opened: Page[] = [];
  for (let i = 0; i < count; i += 1) {
    const page = await context.newPage();
    await page.goto(`${pages.origin}/`);
    await page.evaluate(startIn(key, options));
    await until(page, 'socket.connected');
    opened.push(page);
  }
  return opened;
}

const say = (page: Page, what: string, ...more: string[]): Promise<unknown> =>
  page.evaluate(
    `socket.timeout(20000).emitWithAck('say', ${[`'${what}'`, ...more].join(', ')}).catch(({ code }) => code)`,
  );

const socketsOf = (key: string): number => server.io.sockets.adapter.rooms.get(key)?.size ?? 0;

test.concurrent.each(['pagehide', 'beforeunload', 'close'])(
  'the last emit of a tab arrives: %s',
  async (when) => {
    const key = `last ${when}`;
    const [, b] = (await tabsOf(key, 2)) as [Page, Page];
    if (when === 'close') {
      await b.evaluate(`void socket.emit('say', 'bye')`);
      await b.close();
    } else {
      await b.evaluate(`addEventListener('${when}', () => socket.emit('say', 'bye'))`);
      await b.goto(`${pages.origin}/empty`);
    }
    await eventually(() => heard.get(key)?.includes('bye') === true);
  },
);

test.concurrent('the last emit of a crashed tab arrives through the leader', async () => {
  const [a, b] = (await tabsOf('crash', 2)) as [Page, Page];
  // The leader cannot answer before the tab is gone.
  await b.evaluate(`void socket.emit('say', 'last')`);
  const session = await b.context().newCDPSession(b);
  const crashed = new Promise((resolve) => b.once('crash', resolve));
  session.send('Page.crash').catch(() => {});
  await crashed;
  await eventually(() => heard.get('crash')?.includes('last') === true);
  await until(a, 'socket.io.sharing.tabs === 1');
});

test.concurrent('an event too large for the server is refused in its tab, and the next one is sent', async () => {
  const big = 'new Uint8Array(800000)';
  // As base64 it is larger than the server takes.
  const [, b] = (await tabsOf('polling', 2, `{ transports: ['polling'] }`)) as [Page, Page];
  expect(await say(b, 'big', big)).toBe('TOO_LARGE');
  await b.evaluate(`void socket.emit('say', 'big', ${big})`);
  await until(b, `log.some(([event, code]) => event === 'dropped' && code === 'TOO_LARGE')`);
  expect(await say(b, 'small')).toBe('small');
  const [, c] = (await tabsOf('named', 2, `{ maxPayloadTransports: ['websocket'] }`)) as [Page, Page];
  expect(await say(c, 'big', 'new Uint8Array(2000000)')).toBe('TOO_LARGE');
  expect(await say(c, 'small')).toBe('small');
  expect(await c.evaluate('socket.connected && log.length')).toBe(1);
});

test.concurrent('limits for what a tab receives do not apply to what it sends', async () => {
  const [, b] = (await tabsOf('limits', 2, '{ maxAttachments: 1, maxReceivedBytes: 5000 }')) as [Page, Page];
  expect(await say(b, 'three', 'new Uint8Array(2)', 'new Uint8Array(2)', 'new Uint8Array(2)')).toBe('three');
  expect(await say(b, 'long', `'x'.repeat(6000)`)).toBe('long');
});

test.concurrent('an invalid packet that a program writes to the engine does not stop its tab', async () => {
  const [, b] = (await tabsOf('raw', 2)) as [Page, Page];
  await b.evaluate(`void socket.io.engine.write('no packet at all')`);
  expect(await say(b, 'after')).toBe('after');
});

test.concurrent('a tab can send every value that a page without the plugin can', async () => {
  const [, b] = (await tabsOf('values', 2)) as [Page, Page];
  for (const value of [
    'new Blob(["abc"])',
    'new File(["abc"], "name")',
    'new DataView(new ArrayBuffer(4))',
    'new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer.slice(0, 8)',
    'new Proxy({ a: [1] }, {})',
    'new (class Point { x = 1; f() {} })()',
    '{ f() {}, s: Symbol(), d: new Date(0), n: NaN, u: undefined }',
    '"\\ud800"',
  ])
    expect([value, await say(b, 'value', value)]).toEqual([value, 'value']);
  expect(await say(b, 'value', '10n')).toBe('UNSERIALIZABLE');
});

test.concurrent('volatile events of a tab are sent one after the other', async () => {
  const [, b] = (await tabsOf('volatile', 2)) as [Page, Page];
  // While the leader has not confirmed the previous one.
  await b.evaluate(`void [1, 2, 3].map((n) => socket.volatile.emit('say', n))`);
  await eventually(() => heard.get('volatile')?.length === 3);
});

test.concurrent('each request of the server is answered once, whichever tab listens, and when the tab that answers closes', async () => {
  const [a, b, c] = (await tabsOf('question', 3)) as [Page, Page, Page];
  const ask = async (): Promise<unknown> => {
    const answers = (await server.io.to('question').timeout(10_000).emitWithAck('question')) as unknown[];
    expect(answers).toHaveLength(1);
    return answers[0];
  };
  await a.evaluate(`void socket.on('question', (answer) => answer('a'))`);
  expect(await ask()).toBe('a');
  await b.evaluate(`void socket.onAny((event, answer) => event === 'question' && answer('b'))`);
  expect(await ask()).toBe('b');
  await c.evaluate(`void socket.once('question', (answer) => answer('c'))`);
  expect(await ask()).toBe('c');
  await c.evaluate(`void socket.on('question', () => { globalThis.asked = true; })`);
  const answer = ask();
  await until(c, 'globalThis.asked');
  await c.close();
  expect(await answer).toBe('b');
});

test.concurrent('each tab retries a refusal by its own policy', async () => {
  const [a, b] = (await tabsOf(
    'policy',
    2,
    `{ reconnectOnReject: () => 100, auth: (give) => give({ token: globalThis.token }) }`,
  )) as [Page, Page];
  await a.evaluate(`globalThis.token = 'expired'`);
  await b.evaluate(`void socket.emit('leave me')`);
  for (const page of [a, b]) await until(page, `log.some(([event]) => event === 'connect_error')`);
  await a.evaluate(`globalThis.token = 'fresh'`);
  for (const page of [a, b]) await until(page, 'socket.connected');
  expect(socketsOf('policy')).toBe(1);
});

test.concurrent('an upload continues complete and in order when the leader closes', async () => {
  const [a, b] = (await tabsOf('upload', 2)) as [Page, Page];
  await b.evaluate(`globalThis.ends = [...Array(300).keys()].map((n) =>
    socket.timeout(20000).emitWithAck('say', n, new Uint8Array(3000)).then(() => 'ok', ({ maybeDelivered }) => maybeDelivered))`);
  await a.close();
  const ends = (await b.evaluate('Promise.all(ends)')) as unknown[];
  expect(ends.filter((end) => end !== 'ok' && end !== true)).toEqual([]);
  const arrived = heard.get('upload') as number[];
  expect(arrived).toEqual([...new Set(arrived)].sort((one, other) => one - other));
  expect(ends.filter((end, n) => end === 'ok' && !arrived.includes(n))).toEqual([]);
});

test.concurrent('a session is recovered across two changes of the leader', async () => {
  const [a, b, c] = (await tabsOf('twice', 3)) as [Page, Page, Page];
  const tell = async (news: number): Promise<void> => {
    server.io.to('twice').emit('news', news);
    await until(c, `log.some(([event, news]) => event === 'news' && news === ${news})`);
  };
  await tell(1);
  await a.close();
  await until(b, `socket.io.sharing.role === 'leader' && socket.connected`);
  await tell(2);
  await b.close();
  await until(c, `socket.io.sharing.role === 'leader' && socket.connected`);
  await tell(3);
  expect(await c.evaluate('[socket.recovered, log.filter(([event]) => event === "gap").length]')).toEqual([
    true,
    0,
  ]);
});

test.concurrent('thousands of missed events are recovered', async () => {
  const [a, b] = (await tabsOf('missed', 2)) as [Page, Page];
  const has = (news: number): string => `log.some(([event, news]) => event === 'news' && news === ${news})`;
  server.io.to('missed').emit('news', -1);
  for (const page of [a, b]) await until(page, has(-1));
  for (const { handshake, conn } of server.io.sockets.sockets.values())
    if (handshake.query.key === 'missed') conn.close();
  for (let news = 0; news < 3_000; news++) server.io.to('missed').emit('news', news);
  for (const page of [a, b]) {
    await until(page, has(2_999));
    expect(
      await page.evaluate(
        `[socket.recovered, log.some(([event]) => event === 'gap'), log.filter(([event]) => event === 'news').length]`,
      ),
    ).toEqual([true, false, 3_001]);
  }
});

test.concurrent('retries, the durable outbox and the schedule work in a tab', async () => {
  const options = `{ retries: 3, ackTimeout: 3000, plugins: [schedule(), durable({ name: 'tabs', owner: 'me' })] }`;
  const [a, b] = (await tabsOf('plugins', 2, options)) as [Page, Page];
  const sent = b.evaluate(`Promise.all([...Array(20).keys()].map((n) => socket.emitWithAck('say', n)))`);
  await a.close();
  expect(await sent).toEqual([...Array(20).keys()]);
});

test.concurrent('a contract checks what each tab sends and receives', async () => {
  const [a, b] = (await tabsOf('contract', 2, '{ plugins: [talk] }')) as [Page, Page];
  for (const page of [a, b]) {
    await page.evaluate(`socket.on('invalid', ({ code }) => log.push(['invalid', code]))`);
    expect(await page.evaluate(`{ try { socket.emit('say', 5) } catch ({ code }) { code } }`)).toBe(
      'INVALID',
    );
    expect(await say(page, 'hello')).toBe('checked hello');
  }
  server.io.to('contract').emit('news', 5);
  server.io.to('contract').emit('news', 'rain');
  for (const page of [a, b]) {
    await until(page, `log.some(([event]) => event === 'news')`);
    expect(await page.evaluate('log')).toEqual([
      ['connect', undefined],
      ['invalid', 'INVALID'],
      ['news', 'checked rain'],
    ]);
  }
});

test.concurrent('a group whose first endpoint is down connects once, to the next one', async () => {
  const dead = `http://127.0.0.1:${await freePort()}`;
  const options = `{ plugins: [endpoints(['${dead}', '${server.url}'])] }`;
  const [a, b] = (await tabsOf('endpoints', 2, options)) as [Page, Page];
  for (const page of [a, b]) expect(await say(page, 'x')).toBe('x');
  expect(socketsOf('endpoints')).toBe(1);
  await a.close();
  await until(b, `socket.io.sharing.role === 'leader' && socket.connected`);
  expect(await say(b, 'y')).toBe('y');
  expect(socketsOf('endpoints')).toBe(1);
});

test.concurrent('tabs with the plugin legacy share a connection to a current server', async () => {
  const [a, b] = (await tabsOf('legacy', 2, '{ plugins: [legacy()] }')) as [Page, Page];
  for (const page of [a, b]) expect(await say(page, 'x')).toBe('x');
  expect(socketsOf('legacy')).toBe(1);
});

test.concurrent('frames and workers of the page take part, and a sandboxed frame says why it does not', async () => {
  const [a] = (await tabsOf('frames', 1)) as [Page];
  const run = `<script src="${pages.origin}/program.js"></script><script>${startIn('frames')};
    setInterval(() => parent.postMessage({ connected: socket.connected, ...socket.io.sharing }, '*'), 100)</script>`;
  await a.evaluate(`
    globalThis.told = {};
    addEventListener('message', ({ source, data }) => {
      for (const frame of document.querySelectorAll('iframe')) if (frame.contentWindow === source) told[frame.id] = data;
    });
    for (const [id, sandbox] of [['free'], ['free too'], ['closed in', 'allow-scripts']]) {
      const frame = Object.assign(document.createElement('iframe'), { id, srcdoc: ${JSON.stringify(run).replace(/<\//g, '<\\/')} });
      if (sandbox) frame.sandbox = sandbox;
      document.body.append(frame);
    }
    const text = ${JSON.stringify(`importScripts('${pages.origin}/program.js'); ${startIn('frames')};
      setInterval(() => postMessage({ connected: socket.connected, ...socket.io.sharing }), 100)`)};
    globalThis.worker = new Worker(URL.createObjectURL(new Blob([text])));
    worker.onmessage = ({ data }) => { told.worker = data; };
  `);
  await until(a, `['free', 'free too', 'closed in', 'worker'].every((id) => told[id]?.connected)`);
  await until(a, `socket.io.sharing.tabs === 4`);
  expect(await a.evaluate(`[told.free.role, told['closed in'].role, told.worker.role]`)).toEqual([
    'follower',
    'off',
    'follower',
  ]);
  expect(await a.evaluate(`told['closed in'].reason`)).toMatch(/denied/);
  await a.evaluate(`document.getElementById('free').remove(); worker.terminate()`);
  await until(a, `socket.io.sharing.tabs === 2`);
  expect(await a.evaluate('uncaught')).toEqual([]);
});

test.concurrent('tabs of releases with different messages form separate groups', async () => {
  const [a, b] = (await tabsOf('releases', 2)) as [Page, Page];
  const c = await a.context().newPage();
  await c.goto(`${pages.origin}/later`);
  await c.evaluate(startIn('releases'));
  await until(c, 'socket.connected');
  expect(await c.evaluate('socket.io.sharing.role')).toBe('leader');
  await until(a, 'socket.io.sharing.tabs === 2');
  for (const [page, what] of [
    [a, 'a'],
    [b, 'b'],
    [c, 'c'],
  ] as const)
    expect(await say(page, what)).toBe(what);
  expect(socketsOf('releases')).toBe(2);
  // Neither hears of the end of the other.
  await c.close();
  await eventually(() => socketsOf('releases') === 1);
  expect(await b.evaluate('log.length')).toBe(1);
});

test.concurrent('an early connection that the tabs do not need is closed', async () => {
  const context = await browser.newContext();
  for (const role of ['leader', 'follower']) {
    const page = await context.newPage();
    await page.goto(`${pages.origin}/`);
    await page.evaluate(
      `(0, eval)(snippet('${server.url}', { query: { key: 'early' } })); globalThis.ws = earlyIo[0]`,
    );
    await page.evaluate(startIn('early', '{ plugins: [early()] }'));
    await until(page, 'socket.connected');
    expect(await page.evaluate('socket.io.sharing.role')).toBe(role);
    if (role === 'leader') expect(await page.evaluate('ws.readyState')).toBe(1);
    else await until(page, 'ws.readyState === WebSocket.CLOSED');
  }
});

test.concurrent('a shared worker that was terminated is replaced by one other, for all tabs', async () => {
  const opened = await tabsOf('ended', 3, `{ worker: '/worker.js' }`);
  const session = await browser.newBrowserCDPSession();
  const { targetInfos } = await session.send('Target.getTargets');
  for (const { targetId, type, url } of targetInfos)
    if (type === 'shared_worker' && url.startsWith(pages.origin))
      await session.send('Target.closeTarget', { targetId });
  // Nobody waits for anything: it is noticed all the same.
  for (const page of opened) await until(page, `log.filter(([event]) => event === 'connect').length === 2`);
  for (const page of opened) expect(await page.evaluate('socket.io.sharing.role')).toBe('worker');
  await eventually(() => socketsOf('ended') === 1);
});

test.concurrent('the inspector lists the tabs, and follows a change of the leader', async () => {
  const [a, b] = (await tabsOf('inspected', 2)) as [Page, Page];
  await b.evaluate(`globalThis.inspector = inspect(socket)`);
  const tabs = b.getByRole('table', { name: 'Tabs that share this connection' });
  await b.getByRole('tab', { name: 'Namespaces' }).click();
  const row = (text: RegExp): ReturnType<Page['getByRole']> =>
    tabs.getByRole('row').filter({ hasText: text });
  await row(/has the connection/).waitFor();
  await row(/\(this tab\)\s*follows/).waitFor();
  await a.close();
  await row(/\(this tab\)\s*has the connection/).waitFor();
  expect(await tabs.getByRole('row').count()).toBe(2);
  const log = (await b.evaluate('JSON.stringify(inspector.log())')) as string;
  for (const part of ['"role":"follower"', '"role":"leader"', '"leads":true']) expect(log).toContain(part);
});
