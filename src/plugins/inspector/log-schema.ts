/**
 * Checks a log once, when it is parsed: types, ranges, sizes. What comes out is built anew from the fields that are known, with clean
 * texts; so a damaged or hostile file can do no more than be shown, or be refused in a sentence.
 */
import { parseTime } from '../../platform/dates.js';
import { cleanEvent, cleanName, cleanText, MAX_FAILURES, MAX_MS } from './clean.js';
import { Fields, LogError } from './fields.js';
import { LOG_VERSION, type Log, type LoggedConnection, MAX_LOG_BYTES } from './log.js';
import type { ObservedFailure } from './observed.js';
import type { EventRow, PacketRow, Sample } from './record.js';
import { LIMITS } from './record.js';
import { copy, cut } from './text.js';

/** How many connections a log may hold. */
export const MAX_LOGGED_CONNECTIONS = 50;
/** How long a list of one connection may be. Far more than is saved, so that later versions can keep more. */
const MAX_ENTRIES = 50_000;
/** Logs are nested 8 deep. */
const MAX_DEPTH = 20;
/** A full log of 24 connections has about two million. */
const MAX_VALUES = 3_000_000;
const MAX_COUNT = Number.MAX_SAFE_INTEGER;

const STATES = ['idle', 'connecting', 'connected', 'waiting', 'reconnecting', 'offline', 'closed'] as const;
const KINDS = ['connect', 'disconnect', 'event', 'ack', 'connect_error', 'binary'] as const;
const PHASES = ['start', 'open', 'failed', 'won'] as const;
const NAMESPACE_STATES = ['joining', 'joined', 'left', 'refused'] as const;

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
  const log = new Fields(json, () => 'the log');
  const version = (json as { readonly version?: unknown }).version;
  if (version !== LOG_VERSION) {
    const shown = typeof version === 'number' ? `version ${version}` : 'no version';
    throw new LogError(`This log has ${shown}; this inspector reads version ${LOG_VERSION}.`);
  }
  log.date('savedAt', parseTime);
  return {
    format: 'holdfast-log',
    version: LOG_VERSION,
    savedAt: log.text('savedAt'),
    userAgent: cleanText(log.optionalText('userAgent') ?? ''),
    payloads: log.flag('payloads'),
    connections: log
      .list('connections', MAX_LOGGED_CONNECTIONS)
      .map((connection, i) => connectionOf(new Fields(connection, () => `connections[${i}]`), i)),
  };
}

export const tooLarge = (bytes: number): LogError =>
  new LogError(`This file has ${Math.ceil(bytes / 2 ** 20)} MB; a log has 64 MB at most.`);

/** Counts brackets and commas before anything is parsed: what is nested a million deep takes more memory than there is. */
function checkShape(text: string): void {
  let depth = 0;
  let values = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 34) {
      i = text.indexOf('"', i + 1);
      // An escaped quote: an odd number of backslashes in front of it.
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

/** The newest of a list: no more of it is kept. */
function newest<Row>(
  fields: Fields,
  name: string,
  max: number,
  where: () => string,
  read: (row: Fields) => Row | undefined,
): Row[] {
  const list = fields.list(name, MAX_ENTRIES);
  const rows: Row[] = [];
  for (let i = Math.max(0, list.length - max); i < list.length; i++) {
    const row = read(new Fields(list[i], () => `${where()}.${name}[${i}]`));
    if (row !== undefined) rows.push(row);
  }
  return rows;
}

function connectionOf(fields: Fields, index: number): LoggedConnection {
  const where = (): string => `connections[${index}]`;
  const startedAt = fields.text('startedAt');
  fields.date('startedAt', parseTime);
  let last: PacketRow | undefined;
  const packets = newest(fields, 'packets', LIMITS.packets, where, (row) => {
    const packet = packetOf(row);
    if (last && (packet.number <= last.number || packet.atMs < last.atMs)) {
      throw new LogError(`This log is damaged: the packets of ${where()} are not in order.`);
    }
    last = packet;
    return packet;
  });
  const events = newest(fields, 'events', LIMITS.events, where, eventOf);
  const rtts = newest(fields, 'rtts', LIMITS.rtts, where, (row) => ({
    atMs: row.number('atMs'),
    ms: row.number('ms'),
  }));
  const discarded = fields.child('discarded');
  let nowMs = fields.number('nowMs');
  // Nothing happens after the log was saved.
  for (const rows of [packets, events, rtts]) for (const { atMs } of rows) nowMs = Math.max(nowMs, atMs);
  return {
    address: cleanText(fields.text('address')),
    startedAt,
    nowMs,
    events,
    packets,
    rtts,
    samples: newest(fields, 'samples', LIMITS.samples, where, sampleOf),
    discarded: {
      events: discarded.number('events', { max: MAX_COUNT, integer: true }),
      packets: discarded.number('packets', { max: MAX_COUNT, integer: true }),
    },
  };
}

const count = (fields: Fields, name: string): number =>
  fields.number(name, { max: MAX_COUNT, integer: true });

const sampleOf = (fields: Fields): Sample => ({
  second: fields.number('second', { max: MAX_MS / 1_000, integer: true }),
  packetsIn: count(fields, 'packetsIn'),
  packetsOut: count(fields, 'packetsOut'),
  bytesIn: count(fields, 'bytesIn'),
  bytesOut: count(fields, 'bytesOut'),
  outbox: count(fields, 'outbox'),
  buffered: count(fields, 'buffered'),
});

function packetOf(fields: Fields): PacketRow {
  const event = fields.optionalText('event');
  const answers = fields.optionalObject('answers');
  const payload = fields.optionalText('payload');
  const answeredMs = fields.optionalNumber('answeredMs');
  return {
    type: 'packet',
    atMs: fields.number('atMs'),
    number: count(fields, 'number'),
    direction: fields.choice('direction', ['in', 'out']),
    kind: fields.choice('kind', KINDS),
    nsp: cleanName(fields.text('nsp')),
    event: event === undefined ? undefined : cleanName(event),
    bytes: count(fields, 'bytes'),
    attachments: count(fields, 'attachments'),
    ackId: fields.optionalNumber('ackId', { max: MAX_COUNT, integer: true }),
    answers: answers && { number: count(answers, 'number'), ms: answers.number('ms') },
    payload: payload === undefined ? undefined : copy(cut(payload, LIMITS.payload)),
    ...(answeredMs !== undefined && { answeredMs }),
  };
}

/** @returns `undefined` for a type of event that a later version may know */
function eventOf(fields: Fields): EventRow | undefined {
  const atMs = fields.number('atMs');
  const type = fields.text('type');
  switch (type) {
    case 'state':
      return clean({
        type,
        atMs,
        state: fields.choice('state', STATES),
        reason: fields.optionalText('reason'),
        transport: fields.optionalText('transport'),
        retryInMs: fields.optionalNumber('retryInMs'),
      });
    case 'attempt':
      return clean({
        type,
        atMs,
        round: count(fields, 'round'),
        transport: fields.text('transport'),
        probe: fields.flag('probe'),
        phase: fields.choice('phase', PHASES),
        ms: fields.number('ms'),
        error: fields.optionalText('error'),
      });
    case 'failure':
      return clean({
        type,
        atMs,
        lost: fields.flag('lost'),
        round: count(fields, 'round'),
        message: fields.text('message'),
        hint: fields.optionalText('hint'),
        attempts: newest(fields, 'attempts', MAX_FAILURES, () => 'a failure', failureOf),
      });
    case 'namespace':
      return clean({
        type,
        atMs,
        nsp: fields.text('nsp'),
        state: fields.choice('state', NAMESPACE_STATES),
        id: fields.optionalText('id'),
        recovered: fields.optionalFlag('recovered'),
        reason: fields.optionalText('reason'),
      });
    case 'gap':
      return clean({ type, atMs, nsp: fields.text('nsp'), awayMs: fields.number('awayMs') });
    case 'dropped':
      return clean({
        type,
        atMs,
        nsp: fields.text('nsp'),
        event: fields.text('event'),
        code: fields.optionalText('code'),
        message: fields.text('message'),
      });
  }
  return undefined;
}

const clean = (event: EventRow): EventRow => cleanEvent(event) as EventRow;

const failureOf = (fields: Fields): ObservedFailure => ({
  transport: fields.text('transport'),
  phase: fields.text('phase'),
  ms: fields.number('ms'),
  status: fields.optionalNumber('status'),
  message: fields.text('message'),
  responseText: fields.optionalText('responseText'),
  retryAfterMs: fields.optionalNumber('retryAfterMs'),
});
