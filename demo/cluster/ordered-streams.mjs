// @socket.io/redis-streams-adapter 0.3, made exact.
//
// By itself it delivers what a node broadcasts as soon as Redis has taken it, and what the others broadcast when it has read it: two
// clients may see the same messages in another order, and one that is cut in between has an offset that skips the later one. And
// while a session is restored, the stream is read on: a message of that moment may reach the client twice, or not at all.
//
// Here every broadcast is delivered when it is read, in the order of the stream, and a restored session goes on exactly where its
// replay ended.

import { createAdapter } from '@socket.io/redis-streams-adapter';
import { Adapter } from 'socket.io-adapter';

/** `MessageType.BROADCAST` of socket.io-adapter. */
const BROADCAST = 3;

/** The adapter for `new Server({ adapter })`; takes what `createAdapter` of the package takes. */
export function createOrderedAdapter(client, options) {
  const create = createAdapter(client, options);
  // Called with `new`.
  return function adapterOf(namespace) {
    return inOrder(create(namespace));
  };
}

function inOrder(adapter) {
  const { onMessage, restoreSession } = adapter;
  const deliver = (packet, to) => Adapter.prototype.broadcast.call(adapter, packet, to);
  /** What was read while a session was being restored. */
  const read = [];
  let restoring = 0;
  /** Sockets whose replay was ahead of what this node has read, and how far. */
  const ahead = new Map();

  adapter.broadcast = async (packet, to) => {
    const { rooms, except, flags } = to;
    if (flags?.local) {
      deliver(packet, to);
      return;
    }
    const data = { packet, opts: { rooms: [...rooms], except: [...except], flags } };
    // Redis is away: at least those who are here have it.
    await adapter.publishAndReturnOffset({ type: BROADCAST, data }).catch(() => deliver(packet, to));
  };

  adapter.onMessage = (message, offset) => {
    if (message.type !== BROADCAST || offset === undefined) {
      onMessage.call(adapter, message, offset);
      return;
    }
    const { packet, opts } = message.data;
    if (restoring > 0) read.push({ data: [...packet.data, offset], opts, offset });
    const to = { rooms: new Set(opts.rooms), except: new Set(opts.except), flags: opts.flags };
    for (const [sid, until] of ahead) {
      if (isAfter(offset, until)) ahead.delete(sid);
      else to.except.add(sid);
    }
    adapter.addOffsetIfNecessary(packet, to, offset);
    deliver(packet, to);
  };

  adapter.restoreSession = async (pid, offset) => {
    restoring += 1;
    try {
      const session = await restoreSession.call(adapter, pid, offset);
      const { missedPackets, rooms, sid } = session;
      let last = missedPackets.at(-1)?.at(-1) ?? offset;
      for (const entry of read) {
        if (!isAfter(entry.offset, last) || !isFor(rooms, entry.opts)) continue;
        missedPackets.push(entry.data);
        last = entry.offset;
      }
      ahead.set(sid, last);
      return session;
    } finally {
      restoring -= 1;
      if (restoring === 0) read.length = 0;
    }
  };
  return adapter;
}

const isFor = (rooms, opts) =>
  (opts.rooms.length === 0 || rooms.some((room) => opts.rooms.includes(room))) &&
  !rooms.some((room) => opts.except.includes(room));

/** Offsets are `<milliseconds>-<number>`. */
function isAfter(a, b) {
  const [aMs = 0, aNumber = 0] = a.split('-').map(Number);
  const [bMs = 0, bNumber = 0] = b.split('-').map(Number);
  return aMs === bMs ? aNumber > bNumber : aMs > bMs;
}
