/**
 * Finds where the parts of a text end: words, strings, brackets, lines, tags, blocks of YAML and values without quotes. `redact.ts` decides
 * what to hide.
 */
import { closes, type Units, unitsOf } from './units.js';

export const TAB = 9;
export const NEWLINE = 10;
export const RETURN = 13;
export const SPACE = 32;

/** Classes of characters, by code. */
export const NAME = 1;
export const BASE64 = 2;
export const QUOTE = 4;
export const BLANK = 8;
export const LETTER = 16;
export const DIGIT = 32;
export const UPPER = 64;
export const CLOSER = 128;

const CLASSES = new Uint8Array(128);
for (let code = 0; code < 128; code++) {
  const character = String.fromCharCode(code);
  const is = (pattern: RegExp, flag: number): number => (pattern.test(character) ? flag : 0);
  CLASSES[code] =
    is(/[\w-]/, NAME) |
    is(/[\w+/-]/, BASE64) |
    is(/["'`]/, QUOTE) |
    is(/\s/, BLANK) |
    is(/[a-z]/i, LETTER) |
    is(/\d/, DIGIT) |
    is(/[A-Z]/, UPPER) |
    is(/[)\]},.;:!>]/, CLOSER);
}

/** How far a search looks ahead if it may find nothing. */
export const LOOK_AHEAD = 64;

/** Reads the units of one text. */
export class Reader {
  protected readonly units: Units;
  protected readonly length: number;

  constructor(protected readonly text: string) {
    this.units = unitsOf(text);
    this.length = this.units.length;
  }

  protected code(at: number): number {
    return at < this.length ? (this.units.code[at] as number) : -1;
  }

  protected level(at: number): number {
    return this.units.level[at] as number;
  }

  protected is(at: number, classes: number): boolean {
    const code = this.code(at);
    return code >= 0 && code < 128 && ((CLASSES[code] as number) & classes) !== 0;
  }

  /** Whether this character is at `at`. */
  protected has(at: number, character: string): boolean {
    return this.code(at) === character.charCodeAt(0);
  }

  protected isLineEnd(at: number): boolean {
    const code = this.code(at);
    return code === NEWLINE || code === RETURN || code === -1;
  }

  /** Whether the unit was written as it is, or in an entity of HTML: not with a backslash. */
  protected isPlain(at: number): boolean {
    return this.units.slashes[at] === 0;
  }

  /** The units, decoded. */
  protected string(from: number, to: number): string {
    let string = '';
    for (let i = from; i < to; i++) string += String.fromCharCode(this.code(i));
    return string;
  }

  /** The first unit from `at` on, before `at + LOOK_AHEAD`, that is in none of these classes. */
  protected skip(at: number, classes: number, most: number = LOOK_AHEAD): number {
    let end = at;
    const last = Math.min(this.length, at + most);
    while (end < last && this.is(end, classes)) end++;
    return end;
  }

  protected startsWith(at: number, prefix: string): boolean {
    for (let i = 0; i < prefix.length; i++) if (this.code(at + i) !== prefix.charCodeAt(i)) return false;
    return true;
  }

  /** How often letters and digits, or small and capital letters, follow each other: often in random text, rarely in words. */
  protected changes(from: number, to: number): number {
    let count = 0;
    for (let i = from + 1; i < to; i++) {
      const digit = this.is(i, DIGIT);
      const digitBefore = this.is(i - 1, DIGIT);
      if (digit ? this.is(i - 1, LETTER) : digitBefore && this.is(i, LETTER)) count++;
      else if (this.is(i, UPPER) && this.is(i - 1, LETTER) && !this.is(i - 1, UPPER)) count++;
    }
    return count;
  }

  /** The end of a run of base64 with dots and padding; a dot at its end belongs to the sentence. */
  protected tokenEnd(at: number): number {
    let end = at;
    while (this.is(end, BASE64) || this.has(end, '.') || this.has(end, '=')) end++;
    while (end > at && this.has(end - 1, '.')) end--;
    return end;
  }

  /** The end of `-----END … -----`, or of the text. */
  protected pemEnd(at: number): number {
    for (let i = at; i < this.length; i++) {
      if (this.has(i, '-') && this.startsWith(i, '-----END')) {
        let end = i + 8;
        while (end < this.length && !this.startsWith(end, '-----')) end++;
        return Math.min(this.length, end + 5);
      }
    }
    return this.length;
  }

  /** The `>` of a tag that begins at `at`, or -1. */
  protected tagEnd(at: number): number {
    const last = Math.min(this.length, at + LOOK_AHEAD);
    for (let i = at; i < last; i++) if (this.has(i, '>')) return i;
    return -1;
  }

  /** Skips the tags and separators between a name and its value in HTML. */
  protected tags(at: number): number {
    let end = at;
    for (let i = 0; i < 8; i++) {
      end = this.skip(end, BLANK);
      if (this.has(end, ':') || this.has(end, '=')) end++;
      else if (this.has(end, '<') && this.tagEnd(end) >= 0) end = this.tagEnd(end) + 1;
      else break;
    }
    return end;
  }

  /** The quote that ends the string that begins at `start`, or the end. */
  protected stringEnd(start: number, most: number): number {
    const { slashes } = this.units;
    const quote = this.code(start);
    const level = this.level(start);
    const depth = slashes[start] as number;
    const last = Math.min(this.length, start + most);
    for (let i = start + 1; i < last; i++) {
      if (this.code(i) !== quote || this.level(i) > level || !closes(slashes[i] as number, depth)) continue;
      // A letter follows an apostrophe, or a quote that was not escaped.
      if (!this.is(i + 1, LETTER | DIGIT)) return i;
    }
    return last;
  }

  /** The place after the bracket that closes the one at `start`. */
  protected bracketEnd(start: number): number {
    let depth = 0;
    for (let i = start; i < this.length; i++) {
      const code = this.code(i);
      if (this.is(i, QUOTE)) i = this.stringEnd(i, this.length);
      else if (code === 91 || code === 123) depth++;
      else if ((code === 93 || code === 125) && --depth === 0) return i + 1;
    }
    return this.length + 1;
  }

  /** `|`, `>-` and the like at the end of a line: the value is a block of YAML. */
  protected beginsBlock(at: number): boolean {
    if (!this.has(at, '|') && !this.has(at, '>')) return false;
    let end = at + 1;
    while (
      end < at + 6 &&
      (this.is(end, DIGIT) || this.has(end, '+') || this.has(end, '-') || this.has(end, ' '))
    )
      end++;
    return end < this.length && this.isLineEnd(end);
  }

  /** The indentation of the line that contains `at`. */
  protected indentOf(at: number): number {
    let start = at;
    while (start > 0 && start > at - LOOK_AHEAD && !this.isLineEnd(start - 1)) start--;
    return this.skip(start, BLANK) - start;
  }

  /** Whether the name at `at` is the first on its line: an assignment of YAML, of an ini file, of a shell. */
  protected beginsLine(at: number): boolean {
    let i = at - 1;
    const last = at - LOOK_AHEAD;
    while (i > last && (this.is(i, NAME) || this.has(i, '.') || this.has(i, '[') || this.has(i, '$'))) i--;
    while (
      i > last &&
      (this.code(i) === SPACE || this.code(i) === TAB || this.has(i, '#') || this.has(i, '*'))
    )
      i--;
    const wordEnd = i + 1;
    while (i > last && this.is(i, LETTER)) i--;
    const before = this.string(i + 1, wordEnd);
    return (
      (i < 0 || this.isLineEnd(i) || this.is(i, QUOTE)) &&
      (before === '' || /^(?:export|set|env|const|let|var)$/i.test(before))
    );
  }

  /** The end of a header line that begins with the name at `name`: that of the line, the string or the element around it. */
  protected lineEnd(start: number, name: number, level: number, softEnds = ''): number {
    const { slashes } = this.units;
    const enclosing = name > 0 && this.is(name - 1, QUOTE) ? name - 1 : -1;
    const indent = this.indentOf(name);
    let end = start;
    for (; end < this.length; end++) {
      if (this.level(end) > level) continue;
      const code = this.code(end);
      if (code === NEWLINE || code === RETURN) {
        if (!this.isPlain(end)) {
          if (this.isLineEnd(end + 1) || this.beginsPair(end + 1)) break;
          continue;
        }
        let next = end;
        while (this.code(next) === NEWLINE || this.code(next) === RETURN) next++;
        const first = this.skip(next, BLANK);
        // A folded header continues in the next line, indented further.
        if (next - end > 2 || first - next <= indent || this.startsWith(first, 'at ')) break;
      } else if (enclosing >= 0 && code === this.code(enclosing)) {
        if (
          this.level(end) <= this.level(enclosing) &&
          closes(slashes[end] as number, slashes[enclosing] as number)
        )
          break;
      } else if (this.beginsTag(end)) break;
      else if (softEnds && this.has(end, softEnds) && this.beginsPair(end + 1)) break;
    }
    return end;
  }

  /** The end of a value without quotes. `wide` values extend to the end of their line. */
  protected valueEnd(start: number, name: number, wide: boolean, level = 0): number {
    const from = this.is(start, QUOTE) ? this.stringEnd(start, this.length) + 1 : start;
    let end = Math.min(from, this.length);
    for (; end < this.length; end++) {
      if (this.level(end) > level) continue;
      const code = this.code(end);
      if (this.is(end, BLANK)) {
        if (
          this.isPlain(end)
            ? !wide || this.isLineEnd(end)
            : this.beginsPair(end + 1) || this.isLineEnd(end + 1)
        )
          break;
      } else if (code === 38 || code === 59 || code === 44) {
        if (this.beginsPair(end + 1)) break;
      } else if (this.is(end, QUOTE)) {
        if (this.endsString(end, name)) break;
      } else if (this.beginsTag(end)) break;
    }
    return end;
  }

  /** Whether a quote seems to end the string that contains the name at `name`. */
  protected endsString(at: number, name: number): boolean {
    if (name > 0 && this.code(name - 1) === this.code(at)) return this.level(at) <= this.level(name - 1);
    const next = at + 1;
    return (
      next >= this.length ||
      this.is(next, BLANK | CLOSER | QUOTE) ||
      this.has(next, '<') ||
      this.has(next, '&')
    );
  }

  protected beginsTag(at: number): boolean {
    if (!this.has(at, '<')) return false;
    const first = this.has(at + 1, '/') ? at + 2 : at + 1;
    const end = this.skip(first, LETTER | DIGIT, 12);
    return (
      end > first &&
      this.is(first, LETTER) &&
      (this.has(end, '>') || this.has(end, '/') || this.is(end, BLANK))
    );
  }

  /** Whether a name and its separator begin at `at`, and so end the value before them. */
  protected beginsPair(at: number): boolean {
    let start = at;
    while (start < at + 4 && (this.is(start, BLANK | QUOTE) || this.has(start, '{') || this.has(start, '[')))
      start++;
    let end = start;
    const last = start + LOOK_AHEAD;
    while (
      end < last &&
      (this.is(end, NAME) ||
        this.has(end, '.') ||
        this.has(end, '[') ||
        this.has(end, ']') ||
        this.has(end, '~'))
    )
      end++;
    if (end === start) return false;
    if (this.is(end, QUOTE)) end++;
    end = this.skip(end, BLANK, 2);
    return this.has(end, '=') || this.has(end, ':');
  }

  protected endsAddress(at: number): boolean {
    return this.is(at, BLANK | QUOTE) || this.has(at, '<') || this.has(at, '>');
  }

  /** The end without the punctuation of the sentence around the value. */
  protected giveBack(start: number, end: number): number {
    let shorter = end;
    while (shorter > start + 1 && this.is(shorter - 1, CLOSER) && this.isPlain(shorter - 1)) shorter--;
    return shorter;
  }
}
