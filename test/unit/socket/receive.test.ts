import { describe, expect, it, vi } from 'vitest';
import { EVENT } from '../../../src/protocol/packet.js';
import { useReportError } from '../../support/report-error.js';
import { idleSocket, joinedSocket } from '../../support/wired-socket.js';

const reported = useReportError();

describe('an event of the server', () => {
  it('is delivered to its listeners with all its arguments, in order', () => {
    const { socket, wire } = joinedSocket();
    const order: unknown[] = [];
    socket.on('a', (...args) => order.push(['first', ...args]));
    socket.on('a', (...args) => order.push(['second', ...args]));
    socket.on('b', () => expect.unreachable());
    wire.receive('2["a",1,{"b":null},"c"]');
    expect(order).toEqual([
      ['first', 1, { b: null }, 'c'],
      ['second', 1, { b: null }, 'c'],
    ]);
  });

  it('has its attachments in their places', () => {
    const { socket, wire } = joinedSocket();
    const listener = vi.fn();
    socket.on('file', listener);
    const file = new Uint8Array([1]).buffer;
    wire.receive('51-["file",{"data":{"_placeholder":true,"num":0}}]', file);
    expect(listener.mock.calls).toEqual([[{ data: file }]]);
    expect(listener.mock.calls[0]?.[0].data).toBe(file);
  });

  it('may have a number or any text as its name', () => {
    const { socket, wire } = joinedSocket();
    const listener = vi.fn();
    for (const name of ['7', '__proto__', 'constructor', '']) socket.on(name, listener);
    wire.receive('2[7]', '2["__proto__"]', '2["constructor"]', '2[""]');
    expect(listener).toHaveBeenCalledTimes(4);
  });

  it('is delivered to the other listeners when one throws, and the error is reported', () => {
    const { socket, wire } = joinedSocket();
    const error = new Error('mine');
    const other = vi.fn();
    socket.onAny(() => {
      throw error;
    });
    socket.on('a', () => {
      throw error;
    });
    socket.on('a', other);
    wire.receive('2["a"]', '2["a"]');
    expect(other).toHaveBeenCalledTimes(2);
    expect(reported).toHaveBeenCalledTimes(4);
    expect(socket.connected).toBe(true);
  });

  it('is discarded when the socket has left', () => {
    const { socket, wire } = joinedSocket();
    const root = wire.manager._connection._namespaces.get('/');
    socket.on('a', () => expect.unreachable());
    socket.disconnect();
    root?.receive({ type: 2, nsp: '/', data: ['a'] });
  });
});

describe('an event before the server’s answer to CONNECT', () => {
  it('is kept, and delivered before anything is sent and before connect fires', () => {
    const { socket, wire } = idleSocket();
    const order: string[] = [];
    socket.emit('mine');
    socket.onAnyOutgoing((name) => order.push(`out ${name}`));
    socket.onAny((name) => order.push(`in ${name} as ${socket.id}, connected ${socket.connected}`));
    socket.on('connect', () => order.push('connect'));
    socket.connect();
    wire.linkUp();
    wire.receive('2["early"]', '2["bird"]');
    expect(socket.receiveBuffer).toEqual([['early'], ['bird']]);
    expect(order).toEqual([]);
    wire.accept();
    expect(order).toEqual([
      'in early as sid1, connected true',
      'in bird as sid1, connected true',
      'out mine',
      'connect',
    ]);
    expect(socket.receiveBuffer).toEqual([]);
  });

  it('is forgotten if the program empties the buffer', () => {
    const { socket, wire } = idleSocket();
    socket.on('early', () => expect.unreachable());
    socket.connect();
    wire.linkUp();
    wire.receive('2["early"]');
    socket.receiveBuffer = [];
    wire.accept();
    expect(socket.connected).toBe(true);
  });

  it('is not delivered in another session', () => {
    const { socket, wire } = idleSocket();
    const early = vi.fn();
    socket.on('early', early);
    socket.connect();
    wire.linkUp();
    wire.receive('2["early"]');
    wire.linkDown();
    wire.linkUp();
    wire.accept();
    expect(early).not.toHaveBeenCalled();
  });

  it('is not delivered if the server refuses and a later attempt succeeds', () => {
    const { socket, wire } = idleSocket();
    const early = vi.fn();
    socket.on('early', early);
    socket.connect();
    wire.linkUp();
    wire.receive('2["early"]', '4{"message":"no"}');
    socket.connect();
    wire.accept();
    expect(early).not.toHaveBeenCalled();
  });

  it('whose listener disconnects prevents the delivery of later ones', () => {
    const { socket, wire } = idleSocket();
    const late = vi.fn();
    socket.on('early', () => socket.disconnect());
    socket.on('late', late);
    socket.connect();
    wire.linkUp();
    wire.receive('2["early"]', '2["late"]');
    wire.accept();
    expect(late).not.toHaveBeenCalled();
  });
});

describe('incoming catch-all listeners', () => {
  it('get the name, the arguments, and the acknowledgement, before the others', () => {
    const { socket, wire } = joinedSocket();
    const order: unknown[][] = [];
    socket.on('a', () => order.push(['own']));
    socket.onAny((...args) => order.push(['second', ...args]));
    socket.prependAny((...args) => order.push(['first', ...args]));
    wire.receive('25["a",1]');
    expect(order).toEqual([
      ['first', 'a', 1, expect.any(Function)],
      ['second', 'a', 1, expect.any(Function)],
      ['own'],
    ]);
  });

  it('can be listed and removed, even by themselves', () => {
    const { socket, wire } = joinedSocket();
    const [one, two] = [vi.fn(), vi.fn()];
    const once = vi.fn(() => void socket.offAny(once));
    socket.onAny(once).onAny(one).onAny(two);
    expect(socket.listenersAny()).toEqual([once, one, two]);
    wire.receive('2["a"]');
    expect([once, one, two].map((listener) => listener.mock.calls.length)).toEqual([1, 1, 1]);
    socket.offAny(one);
    wire.receive('2["b"]');
    expect([once, one, two].map((listener) => listener.mock.calls.length)).toEqual([1, 1, 2]);
    socket.offAny(vi.fn());
    socket.offAny();
    wire.receive('2["c"]');
    expect(two).toHaveBeenCalledTimes(2);
    expect(socket.listenersAny()).toEqual([]);
  });

  it('do not see the socket’s own events', () => {
    const { socket, wire } = idleSocket();
    const all = vi.fn();
    socket.onAny(all);
    socket.connect();
    wire.linkUp();
    wire.accept();
    wire.linkDown();
    expect(all).not.toHaveBeenCalled();
  });
});

describe('argument lists that are too long for a call', () => {
  const LONG = 500_000;
  const list = `${'1,'.repeat(LONG - 1)}1`;
  const tooLong = expect.any(RangeError);

  it.each(['2', '27'])('an event fails only for the listeners that take all of it: %s', (head) => {
    const { socket, wire } = joinedSocket();
    const heard = vi.fn();
    socket.on('next', heard);
    wire.receive(`${head}["unheard",${list}]`);
    expect(reported.mock.calls).toEqual([]);
    socket.on('long', heard);
    wire.receive(`${head}["long",${list}]`, '2["next",1]');
    expect(heard.mock.calls).toEqual([[1]]);
    expect(reported.mock.calls).toEqual([[tooLong]]);
    reported.mockClear();
    expect(socket.connected).toBe(true);
  });

  it('an event before the answer to CONNECT does not prevent the connect', () => {
    const { socket, wire } = idleSocket();
    const connected = vi.fn();
    socket.on('connect', connected);
    socket.emit('mine');
    socket.connect();
    wire.linkUp();
    wire.receive(`2["long",${list}]`);
    wire.accept();
    expect(connected).toHaveBeenCalledOnce();
    expect(wire.sent()).toContain('2["mine"]');
  });

  it('events before the answer to CONNECT are bounded, however small they are', () => {
    const { socket, wire } = idleSocket();
    socket.connect();
    wire.linkUp();
    const receive = (count: number): void => {
      for (let i = 0; i < count; i++) socket.onevent({ type: EVENT, nsp: '/', data: ['n'] });
    };
    receive(100_000);
    expect(() => receive(100_000)).toThrow('too many events before the answer to CONNECT');
  });

  it.each([undefined, 2])(
    'an answer settles its Promise with its first value (retries: %s)',
    async (retries) => {
      const { socket, wire } = joinedSocket({ retries });
      const answers = [socket.emitWithAck('a'), socket.timeout(1_000).emitWithAck('a')];
      for (const id of [0, 1]) wire.receive(`3${id}["first",${list}]`);
      expect(await Promise.all(answers)).toEqual(['first', 'first']);
    },
  );

  it('an answer is reported for a callback, and retries continue after it', () => {
    const { socket, wire } = joinedSocket({ retries: 2 });
    const callback = vi.fn();
    socket.emit('a', callback);
    socket.emit('b', callback);
    wire.receive(`30[${list}]`, '31["answer"]');
    expect(callback.mock.calls).toEqual([[null, 'answer']]);
    expect(reported.mock.calls).toEqual([[tooLong]]);
    reported.mockClear();
    expect(socket.bufferedAmount).toBe(0);
  });

  it('an answer with errorFirstAcks settles its Promise with the second value', async () => {
    const { socket, wire } = joinedSocket({ errorFirstAcks: true });
    const answer = socket.emitWithAck('a');
    wire.receive(`30[null,"second",${list}]`);
    expect(await answer).toBe('second');
  });
});
