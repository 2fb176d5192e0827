import { afterEach, describe, expect, test } from 'vitest';
import { io } from '../../../src/index.js';
import { beacon } from '../../../src/platform/http.js';
import { scriptAttribute } from '../../../src/platform/page.js';
import { systemSignals } from '../../../src/platform/signals.js';
import { systemTabs } from '../../../src/platform/tabs.js';
import { durable } from '../../../src/plugins/durable/index.js';
import { early } from '../../../src/plugins/early.js';
import { tabs } from '../../../src/plugins/tabs/index.js';

/** Pages that lack browser APIs, as those of test environments, and pages that may not use them, as sandboxed frames. */

const undo: (() => void)[] = [];
afterEach(() => {
  for (const one of undo.splice(0).reverse()) one();
});

function define(name: string, property: PropertyDescriptor): void {
  const before = Object.getOwnPropertyDescriptor(globalThis, name);
  undo.push(() => {
    if (before) Object.defineProperty(globalThis, name, before);
    else Reflect.deleteProperty(globalThis, name);
  });
  Object.defineProperty(globalThis, name, { ...property, configurable: true });
}

const blocked = (): never => {
  throw new DOMException('The operation is insecure.', 'SecurityError');
};

const location = {
  origin: 'http://localhost',
  protocol: 'http:',
  host: 'localhost',
  hostname: 'localhost',
  href: 'http://localhost/',
};

/** What a page may have besides its location. */
const APIS = [
  'navigator',
  'document',
  'isSecureContext',
  'BroadcastChannel',
  'SharedWorker',
  'indexedDB',
  'IDBKeyRange',
  'localStorage',
  'crypto',
  'addEventListener',
  'removeEventListener',
];

const pages: Record<string, () => void> = {
  'a page of a test environment': () => {
    for (const name of APIS) define(name, { value: undefined, writable: true });
    define('navigator', { value: { onLine: true }, writable: true });
    define('document', { value: { visibilityState: 'visible' }, writable: true });
    Reflect.deleteProperty(globalThis, 'isSecureContext');
  },
  'a page without anything': () => {
    for (const name of APIS) {
      define(name, { value: undefined, writable: true });
      Reflect.deleteProperty(globalThis, name);
    }
  },
  'a page that may use nothing': () => {
    for (const name of APIS) define(name, { get: blocked });
  },
  'a page whose navigator refuses everything': () => {
    const refusing = new Proxy({}, { get: blocked });
    for (const name of ['navigator', 'document', 'indexedDB'])
      define(name, { value: refusing, writable: true });
  },
};

describe.each(Object.entries(pages))('%s', (_name, enter) => {
  test('connects by itself, and sharing says why', async () => {
    define('location', { value: location, writable: true });
    enter();
    const outbox = durable({ name: 'bare', owner: 1, fallback: 'memory' });
    const errors: string[] = [];
    outbox.onError(({ code }) => errors.push(code));
    const socket = io('http://localhost:1', {
      plugins: [tabs({ worker: '/worker.js' }), outbox, early()],
      autoConnect: false,
      forceNew: true,
      coach: false,
    });
    expect(socket.io.sharing).toEqual({ role: 'off', reason: 'no Web Locks' });
    socket.connect();
    const answer = outbox.emitWithAck(socket, 'order', 1).catch(({ code }) => code);
    expect((await outbox.pending()).map(({ event }) => event)).toEqual(['order']);
    expect(errors).toContain('STORAGE_UNAVAILABLE');
    await outbox.clear();
    expect(await answer).toBe('CLEARED');
    socket.disconnect();
  });

  test('has no signals, and none of its parts throws', () => {
    define('location', { value: location, writable: true });
    enter();
    expect(typeof systemSignals.online).toBe('boolean');
    systemSignals.watch(() => {})();
    systemTabs.watch(() => {})();
    expect(systemTabs.visible).toBe(true);
    expect(systemTabs.worker('/worker.js', 'name', blocked, blocked)).toBeUndefined();
    expect(scriptAttribute('data-key')).toBeUndefined();
    expect(() => beacon('http://localhost/', '1')).not.toThrow();
  });
});

describe('a frame in which Web Locks are refused', () => {
  test.each<[string, () => unknown]>([
    ['at once', blocked],
    ['later', () => Promise.reject(new DOMException('The operation is insecure.', 'SecurityError'))],
  ])('%s has a connection of its own', async (_when, request) => {
    define('location', { value: { ...location, origin: 'null' }, writable: true });
    define('navigator', { value: { locks: { request } }, writable: true });
    const socket = io('http://localhost:1', {
      plugins: [tabs()],
      forceNew: true,
      coach: false,
    });
    await expect.poll(() => socket.io.sharing).toEqual({ role: 'off', reason: 'The operation is insecure.' });
    socket.disconnect();
  });
});
