/** Writes payloads for people, with a bounded length. */
import { copy, cut } from './text.js';

const MAX_DEPTH = 40;
const INDENT = '  ';

/**
 * Writes a decoded value in the style of JSON. It reads no more of the value than it writes.
 *
 * @param max about how many characters are written
 */
export function previewOf(value: unknown, max: number): string {
  let text = '';
  const write = (part: unknown, depth: number): void => {
    if (text.length > max) return;
    if (typeof part === 'string') text += JSON.stringify(cut(part, max - text.length + 1));
    else if (typeof part !== 'object' || part === null)
      text += typeof part === 'bigint' ? `${part}n` : String(part);
    else if (ArrayBuffer.isView(part) || part instanceof ArrayBuffer) text += `"<${part.byteLength} bytes>"`;
    else if (depth >= MAX_DEPTH) text += '"…"';
    else if (Array.isArray(part)) {
      text += '[';
      for (let i = 0; i < part.length && text.length <= max; i++) {
        if (i > 0) text += ',';
        write(part[i], depth + 1);
      }
      text += ']';
    } else {
      let first = true;
      text += '{';
      for (const key in part) {
        if (text.length > max) break;
        if (!Object.hasOwn(part, key)) continue;
        if (!first) text += ',';
        first = false;
        write(key, depth);
        text += ':';
        write((part as { readonly [key: string]: unknown })[key], depth + 1);
      }
      text += '}';
    }
  };
  try {
    write(value, 0);
  } catch {
    text += '…';
  }
  return copy(cut(text, max));
}

/** How long a pretty-printed payload may become, in characters: a line break for each bracket and comma makes text long. */
export const MAX_PRETTY = 200_000;

/**
 * Puts each value of a JSON text on a line of its own. Text that is not JSON stays as it is. Strings and numbers are not parsed, so
 * large numbers keep their digits.
 */
export function pretty(json: string): string {
  try {
    JSON.parse(json);
  } catch {
    return json;
  }
  let text = '';
  let depth = 0;
  let i = 0;
  const newLine = (): string => `\n${INDENT.repeat(Math.min(depth, MAX_DEPTH))}`;
  while (i < json.length && text.length <= MAX_PRETTY) {
    const character = json[i++] as string;
    if (character === '"') {
      const start = i - 1;
      while (json[i] !== '"') i += json[i] === '\\' ? 2 : 1;
      text += json.slice(start, ++i);
    } else if (character === '[' || character === '{') {
      const next = /\S/.exec(json.slice(i, i + 1_000))?.[0];
      if (next === ']' || next === '}') {
        text += character + next;
        i = json.indexOf(next, i) + 1;
      } else {
        depth++;
        text += character + newLine();
      }
    } else if (character === ']' || character === '}') {
      depth--;
      text += newLine() + character;
    } else if (character === ',') text += character + newLine();
    else if (character === ':') text += ': ';
    else if (character.trim() !== '') text += character;
  }
  return i < json.length || text.length > MAX_PRETTY ? `${text.slice(0, MAX_PRETTY)}\n… (cut here)` : text;
}
