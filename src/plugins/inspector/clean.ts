/** Makes texts safe to keep, show, print and save: bounded, without secrets and printable. */
import { redact } from './redact.js';
import { copy, cut, printable, textOf } from './text.js';

/** How much of a text is kept, in UTF-16 units. */
export const MAX_NAME = 200;
export const MAX_MESSAGE = 2_000;

/** Messages, reasons and other sentences: cut first, so that redaction reads no more than is kept. The copy keeps no longer text alive. */
export function cleanText(value: unknown, max: number = MAX_MESSAGE): string {
  const text = textOf(value);
  const clean = text.length > max ? `${redact(cut(text, max).slice(0, -1))}…` : redact(text);
  return copy(cut(clean, max));
}

/** Recently cleaned names: the same few come with every packet. */
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
