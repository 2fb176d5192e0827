/** Stores events, many in one transaction. Keeps in memory what cannot be stored, if the program wants that. */
import type { HoldfastError } from '../../platform/errors.js';
import { type Chunk, weigh } from '../../protocol/encode.js';
import { EVENT, type EventData, type EventPacket } from '../../protocol/packet.js';
import type { Socket } from '../../socket/socket.js';
import type { Ends } from './ends.js';
import type { Shared } from './shared.js';
import { type Bounds, full, type Stored } from './store.js';

export interface Writer {
  _add(record: Stored): void;
  /** Resolves when the write of this event has ended; at once if it is not being written. */
  _through(id: string): Promise<unknown>;
  /** Removes the events whose write has not begun. */
  _drop(): readonly Stored[];
}

/** How many events are written in one transaction. */
const BATCH = 500;

export function createWriter(
  { _store: store, _waiting: waiting, _live: live, _trouble }: Shared,
  ends: Ends,
  fallback: boolean,
  { maxEntries, maxBytes }: Bounds,
): Writer {
  let unwritten: Stored[] = [];
  /** How many of them are written one at a time. */
  let singly = 0;
  /** The running transaction. */
  let running: Promise<unknown> | undefined;
  let writing = false;
  /** The key of the last event that was stored. */
  let lastSeq = 0;
  /** The last error that was reported, until an event is stored. */
  let told: string | undefined;

  /** Handles an event that could not be stored: keeps it in memory, or rejects its emit. */
  const refuse = (record: Stored, error: HoldfastError): void => {
    const queue = waiting.get(record.id)?._queue;
    if (!queue) return;
    if (!fallback || error.code === 'OUTBOX_FULL') {
      ends._end(record, error);
      return;
    }
    let count = 1;
    let { bytes } = record;
    for (const { _unstored } of live)
      for (const one of _unstored) {
        count++;
        bytes += one.bytes;
      }
    if (count > maxEntries || bytes > maxBytes) ends._end(record, full(record));
    else {
      if (error.code !== told) _trouble(error);
      told = error.code;
      live.add(queue);
      queue._keep(record, lastSeq, error.code === 'STORAGE_FULL');
    }
  };

  const add = (records: readonly Stored[]): Promise<readonly (number | HoldfastError)[]> =>
    store.add(records).catch((error: HoldfastError) => records.map(() => error));

  const addBatch = async (batch: readonly Stored[]): Promise<void> => {
    const results = await add(batch);
    // One bad event made the transaction fail for all: try each by itself.
    if (batch.length > 1 && results[0] === results[1]) {
      unwritten = [...batch, ...unwritten];
      singly = batch.length;
      return;
    }
    const stored = new Map<string, Stored[]>();
    batch.forEach((given, i) => {
      const result = results[i] as number | HoldfastError;
      if (typeof result !== 'number') {
        refuse(given, result);
        return;
      }
      lastSeq = result;
      told = undefined;
      const record = { ...given, seq: result };
      const waiter = waiting.get(record.id);
      // The event has ended meanwhile.
      if (!waiter) ends._discard(record);
      else {
        waiter._record = record;
        const others = stored.get(record.nsp);
        if (others) others.push(record);
        else stored.set(record.nsp, [record]);
      }
    });
    for (const [nsp, records] of stored) {
      for (const queue of live) if (queue._ofSocket.nsp === nsp) queue._stored(records);
      ends._tell('new', nsp);
    }
  };

  const write = async (): Promise<void> => {
    if (writing) return;
    writing = true;
    while (unwritten.length > 0) {
      // Without events that have ended meanwhile.
      const batch = unwritten.splice(0, singly-- > 0 ? 1 : BATCH).filter(({ id }) => waiting.has(id));
      if (batch.length === 0) continue;
      running = addBatch(batch);
      await running;
    }
    running = undefined;
    writing = false;
  };

  return {
    _add(record) {
      unwritten.push(record);
      void write();
    },
    _through: async (id) => {
      if (!unwritten.some((record) => record.id === id)) await running;
    },
    _drop() {
      const dropped = unwritten;
      unwritten = [];
      return dropped;
    },
  };
}

/** A copy without getters, functions and prototypes, for the wire and the database. */
export function copyOf({ nsp, io }: Socket, data: unknown[]): { data: EventData; bytes: number } {
  const packet: EventPacket = { type: EVENT, nsp, data: data as EventData };
  const chunks = io._connection._encode(packet);
  const codec = io._codec();
  let copy: EventData = packet.data;
  for (const chunk of chunks)
    codec.decode(copyChunk(chunk), (decoded) => {
      copy = (decoded as EventPacket).data;
    });
  return { data: copy, bytes: weigh(chunks) };
}

/** Copies binary data: it may change after the call, and a small view may hold a large buffer. */
function copyChunk(chunk: Chunk): unknown {
  if (typeof chunk === 'string' || 'size' in chunk) return chunk;
  const { buffer = chunk, byteOffset, byteLength } = chunk as Uint8Array;
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength).slice();
}
