import { describe, expect, test, vi } from 'vitest';
import type { ConnectError } from '../../../src/platform/errors.js';
import { HoldfastError } from '../../../src/platform/errors.js';
import type { Options } from '../../../src/platform/options.js';
import { type EndpointContext, endpoints } from '../../../src/plugins/endpoints.js';
import { describe as describeEvent } from '../../../src/plugins/inspector/describe.js';
import { observe } from '../../../src/plugins/inspector/observe.js';
import { tabs } from '../../../src/plugins/tabs/index.js';
import type { FakeTab } from '../../support/fake-tabs.js';
import { type OpenTab, TabSite } from '../../support/tab-site.js';

/** The table of docs/tabs.md, row by row, over simulated tabs; test/tabs has the same in browsers. */

const heard = ({ log }: OpenTab, name: string): unknown[][] =>
  log.filter(([event]) => event === name).map(([, ...args]) => args);
const numbers = (tab: OpenTab): unknown[] => heard(tab, 'news').map(([news]) => news);
const names = ({ log }: OpenTab): unknown[] => log.map(([event]) => event);
const roleOf = ({ manager }: OpenTab): string | undefined => manager.sharing?.role;
const payload = (id: number): object => ({ id, reply: 'at once', pad: '' });

/** Two tabs of one site, the first of which leads. */
async function pair(options: Options = {}): Promise<{ site: TabSite; a: OpenTab; b: OpenTab }> {
  const site = new TabSite();
  const a = site.open(options);
  await site.browser.pass(100);
  const b = site.open(options);
  await site.browser.pass(100);
  expect([roleOf(a), roleOf(b)]).toEqual(['leader', 'follower']);
  return { site, a, b };
}

describe('sharing', () => {
  test('gives all tabs one socket, and each acknowledgement to the tab that asked', async () => {
    const { site, a, b } = await pair();
    expect(site.sessions).toBe(1);
    expect(b.socket.id).toBe(a.socket.id);
    expect(a.socket.id).toBeDefined();
    const answers: unknown[] = [];
    a.socket.emit('e', payload(1), (answer: unknown) => answers.push(['a', answer]));
    b.socket.emit('e', payload(2), (answer: unknown) => answers.push(['b', answer]));
    await site.browser.pass(100);
    expect(answers).toHaveLength(2);
    expect(answers).toContainEqual(['a', 1]);
    expect(answers).toContainEqual(['b', 2]);
    expect(site.complaints).toEqual([]);
  });

  test('tells the plugin endpoints when the shared connection has worked', async () => {
    const asked: EndpointContext[] = [];
    const url = 'http://host.test';
    const choose = (context: EndpointContext): string => {
      asked.push(context);
      return url;
    };
    const { site, a } = await pair({ plugins: [tabs(), endpoints(choose)] });
    site.server.restart();
    await site.browser.pass(3_000);
    expect([a.socket.connected, site.sessions]).toEqual([true, 1]);
    // Not a failed attempt: a list of addresses would stay with this one.
    expect(asked).toEqual([
      { attempt: 0, last: undefined },
      { attempt: 0, last: url },
    ]);
  });

  test('passes server events to every tab, in order and once', async () => {
    const { site, a, b } = await pair();
    for (let news = 0; news < 20; news += 1) site.server.rooms[0]?.tell('/', news);
    await site.browser.pass(100);
    for (const tab of [a, b]) expect(numbers(tab)).toEqual([...Array(20).keys()]);
  });

  test('connects a late tab without a packet to the server', async () => {
    const { site, a } = await pair();
    a.network.change({ latencyMs: 1_000 }, { latencyMs: 1_000 });
    const late = site.open();
    await site.browser.pass(50);
    expect(late.socket.connected).toBe(true);
    expect(late.manager.latencyMs).toBe(a.manager.latencyMs);
  });

  test('shows every tab the transport, the latency and the status', async () => {
    const { a, b } = await pair();
    for (const { manager } of [a, b]) {
      expect(manager.status).toBe('connected');
      expect(manager.transport).toBe('tabs');
      expect(manager.sharing?.transport).toBe('websocket');
      expect(manager.latencyMs).toBeGreaterThan(0);
    }
  });

  test('uses one answer to a request of the server: that of the listening tab last looked at', async () => {
    const { site, a, b } = await pair();
    const c = site.open();
    await site.browser.pass(100);
    const asked: string[] = [];
    const listen = (tab: OpenTab, name: string): void => {
      tab.socket.on('news', (_news: number, answer: () => void) => {
        asked.push(name);
        answer();
      });
    };
    // C is looked at last, and listens to nothing.
    c.socket.off('news');
    listen(a, 'a');
    listen(b, 'b');
    a.tab.tell('hidden');
    site.server.rooms[0]?.tell('/', 1);
    await site.browser.pass(100);
    expect(asked.sort()).toEqual(['a', 'b']);
    expect(site.answers).toEqual([1]);
  });

  test('disconnect() leaves in one tab, and on the server with the last tab', async () => {
    const { site, a, b } = await pair();
    a.socket.disconnect();
    await site.browser.pass(100);
    expect(site.server.rooms[0]?.joined.has('/')).toBe(true);
    expect(b.socket.connected).toBe(true);
    b.socket.emit('e', payload(1));
    await site.browser.pass(100);
    expect(site.delivered).toHaveLength(1);
    expect(names(b)).toEqual(['connect']);
    b.socket.disconnect();
    await site.browser.pass(15_000);
    expect(site.sessions).toBe(0);
  });

  test('leaves a namespace and rejoins it without a protocol error', async () => {
    const { site, a, b } = await pair();
    for (let times = 0; times < 3; times += 1) {
      a.socket.disconnect().connect();
      b.socket.disconnect().connect();
    }
    await site.browser.pass(1_000);
    expect([a.socket.connected, b.socket.connected]).toEqual([true, true]);
    expect(site.sessions).toBe(1);
    expect(site.complaints).toEqual([]);
  });

  test.each(['in the same task', 'in a microtask', 'in the next task', 'before the answer of the leader'])(
    'disconnect() and connect() %s take the time of a new tab, and change nothing for others',
    async (when) => {
      const { site, a, b } = await pair();
      for (const { socket } of [b, a]) {
        socket.disconnect();
        if (when === 'in a microtask') await Promise.resolve();
        if (when === 'in the next task') await site.browser.settle();
        if (when === 'before the answer of the leader') await site.browser.pass(0.75);
        socket.connect();
        await site.browser.pass(50);
        expect([a.socket.connected, b.socket.connected]).toEqual([true, true]);
        let answer: unknown;
        socket.emit('e', payload(socket === b.socket ? 1 : 2), (one: unknown) => {
          answer = one;
        });
        await site.browser.pass(6_000);
        expect(answer).toBeDefined();
        expect([roleOf(a), roleOf(b)]).toEqual(['leader', 'follower']);
        expect(a.manager.sharing?.tabs).toBe(2);
      }
      expect(names(a)).toEqual(names(b));
      expect(heard(b, 'disconnect').map(([reason]) => reason)).toEqual(['io client disconnect']);
      expect(site.sessions).toBe(1);
      expect(site.complaints).toEqual([]);
    },
  );

  test('reports a refusal and a disconnect by the server in every tab', async () => {
    const site = new TabSite();
    site.admits = false;
    const a = site.open();
    const b = site.open();
    await site.browser.pass(200);
    for (const tab of [a, b])
      expect((heard(tab, 'connect_error')[0]?.[0] as Error | undefined)?.message).toBe('not now');
    site.admits = true;
    a.socket.connect();
    b.socket.connect();
    await site.browser.pass(200);
    site.server.rooms[0]?.kick('/');
    await site.browser.pass(200);
    for (const tab of [a, b]) expect(heard(tab, 'disconnect')[0]?.[0]).toBe('io server disconnect');
  });

  test('reports a failed connection in every tab, and the next one', async () => {
    const site = new TabSite();
    const a = site.open();
    const b = site.open();
    a.network.refusing = b.network.refusing = true;
    await site.browser.pass(3_000);
    for (const tab of [a, b]) {
      const [error] = heard(tab, 'connect_error')[0] as [ConnectError];
      expect(error.attempts).toMatchObject([{ transport: 'websocket', message: error.message }]);
    }
    a.network.refusing = b.network.refusing = false;
    await site.browser.pass(7_000);
    for (const tab of [a, b]) expect(tab.socket.connected).toBe(true);
    expect(site.sessions).toBe(1);
  });

  test('shows observers which tab leads, and how many tabs share', async () => {
    const site = new TabSite();
    const lines: string[] = [];
    const a = site.open();
    observe(a.manager, (event) => {
      if (event.type === 'sharing') lines.push(describeEvent(event));
    });
    await site.browser.pass(100);
    const b = site.open();
    await site.browser.pass(100);
    expect(lines.at(-1)).toBe('this tab leads, 2 tabs, over websocket');
    b.tab.tell('hidden');
    await site.browser.pass(100);
    expect(lines.at(-1)).toBe('this tab leads, 2 tabs, 1 hidden, over websocket');
    const flags = { leads: false, visible: true, self: false };
    expect(a.manager.sharing?.members).toMatchObject([
      { ...flags, leads: true, self: true },
      { ...flags, visible: false },
    ]);
    expect(b.manager.sharing?.members).toMatchObject([
      { ...flags, leads: true },
      { ...flags, visible: false, self: true },
    ]);
    expect(b.manager.sharing).toMatchObject({ role: 'follower', tabs: 2, transport: 'websocket' });
    site.crash(b);
    await site.browser.pass(100);
    expect(lines.at(-1)).toBe('this tab leads, 1 tab, over websocket');
  });

  test('separates tabs with different keys', async () => {
    const site = new TabSite();
    const a = site.open({ plugins: [tabs({ key: 'a' })] });
    const b = site.open({ plugins: [tabs({ key: 'b' })] });
    await site.browser.pass(200);
    expect([roleOf(a), roleOf(b)]).toEqual(['leader', 'leader']);
    expect(site.sessions).toBe(2);
  });

  test('carries binary data, several namespaces, and messages larger than one chunk', async () => {
    const site = new TabSite();
    const a = site.open();
    const b = site.open({}, '/chat');
    await site.browser.pass(200);
    expect(site.server.rooms[0]?.joined).toEqual(new Set(['/', '/chat']));
    b.socket.emit('e', payload(1), new Uint8Array([1, 2]));
    a.socket.emit('e', payload(2));
    site.server.rooms[0]?.tell('/chat', 5);
    await site.browser.pass(200);
    expect(site.delivered.map(({ id }) => id).sort()).toEqual([1, 2]);
    expect(heard(a, 'news')).toEqual([]);
    expect(heard(b, 'news')).toHaveLength(1);
  });
});

describe('auth', () => {
  const asking = (answers: Record<string, () => unknown>) => {
    const asked: string[] = [];
    const options = (name: string): Options => ({
      auth: () => {
        asked.push(name);
        return answers[name]?.();
      },
    });
    return { asked, options };
  };

  test('is called only in the leader', async () => {
    const { asked, options } = asking({ a: () => ({ token: 1 }), b: () => ({ token: 2 }) });
    const site = new TabSite();
    const a = site.open(options('a'));
    await site.browser.pass(100);
    const b = site.open(options('b'));
    await site.browser.pass(100);
    expect(asked).toEqual(['a']);
    site.crash(a);
    await site.browser.pass(500);
    expect(asked).toEqual(['a', 'b']);
    expect(b.socket.connected).toBe(true);
  });

  test.each([
    ['throws', () => Promise.reject(new Error('I know nothing'))],
    ['never answers', () => new Promise(() => {})],
  ])('is called in the next tab if the leader %s', async (_how, fails) => {
    const { asked, options } = asking({ a: fails, b: () => ({ token: 2 }) });
    const site = new TabSite();
    const a = site.open(options('a'));
    await site.browser.pass(1);
    const b = site.open(options('b'));
    await site.browser.pass(4_000);
    expect(asked.slice(0, 2)).toEqual(['a', 'b']);
    expect(b.socket.connected).toBe(true);
    expect(a.socket.connected || heard(a, 'connect_error').length > 0).toBe(true);
  });

  test('that no tab knows fails in all tabs', async () => {
    const { options } = asking({ a: () => Promise.reject(new Error('nobody')) });
    const site = new TabSite();
    const a = site.open(options('a'));
    await site.browser.pass(200);
    expect((heard(a, 'connect_error')[0]?.[0] as Error | undefined)?.message).toBe('nobody');
  });
});

describe('leadership', () => {
  test("passes on at once when the leader crashes, with the leader's unsent events", async () => {
    const { site, a, b } = await pair();
    site.crash(a);
    const answers: unknown[] = [];
    for (let id = 0; id < 5; id += 1)
      b.socket.emit('e', payload(id), (answer: unknown) => answers.push(answer));
    await site.browser.pass(500);
    expect(answers).toEqual([0, 1, 2, 3, 4]);
    expect(site.delivered.map(({ id }) => id)).toEqual([0, 1, 2, 3, 4]);
    expect(roleOf(b)).toBe('leader');
    expect(names(b)).toEqual(['connect', 'disconnect', 'connect', 'gap']);
  });

  test('passes on when the leader is silent for three seconds, and only once', async () => {
    const { site, a, b } = await pair();
    a.tab.hang();
    const answers: unknown[] = [];
    b.socket.emit('e', payload(4), (answer: unknown) => answers.push(answer));
    await site.browser.pass(2_800);
    expect(roleOf(b)).toBe('follower');
    await site.browser.pass(1_200);
    expect(answers).toEqual([4]);
    a.tab.wake();
    await site.browser.pass(500);
    expect([roleOf(a), roleOf(b)]).toEqual(['follower', 'leader']);
    expect(a.socket.connected).toBe(true);
    expect(site.sessions).toBe(1);
    expect(site.delivered).toHaveLength(1);
  });

  test('moves without a repeated event, although for a moment both leaders had a session', async () => {
    const { site, a, b } = await pair();
    a.tab.hang();
    b.socket.emit('e', payload(1));
    await site.browser.pass(4_000);
    expect([site.sessions, roleOf(b)]).toEqual([2, 'leader']);
    b.network.change({ latencyMs: 1 }, { latencyMs: 400 });
    // The server sends it over both connections. A receives it before it notices that it was replaced, and B afterwards.
    for (const room of site.server.rooms) room.tell('/', 7);
    await site.browser.pass(50);
    a.tab.wake(true);
    await site.browser.pass(2_000);
    expect(numbers(a)).toEqual([7]);
    expect(numbers(b)).toEqual([7]);
    expect(names(a)).toEqual(['connect', 'news', 'disconnect', 'connect', 'gap']);
    for (const room of site.server.rooms) room.tell('/', 8);
    await site.browser.pass(500);
    expect(numbers(a)).toEqual([7, 8]);
  });

  test('moves without a lost emit of the leader that was replaced', async () => {
    const { site, a, b } = await pair();
    a.tab.hang();
    b.socket.emit('e', payload(0));
    await site.browser.pass(4_000);
    a.tab.wake(true);
    await site.browser.pass(5);
    expect(roleOf(a)).toBe('follower');
    const ends: unknown[] = [];
    // While it waits, and after it follows.
    for (let id = 1; id <= 30; id += 1) {
      a.socket.emit('e', payload(id), (answer: unknown) => ends.push(answer));
      a.socket.emit('e', payload(id + 100));
      await site.browser.pass(50);
    }
    await site.browser.pass(2_000);
    expect(ends).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
    expect(site.delivered.map(({ id }) => id).slice(1)).toEqual(
      Array.from({ length: 60 }, (_, index) => (index >> 1) + 1 + (index % 2) * 100),
    );
    expect(site.complaints).toEqual([]);
  });

  test('is not taken by a hidden tab', async () => {
    const { site, a, b } = await pair();
    b.tab.tell('hidden');
    a.tab.hang();
    b.socket.emit('e', payload(4));
    await site.browser.pass(6_000);
    expect(roleOf(b)).toBe('follower');
    b.tab.tell('visible');
    await site.browser.pass(4_000);
    expect(roleOf(b)).toBe('leader');
    expect(site.delivered).toHaveLength(1);
  });

  test('belongs to one tab in the end if two take it at once', async () => {
    const { site, a, b } = await pair();
    const c = site.open();
    await site.browser.pass(100);
    a.tab.hang();
    b.socket.emit('e', payload(1));
    c.socket.emit('e', payload(2));
    await site.browser.pass(8_000);
    a.tab.wake();
    await site.browser.pass(2_000);
    expect([a, b, c].filter((tab) => roleOf(tab) === 'leader')).toHaveLength(1);
    expect([a, b, c].every(({ socket }) => socket.connected)).toBe(true);
    expect(site.sessions).toBe(1);
    expect(site.delivered.map(({ id }) => id).sort()).toEqual([1, 2]);
  });

  test('moves from a hidden tab to a visible one when no answer is pending', async () => {
    const { site, a, b } = await pair();
    const answers: unknown[] = [];
    a.tab.tell('hidden');
    b.socket.emit('e', { id: 1, reply: 3_000, pad: '' }, (answer: unknown) => answers.push(answer));
    await site.browser.pass(2_900);
    expect(roleOf(a)).toBe('leader');
    await site.browser.pass(4_000);
    expect(answers).toEqual([1]);
    expect([roleOf(a), roleOf(b)]).toEqual(['follower', 'leader']);
    expect([a.socket.connected, b.socket.connected]).toEqual([true, true]);
  });

  test('is handed over by a hidden tab even if an answer may never arrive', async () => {
    const { site, a, b } = await pair();
    b.socket.emit('e', { ...payload(1), reply: 'never' }, () => {});
    a.tab.tell('hidden');
    await site.browser.pass(20_000);
    expect([roleOf(a), roleOf(b)]).toEqual(['leader', 'follower']);
    await site.browser.pass(20_000);
    expect([roleOf(a), roleOf(b)]).toEqual(['follower', 'leader']);
  });

  test('is given up by a page that is left, and by a frozen one', async () => {
    for (const leave of [
      (tab: FakeTab) => tab.signals.tell('leaving', 'stored'),
      (tab: FakeTab) => tab.tell('frozen'),
    ]) {
      const { site, a, b } = await pair();
      leave(a.tab);
      await site.browser.pass(500);
      expect(roleOf(b)).toBe('leader');
      expect(b.socket.connected).toBe(true);
      // Nothing keeps the page out of the back/forward cache.
      const held = [...site.browser.locks.values()].flat().filter(({ tab }) => tab === a.tab);
      expect(held).toEqual([]);
    }
  });

  test('may return to a page that rejoins', async () => {
    const { site, a } = await pair();
    a.tab.signals.tell('leaving', 'stored');
    await site.browser.pass(500);
    a.tab.signals.tell('restored');
    a.tab.tell('frozen');
    await site.browser.pass(500);
    a.tab.tell('resumed');
    await site.browser.pass(1_000);
    expect(a.socket.connected).toBe(true);
    expect(site.sessions).toBe(1);
  });

  test('causes no traffic and no timers while all is well', async () => {
    const { site } = await pair();
    await site.browser.pass(10_000);
    site.browser.log.length = 0;
    await site.browser.pass(60_000);
    expect(site.browser.log).toEqual([]);
  });

  test('leaves the namespaces of a tab that is gone', async () => {
    const { site, a, b } = await pair();
    const c = site.open({}, '/chat');
    await site.browser.pass(100);
    expect(site.server.rooms[0]?.joined.has('/chat')).toBe(true);
    site.crash(c);
    await site.browser.pass(100);
    expect(site.server.rooms[0]?.joined.has('/chat')).toBe(false);
    expect([a.socket.connected, b.socket.connected]).toEqual([true, true]);
  });
});

describe('misuse', () => {
  test.each([
    ['no Web Locks', { missing: 'no Web Locks' }],
    [
      'Access is denied',
      {
        lock: (_name: string, _steal: boolean, _granted: unknown, lost: (error: Error) => void) => {
          queueMicrotask(() => lost(new Error('Access is denied')));
          return () => {};
        },
      },
    ],
    [
      'no channel',
      {
        channel: () => {
          throw new Error('no channel');
        },
      },
    ],
  ])('sharing is off if it is not possible: %s', async (reason, missing) => {
    const site = new TabSite();
    const open = site.browser.open.bind(site.browser);
    site.browser.open = (settings) => Object.assign(open(settings), missing);
    const a = site.open();
    const b = site.open();
    await site.browser.pass(200);
    for (const { manager, socket } of [a, b]) {
      expect(manager.sharing).toEqual({ role: 'off', reason });
      expect(socket.connected).toBe(true);
      expect(manager.transport).toBe('websocket');
    }
    expect(site.sessions).toBe(2);
  });

  test('sharing is off with a custom parser', async () => {
    const { Encoder, Decoder } = await import('socket.io-msgpack-parser');
    const site = new TabSite();
    const { manager } = site.open({ parser: { Encoder, Decoder } as never });
    expect(manager.sharing?.role).toBe('off');
  });

  test('an invalid key or worker is rejected', () => {
    expect(() => tabs({ key: 7 as never })).toThrow(HoldfastError);
    expect(() => tabs({ worker: '' })).toThrow(/tabs has the key/);
  });

  test('foreign messages on the channels are ignored', async () => {
    const { site, a, b } = await pair();
    const garbage: unknown[] = [
      null,
      1,
      'text',
      {},
      [],
      ['lead'],
      ['lead', Number.NaN, undefined, true],
      ['lead', 1e18, undefined, true],
      ['packet', 1, undefined, '/', ['2["news",1]'], 1],
      ['data', 'nobody', ['2["e"]']],
      ['open', null],
      ['open', 'x', 1],
      ['down'],
      ['taken', {}, []],
      new Uint8Array(4),
      [['lead']],
    ];
    for (const message of garbage)
      for (const ends of site.browser.channels.values())
        for (const { tab, heard: hear } of ends) tab.take(() => hear(message));
    await site.browser.pass(1_000);
    for (const tab of [a, b]) expect(names(tab)).toEqual(['connect']);
    b.socket.emit('e', payload(1));
    await site.browser.pass(100);
    expect(site.delivered).toHaveLength(1);
  });

  test('foreign messages cannot prevent a tab from joining', async () => {
    const site = new TabSite();
    const a = site.open();
    // The leader is about to join, and asks the tab that a script has announced for its session.
    await site.browser.pass(2);
    for (const message of [
      ['open', '', false, 0],
      ['open', 'x', 1, [0, 0], null],
      ['open', 'y', 1, 'z', {}],
    ])
      for (const ends of site.browser.channels.values())
        for (const { tab, heard: hear } of ends) tab.take(() => hear(message));
    await site.browser.pass(1_000);
    expect(a.socket.connected).toBe(true);
  });

  test("options that differ from the leader's cause a warning", async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const site = new TabSite();
    site.open({ query: { version: '1' } });
    await site.browser.pass(100);
    site.open({ query: { version: '2' } });
    await site.browser.pass(100);
    expect(warn.mock.calls.map(([text]) => text)).toEqual([
      'holdfast: option "query" differs between the tabs; the leader\'s value applies',
    ]);
    warn.mockRestore();
  });

  test('a hundred tabs can share a connection', async () => {
    const site = new TabSite();
    const all = [...Array(100)].map(() => site.open());
    await site.browser.pass(1_000);
    expect(all.every(({ socket }) => socket.connected)).toBe(true);
    expect(site.sessions).toBe(1);
    site.browser.log.length = 0;
    site.server.rooms[0]?.tell('/', 1);
    await site.browser.pass(100);
    expect(all.every((tab) => heard(tab, 'news').length === 1)).toBe(true);
    // Posted once for all of them.
    expect(site.browser.log.filter((message) => (message as unknown[])[0] === 'packet')).toHaveLength(1);
  });

  test('a tab that never reads does not block the others', async () => {
    const { site, a, b } = await pair();
    const c = site.open();
    await site.browser.pass(100);
    c.tab.hang();
    for (let news = 0; news < 500; news += 1) site.server.rooms[0]?.tell('/', news);
    b.socket.emit('e', payload(1));
    await site.browser.pass(500);
    for (const tab of [a, b]) expect(heard(tab, 'news')).toHaveLength(500);
    expect(site.delivered).toHaveLength(1);
    c.tab.wake();
    await site.browser.pass(500);
    expect(heard(c, 'news')).toHaveLength(500);
  });
});
