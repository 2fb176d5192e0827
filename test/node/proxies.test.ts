import { isProxy, reactive } from '@vue/reactivity';
import { observable } from 'mobx';
import { describe, expect, onTestFinished, test } from 'vitest';
import { io, type Socket } from '../../src/index.js';
import { useFixture } from '../support/fixture.js';
import { nextEvent } from '../support/waiting.js';

/**
 * State libraries wrap what a program keeps in them, and everything read from it, in Proxies. The socket has to work through them as
 * it does without, and so does its manager.
 */

const fixture = useFixture({
  setup(server) {
    server.on('connection', (socket) => {
      socket.onAny((_name, ...args) => {
        const answer = args.pop();
        if (typeof answer === 'function') answer(...args);
      });
    });
  },
});

/** Wraps everything that is read, including methods, like a membrane. */
function deepProxy<Value extends object>(value: Value, known = new WeakMap<object, object>()): Value {
  const before = known.get(value);
  if (before !== undefined) return before as Value;
  const wrapped = new Proxy(value, {
    get(target, key, receiver) {
      const member = Reflect.get(target, key, receiver) as unknown;
      const fixed = Object.getOwnPropertyDescriptor(target, key);
      if (fixed && !fixed.configurable && !fixed.writable) return member;
      return typeof member === 'object' && member !== null ? deepProxy(member, known) : member;
    },
  });
  known.set(value, wrapped);
  return wrapped;
}

interface State {
  socket: Socket;
}
const libraries: Record<string, (state: State) => State> = {
  'Vue’s reactive': (state) => reactive(state) as State,
  'MobX’s observable': (state) => observable(state),
  'a Proxy of everything that is read': (state) => deepProxy(state),
};
const options = { autoConnect: false, forceNew: true, reconnectionDelay: 10, reconnectionDelayMax: 20 };

describe.each(Object.entries(libraries))('through %s', (_, wrap) => {
  function made(more: object = {}): Socket {
    const plain = io(fixture.proxy.url, { ...options, ...more });
    onTestFinished(() => {
      plain.disconnect();
    });
    return wrap({ socket: plain }).socket;
  }
  async function connected(more: object = {}): Promise<Socket> {
    const socket = made(more);
    const opened = nextEvent(socket, 'connect');
    socket.connect();
    await opened;
    return socket;
  }

  test.each([
    { transports: ['websocket'] },
    { transports: ['polling'] },
    { transports: ['polling', 'websocket'] },
  ])('connects, sends and receives over $transports', async (transports) => {
    const socket = await connected(transports);
    expect([socket.connected, typeof socket.id]).toEqual([true, 'string']);
    expect(await socket.emitWithAck('echo', 1, { a: [2] })).toBe(1);
    const bytes = await socket.timeout(5_000).emitWithAck('echo', new Uint8Array([1, 2, 3]));
    expect([...(bytes as Uint8Array)]).toEqual([1, 2, 3]);
    expect(fixture.server.serverSockets()).toBe(1);
  });

  test('disconnects and reconnects in the same tick', async () => {
    const socket = await connected();
    const again = nextEvent(socket, 'connect');
    socket.disconnect().connect();
    await again;
    expect(await socket.emitWithAck('echo', 2)).toBe(2);
    socket.disconnect();
    expect([socket.connected, socket.active]).toEqual([false, false]);
  });

  test('reconnects after a cut, with what was emitted meanwhile and with retries', async () => {
    const socket = await connected({ retries: 3, ackTimeout: 2_000 });
    const left = nextEvent(socket, 'disconnect');
    const back = nextEvent(socket, 'connect');
    fixture.proxy.cut();
    await left;
    const answer = socket.emitWithAck('echo', 3);
    await back;
    expect(await answer).toBe(3);
    expect(fixture.server.serverSockets()).toBe(2);
  });

  test('has a manager that works, too', async () => {
    const socket = made();
    const manager = socket.io;
    expect(manager.reconnectionDelay(30)).toBe(manager);
    const opened = nextEvent(socket, 'connect');
    manager.open();
    socket.open();
    await opened;
    const other = manager.socket('/');
    expect(other.connected).toBe(true);
    expect(manager.engine.transport.name).toBeDefined();
    const reasons: string[] = [];
    manager.on('close', (reason) => reasons.push(reason));
    manager.engine.close();
    await nextEvent(socket, 'connect');
    expect(reasons).toEqual(['forced close']);
    expect(await socket.emitWithAck('echo', 4)).toBe(4);
  });

  test('shares listeners, flags and the outbox with its target', async () => {
    const socket = made();
    const heard: unknown[] = [];
    const listener = (value: unknown): void => void heard.push(value);
    socket.on('news', listener).off('news', listener).once('news', listener);
    socket.volatile.emit('echo', 'lost');
    socket.emit('echo', 'kept');
    expect(socket.sendBuffer).toHaveLength(1);
    const opened = nextEvent(socket, 'connect');
    socket.connect();
    await opened;
    fixture.server.io.emit('news', 1);
    fixture.server.io.emit('news', 2);
    expect(await socket.emitWithAck('echo', 5)).toBe(5);
    expect(heard).toEqual([1]);
  });
});

test('Vue wraps a socket that a program keeps in its state', () => {
  const socket = io(fixture.proxy.url, options);
  expect(isProxy((reactive({ socket }) as State).socket)).toBe(true);
});
