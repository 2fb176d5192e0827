import { isoTime, parseTime } from '../../platform/dates.js';
import type { Attempt } from '../../platform/errors.js';
import type { Observed } from './observed.js';
import { ConnectionRecord, type EventRow, KEPT, type PacketRow, type Sample } from './record.js';
import { redact } from './redact.js';

/** The log of an inspector, as it is saved. Times are milliseconds on the clock of the page, from `startedAt` on. */
export interface Log {
  readonly format: 'holdfast-log';
  readonly version: 1;
  readonly savedAt: string;
  readonly userAgent: string;
  /** Whether what was in the packets is in it. */
  readonly payloads: boolean;
  readonly connections: readonly LoggedConnection[];
}

/** One connection in a log. */
export interface LoggedConnection {
  /** Of the server, without user and query. */
  readonly address: string;
  /** The time of day at the zero of its clock. */
  readonly startedAt: string;
  /** The clock when it was saved. */
  readonly nowMs: number;
  readonly events: readonly EventRow[];
  readonly packets: readonly PacketRow[];
  readonly rtts: readonly { readonly atMs: number; readonly ms: number }[];
  readonly samples: readonly Sample[];
  /** What came before what is kept. */
  readonly gone: { readonly events: number; readonly packets: number };
}

/** The largest file that is opened, in bytes. */
export const MAX_LOG_BYTES: number = 64 * 1024 * 1024;

/** What is to be saved of a connection that is watched. */
export interface Loggable {
  readonly address: string;
  readonly startedAtMs: number;
  readonly nowMs: number;
  readonly record: ConnectionRecord;
}

/** What may be in an attempt's error beside this stays out of a log: causes hold whole requests. */
const attemptOf = ({
  transport,
  phase,
  ms,
  status,
  message,
  responseText,
  retryAfterMs,
}: Attempt): Attempt => ({
  transport,
  phase,
  ms,
  message: redact(message),
  ...(status !== undefined && { status }),
  ...(responseText !== undefined && { responseText: redact(responseText) }),
  ...(retryAfterMs !== undefined && { retryAfterMs }),
});

function eventOf(event: EventRow): EventRow {
  switch (event.type) {
    case 'state':
    case 'namespace':
      return event.reason === undefined ? event : { ...event, reason: redact(event.reason) };
    case 'attempt':
      return event.error === undefined ? event : { ...event, error: redact(event.error) };
    case 'failure':
      return { ...event, message: redact(event.message), attempts: event.attempts.map(attemptOf) };
    case 'dropped':
      return { ...event, message: redact(event.message) };
    case 'gap':
      return event;
  }
}

/** Puts together what is saved. Secrets stay out: see `docs/inspector.md`. */
export function toLog(
  connections: readonly Loggable[],
  { payloads, savedAtMs, userAgent }: { payloads: boolean; savedAtMs: number; userAgent: string },
): Log {
  return {
    format: 'holdfast-log',
    version: 1,
    savedAt: isoTime(savedAtMs),
    userAgent,
    payloads,
    connections: connections.map(({ address, startedAtMs, nowMs, record }) => ({
      address: redact(address),
      startedAt: isoTime(startedAtMs),
      nowMs,
      events: [...record.events].map(eventOf),
      packets: [...record.packets].map(({ payload, ...packet }) =>
        payloads && payload !== undefined ? { ...packet, payload } : packet,
      ),
      rtts: [...record.rtts].map(({ atMs, ms }) => ({ atMs, ms })),
      samples: [...record.samples],
      gone: { events: record.events.gone, packets: record.packets.gone + record.passedBy },
    })),
  };
}

/** A file that is no log. The message is for who has chosen it. */
export class LogError extends Error {}

/**
 * Reads a saved log.
 *
 * @throws LogError that says what is wrong with it
 */
export function parseLog(text: string): Log {
  let log: unknown;
  try {
    log = JSON.parse(text);
  } catch {
    throw new LogError('This file is not JSON: it is no log, or it was cut off.');
  }
  if (!isObject(log) || log.format !== 'holdfast-log') {
    throw new LogError('This file is JSON, but no log of a holdfast inspector.');
  }
  if (log.version !== 1) {
    throw new LogError(`This log has version ${String(log.version)}; this inspector reads version 1.`);
  }
  const { connections } = log;
  if (!Array.isArray(connections)) throw new LogError('This log is damaged: it has no "connections".');
  for (const [i, connection] of connections.entries()) checkConnection(connection, `connections[${i}]`);
  return log as unknown as Log;
}

/** Plays a logged connection again. */
export function replay({ events, packets, rtts, samples }: LoggedConnection): ConnectionRecord {
  const record = new ConnectionRecord();
  const all: Observed[] = [
    ...events.slice(-KEPT.events),
    ...packets.slice(-KEPT.packets).map((packet): Observed => ({ ...packet, type: 'packet' })),
    ...rtts.slice(-KEPT.rtts).map((rtt): Observed => ({ ...rtt, type: 'rtt' })),
  ];
  all.sort((a, b) => a.atMs - b.atMs);
  for (const event of all) record.add(event);
  // These know more than the packets that were kept.
  record.samples.clear();
  for (const sample of samples.slice(-KEPT.samples)) record.samples.push({ ...sample });
  return record;
}

const isObject = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const TYPES = ['state', 'attempt', 'failure', 'namespace', 'gap', 'dropped'];

function checkConnection(connection: unknown, where: string): void {
  const damaged: (what: string) => never = (what) => {
    throw new LogError(`This log is damaged: ${where}${what}.`);
  };
  if (!isObject(connection)) damaged(' is no object');
  if (typeof connection.address !== 'string') damaged('.address is no text');
  if (parseTime(String(connection.startedAt)) === undefined) damaged('.startedAt is no time');
  if (!Number.isFinite(connection.nowMs)) damaged('.nowMs is no number');
  for (const list of ['events', 'packets', 'rtts', 'samples'] as const) {
    const items = connection[list];
    if (!Array.isArray(items)) damaged(`.${list} is no list`);
    for (const [i, item] of items.entries()) {
      const fine = isObject(item) && Number.isFinite(list === 'samples' ? item.second : item.atMs);
      if (!fine) damaged(`.${list}[${i}] has no time`);
      if (list === 'events') checkEvent(item, () => damaged(`.events[${i}] is of no known type`));
      if (list === 'packets') checkPacket(item, () => damaged(`.packets[${i}] is no packet`));
    }
  }
}

function checkEvent(event: { readonly [name: string]: unknown }, damaged: () => never): void {
  if (!TYPES.includes(String(event.type))) damaged();
  if (event.type === 'failure' && !(Array.isArray(event.attempts) && event.attempts.every(isObject)))
    damaged();
}

function checkPacket(packet: { readonly [name: string]: unknown }, damaged: () => never): void {
  const { no, way, kind, nsp, bytes } = packet;
  const fine =
    Number.isFinite(no) &&
    (way === 'in' || way === 'out') &&
    typeof kind === 'string' &&
    typeof nsp === 'string' &&
    Number.isFinite(bytes);
  if (!fine) damaged();
}
