/**
 * Checks a log once, when it is parsed: types, ranges, sizes. The result is built from known fields, with clean
 * texts; so a damaged or hostile file is either shown or rejected with one sentence.
 */
import { loggedEvent } from './event-fields.js';
import {
  count,
  date,
  type Fields,
  type FieldsOf,
  type FieldType,
  flag,
  LogError,
  listOf,
  ms,
  name,
  objectOf,
  oneOf,
  optional,
  readFields,
  text,
} from './fields.js';
import { LOG_VERSION, type Log, type LoggedConnection, MAX_LOG_BYTES } from './log.js';
import { LIMITS, type PacketRow, type Sample } from './record.js';
import { copy, cut } from './text.js';

/** How many connections a log may hold. */
export const MAX_LOGGED_CONNECTIONS = 50;
/** Logs are nested 8 deep. */
const MAX_DEPTH = 20;
/** A full log of 24 connections has about two million. */
const MAX_VALUES = 3_000_000;

const KINDS = ['connect', 'disconnect', 'event', 'ack', 'connect_error', 'binary'];

const PACKET: FieldsOf<Omit<PacketRow, 'type'>> = {
  atMs: ms,
  number: count,
  direction: oneOf('in', 'out'),
  kind: oneOf(...KINDS),
  nsp: name,
  event: optional(name),
  bytes: count,
  attachments: count,
  ackId: optional(count),
  answers: optional(objectOf({ number: count, ms })),
  payload: optional({ ...text, clean: (value) => copy(cut(value as string, LIMITS.payload)) }),
  answeredMs: optional(ms),
};

const loggedPacket: FieldType = {
  ...objectOf({}),
  clean: (value, path) => ({ type: 'packet', ...readFields(value as object, PACKET as Fields, path) }),
};

const SAMPLE: FieldsOf<Sample> = {
  second: count,
  packetsIn: count,
  packetsOut: count,
  bytesIn: count,
  bytesOut: count,
  outbox: count,
  buffered: count,
};

const CONNECTION: FieldsOf<LoggedConnection> = {
  address: text,
  startedAt: date,
  nowMs: ms,
  events: listOf(loggedEvent, LIMITS.events),
  packets: listOf(loggedPacket, LIMITS.packets),
  rtts: listOf(objectOf({ atMs: ms, ms }), LIMITS.rtts),
  samples: listOf(objectOf(SAMPLE as Fields), LIMITS.samples),
  discarded: objectOf({ events: count, packets: count }),
};

const LOG: FieldsOf<Omit<Log, 'format' | 'version'>> = {
  savedAt: date,
  userAgent: optional(text),
  payloads: flag,
  connections: listOf(objectOf(CONNECTION as Fields), MAX_LOGGED_CONNECTIONS, MAX_LOGGED_CONNECTIONS),
};

/**
 * Reads a saved log.
 *
 * @throws LogError that says what is wrong with it
 */
export function parseLog(text: string): Log {
  if (text.length > MAX_LOG_BYTES) throw tooLarge(text.length);
  checkShape(text);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new LogError('This file is not JSON: it is not a log, or it was cut off.');
  }
  const format = (json as { readonly format?: unknown } | null)?.format;
  if (format !== 'holdfast-log')
    throw new LogError('This file is JSON, but not a log of a holdfast inspector.');
  const version = (json as { readonly version?: unknown }).version;
  if (version !== LOG_VERSION) {
    const shown = typeof version === 'number' ? `version ${version}` : 'no version';
    throw new LogError(`This log has ${shown}; this inspector reads version ${LOG_VERSION}.`);
  }
  const log = readFields(json as object, LOG as Fields, '') as unknown as Omit<Log, 'format' | 'version'>;
  return {
    format: 'holdfast-log',
    version: LOG_VERSION,
    ...log,
    userAgent: log.userAgent ?? '',
    connections: log.connections.map(inOrder),
  };
}

/** Packets are found by their numbers, and nothing may happen after the log was saved. */
function inOrder(connection: LoggedConnection, index: number): LoggedConnection {
  const { packets, events, rtts } = connection;
  for (let i = 1; i < packets.length; i++) {
    const [before, row] = [packets[i - 1] as PacketRow, packets[i] as PacketRow];
    if (row.number <= before.number || row.atMs < before.atMs)
      throw new LogError(`This log is damaged: the packets of connections[${index}] are not in order.`);
  }
  let { nowMs } = connection;
  for (const rows of [packets, events, rtts]) for (const { atMs } of rows) nowMs = Math.max(nowMs, atMs);
  return { ...connection, nowMs };
}

export const tooLarge = (bytes: number): LogError =>
  new LogError(`This file has ${Math.ceil(bytes / 2 ** 20)} MB; a log has 64 MB at most.`);

/** Counts brackets and commas before anything is parsed: a value nested a million deep would exhaust the memory. */
function checkShape(text: string): void {
  let depth = 0;
  let values = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 34) {
      i = text.indexOf('"', i + 1);
      // A quote is escaped if an odd number of backslashes precedes it.
      while (i > 0 && isEscaped(text, i)) i = text.indexOf('"', i + 1);
      if (i < 0) return;
    } else if (code === 91 || code === 123) {
      values++;
      if (++depth > MAX_DEPTH) {
        throw new LogError(`This file is not a log: it is nested more than ${MAX_DEPTH} levels deep.`);
      }
    } else if (code === 93 || code === 125) depth--;
    else if (code === 44) values++;
    if (values > MAX_VALUES)
      throw new LogError(`This file is not a log: it has more than ${MAX_VALUES} values.`);
  }
}

function isEscaped(text: string, at: number): boolean {
  let start = at;
  while (text.charCodeAt(start - 1) === 92) start--;
  return (at - start) % 2 === 1;
}
