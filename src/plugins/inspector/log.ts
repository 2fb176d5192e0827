/** Saves what was recorded as a log, and replays a log into records. */
import { isoTime } from '../../platform/dates.js';
import type { ObservedEvent } from './observed.js';
import { ConnectionRecord, type EventRow, type PacketRow, type Sample } from './record.js';

/** Increases when older versions cannot read the log. */
export const LOG_VERSION = 2;

/** The largest file that is opened, in bytes. */
export const MAX_LOG_BYTES: number = 64 * 1024 * 1024;

/** A saved log. Its times are milliseconds on the clock of the page, counted from `startedAt`. */
export interface Log {
  readonly format: 'holdfast-log';
  readonly version: typeof LOG_VERSION;
  readonly savedAt: string;
  readonly userAgent: string;
  /** Whether it contains the payloads of packets. */
  readonly payloads: boolean;
  readonly connections: readonly LoggedConnection[];
}

/** One connection in a log. */
export interface LoggedConnection {
  /** The server's address, without user and query. */
  readonly address: string;
  /** The time of day at the zero of its clock. */
  readonly startedAt: string;
  /** The clock when the log was saved. */
  readonly nowMs: number;
  readonly events: readonly EventRow[];
  readonly packets: readonly PacketRow[];
  readonly rtts: readonly { readonly atMs: number; readonly ms: number }[];
  readonly samples: readonly Sample[];
  /** How many events and packets are no longer kept. */
  readonly discarded: { readonly events: number; readonly packets: number };
}

/** The part of a connection that is saved. */
export interface Loggable {
  readonly address: string;
  readonly startedAtMs: number;
  readonly nowMs: number;
  readonly record: ConnectionRecord;
}

/** Builds a log. Records contain only clean events, so it contains no secrets: see `docs/inspector.md`. */
export function toLog(
  connections: readonly Loggable[],
  { payloads, savedAtMs, userAgent }: { payloads: boolean; savedAtMs: number; userAgent: string },
): Log {
  return {
    format: 'holdfast-log',
    version: LOG_VERSION,
    savedAt: isoTime(savedAtMs),
    userAgent,
    payloads,
    connections: connections.map(({ address, startedAtMs, nowMs, record }) => ({
      address,
      startedAt: isoTime(startedAtMs),
      nowMs,
      events: [...record.events],
      packets: [...record.packets].map(({ payload, ...packet }) =>
        payloads && payload !== undefined ? { ...packet, payload } : packet,
      ),
      rtts: [...record.rtts].map(({ atMs, ms }) => ({ atMs, ms })),
      samples: [...record.samples],
      discarded: {
        events: record.events.discarded,
        packets: record.packets.discarded + record.skipped,
      },
    })),
  };
}

/**
 * The text of a file that can be opened again: if it would be too large, it is saved without payloads, and if that is not enough, without the
 * older half of its entries, and so on.
 */
export function fileOf(log: Log, maxBytes: number = MAX_LOG_BYTES): { text: string; payloads: boolean } {
  for (let part = log; ; part = part.payloads ? withoutPayloads(part) : newerHalf(part)) {
    const text = JSON.stringify(part);
    const isEmpty = part.connections.every(({ events, packets }) => events.length + packets.length === 0);
    if (isEmpty || new Blob([text]).size <= maxBytes) return { text, payloads: part.payloads };
  }
}

function withoutPayloads(log: Log): Log {
  const connections = log.connections.map((connection) => ({
    ...connection,
    packets: connection.packets.map(({ payload, ...packet }) => packet),
  }));
  return { ...log, payloads: false, connections };
}

function newerHalf(log: Log): Log {
  const connections = log.connections.map((connection) => {
    const events = connection.events.slice(Math.ceil(connection.events.length / 2));
    const packets = connection.packets.slice(Math.ceil(connection.packets.length / 2));
    const discarded = {
      events: connection.discarded.events + connection.events.length - events.length,
      packets: connection.discarded.packets + connection.packets.length - packets.length,
    };
    return { ...connection, events, packets, discarded };
  });
  return { ...log, connections };
}

/** Replays a logged connection. */
export function replay({ events, packets, rtts, samples }: LoggedConnection): ConnectionRecord {
  const record = new ConnectionRecord();
  const all: ObservedEvent[] = [
    ...events,
    ...packets.map((packet): ObservedEvent => ({ ...packet, type: 'packet' })),
    ...rtts.map((rtt): ObservedEvent => ({ ...rtt, type: 'rtt' })),
  ];
  all.sort((a, b) => a.atMs - b.atMs);
  for (const event of all) record.add(event);
  // The sums include packets that are no longer kept.
  record.samples.clear();
  for (const sample of samples) record.samples.push({ ...sample });
  return record;
}
