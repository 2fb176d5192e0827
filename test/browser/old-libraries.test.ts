import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright';
import { Server, type Socket } from 'socket.io';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { aptInstall } from '../support/apt.js';
import { useBrowser } from '../support/browser.js';
import { useFixture } from '../support/fixture.js';

/** Pages of old libraries, which replace built-in functions and extend the prototypes of built-in objects. */

const PROTOTYPE_JS = '/usr/share/javascript/prototype/prototype.js';

/** Like MooTools and others of its time: functions with other arguments, and enumerable extensions. */
const MOOTOOLS_LIKE = `
  Array.from = function (item) {
    if (item == null) return [];
    return typeof item === 'object' && typeof item.length === 'number' ? Array.prototype.slice.call(item) : [item];
  };
  Function.prototype.bind = function (self, args) {
    var method = this;
    return function () { return method.apply(self, args || arguments); };
  };
  Object.keys = function (object) {
    var keys = [];
    for (var key in object) keys.push(key);
    return keys;
  };
  Object.entries = Object.values = undefined;
  Array.prototype.entries = function () { return this.slice(); };
  Array.prototype.values = function () { return this.slice(); };
  Array.prototype.find = function (matches, self) {
    for (var i = 0; i < this.length; i++) if (matches.call(self, this[i], i)) return this[i];
  };
  Array.prototype.includes = function (item, from) { return this.indexOf(item, from) >= 0 ? 1 : 0; };
  Array.prototype.flat = Array.prototype.flatten = function () { return []; };
  Array.prototype.each = function (task) { for (var i = 0; i < this.length; i++) task(this[i], i); };
  Array.prototype.remove = function () {};
  String.prototype.startsWith = String.prototype.contains = function (text) { return this.indexOf(text) + 1; };
  String.prototype.repeat = function () { return ''; };
  Object.prototype.extended = { extended: [] };
  Function.prototype.extend = function () { return this; };
  window.Request = window.Response = window.Headers = function () { throw new Error('an old class'); };
  window.Element = window.Hash = window.Class = function () {};
  window.$ = function () {};
`;

/** Like old versions of Prototype.js and json2.js, in browsers with their own JSON. */
const TO_JSON = `
  Object.prototype.toJSON = function () { return 'an object'; };
  Array.prototype.toJSON = function () { return 'a list'; };
  String.prototype.toJSON = function () { return 'text: ' + this; };
  Date.prototype.toJSON = function () { return 'a date'; };
  Function.prototype.toJSON = function () { return 'a function'; };
`;

/** Each with the resulting object, list and date: those of JSON.stringify, as with the official client. */
const libraries = {
  'Prototype.js 1.7.3': [
    () => readFile(PROTOTYPE_JS, 'utf8'),
    [{ a: 1 }, [1, [2]], '2026-01-01T00:00:00.000Z'],
  ],
  'a library like MooTools': [async () => MOOTOOLS_LIKE, [{ a: 1 }, [1, [2]], '2026-01-01T00:00:00.000Z']],
  'a library that brings toJSON': [async () => TO_JSON, ['an object', 'a list', 'a date']],
} as const;

let told: unknown[][] = [];
let keys: unknown[] = [];
beforeEach(() => {
  told = [];
  keys = [];
});

const fixture = useFixture({
  setup: (app) =>
    app.on('connection', (socket: Socket) => {
      socket.on('tell', (...args: unknown[]) => {
        const answer = args.pop() as (...values: unknown[]) => void;
        told.push(args);
        answer(args.length, 'heard');
      });
      socket.on(
        'order',
        (_item: unknown, { idempotencyKey }: { idempotencyKey: unknown }, answer: () => void) => {
          keys.push(idempotencyKey);
          answer();
        },
      );
      socket.on('double', (bytes: Buffer, answer: (twice: Buffer) => void) =>
        answer(Buffer.concat([bytes, bytes])),
      );
    }),
});
const browser = useBrowser();

/** Why Prototype.js is not there. */
let missing: string | undefined;

beforeAll(async () => {
  if (existsSync(PROTOTYPE_JS)) return;
  const failure = await aptInstall(['libjs-prototype']);
  if (failure === undefined) return;
  missing = `Prototype.js is missing: ${failure}`;
  // In CI, that is a failure.
  if (process.env.CI) throw new Error(missing);
}, 180_000);

/** A page with both scripts, in this order. */
async function open(library: string, order: 'before' | 'behind'): Promise<Page> {
  const page = await browser.open('script');
  if (order === 'before') {
    const url = `${browser.origin}/holdfast.min.js`;
    await page.route(url, (route) => route.abort());
    await page.reload();
    await page.unroute(url);
    await page.addScriptTag({ content: library });
    await page.addScriptTag({ url });
  } else await page.addScriptTag({ content: library });
  return page;
}

describe.each(Object.keys(libraries) as (keyof typeof libraries)[])('%s', (name) => {
  const [read, [object, list, date]] = libraries[name];
  /** The key is in an object, which the page replaces. */
  const hasKeys = name !== 'a library that brings toJSON';

  describe.each(['before', 'behind'] as const)('%s the script', (order) => {
    test.for(['websocket', 'polling'])('serves over %s', async (transport, { skip }) => {
      if (missing && name.startsWith('Prototype')) skip(missing);
      const page = await open(await read(), order);
      const options = {
        transports: [transport],
        upgrade: false,
        reconnectionDelay: 50,
        retries: 3,
        ackTimeout: 5_000,
      };
      const answers = await page.evaluate(
        async ({ url, options }) => {
          const answersOf: unknown[] = [];
          const socket = window.io(url, options);
          window.socket = socket;
          // Kept until the socket is connected.
          socket.emit('tell', 'early', 1, (error: unknown, ...answer: unknown[]) => {
            answersOf.push(error === null, answer[0], answer[1]);
          });
          await window.next(socket, 'connect');
          answersOf.push(await socket.emitWithAck('tell', { a: 1 }, [1, [2]], new Date(Date.UTC(2026, 0))));
          const twice = new Uint8Array(await socket.emitWithAck('double', new Uint8Array([1, 255])));
          answersOf.push(twice.length, twice[0], twice[3]);
          // As text, so that the page's own idea of lists does not matter.
          let all = '';
          for (let i = 0; i < answersOf.length; i++) all += `${answersOf[i]} `;
          return all;
        },
        { url: fixture.proxy.url, options },
      );
      expect(answers).toBe('true 2 heard 3 4 1 255 ');
      expect(told).toEqual([
        ['early', 1],
        [object, list, date],
      ]);

      if (hasKeys) {
        await page.evaluate(async () => {
          for (let i = 0; i < 3; i++) await window.socket.idempotent().emitWithAck('order', i);
        });
        expect(keys).toEqual([0, 1, 2].map(() => expect.stringMatching(/^.{10,}$/)));
        expect(new Set(keys).size).toBe(3);
      }

      told = [];
      await fixture.proxy.down();
      await page.evaluate(async () => {
        if (window.socket.connected) await window.next(window.socket, 'disconnect');
        window.socket.emit('tell', 'while away');
        window.socket.emit('tell', 'in order');
      });
      await fixture.proxy.up();
      await page.evaluate(async () => {
        await window.socket.emitWithAck('tell', 'at the end');
      });
      expect(told).toEqual(['while away', 'in order', 'at the end'].map((word) => [word]));
    });
  });
});

describe('a page that has removed `fetch`, as tools for tests do', () => {
  test.each(['before', 'behind'] as const)('%s the script, connects over long-polling', async (order) => {
    const page = await open('delete window.fetch;', order);
    const answer = await page.evaluate(async (url) => {
      const socket = window.io(url, { transports: ['polling'], upgrade: false });
      await socket.ready();
      return socket.emitWithAck('double', new Uint8Array([1, 2]));
    }, fixture.server.url);
    expect([typeof answer, told]).toEqual(['object', []]);
  });
});

test('a page connects to a server with an IPv6 address', async () => {
  const http = createServer();
  const server = new Server(http, { cors: { origin: '*' } });
  await new Promise<void>((resolve) => http.listen(0, '::1', resolve));
  try {
    const page = await browser.open('script');
    const ids = await page.evaluate(
      async (url) => {
        const ready = ['websocket', 'polling'].map(async (transport) => {
          const socket = window.io(url, { transports: [transport], forceNew: true });
          await socket.ready();
          return socket.id;
        });
        return Promise.all(ready);
      },
      `http://[::1]:${(http.address() as AddressInfo).port}`,
    );
    expect(new Set(ids).size).toBe(2);
  } finally {
    await server.close();
  }
});
