/**
 * Reads a text as its reader would: `%3D`, `%253D`, `\u003d`, `&#61;` and `=` are the same unit. Secrets are searched in the units, so
 * one grammar serves plain text, JSON, JSON inside JSON, URL-encoded forms and HTML alike.
 */

/** The units of a text. Each unit stands for the characters from `from[i]` to `from[i + 1]`. */
export interface Units {
  length: number;
  /** The decoded character, in UTF-16. */
  readonly code: Uint16Array;
  /** Where each begins in the text, and where the last one ends. */
  readonly from: Uint32Array;
  /** How many times it was percent-encoded. */
  readonly level: Uint8Array;
  /** How many backslashes precede it, as part of it. */
  readonly slashes: Uint16Array;
}

const PERCENT = 37;
const AMPERSAND = 38;
const SEMICOLON = 59;
const BACKSLASH = 92;
/** Represents a character beyond ASCII whose code does not matter. */
const OTHER = 0xff;

const ESCAPES: { readonly [letter: string]: number } = { n: 10, r: 13, t: 9, '/': 47 };
const ENTITIES: { readonly [name: string]: number } = {
  quot: 34,
  apos: 39,
  amp: 38,
  lt: 60,
  gt: 62,
  nbsp: 32,
};
/** The name or number of an entity. */
const LONGEST_ENTITY = 8;
/** How deep nested encodings are decoded. */
const MAX_PASSES = 4;

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const letter = code | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

function entityCode(name: string): number {
  if (name[0] !== '#') return ENTITIES[name] ?? -1;
  const value = Number(/^x/i.test(name.slice(1)) ? `0${name.slice(1)}` : name.slice(1));
  return value > 0 ? Math.min(value, OTHER) : -1;
}

/** Decodes a text. The work is a fixed number of steps for each character. */
export function unitsOf(text: string): Units {
  const { length } = text;
  const units: Units = {
    length,
    code: new Uint16Array(length),
    from: new Uint32Array(length + 1),
    level: new Uint8Array(length),
    slashes: new Uint16Array(length),
  };
  for (let i = 0; i < length; i++) {
    units.code[i] = text.charCodeAt(i);
    units.from[i] = i;
  }
  units.from[length] = length;
  for (let pass = 0; pass < MAX_PASSES; pass++) if (!decode(units)) break;
  return units;
}

/** Decodes one layer, in place: there are never more units than before. @returns whether there was anything to decode */
function decode(units: Units): boolean {
  const { code, from, level, slashes, length } = units;
  const hex = (at: number, digits: number): number => {
    let value = 0;
    for (let i = at; i < at + digits; i++) {
      const digit = i < length ? hexDigit(code[i] as number) : -1;
      if (digit < 0) return -1;
      value = value * 16 + digit;
    }
    return value;
  };
  let count = 0;
  let i = 0;
  while (i < length) {
    const start = i;
    let unit = code[i] as number;
    let depth = level[i] as number;
    let run = slashes[i++] as number;
    if (unit === PERCENT) {
      let end = i;
      // `%25` is a percent sign, so `%253D` is `=` encoded twice.
      while (code[end] === 50 && code[end + 1] === 53 && hex(end + 2, 2) >= 0) end += 2;
      const value = hex(end, 2);
      if (value >= 0) {
        unit = value < 0x80 ? value : OTHER;
        depth = Math.min(255, depth + 1 + (end - i) / 2);
        i = end + 2;
      }
    } else if (unit === BACKSLASH) {
      run ||= 1;
      for (; i < length && code[i] === BACKSLASH; i++) run += slashes[i] || 1;
      const next = i < length ? (code[i] as number) : 0;
      const digits = next === 117 ? 4 : next === 120 ? 2 : 0;
      const value = digits ? hex(i + 1, digits) : (ESCAPES[String.fromCharCode(next)] ?? -1);
      if (value >= 0 || next === 34 || next === 39 || next === 96) {
        unit = value < 0 ? next : value;
        depth = level[i] as number;
        i += 1 + digits;
      }
    } else if (unit === AMPERSAND) {
      let name = '';
      let end = i;
      for (; end < length && end < i + LONGEST_ENTITY && code[end] !== SEMICOLON; end++) {
        name += String.fromCharCode(code[end] as number);
      }
      const value = code[end] === SEMICOLON ? entityCode(name) : -1;
      if (value >= 0) {
        unit = value;
        i = end + 1;
      }
    }
    const begin = from[start] as number;
    code[count] = unit;
    level[count] = depth;
    slashes[count] = run;
    from[count++] = begin;
  }
  from[count] = from[length] as number;
  units.length = count;
  return count < length;
}

/**
 * Whether a quote with `slashes` backslashes in front ends a string whose own quote has `depth` of them. JSON inside JSON writes the
 * quotes of its strings with 1, 3, 7 … backslashes, and quotes within those strings with more.
 */
export function closes(slashes: number, depth: number): boolean {
  let run = slashes;
  for (let around = depth; around > 0; around = (around - 1) >> 1) {
    // The string around this one ends here, and this one with it.
    if (run % 2 === 0) return true;
    run = (run - 1) >> 1;
  }
  return run % 2 === 0;
}
