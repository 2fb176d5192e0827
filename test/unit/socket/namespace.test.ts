import { describe, expect, it, vi } from 'vitest';
import type { SocketOptions } from '../../../src/platform/options.js';
import { race } from '../../../src/plugins/race.js';
import type { Socket } from '../../../src/socket/socket.js';
import { stubReportError } from '../../support/report-error.js';
import { idleSocket, joinedSocket, Wire } from '../../support/wired-socket.js';

/** The events of a socket, in order. */
function record(socket: Socket): unknown[][] {
  const seen: unknown[][] = [];
  socket.on('connect', () => seen.push(['connect']));
  socket.on('connect_error', (error) => seen.push(['connect_error', error.message]));
  socket.on('disconnect', (...args) => seen.push(['disconnect', ...args]));
  return seen;
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('connecting', () => {
  it('sends CONNECT when there is a link, and is connected when the server has answered', () => {
    const { socket, wire } = idleSocket();
    const seen = record(socket);
    expect([socket.active, socket.connected, socket.disconnected]).toEqual([false, false, true]);
    expect(wire.manager.status).toBe('idle');
    expect(socket.connect()).toBe(socket);
    expect(wire.manager.status).toBe('connecting');
    expect([socket.active, socket.connected]).toEqual([true, false]);
    wire.linkUp();
    expect(wire.sent()).toEqual(['0']);
    wire.accept('abc');
    expect([socket.active, socket.connected, socket.disconnected, socket.id]).toEqual([
      true,
      true,
      false,
      'abc',
    ]);
    expect(seen).toEqual([['connect']]);
    expect(wire.timers).toBe(0);
  });

  it('sends CONNECT at once over a link that is already up', () => {
    const { socket, wire } = idleSocket();
    wire.linkUp();
    expect(wire.sent()).toEqual([]);
    socket.open();
    expect(wire.sent()).toEqual(['0']);
  });

  it('measures how long the answer took, from CONNECT: neither the auth function nor a refusal counts', () => {
    let answer: (data: object) => void = () => {};
    const { socket, wire } = idleSocket({
      alone: true,
      auth: (callback) => {
        answer = callback;
      },
    });
    socket.connect();
    wire.linkUp();
    wire.clock.advance(500);
    answer({});
    expect(wire.manager.latencyMs).toBeUndefined();
    wire.clock.advance(70);
    wire.accept();
    expect(wire.manager.latencyMs).toBe(70);
    wire.linkDown();
    wire.linkUp();
    answer({});
    wire.clock.advance(30);
    wire.receive('4{"message":"no"}');
    expect(wire.manager.latencyMs).toBe(70);
  });

  it('sends the name of its namespace', () => {
    const wire = new Wire({});
    const socket = wire.manager.socket('/admin', { auth: { token: 1 } });
    expect(socket.nsp).toBe('/admin');
    socket.connect();
    wire.linkUp();
    expect(wire.sent()).toEqual(['0/admin,{"token":1}']);
  });

  it('twice sends CONNECT once, whether it is pending or answered', () => {
    const { socket, wire } = idleSocket();
    socket.connect().connect();
    wire.linkUp();
    socket.connect();
    expect(wire.sent()).toEqual(['0']);
    wire.accept();
    socket.connect();
    expect(wire.sent()).toEqual([]);
  });

  it('is repeated after each new link, with a new id', () => {
    const { socket, wire } = joinedSocket();
    const seen = record(socket);
    wire.linkDown();
    expect([socket.id, socket.connected, socket.active]).toEqual([undefined, false, true]);
    wire.linkUp();
    expect(wire.sent()).toEqual(['0']);
    wire.accept('other');
    expect(socket.id).toBe('other');
    expect(seen).toEqual([
      ['disconnect', 'transport close', { description: 'websocket connection closed' }],
      ['connect'],
    ]);
  });

  it('happens once: a second answer from the server changes nothing', () => {
    const { socket, wire } = joinedSocket();
    const seen = record(socket);
    wire.receive('0{"sid":"forged"}', '4{"message":"late"}');
    expect(socket.id).toBe('sid1');
    expect(seen).toEqual([]);
  });

  it('reports an older protocol if the server gives no id', () => {
    const { socket, wire } = idleSocket();
    const seen = record(socket);
    socket.connect();
    wire.linkUp();
    wire.receive('0');
    expect(seen).toEqual([['connect_error', expect.stringContaining('v2.x')]]);
    expect([socket.connected, socket.active]).toEqual([false, false]);
  });
});

describe('a refusal', () => {
  it('brings the message and the data of the middleware, and ends the attempts', () => {
    const { socket, wire } = idleSocket();
    const errors: unknown[] = [];
    socket.on('connect_error', (error) => errors.push(error.message, error.data, error instanceof Error));
    socket.connect();
    wire.linkUp();
    wire.receive('4{"message":"not you","data":{"code":7}}');
    expect(errors).toEqual(['not you', { code: 7 }, true]);
    expect([socket.active, socket.connected]).toEqual([false, false]);
    expect(wire.registered).toBe(false);
    expect(wire.timers).toBe(0);
    wire.linkDown();
    wire.linkUp();
    expect(wire.sent()).toEqual(['0']);
  });

  it.each(['4', '4"Invalid namespace"', '4{}', '4[]'])(
    'without the usual payload is one, too: %s',
    (text) => {
      const { socket, wire } = idleSocket();
      const seen = record(socket);
      socket.connect();
      wire.linkUp();
      wire.receive(text);
      expect(seen).toEqual([
        ['connect_error', text.includes('"') ? 'Invalid namespace' : expect.stringMatching(/./)],
      ]);
    },
  );

  it('may be answered by the listener with another attempt, with other credentials', () => {
    const { socket, wire } = idleSocket({ auth: { token: 'old' } });
    socket.on('connect_error', () => {
      socket.auth = { token: 'new' };
      socket.connect();
    });
    socket.connect();
    wire.linkUp();
    wire.receive('4{"message":"expired"}');
    expect(wire.sent()).toEqual(['0{"token":"old"}', '0{"token":"new"}']);
    wire.accept();
    expect(socket.connected).toBe(true);
  });
});

describe('disconnecting', () => {
  it('sends DISCONNECT, and fires once', () => {
    const { socket, wire } = joinedSocket();
    const seen = record(socket);
    expect(socket.disconnect()).toBe(socket);
    socket.close();
    expect(wire.sent()).toEqual(['1']);
    expect(seen).toEqual([['disconnect', 'io client disconnect', undefined]]);
    expect([socket.id, socket.connected, socket.active]).toEqual([undefined, false, false]);
    expect([wire.registered, wire.manager.status]).toEqual([false, 'connected']);
  });

  it('is permanent, even if a new link opens', () => {
    const { socket, wire } = joinedSocket();
    socket.disconnect();
    wire.sent();
    wire.linkDown();
    wire.linkUp();
    expect(wire.sent()).toEqual([]);
    expect(socket.active).toBe(false);
  });

  it('fires nothing on a socket that was never connected', () => {
    for (const prepare of [
      () => {},
      (socket: Socket) => socket.connect(),
      (socket: Socket, wire: Wire) => {
        socket.connect();
        wire.linkUp();
      },
    ]) {
      const { socket, wire } = idleSocket();
      const seen = record(socket);
      prepare(socket, wire);
      socket.disconnect();
      wire.linkUp();
      wire.linkDown();
      expect(seen).toEqual([]);
      expect(socket.active).toBe(false);
    }
  });

  it('by the server is reported, and not reversed', () => {
    const { socket, wire } = joinedSocket();
    const seen = record(socket);
    wire.receive('1');
    expect(seen).toEqual([['disconnect', 'io server disconnect', undefined]]);
    expect([socket.active, socket.connected, wire.registered]).toEqual([false, false, false]);
    expect(wire.sent()).toEqual([]);
  });

  it('by the server may be reversed by the listener', () => {
    const { socket, wire } = joinedSocket();
    socket.on('disconnect', () => socket.connect());
    wire.receive('1');
    expect(wire.sent()).toEqual(['0']);
    wire.accept('again');
    expect(socket.id).toBe('again');
  });

  it.each<[string, unknown]>([
    ['transport close', { description: 'websocket connection closed' }],
    ['transport error', expect.objectContaining({ message: 'websocket error' })],
    ['ping timeout', undefined],
    ['parse error', expect.any(Error)],
    ['forced close', undefined],
  ])('by the network, %s, is followed by a reconnect', (reason, details) => {
    const { socket, wire } = joinedSocket();
    const seen = record(socket);
    wire.linkDown(reason);
    expect(seen).toEqual([['disconnect', reason, details]]);
    expect(socket.active).toBe(true);
    wire.linkUp();
    wire.accept();
    expect(seen).toHaveLength(2);
  });

  it('fires nothing for a DISCONNECT that arrives before the answer to CONNECT', () => {
    const { socket, wire } = idleSocket();
    const seen = record(socket);
    socket.connect();
    wire.linkUp();
    wire.receive('1');
    expect(seen).toEqual([]);
  });

  it('inside the listener of connect leaves nothing behind', () => {
    const { socket, wire } = idleSocket();
    socket.once('connect', () => socket.disconnect());
    socket.connect();
    wire.linkUp();
    wire.accept();
    expect(wire.sent()).toEqual(['0', '1']);
    expect([socket.active, socket.connected, socket.id]).toEqual([false, false, undefined]);
  });
});

describe('reconnecting over the link on which DISCONNECT was sent', () => {
  it('waits until the server has read further, because it would take an earlier CONNECT for a second one', () => {
    const { socket, wire } = joinedSocket();
    socket.disconnect();
    socket.connect();
    expect(socket.active).toBe(true);
    expect(wire.readOn()).toEqual(['1']);
    expect(wire.sent()).toEqual(['0']);
    wire.accept('again');
    expect(socket.id).toBe('again');
    expect(wire.timers).toBe(0);
    expect(wire.namespaces).toEqual(['/']);
  });

  it('leaves a catch-all namespace again that has answered', () => {
    const { socket, wire } = joinedSocket();
    socket.disconnect().connect();
    const [, question = ''] = wire.sent();
    const nsp = question.slice(1, -1);
    wire.receive(`0${nsp},{"sid":"x"}`);
    expect(wire.sent()).toEqual([`1${nsp},`, '0']);
  });

  it('waits at most three seconds for a server that does not answer', () => {
    const { socket, wire } = joinedSocket();
    socket.disconnect().connect();
    wire.sent();
    wire.clock.advance(3_000);
    expect(wire.sent()).toEqual(['0']);
    expect(socket.active).toBe(true);
  });

  it('may be undone while it waits', () => {
    const { socket, wire } = joinedSocket();
    socket.disconnect().connect().disconnect();
    expect(wire.readOn()).toEqual(['1']);
    expect(wire.sent()).toEqual([]);
    expect([wire.timers, wire.namespaces, socket.active]).toEqual([0, [], false]);
  });

  it('does not wait after a new link', () => {
    const { socket, wire } = joinedSocket();
    socket.disconnect().connect();
    wire.sent();
    wire.linkDown();
    expect(wire.timers).toBe(0);
    wire.linkUp();
    expect(wire.sent()).toEqual(['0']);
  });

  it('does not wait if the server has sent DISCONNECT', () => {
    const { socket, wire } = joinedSocket();
    wire.receive('1');
    socket.connect();
    expect(wire.sent()).toEqual(['0']);
  });

  it('probes once, however often it is called', () => {
    const { socket, wire } = joinedSocket();
    socket.disconnect().connect().connect();
    expect(wire.readOn()).toEqual(['1']);
    expect(wire.sent()).toEqual(['0']);
  });
});

describe('disconnecting while CONNECT is pending', () => {
  function leaving(): { socket: Socket; wire: Wire; seen: unknown[][] } {
    const { socket, wire } = idleSocket();
    const seen = record(socket);
    socket.connect();
    wire.linkUp();
    socket.disconnect();
    expect(wire.sent()).toEqual(['0']);
    return { socket, wire, seen };
  }

  it('sends DISCONNECT as soon as the server has answered, and is never connected', () => {
    const { socket, wire, seen } = leaving();
    expect([socket.active, wire.registered]).toEqual([false, true]);
    wire.accept();
    expect(wire.sent()).toEqual(['1']);
    expect(seen).toEqual([]);
    expect(wire.registered).toBe(false);
    expect(wire.timers).toBe(0);
  });

  it('needs no DISCONNECT if the server refuses', () => {
    const { wire, seen } = leaving();
    wire.receive('4{"message":"no"}');
    expect(wire.sent()).toEqual([]);
    expect(seen).toEqual([]);
  });

  it('delivers no further event to the program', () => {
    const { socket, wire } = leaving();
    socket.on('hello', () => expect.unreachable());
    wire.receive('2["hello"]');
    wire.accept();
    wire.receive('2["hello"]');
  });

  it('and reconnecting waits for the answer: one CONNECT at a time, in order', () => {
    const { socket, wire, seen } = leaving();
    socket.connect();
    expect(socket.active).toBe(true);
    expect(wire.sent()).toEqual([]);
    wire.accept('old');
    expect(wire.readOn()).toEqual(['1']);
    expect(wire.sent()).toEqual(['0']);
    expect(socket.connected).toBe(false);
    wire.accept('new');
    expect(socket.id).toBe('new');
    expect(seen).toEqual([['connect']]);
  });

  it('and reconnecting after a refusal sends a new CONNECT', () => {
    const { socket, wire } = leaving();
    socket.connect();
    wire.receive('4{"message":"no"}');
    expect(wire.sent()).toEqual(['0']);
    wire.accept('new');
    expect(socket.id).toBe('new');
  });

  it('and connecting and disconnecting again stays disconnected', () => {
    const { socket, wire } = leaving();
    socket.connect();
    socket.disconnect();
    wire.accept();
    expect(wire.sent()).toEqual(['1']);
    expect(socket.active).toBe(false);
  });

  it('and a new link: the old CONNECT is forgotten', () => {
    const { socket, wire } = leaving();
    socket.connect();
    wire.linkDown();
    wire.linkUp();
    expect(wire.sent()).toEqual(['0']);
    wire.accept('new');
    expect(socket.id).toBe('new');
  });

  it('and reconnecting is reported when the server stays silent', () => {
    const { socket, wire, seen } = leaving();
    socket.connect();
    wire.clock.advance(400_000);
    expect(seen).toContainEqual(['connect_error', expect.stringMatching(/./)]);
  });
});

describe('a server that does not answer CONNECT', () => {
  it('is an error after the deadline', () => {
    const { socket, wire } = idleSocket();
    const seen = record(socket);
    socket.connect();
    wire.linkUp();
    wire.clock.advance(19_999);
    expect(seen).toEqual([]);
    wire.clock.advance(1);
    expect(seen).toEqual([['connect_error', 'timeout']]);
    expect([socket.active, wire.manager.status]).toEqual([true, 'connected']);
    expect(wire.sent()).toEqual(['0']);
  });

  it('may still answer later', () => {
    const { socket, wire } = idleSocket();
    socket.connect();
    wire.linkUp();
    wire.clock.advance(20_000);
    wire.accept('late');
    expect(socket.id).toBe('late');
  });

  it('gets twice the time at each new link, up to eightfold, until it has answered', () => {
    const { socket, wire } = idleSocket();
    const waits: (number | undefined)[] = [];
    socket.connect();
    for (let i = 0; i < 6; i++) {
      wire.linkUp();
      waits.push(wire.clock.waits[0]);
      wire.clock.advance(200_000);
      wire.linkDown();
    }
    expect(waits).toEqual([20_000, 40_000, 80_000, 160_000, 160_000, 160_000]);
    wire.linkUp();
    wire.accept();
    wire.linkDown();
    wire.linkUp();
    expect(wire.clock.waits[0]).toBe(20_000);
  });

  it('is waited for without limit if the timeout is off', () => {
    const { socket, wire } = idleSocket({ timeout: false });
    socket.connect();
    wire.linkUp();
    expect(wire.timers).toBe(0);
  });

  it('gets no second CONNECT if the listener of the error has left', () => {
    const { socket, wire } = idleSocket();
    socket.on('connect_error', () => socket.disconnect());
    socket.connect();
    wire.linkUp();
    wire.clock.advance(200_000);
    expect([socket.active, wire.sent(), wire.timers]).toEqual([false, ['0'], 0]);
  });

  it('leaves no timer behind when the link is lost', () => {
    const { socket, wire } = idleSocket();
    socket.connect();
    wire.linkUp();
    wire.linkDown();
    expect(wire.timers).toBe(0);
  });
});

describe('auth', () => {
  it('may be an object', () => {
    const { socket, wire } = idleSocket({ auth: { token: 1 } });
    socket.connect();
    wire.linkUp();
    expect(wire.sent()).toEqual(['0{"token":1}']);
  });

  it('may be set on the socket, for the next CONNECT', () => {
    const { socket, wire } = joinedSocket({ auth: { token: 1 } });
    expect(socket.auth).toEqual({ token: 1 });
    socket.auth = { token: 2 };
    wire.linkDown();
    wire.linkUp();
    expect(wire.sent()).toEqual(['0{"token":2}']);
  });

  it('may be a function that calls back, at once or later, and is called for every CONNECT', () => {
    let count = 0;
    const callbacks: ((data: object) => void)[] = [];
    const { socket, wire } = idleSocket({
      auth(callback: (data: object) => void) {
        expect(this).toBe(socket);
        if (++count === 1) callback({ count });
        else callbacks.push(callback);
      },
    });
    socket.connect();
    wire.linkUp();
    expect(wire.sent()).toEqual(['0{"count":1}']);
    wire.accept();
    wire.linkDown();
    wire.linkUp();
    expect(wire.sent()).toEqual([]);
    callbacks[0]?.({ count: 'later' });
    expect(wire.sent()).toEqual(['0{"count":"later"}']);
  });

  it.each<[string, () => Promise<object> | object]>([
    ['an async function', async () => ({ token: 1 })],
    ['a function that returns', () => ({ token: 1 })],
    [
      'a function that returns a thenable',
      // biome-ignore lint/suspicious/noThenProperty: any thenable is a promise
      () => ({ then: (use: (data: object) => void) => use({ token: 1 }) }),
    ],
  ])('may be %s', async (_what, auth) => {
    const { socket, wire } = idleSocket({ auth });
    socket.connect();
    wire.linkUp();
    await settled();
    expect(wire.sent()).toEqual(['0{"token":1}']);
    wire.accept();
    expect(socket.connected).toBe(true);
  });

  it('may be an async function that calls back', async () => {
    const { socket, wire } = idleSocket({
      auth: async (callback) => {
        await Promise.resolve();
        callback({ token: 1 });
      },
    });
    socket.connect();
    wire.linkUp();
    await settled();
    expect(wire.sent()).toEqual(['0{"token":1}']);
  });

  it('counts once, even if the callback is called twice', () => {
    const { socket, wire } = idleSocket({
      auth: (callback) => {
        callback({ token: 1 });
        callback({ token: 2 });
      },
    });
    socket.connect();
    wire.linkUp();
    expect(wire.sent()).toEqual(['0{"token":1}']);
  });

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('no token');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no token'))],
    ['throws what is no error', () => Promise.reject('no token')],
  ])('that %s is an error of this socket, which may try again', async (_what, auth) => {
    const { socket, wire } = idleSocket({ auth: auth as () => object });
    const seen = record(socket);
    socket.connect();
    wire.linkUp();
    await settled();
    expect(seen).toEqual([['connect_error', 'no token']]);
    expect([socket.active, wire.registered, wire.timers]).toEqual([false, false, 0]);
    expect(wire.sent()).toEqual([]);
    socket.auth = { token: 1 };
    socket.connect();
    expect(wire.sent()).toEqual(['0{"token":1}']);
  });

  it.each<[string, unknown]>([
    ['text', () => 'token'],
    ['a list', () => [1]],
    ['a number', () => 5],
    ['a BigInt inside', () => ({ token: 1n })],
    [
      'circular',
      () => {
        const loop: Record<string, unknown> = {};
        loop.loop = loop;
        return loop;
      },
    ],
  ])('that returns %s is an error of this socket', (_what, auth) => {
    const { socket, wire } = idleSocket({ auth: auth as () => object });
    const seen = record(socket);
    socket.connect();
    wire.linkUp();
    expect(seen).toEqual([['connect_error', expect.stringMatching(/./)]]);
    expect(wire.sent()).toEqual([]);
    expect([socket.active, wire.timers]).toEqual([false, 0]);
  });

  it('that returns nothing sends nothing', () => {
    const { socket, wire } = idleSocket({ auth: (callback) => callback(undefined as never) });
    socket.connect();
    wire.linkUp();
    expect(wire.sent()).toEqual(['0']);
  });

  it('has the program’s own deadline, which another remaining transport does not shorten', () => {
    const wire = new Wire({ alone: true, timeout: 7_000 });
    wire.manager.opts.transports = ['websocket', 'polling'].map((name) => wire.network.transport(name));
    const socket = wire.manager.socket('/', { auth: () => {} });
    const seen = record(socket);
    socket.connect();
    wire.linkUp();
    wire.clock.advance(6_999);
    expect(seen).toEqual([]);
    wire.clock.advance(1);
    expect(seen).toEqual([['connect_error', expect.stringContaining('auth')]]);
    expect([wire.network.made.length, wire.manager.status]).toEqual([1, 'connected']);
  });

  it('has no deadline without a timeout', () => {
    const { socket, wire } = idleSocket({ auth: () => {}, timeout: false });
    const seen = record(socket);
    socket.connect();
    wire.linkUp();
    wire.clock.advance(3_600_000);
    expect([seen, wire.timers]).toEqual([[], 0]);
  });

  it('that never answers is an error after the deadline, and may still answer', () => {
    let late: (data: object) => void = () => {};
    const { socket, wire } = idleSocket({
      auth: (callback) => {
        late = callback;
      },
    });
    const seen = record(socket);
    socket.connect();
    wire.linkUp();
    wire.clock.advance(20_000);
    expect(seen).toEqual([['connect_error', expect.stringContaining('auth')]]);
    late({ token: 1 });
    expect(wire.sent()).toEqual(['0{"token":1}']);
    wire.accept();
    expect(socket.connected).toBe(true);
  });

  it.each<[string, (socket: Socket, wire: Wire) => void]>([
    ['disconnect()', (socket) => socket.disconnect()],
    ['the end of the link', (_socket, wire) => wire.linkDown()],
    [
      'disconnect() and connect()',
      (socket) => {
        socket.disconnect();
        socket.connect();
      },
    ],
  ])('that answers after %s creates no socket on the server', (_what, happen) => {
    const callbacks: ((data: object) => void)[] = [];
    const { socket, wire } = idleSocket({ auth: (callback) => callbacks.push(callback) });
    socket.connect();
    wire.linkUp();
    happen(socket, wire);
    if (wire.manager.status !== 'connected') wire.linkUp();
    callbacks[0]?.({ token: 'late' });
    expect(wire.sent()).toEqual([]);
  });

  it('whose promise rejects after disconnect() is ignored', async () => {
    let reject: (error: Error) => void = () => {};
    const auth = (): Promise<object> =>
      new Promise((_, no) => {
        reject = no;
      });
    const { socket, wire } = idleSocket({ auth });
    const seen = record(socket);
    socket.connect();
    wire.linkUp();
    socket.disconnect();
    reject(new Error('late'));
    await settled();
    expect(seen).toEqual([]);
  });
});

describe('errors of the connection', () => {
  it('are connect_error for a socket that waits for it', () => {
    const { socket, wire } = idleSocket();
    const seen = record(socket);
    socket.connect();
    wire.attemptFails('websocket error');
    expect(seen).toEqual([['connect_error', 'websocket error']]);
    expect(socket.active).toBe(true);
  });

  it('are none for a socket that is connected, or not wanted', () => {
    const { socket, wire } = joinedSocket();
    const seen = record(socket);
    wire.linkDown('transport error');
    socket.disconnect();
    wire.attemptFails();
    expect(seen).toEqual([['disconnect', 'transport error', expect.any(Error)]]);
  });

  it('make it inactive if it does not retry, until the program calls connect()', () => {
    const { socket, wire } = idleSocket();
    socket.connect();
    wire.giveUp();
    expect([socket.active, wire.manager.status]).toEqual([false, 'closed']);
    socket.connect();
    expect([socket.active, wire.manager.status]).toEqual([true, 'connecting']);
  });
});

describe('connection state recovery', () => {
  /** An offset as the in-memory adapter makes it, for the date of the wire. */
  const offset = (dateMs: number): string => {
    const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_';
    let text = '';
    for (let left = dateMs; left > 0; left = Math.floor(left / 64)) text = digits[left % 64] + text;
    return text;
  };

  function recoverable(): { socket: Socket; wire: Wire } {
    const { socket, wire } = idleSocket({ auth: { token: 1 } });
    socket.connect();
    wire.linkUp();
    wire.accept('sid1', 'pid1');
    wire.sent();
    return { socket, wire };
  }

  it('sends the session and the last offset to the server, with auth', () => {
    const { wire } = recoverable();
    const last = offset(wire.environment.dateMs());
    wire.receive(`2["a",1,"${last}"]`);
    wire.linkDown();
    wire.linkUp();
    expect(wire.sent()).toEqual([`0{"pid":"pid1","offset":"${last}","token":1}`]);
  });

  it('is true if the same session came back, and otherwise false, never undefined', () => {
    const { socket, wire } = recoverable();
    expect(socket.recovered).toBe(false);
    wire.reconnect('sid1', 'pid1');
    expect(socket.recovered).toBe(true);
    wire.reconnect('sid2', 'pid2');
    expect(socket.recovered).toBe(false);
    wire.reconnect('sid3');
    expect(socket.recovered).toBe(false);
    wire.sent();
    wire.linkDown();
    wire.linkUp();
    expect(wire.sent()).toEqual(['0{"token":1}']);
  });

  it.each(['hello', '', 'a longer piece of text', 'abcdefg', '2026-01-01', 'https://example.com/'])(
    'does not take the text %j, at the end of a volatile event, for an offset',
    (text) => {
      const { wire } = recoverable();
      const last = offset(wire.environment.dateMs());
      wire.receive(`2["a","${last}"]`, `2["b",${JSON.stringify(text)}]`);
      wire.linkDown();
      wire.linkUp();
      expect(wire.sent()).toEqual([`0{"pid":"pid1","offset":"${last}","token":1}`]);
    },
  );

  it('takes no offset from an event that requests an acknowledgement', () => {
    const { wire } = recoverable();
    const last = offset(wire.environment.dateMs());
    wire.receive(`2["a","${last}"]`, `27["b","${offset(wire.environment.dateMs() + 5)}"]`);
    wire.linkDown();
    wire.linkUp();
    expect(wire.sent()).toEqual([`0{"pid":"pid1","offset":"${last}","token":1}`]);
  });

  it.each([
    ['Redis streams', (ms: number) => `${ms}-12`],
    ['MongoDB', (ms: number) => `${Math.floor(ms / 1_000).toString(16)}0123456789abcdef`],
  ])('reads the offsets of %s', (_, offsetAt) => {
    const { wire } = recoverable();
    const last = offsetAt(wire.environment.dateMs());
    wire.receive(`2["a","${last}"]`);
    wire.linkDown();
    wire.linkUp();
    expect(wire.sent()).toEqual([`0{"pid":"pid1","offset":"${last}","token":1}`]);
  });
});

describe('a refusal with reconnectOnReject', () => {
  const refuse = (wire: Wire): void => wire.receive('4{"message":"expired","data":{"code":1}}');

  function refused(reconnectOnReject: NonNullable<SocketOptions['reconnectOnReject']>): {
    socket: Socket;
    wire: Wire;
    seen: unknown[][];
  } {
    let count = 0;
    const auth = (): object => ({ token: ++count });
    const delays = { reconnectionDelay: 1_000, reconnectionDelayMax: 5_000 };
    const { socket, wire } = idleSocket({ auth, reconnectOnReject, ...delays });
    const seen = record(socket);
    socket.connect();
    wire.linkUp();
    refuse(wire);
    return { socket, wire, seen };
  }

  it('is retried at once if it returns true, and auth is called again', () => {
    const { socket, wire, seen } = refused(() => true);
    expect(seen).toEqual([['connect_error', 'expired']]);
    expect([socket.active, socket.connected]).toEqual([true, false]);
    wire.clock.advance(0);
    expect(wire.sent()).toEqual(['0{"token":1}', '0{"token":2}']);
    wire.accept('new');
    // As long as a session is young, refusals are counted.
    wire.clock.advance(5_000);
    expect([socket.id, wire.timers]).toEqual(['new', 0]);
  });

  it('is retried with the delay of the retry loop from the second refusal in a row on', () => {
    const { wire } = refused(() => true);
    wire.clock.advance(0);
    for (const [index, ms] of [1_000, 2_000, 4_000].entries()) {
      refuse(wire);
      wire.sent();
      wire.clock.advance(ms - 1);
      expect(wire.sent()).toEqual([]);
      wire.clock.advance(1);
      expect(wire.sent()).toEqual([`0{"token":${index + 3}}`]);
    }
  });

  it.each<[string, () => object | Promise<object>]>([
    ['rejects', () => Promise.reject(new Error('no token'))],
    [
      'throws',
      () => {
        throw new Error('no token');
      },
    ],
    ['answers with what cannot be sent', () => ({ token: 1n })],
  ])('may come from an auth function that %s', async (_what, broken) => {
    const told: unknown[] = [];
    const { socket, wire } = idleSocket({
      auth: broken,
      reconnectOnReject(error, attempt) {
        told.push([(error as { code?: string }).code, attempt]);
        return attempt < 2;
      },
    });
    const seen = record(socket);
    socket.connect();
    wire.linkUp();
    await settled();
    expect([told, seen.length, socket.active]).toEqual([[['AUTH_FAILED', 1]], 1, true]);
    wire.clock.advance(0);
    await settled();
    expect([told.length, seen.length]).toEqual([2, 2]);
    expect([socket.active, wire.registered, wire.timers]).toEqual([false, false, 0]);
    expect(wire.sent()).toEqual([]);
  });

  it('does not include the answer of a server with another protocol version', () => {
    const policy = vi.fn(() => true);
    const { socket, wire } = idleSocket({ reconnectOnReject: policy });
    socket.connect();
    wire.linkUp();
    wire.receive('0');
    expect(policy).not.toHaveBeenCalled();
    expect([socket.active, wire.timers]).toEqual([false, 0]);
  });

  it('is retried after that many milliseconds if it returns a number', () => {
    const { socket, wire } = refused(() => 700);
    wire.sent();
    wire.clock.advance(699);
    expect([wire.sent(), socket.active]).toEqual([[], true]);
    wire.clock.advance(1);
    expect(wire.sent()).toEqual(['0{"token":2}']);
  });

  it.each([[false], [undefined], [null]])('is final if it returns %s, which is valid', (answer) => {
    const reported = stubReportError();
    const { socket, wire, seen } = refused(() => answer as boolean);
    expect(reported).not.toHaveBeenCalled();
    expect(seen).toHaveLength(1);
    expect([socket.active, wire.registered, wire.timers]).toEqual([false, false, 0]);
  });

  it.each<[string, () => unknown]>([
    ['NaN', () => Number.NaN],
    ['less than nothing', () => -5],
    ['text', () => 'soon'],
    ['a promise', () => Promise.resolve(true)],
    ['an object', () => ({})],
  ])('is final if it returns %s, which is reported', (_what, answer) => {
    const reported = stubReportError();
    const { socket, wire, seen } = refused(answer as () => boolean);
    expect(reported.mock.calls).toEqual([[expect.objectContaining({ code: 'BAD_OPTION' })]]);
    expect(seen).toEqual([['connect_error', 'expired']]);
    expect([socket.active, wire.registered, wire.timers]).toEqual([false, false, 0]);
    wire.sent();
    wire.clock.advance(600_000);
    expect(wire.sent()).toEqual([]);
  });

  it('is retried at once if it returns 0', () => {
    const { wire } = refused(() => 0);
    wire.sent();
    wire.clock.advance(0);
    expect(wire.sent()).toEqual(['0{"token":2}']);
  });

  it('calls it with the error and the number of refusals in a row', () => {
    const told: unknown[] = [];
    const { wire } = refused((error, attempt) => {
      told.push([error.message, (error as { data?: unknown }).data, attempt]);
      return attempt < 3;
    });
    wire.clock.advance(0);
    refuse(wire);
    wire.clock.advance(1_000);
    refuse(wire);
    wire.clock.advance(60_000);
    expect(told).toEqual([1, 2, 3].map((attempt) => ['expired', { code: 1 }, attempt]));
    expect(wire.sent()).toHaveLength(3);
  });

  it('is final if it throws, and the error is reported', () => {
    const reported = stubReportError();
    const { socket, seen } = refused(() => {
      throw new Error('mine');
    });
    expect(reported).toHaveBeenCalledWith(expect.objectContaining({ message: 'mine' }));
    expect([seen.length, socket.active]).toEqual([1, false]);
  });

  it('is counted from 1 again after a session that was not refused', () => {
    const attempts: number[] = [];
    const { wire } = refused((_error, attempt) => {
      attempts.push(attempt);
      return true;
    });
    wire.clock.advance(0);
    wire.accept();
    wire.clock.advance(600_000);
    wire.linkDown();
    wire.linkUp();
    refuse(wire);
    expect(attempts).toEqual([1, 1]);
  });

  it('is counted from 1 again after a session that lasted and ended with its link, but not after a short one', () => {
    const attempts: number[] = [];
    const { wire } = refused((_error, attempt) => {
      attempts.push(attempt);
      return true;
    });
    wire.clock.advance(0);
    for (const ms of [4_999, 5_000]) {
      wire.accept();
      wire.clock.advance(ms);
      wire.linkDown();
      wire.linkUp();
      refuse(wire);
      wire.clock.advance(1_000);
    }
    expect(attempts).toEqual([1, 2, 1]);
  });

  it('may also be a disconnect by the server', () => {
    const errors: unknown[] = [];
    const { socket, wire } = joinedSocket({
      reconnectOnReject(error, attempt) {
        errors.push([error.message, attempt]);
        return 100;
      },
    });
    const seen = record(socket);
    wire.receive('1');
    expect(seen).toEqual([['disconnect', 'io server disconnect', undefined]]);
    expect([socket.active, socket.id, errors]).toEqual([true, undefined, [['io server disconnect', 1]]]);
    wire.clock.advance(100);
    expect(wire.sent()).toEqual(['0']);
    // Let in and thrown out again at once: that is a second one.
    wire.accept();
    wire.receive('1');
    wire.clock.advance(100);
    wire.accept();
    wire.clock.advance(5_000);
    wire.receive('1');
    expect(errors.map((entry) => (entry as unknown[])[1])).toEqual([1, 2, 1]);
  });

  it('is retried at once by connect(), and cancelled by disconnect()', () => {
    const hurried = refused(() => 10_000);
    hurried.wire.sent();
    hurried.socket.connect();
    expect(hurried.wire.sent()).toEqual(['0{"token":2}']);
    hurried.wire.accept();
    hurried.wire.clock.advance(5_000);
    expect(hurried.wire.timers).toBe(0);
    const taken = refused(() => 10_000);
    taken.wire.sent();
    taken.socket.disconnect();
    expect([taken.socket.active, taken.wire.timers, taken.wire.registered]).toEqual([false, 0, false]);
    expect(taken.seen).toEqual([['connect_error', 'expired']]);
  });

  it('is retried over the next link without a wait if the link is lost', () => {
    const { socket, wire } = refused(() => 10_000);
    wire.sent();
    wire.linkDown();
    expect([socket.active, wire.timers]).toEqual([true, 0]);
    wire.linkUp();
    expect(wire.sent()).toEqual(['0{"token":2}']);
  });

  it('keeps events that are emitted meanwhile', () => {
    const { socket, wire } = refused(() => 10);
    socket.emit('a');
    wire.clock.advance(10);
    wire.sent();
    wire.accept();
    expect(wire.sent()).toEqual(['2["a"]']);
  });
});

describe('a socket whose connection has given up', () => {
  function gaveUp(): { socket: Socket; wire: Wire } {
    const { socket, wire } = joinedSocket();
    wire.linkDown();
    wire.giveUp();
    return { socket, wire };
  }

  it('rejoins when the program opens the connection', () => {
    const { socket, wire } = gaveUp();
    expect([socket.active, socket.connected]).toEqual([false, false]);
    wire.linkUp();
    expect([wire.sent(), socket.active]).toEqual([['0'], true]);
    wire.accept('new');
    expect(socket.id).toBe('new');
  });

  it('rejoins even if the first attempt has failed as well', () => {
    const { wire } = gaveUp();
    wire.giveUp();
    wire.linkUp();
    expect(wire.sent()).toEqual(['0']);
  });

  it('rejoins even if the link is lost again before the server has answered', () => {
    const { wire } = gaveUp();
    wire.linkUp();
    wire.linkDown('forced close');
    wire.linkUp();
    expect(wire.sent()).toEqual(['0', '0']);
  });

  it('stays disconnected if it has left', () => {
    const { socket, wire } = gaveUp();
    socket.disconnect();
    wire.linkUp();
    expect([wire.sent(), wire.namespaces]).toEqual([[], []]);
  });

  it('gets no failure, because it does not wait for one', () => {
    const { socket, wire } = gaveUp();
    const seen = record(socket);
    wire.attemptFails();
    expect(seen).toEqual([]);
  });

  it('rejoins even if it was never connected', () => {
    const { socket, wire } = idleSocket();
    socket.connect();
    wire.giveUp();
    wire.linkUp();
    expect(wire.sent()).toEqual(['0']);
  });
});

describe('a server that does not answer CONNECT while another transport is left', () => {
  it('causes no error: the other transport is tried', () => {
    const wire = new Wire({ alone: true, plugins: [race()] });
    wire.manager.opts.transports = ['websocket', 'polling'].map((name) => wire.network.transport(name));
    const socket = wire.manager.socket('/');
    const seen = record(socket);
    socket.connect();
    wire.linkUp();
    wire.clock.advance(4_999);
    expect(wire.transport.name).toBe('websocket');
    wire.clock.advance(1);
    wire.clock.settle();
    expect([wire.transport.name, seen]).toEqual(['polling', []]);
    wire.linkUp();
    expect(wire.sent()).toEqual(['0', '0']);
    wire.accept();
    expect(seen).toEqual([['connect']]);
    expect(wire.timers).toBe(0);
  });
});

it('a listener of connect may throw without harm', () => {
  const reported = stubReportError();
  const { socket, wire } = idleSocket();
  const seen = record(socket);
  socket.on('connect', () => {
    throw new Error('mine');
  });
  const after = vi.fn();
  socket.on('connect', after);
  socket.connect();
  wire.linkUp();
  wire.accept();
  expect(after).toHaveBeenCalledOnce();
  expect(reported).toHaveBeenCalledWith(expect.objectContaining({ message: 'mine' }));
  expect(seen).toEqual([['connect']]);
});
