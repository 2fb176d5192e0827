/** Handles untrusted text from a server or a program: any length, any characters. */

/** How much of a text is read, in UTF-16 units. */
export const MAX_TEXT = 16_384;

/**
 * Characters that move the cursor, or reorder or hide printed text: controls (C0, C1, ANSI's escape), line separators, marks of
 * direction, invisible characters, lone surrogates.
 */
const UNPRINTABLE = new RegExp(
  '[\\0-\\x1f\\x7f-\\x9f\\xad\\u061c\\u180e\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb' +
    '\\ud800-\\udfff\\u{e0000}-\\u{e007f}]',
  'gu',
);

const SHORT_ESCAPES: { readonly [character: string]: string } = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escaped(character: string): string {
  const short = SHORT_ESCAPES[character];
  if (short) return short;
  let text = '';
  for (let i = 0; i < character.length; i++) {
    text += `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`;
  }
  return text;
}

/** Writes unprintable characters as escapes, so that text can neither forge a line nor hide a part of one. */
export const printable = (text: string): string => text.replace(UNPRINTABLE, escaped);

/** The text, or its beginning with an ellipsis. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  // Half of a surrogate pair is not a character.
  const code = text.charCodeAt(max - 1);
  return `${text.slice(0, code >= 0xd800 && code <= 0xdbff ? max - 1 : max)}…`;
}

/** A copy with its own memory: engines keep the whole text alive for a slice of it. */
export const copy = (text: string): string => ` ${text}`.slice(1);

/** The memory that a text takes, in bytes: engines use one byte a character until one needs two. */
export function memoryOf(text: string | undefined): number {
  if (!text) return 0;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0xff) return 2 * text.length;
  return text.length;
}

/** The text of a value of unknown type; must not throw. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    return String(value);
  } catch {
    return typeof value;
  }
}
