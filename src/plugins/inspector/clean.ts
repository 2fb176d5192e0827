/** Makes events safe to keep, show, print and save: every text in them is bounded, without secrets and printable. */
import type { ObservedEvent, ObservedFailure } from './observed.js';
import { redact } from './redact.js';
import { copy, cut, printable, textOf } from './text.js';

/** How much of a text is kept, in UTF-16 units. */
export const MAX_NAME = 200;
export const MAX_MESSAGE = 2_000;
const MAX_CODE = 60;
/** A failed attempt has a candidate for each transport; a program may list more, but not thousands. */
export const MAX_FAILURES = 20;

/** Messages, reasons and other sentences: cut first, so that redaction reads no more than is kept. The copy holds on to nothing longer. */
export function cleanText(value: unknown, max: number = MAX_MESSAGE): string {
  const text = textOf(value);
  const clean = text.length > max ? `${redact(cut(text, max).slice(0, -1))}…` : redact(text);
  return copy(cut(clean, max));
}

/** What was cleaned lately: the same few names come with every packet. */
const names = new Map<string, string>();
const MAX_CACHED = 1_000;

/** Names of namespaces, events and transports. */
export function cleanName(value: unknown): string {
  const text = textOf(value);
  const raw = text.length > MAX_NAME ? cut(text, MAX_NAME) : text;
  const known = names.get(raw);
  if (known !== undefined) return known;
  const name = copy(cut(redact(raw, { onlyKeys: true }), MAX_NAME));
  if (names.size >= MAX_CACHED) names.clear();
  names.set(copy(raw), name);
  return name;
}

/** Ids of sockets, which look like secrets. */
export const cleanId = (value: unknown): string =>
  copy(cut(printable(cut(textOf(value), MAX_NAME)), MAX_NAME));

/** The longest time in milliseconds, and the largest number: no page is open for more than a thousand days. */
export const MAX_MS = 86_400_000_000;

/** A number from zero up, or `fallback`: logs hold no other numbers. */
const cleanNumber = (value: unknown, fallback: number): number => optionalNumber(value) ?? fallback;

const optionalNumber = (value: unknown): number | undefined =>
  typeof value === 'number' && value >= 0 && value <= MAX_MS ? value : undefined;

const optional = <Value>(value: unknown, clean: (value: unknown) => Value): Value | undefined =>
  value === undefined || value === null ? undefined : clean(value);

/** What a log may hold of a failed transport. Its `cause` stays out: it holds the request, the response and their headers. */
function cleanFailure(failure: ObservedFailure): ObservedFailure {
  const { transport, phase, ms, status, message, responseText, retryAfterMs } = failure;
  return {
    transport: cleanName(transport),
    phase: cleanName(phase),
    ms: cleanNumber(ms, 0),
    status: optionalNumber(status),
    message: cleanText(message),
    responseText: optional(responseText, cleanText),
    retryAfterMs: optionalNumber(retryAfterMs),
  };
}

/** A copy of an event with clean texts and numbers, and without fields that do not belong to it. Packets are built clean. */
export function cleanEvent(event: ObservedEvent): ObservedEvent {
  const { atMs } = event;
  switch (event.type) {
    case 'packet':
    case 'rtt':
      return event;
    case 'state': {
      const { type, state, reason, transport, retryInMs } = event;
      return {
        type,
        atMs,
        state,
        reason: optional(reason, cleanText),
        transport: optional(transport, cleanName),
        retryInMs: optionalNumber(retryInMs),
      };
    }
    case 'attempt': {
      const { type, round, transport, probe, phase, ms, error } = event;
      return {
        type,
        atMs,
        round,
        transport: cleanName(transport),
        probe,
        phase,
        ms: cleanNumber(ms, 0),
        error: optional(error, cleanText),
      };
    }
    case 'failure': {
      const { type, lost, round, message, hint, attempts } = event;
      return {
        type,
        lost,
        atMs,
        round,
        message: cleanText(message),
        hint: optional(hint, cleanText),
        attempts: attempts.slice(0, MAX_FAILURES).map(cleanFailure),
      };
    }
    case 'namespace': {
      const { type, nsp, state, id, recovered, reason } = event;
      return {
        type,
        atMs,
        nsp: cleanName(nsp),
        state,
        id: optional(id, cleanId),
        recovered,
        reason: optional(reason, cleanText),
      };
    }
    case 'gap': {
      const { type, nsp, awayMs } = event;
      return { type, atMs, nsp: cleanName(nsp), awayMs: cleanNumber(awayMs, 0) };
    }
    case 'dropped': {
      const { type, nsp, event: name, code, message } = event;
      return {
        type,
        atMs,
        nsp: cleanName(nsp),
        event: cleanName(name),
        code: optional(code, (value) => cut(cleanName(value), MAX_CODE)),
        message: cleanText(message),
      };
    }
  }
}
