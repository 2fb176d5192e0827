/** The fields of events: makes them safe to keep, show, print and save, whether they were observed or come from a log. */
import { cleanName } from './clean.js';
import {
  count,
  type Fields,
  type FieldsOf,
  type FieldType,
  flag,
  id,
  listOf,
  ms,
  name,
  objectOf,
  oneOf,
  optional,
  readFields,
  text,
} from './fields.js';
import type { ObservedEvent, ObservedFailure } from './observed.js';
import type { EventRow } from './record.js';
import { cut } from './text.js';

const MAX_CODE = 60;
/** A failed attempt has a candidate for each transport; a program may list more, but not thousands. */
const MAX_FAILURES = 20;
/** How many tabs of a group are listed. */
const MAX_MEMBERS = 100;

/** Without its `cause`, which contains the request, the response and their headers. */
const FAILURE: FieldsOf<ObservedFailure> = {
  transport: name,
  phase: name,
  ms,
  status: optional(ms),
  message: text,
  responseText: optional(text),
  retryAfterMs: optional(ms),
};

const code: FieldType = { ...name, clean: (value) => cut(cleanName(value), MAX_CODE) };

type FieldsOfType<Type> = FieldsOf<Omit<Extract<EventRow, { type: Type }>, 'type' | 'atMs'>>;

const EVENTS: { readonly [Type in EventRow['type']]: FieldsOfType<Type> } = {
  state: {
    state: oneOf('idle', 'connecting', 'connected', 'waiting', 'reconnecting', 'offline', 'closed'),
    reason: optional(text),
    transport: optional(name),
    retryInMs: optional(ms),
  },
  attempt: {
    round: count,
    transport: name,
    probe: flag,
    phase: oneOf('start', 'open', 'failed', 'won'),
    ms,
    error: optional(text),
  },
  failure: {
    lost: flag,
    round: count,
    message: text,
    hint: optional(text),
    attempts: listOf(objectOf(FAILURE as Fields), MAX_FAILURES),
  },
  namespace: {
    nsp: name,
    state: oneOf('joining', 'joined', 'left', 'refused'),
    id: optional(id),
    recovered: optional(flag),
    reason: optional(text),
  },
  sharing: {
    role: oneOf('leader', 'follower', 'worker', 'off'),
    reason: optional(text),
    transport: optional(name),
    tabs: optional(count),
    members: optional(listOf(objectOf({ id, leads: flag, visible: flag, self: flag }), MAX_MEMBERS)),
  },
  gap: { nsp: name, awayMs: ms },
  dropped: { nsp: name, event: name, code: optional(code), message: text },
  invalid: { nsp: name, event: name, path: name, message: text },
};

/** A copy of an event with clean texts and numbers, and without fields that do not belong to it. Packets are built clean. */
export function cleanEvent(event: ObservedEvent): ObservedEvent {
  const { type, atMs } = event;
  if (type === 'packet' || type === 'rtt') return event;
  return { type, atMs, ...readFields(event, EVENTS[type] as Fields) } as ObservedEvent;
}

/** An event of a log; `undefined` for a type that a later version may know. */
export const loggedEvent: FieldType = {
  ...objectOf({}),
  clean(value, path) {
    const { type, atMs } = readFields(value as object, { atMs: ms, type: name }, path);
    if (!Object.hasOwn(EVENTS, type as string)) return undefined;
    const fields = EVENTS[type as EventRow['type']] as Fields;
    return { type, atMs, ...readFields(value as object, fields, path) };
  },
};
