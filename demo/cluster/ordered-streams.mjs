// Makes @socket.io/redis-streams-adapter 0.3 deliver exactly once and in order.
//
// The original delivers a node's own broadcasts as soon as Redis has stored them, and those of other nodes when it reads them. So two
// clients may see the same messages in different orders, and a client that is cut in between has an offset that skips the later one.
// It also keeps reading the stream while it restores a session: a message of that moment may reach the client twice, or not at all.
//
// Here every broadcast is delivered when it is read, in stream order, and a restored session continues exactly where its
// replay ended.

import { createAdapter } from '@socket.io/redis-streams-adapter';
import { Adapter } from 'socket.io-adapter';

/** `MessageType.BROADCAST` of socket.io-adapter. */
const BROADCAST = 3;

/** The adapter for `new Server({ adapter })`; takes the same arguments as the package's `createAdapter`. */
export function createOrderedAdapter(client, options) {
  const create = createAdapter(client, options);
  // Socket.IO calls this with `new`.
  return function adapterOf(namespace) {
    return inOrder(create(namespace));
  };
}

function inOrder(adapter) {
  const { onMessage, restoreSession } = adapter;
  const deliver = (packet, to) => Adapter.prototype.broadcast.call(adapter, packet, to);
  /** Messages read while a session was being restored. */
  const read = [];
  let restoring = 0;
  /** Sockets whose replay was ahead of this node's position in the stream, and up to which offset. */
  const ahead = new Map();

  adapter.broadcast = async (packet, to) => {
    const { rooms, except, flags } = to;
    if (flags?.local) {
      deliver(packet, to);
      return;
    }
    const data = { packet, opts: { rooms: [...rooms], except: [...except], flags } };
    // If Redis is unavailable, at least this node's clients receive it.
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
