import { describe, expect, it, vi } from 'vitest';
import type { Options } from '../../../src/platform/options.js';
import { type ScheduleOptions, schedule } from '../../../src/plugins/schedule.js';
import type { Socket } from '../../../src/socket/socket.js';
import { useReportError } from '../../support/report-error.js';
import { idleSocket, joinedSocket, type Wire } from '../../support/wired-socket.js';

const reported = useReportError();

interface Burst {
  readonly socket: Socket;
  readonly wire: Wire;
  /** The delivered events, each as its name and its first argument. */
  readonly heard: string[];
}

/** A socket whose listeners take `costMs` for each event. */
function busy(given: ScheduleOptions = {}, costMs = 1, options: Options = {}): Burst {
  const { socket, wire } = joinedSocket({ ...options, plugins: [schedule(given)] });
  const heard: string[] = [];
  socket.onAny((name, value) => {
    heard.push(`${name} ${value}`);
    wire.clock.sleep(costMs);
  });
  socket.on('disconnect', (reason) => heard.push(reason));
  wire.environment.turnOver();
  return { socket, wire, heard };
}

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => `n ${from + i}`);

/** The server sends this many numbered events at once. */
function send(wire: Wire, from: number, to: number, nsp = ''): void {
  for (let i = from; i <= to; i++) wire.receive(`2${nsp}["n",${i}]`);
}

function drain({ environment }: Wire): void {
  while (environment.turnOver());
}

describe('a single message', () => {
  it('is delivered at once, and so is the next one after a turn of the browser', () => {
    const { wire, heard } = busy({}, 20);
    send(wire, 1, 1);
    expect(heard).toEqual(numbers(1, 1));
    wire.environment.turnOver();
    send(wire, 2, 2);
    expect(heard).toEqual(numbers(1, 2));
  });

  it('is delivered at once if it fits into the slice with others', () => {
    const { wire, heard } = busy({ sliceMs: 8 }, 1);
    send(wire, 1, 8);
    expect(heard).toEqual(numbers(1, 8));
  });

  it('schedules nothing until half a slice is used up', () => {
    const { wire } = busy({ sliceMs: 8 }, 1);
    send(wire, 1, 3);
    expect(wire.environment.turnOver()).toBe(false);
    send(wire, 4, 4);
    expect([wire.environment.turnOver(), wire.environment.turnOver()]).toEqual([true, false]);
  });

  it('is delivered at once after a pause, however long the previous slice was', () => {
    const { wire, heard } = busy({ sliceMs: 8 }, 1);
    for (let i = 1; i <= 9; i++) {
      send(wire, i, i);
      wire.clock.sleep(10);
    }
    expect(heard).toEqual(numbers(1, 9));
  });
});

describe('a burst', () => {
  it('is delivered in slices, in order, with turns of the browser in between', () => {
    const { wire, heard } = busy({ sliceMs: 8 }, 1);
    send(wire, 1, 20);
    const slices = [heard.length];
    while (wire.environment.turnOver()) slices.push(heard.length);
    expect(slices).toEqual([8, 16, 20, 20]);
    expect(heard).toEqual(numbers(1, 20));
  });

  it('is delivered one message at a time if each takes longer than a slice', () => {
    const { wire, heard } = busy({ sliceMs: 8 }, 50);
    send(wire, 1, 3);
    expect(heard).toEqual(numbers(1, 1));
    wire.environment.turnOver();
    expect(heard).toEqual(numbers(1, 2));
  });

  it('keeps its order with messages that arrive meanwhile', () => {
    const { wire, heard } = busy({ sliceMs: 4 }, 1);
    send(wire, 1, 6);
    wire.environment.turnOver();
    send(wire, 7, 30);
    drain(wire);
    expect(heard).toEqual(numbers(1, 30));
  });

  it('keeps its order across namespaces and acknowledgements', () => {
    const { socket, wire, heard } = busy({ sliceMs: 1 }, 1);
    const news = wire.manager.socket('/news').connect();
    wire.receive('0/news,{"sid":"n"}');
    wire.environment.turnOver();
    news.on('n', (value) => heard.push(`news ${value}`));
    socket.emit('question', (answer: number) => heard.push(`answer ${answer}`));
    socket.on('ask', (_value, answer) => answer('here'));
    wire.sent();
    wire.receive('2["n",1]', '2["n",2]', '2/news,["n",3]', '30[4]', '2/news,["n",5]', '25["ask",6]');
    drain(wire);
    expect(heard).toEqual(['n 1', 'n 2', 'news 3', 'answer 4', 'news 5', 'ask 6']);
    expect(wire.sent()).toEqual(['35["here"]']);
  });

  it('keeps attachments with their message, even if those of the next one have partly arrived', () => {
    const { socket, wire } = busy({ sliceMs: 1 }, 1);
    const files: unknown[] = [];
    socket.on('file', (file) => files.push(new Uint8Array(file)[0]));
    const head = '51-["file",{"_placeholder":true,"num":0}]';
    wire.receive('2["n",0]', head, new Uint8Array([1]).buffer, head);
    wire.environment.turnOver();
    wire.receive(new Uint8Array([2]).buffer);
    drain(wire);
    expect(files).toEqual([1, 2]);
  });

  it('allows the heartbeat to be answered, and counts the queue', () => {
    const { wire } = busy({ sliceMs: 8 }, 1);
    send(wire, 1, 100);
    expect(wire.manager.pendingIncoming).toBe(92);
    wire.transport.gives('ping');
    expect(wire.network.packets.at(-1)).toMatchObject({ type: 'pong' });
    drain(wire);
    expect(wire.manager.pendingIncoming).toBe(0);
  });

  it('continues after a listener throws, and the error is reported', () => {
    const { socket, wire, heard } = busy({ sliceMs: 1 }, 1);
    socket.on('n', () => {
      throw new Error('mine');
    });
    send(wire, 1, 3);
    drain(wire);
    expect(heard).toEqual(numbers(1, 3));
    expect(reported).toHaveBeenCalledTimes(3);
  });

  it('is counted for each manager, and not without the plugin', () => {
    const { wire } = joinedSocket();
    expect(wire.manager.pendingIncoming).toBeUndefined();
    const first = busy({ sliceMs: 1 });
    const second = busy({ sliceMs: 1 });
    send(first.wire, 1, 3);
    expect([first.wire.manager.pendingIncoming, second.wire.manager.pendingIncoming]).toEqual([2, 0]);
  });

  it('also waits behind the answer to CONNECT', () => {
    const { socket, wire } = idleSocket({ plugins: [schedule({ sliceMs: 1 })] });
    const heard: unknown[] = [];
    socket.on('connect', () => {
      heard.push('connect');
      wire.clock.sleep(5);
    });
    socket.on('n', (value) => heard.push(value));
    socket.connect();
    wire.linkUp();
    wire.accept();
    send(wire, 1, 2);
    drain(wire);
    expect(heard).toEqual(['connect', 1, 2]);
  });
});

describe('the answer to CONNECT', () => {
  it('has not timed out while it waits behind other messages', () => {
    const { wire, heard } = busy({ sliceMs: 1 }, 1, { timeout: 5_000 });
    const news = wire.manager.socket('/news').connect();
    news.on('connect', () => heard.push('connect'));
    news.on('connect_error', ({ message }) => heard.push(message));
    send(wire, 1, 3);
    wire.receive('0/news,{"sid":"n"}');
    wire.clock.advance(20_000);
    drain(wire);
    expect(heard).toEqual([...numbers(1, 3), 'connect']);
  });

  it('times out once nothing waits', () => {
    const { wire, heard } = busy({ sliceMs: 1 }, 1, { timeout: 5_000 });
    wire.manager
      .socket('/news')
      .connect()
      .on('connect_error', ({ message }) => heard.push(message));
    send(wire, 1, 3);
    wire.clock.advance(20_000);
    drain(wire);
    wire.clock.advance(5_000);
    expect(heard).toEqual([...numbers(1, 3), 'timeout']);
  });
});

describe('the end of the connection', () => {
  it.each(['transport close', 'transport error', 'ping timeout', 'parse error'])(
    'by "%s" is reported after every earlier message',
    (reason) => {
      const { socket, wire, heard } = busy({ sliceMs: 2 }, 1);
      send(wire, 1, 7);
      wire.linkDown(reason);
      drain(wire);
      expect(heard).toEqual([...numbers(1, 7), reason]);
      expect(socket.connected).toBe(false);
    },
  );

  it.each(['transport close', 'transport error'])('by "%s" still gives the page its turns', (reason) => {
    const { socket, wire, heard } = busy({ sliceMs: 2 }, 1);
    send(wire, 1, 7);
    wire.linkDown(reason);
    expect([heard, socket.connected]).toEqual([numbers(1, 2), true]);
    wire.environment.turnOver();
    expect(heard).toEqual(numbers(1, 4));
    drain(wire);
    expect(heard).toEqual([...numbers(1, 7), reason]);
  });

  it('keeps later emits for the next connection', () => {
    const { socket, wire } = busy({ sliceMs: 2 }, 1);
    send(wire, 1, 7);
    wire.linkDown();
    socket.emit('mine');
    expect(socket.sendBuffer.length).toBe(1);
    drain(wire);
    wire.linkUp();
    wire.accept();
    expect(wire.sent()).toContain('2["mine"]');
  });

  it('by the server’s DISCONNECT of one namespace keeps its place in the order', () => {
    const { wire, heard } = busy({ sliceMs: 2 }, 1);
    send(wire, 1, 5);
    wire.receive('1');
    send(wire, 6, 9);
    drain(wire);
    expect(heard).toEqual([...numbers(1, 5), 'io server disconnect']);
  });

  it('when a page is left is reported at once, after every earlier message', () => {
    const { wire, heard } = busy({ sliceMs: 2 }, 1);
    send(wire, 1, 7);
    wire.manager._connection._drop('transport close');
    expect(heard).toEqual([...numbers(1, 7), 'transport close']);
  });

  it('is reported once, and the next connection delivers like the first one', () => {
    const { wire, heard } = busy({ sliceMs: 2 }, 1);
    send(wire, 1, 5);
    wire.reconnect();
    drain(wire);
    wire.linkUp();
    wire.accept('sid3');
    drain(wire);
    send(wire, 6, 11);
    drain(wire);
    expect(heard).toEqual([...numbers(1, 5), 'transport close', ...numbers(6, 11)]);
  });
});

describe('a queued end', () => {
  it('is reported, even if an earlier closed session ends meanwhile', () => {
    const { socket, wire, heard } = busy({ sliceMs: 1 }, 1);
    const first = wire.manager.engine;
    const { transport } = wire;
    // The last emit is still being sent, so the first session is still closing.
    wire.network.drains = 'never';
    socket.emit('last');
    wire.manager._close();
    wire.network.drains = 'at once';
    socket.connect();
    wire.linkUp();
    wire.accept('second');
    wire.environment.turnOver();
    send(wire, 1, 3);
    wire.linkDown('transport close');
    expect(first.readyState).toBe('closing');
    transport.closes();
    drain(wire);
    expect(heard.slice(-4)).toEqual([...numbers(1, 3), 'transport close']);
    expect(wire.manager.status).toBe('reconnecting');
  });
});

describe('disconnect() by the program', () => {
  it('clears its queue: nothing more is delivered to that socket', () => {
    const { socket, wire, heard } = busy({ sliceMs: 2 }, 1);
    send(wire, 1, 7);
    socket.disconnect();
    drain(wire);
    expect(heard).toEqual([...numbers(1, 2), 'io client disconnect']);
  });

  it('clears its queue from within a listener, and from within a slice', () => {
    const { socket, wire, heard } = busy({ sliceMs: 2 }, 1);
    socket.on('n', (value) => {
      if (value === 5) socket.disconnect();
    });
    send(wire, 1, 9);
    drain(wire);
    expect(heard).toEqual([...numbers(1, 5), 'io client disconnect']);
  });

  it('leaves nothing for a later session', () => {
    const { socket, wire, heard } = busy({ sliceMs: 2 }, 1);
    send(wire, 1, 7);
    socket.disconnect().connect();
    drain(wire);
    wire.readOn();
    drain(wire);
    wire.accept('sid2');
    drain(wire);
    send(wire, 8, 8);
    expect(heard).toEqual([...numbers(1, 2), 'io client disconnect', ...numbers(8, 8)]);
  });

  it('leaves nothing for a later session, even if other messages hold up the queue for seconds', () => {
    const { socket, wire, heard } = busy({ sliceMs: 2 }, 1);
    const keeper = wire.manager.socket('/keeper');
    keeper.on('n', () => wire.clock.sleep(9_000));
    send(wire, 1, 2);
    send(wire, 1, 2, '/keeper,');
    send(wire, 3, 7);
    socket.disconnect().connect();
    for (let turns = 0; turns < 2; turns++) {
      wire.clock.advance(9_000);
      wire.environment.turnOver();
    }
    drain(wire);
    expect(wire.readOn()).toEqual(['1']);
    drain(wire);
    wire.accept('sid2');
    send(wire, 8, 8);
    drain(wire);
    expect(heard).toEqual([...numbers(1, 2), 'io client disconnect', ...numbers(8, 8)]);
  });

  it('of the last socket clears the whole queue, also for listeners of the manager', () => {
    const { socket, wire } = joinedSocket({ alone: true, plugins: [schedule({ sliceMs: 1 })] });
    const packets = vi.fn();
    socket.on('n', () => wire.clock.sleep(1));
    wire.environment.turnOver();
    wire.manager.on('packet', packets);
    send(wire, 1, 7);
    socket.disconnect();
    drain(wire);
    expect(packets).toHaveBeenCalledTimes(1);
    expect(wire.manager.pendingIncoming).toBe(0);
  });

  it('does not affect the queue of other namespaces', () => {
    const { socket, wire } = busy({ sliceMs: 1 }, 1);
    const keeper = wire.manager.socket('/keeper');
    const heard: unknown[] = [];
    keeper.on('n', (value) => heard.push(value));
    send(wire, 1, 3);
    send(wire, 4, 6, '/keeper,');
    socket.disconnect();
    drain(wire);
    expect(heard).toEqual([4, 5, 6]);
  });
});

describe('the bounds', () => {
  it('close the connection at one packet too many, after the earlier ones were delivered', () => {
    const { socket, wire, heard } = busy({ sliceMs: 2, maxPending: 3 }, 1);
    const details = vi.fn();
    socket.on('disconnect', (_reason, given) => details(given));
    send(wire, 1, 5);
    expect(wire.manager.engine.readyState).toBe('open');
    send(wire, 6, 9);
    expect(wire.manager.engine.readyState).toBe('closed');
    drain(wire);
    expect(heard).toEqual([...numbers(1, 5), 'transport error']);
    expect(details.mock.calls).toMatchObject([[{ code: 'INBOX_FULL' }]]);
    expect(details.mock.calls[0]?.[0].message).toContain('3 packets');
    expect(socket.active).toBe(true);
  });

  it('close the connection over too many bytes', () => {
    const { socket, wire, heard } = busy({ sliceMs: 1, maxPendingBytes: 200 }, 1);
    const details = vi.fn();
    socket.on('disconnect', (_reason, given) => details(given));
    const text = 'x'.repeat(100);
    for (let i = 1; i <= 4; i++) wire.receive(`2["n",${i},"${text}"]`);
    drain(wire);
    expect(heard).toEqual([...numbers(1, 3), 'transport error']);
    expect(details.mock.calls).toMatchObject([[{ code: 'INBOX_FULL' }]]);
  });

  it('count attachments', () => {
    const { wire, heard } = busy({ sliceMs: 1, maxPendingBytes: 150 }, 1);
    wire.receive('2["n",1]');
    for (let i = 0; i < 3; i++)
      wire.receive('51-["file",{"_placeholder":true,"num":0}]', new Uint8Array(100).buffer);
    drain(wire);
    expect(heard.at(-1)).toBe('transport error');
  });

  it('allow a single packet that is larger than the bound', () => {
    const { wire, heard } = busy({ sliceMs: 1, maxPendingBytes: 50 }, 1);
    wire.receive('2["n",1]', `2["n",2,"${'x'.repeat(100)}"]`);
    drain(wire);
    expect(heard).toEqual(numbers(1, 2));
  });

  it('on packets before the answer to CONNECT include queued ones', () => {
    for (const [count, text] of [
      [1_700, 'x'.repeat(10_000)],
      [5, 'x'.repeat(5 * 2 ** 20)],
    ] as const) {
      const { socket, wire } = idleSocket({ plugins: [schedule({ sliceMs: 1 })] });
      const ended = vi.fn();
      socket.connect();
      wire.linkUp();
      wire.manager.on('close', ended);
      wire.environment.turnOver();
      wire.manager.once('packet', () => wire.clock.sleep(1));
      wire.receive('2["n"]');
      for (let i = 1; i < count; i++) wire.receive(`2["n","${text}"]`);
      expect(ended).not.toHaveBeenCalled();
      drain(wire);
      expect(ended.mock.calls).toMatchObject([['parse error', { message: /too many events before/ }]]);
    }
  });

  it('are released by delivery', () => {
    const { wire, heard } = busy({ sliceMs: 1, maxPending: 3, maxPendingBytes: 40 }, 1);
    for (let i = 1; i <= 30; i += 3) {
      send(wire, i, i + 2);
      drain(wire);
    }
    expect(heard).toEqual(numbers(1, 30));
  });
});

describe('coalesced events', () => {
  const coalesce: ScheduleOptions['coalesce'] = { cursor: ([id]) => id, size: ([at]) => [at.x, at.y] };

  const busyCursors = (given: ScheduleOptions = {}): Burst => {
    const burst = busy({ sliceMs: 1, coalesce, ...given }, 1);
    burst.socket.onAny((_name, ...args) => {
      burst.heard[burst.heard.length - 1] += args.length > 1 ? ` ${args[1]}` : '';
    });
    burst.wire.receive('2["first"]');
    return burst;
  };

  it('are delivered once for each key: the newest, in its own place', () => {
    const { wire, heard } = busyCursors();
    wire.receive('2["cursor","ann",1]', '2["made",7]', '2["cursor","bob",1]', '2["cursor","ann",2]');
    wire.receive('2["n",1]', '2["cursor","ann",3]');
    expect(wire.manager.pendingIncoming).toBe(4);
    drain(wire);
    expect(heard).toEqual(['first undefined', 'made 7', 'cursor bob 1', 'n 1', 'cursor ann 3']);
  });

  it('are all delivered if nothing is queued', () => {
    const { wire, heard } = busyCursors();
    drain(wire);
    for (let i = 1; i < 4; i++) {
      wire.receive(`2["cursor","ann",${i}]`);
      drain(wire);
    }
    expect(heard.slice(1)).toEqual(['cursor ann 1', 'cursor ann 2', 'cursor ann 3']);
  });

  it('are distinguished by their namespace, their name, and keys of any JSON', () => {
    const { wire, heard } = busyCursors();
    const keeper = wire.manager.socket('/keeper');
    keeper.on('cursor', (id, value) => heard.push(`keeper ${id} ${value}`));
    wire.receive('2["cursor",1,"number"]', '2["cursor","1","text"]', '2/keeper,["cursor",1,"other"]');
    wire.receive('2["size",{"x":1,"y":2},"a"]', '2["size",{"x":1,"y":3},"b"]', '2["size",{"x":1,"y":2},"c"]');
    drain(wire);
    expect(heard.slice(1)).toEqual([
      'cursor 1 number',
      'cursor 1 text',
      'keeper 1 other',
      'size [object Object] b',
      'size [object Object] c',
    ]);
  });

  it('are not coalesced if the server asks for an acknowledgement, or if the key is undefined', () => {
    const { wire, heard } = busyCursors();
    wire.receive('20["cursor","ann"]', '21["cursor","ann"]', '2["cursor"]', '2["cursor"]');
    drain(wire);
    expect(heard.length).toBe(5);
  });

  it('are not coalesced if JSON cannot express the key', () => {
    const keys = [
      () => 1,
      Symbol('key'),
      undefined,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      new ArrayBuffer(1),
      new Map([[1, 2]]),
    ];
    const { wire, heard } = busy({ sliceMs: 1, coalesce: { n: ([i]) => keys[i % keys.length] } }, 1);
    send(wire, 1, 21);
    drain(wire);
    expect(heard).toEqual(numbers(1, 21));
    expect(reported).not.toHaveBeenCalled();
  });

  it('may have the key null', () => {
    const { wire, heard } = busy({ sliceMs: 1, coalesce: { n: () => null } }, 1);
    send(wire, 1, 5);
    drain(wire);
    expect(heard).toEqual([...numbers(1, 1), ...numbers(5, 5)]);
  });

  it('are distinguished if their keys become the same string', () => {
    const { wire, heard } = busyCursors();
    wire.receive('2["cursor",["a","b"],1]', '2["cursor","a,b",2]', '2["cursor","",3]', '2["cursor",null,4]');
    wire.receive('2["cursor",false,5]', '2["cursor",0,6]', '2["cursor",{},7]', '2["cursor",[],8]');
    drain(wire);
    expect(heard.length).toBe(9);
  });

  it('are not coalesced if the function throws or its key is not JSON, which is reported', () => {
    const { wire, heard } = busy({ sliceMs: 1, coalesce: { n: ([v]) => (v > 3 ? 1n : v.x.y) } }, 1);
    send(wire, 1, 6);
    drain(wire);
    expect(heard).toEqual(numbers(1, 6));
    expect(reported).toHaveBeenCalledTimes(5);
  });

  it('do not include names that every object has', () => {
    const { wire, heard } = busyCursors();
    wire.receive('2["constructor",1]', '2["constructor",1]', '2["__proto__",1]', '2["__proto__",1]');
    drain(wire);
    expect(heard.length).toBe(5);
  });

  it('take no additional room in the queue', () => {
    const { wire, heard } = busyCursors({ maxPending: 1, maxPendingBytes: 30 });
    for (let i = 1; i <= 50; i++) wire.receive(`2["cursor","ann",${i}]`);
    drain(wire);
    expect(heard).toEqual(['first undefined', 'cursor ann 50']);
  });
});

describe('invalid options', () => {
  it.each<[object, string]>([
    [{ sliceMs: 0 }, 'option "sliceMs" is 0; accepted: a number above 0'],
    [{ sliceMs: '8 ms' }, 'option "sliceMs" is "8 ms"; accepted: a number above 0'],
    [{ sliceMs: '8' }, 'option "sliceMs" is "8"; accepted: a number above 0'],
    [{ maxPending: true }, 'option "maxPending" is true; accepted: a number above 0'],
    [{ maxPending: Number.NaN }, 'option "maxPending" is NaN; accepted: a number above 0'],
    [{ maxPendingBytes: -1 }, 'option "maxPendingBytes" is -1; accepted: a number above 0'],
    [{ coalesce: { a: 'b' } }, 'option "coalesce.a" is "b"; accepted: a function'],
  ])('throw: %j', (given, message) => {
    expect(() => schedule(given as ScheduleOptions)).toThrow(
      expect.objectContaining({ code: 'BAD_OPTION', message: expect.stringContaining(message) }),
    );
  });

  it('may be undefined, and then have their defaults', () => {
    const { wire, heard } = busy({ sliceMs: undefined, maxPending: undefined, coalesce: undefined }, 1);
    send(wire, 1, 9);
    expect(heard).toEqual(numbers(1, 8));
  });
});
