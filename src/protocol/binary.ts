/** What may travel as an attachment. */
export type Binary = ArrayBuffer | ArrayBufferView | Blob;

const BINARY_TAG = /^\[object (?:ArrayBuffer|Blob|File)\]$/;

/** By tag and not by `instanceof`: the value may come from another frame. */
export function isBinary(value: unknown): value is Binary {
  if (typeof value !== 'object' || value === null) return false;
  return ArrayBuffer.isView(value) || BINARY_TAG.test(Object.prototype.toString.call(value));
}

// Deeper than any real message; circular values end here too, and JSON.stringify then says what is wrong with them.
const DEPTH_LIMIT = 1_000;

/** Whether any attachment lies in `value`, at any depth. `true` for what is too deep to tell. */
export function hasBinary(value: unknown, depth = 0, asJson = false): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (depth > DEPTH_LIMIT) return true;
  if (Array.isArray(value)) {
    for (const item of value) if (hasBinary(item, depth + 1)) return true;
    return false;
  }
  if (!isPlain(value) && isBinary(value)) return true;
  const { toJSON } = value as { toJSON?: unknown };
  // As in JSON.stringify: what toJSON returns is not asked again.
  if (typeof toJSON === 'function' && !asJson) return hasBinary(toJSON.call(value, ''), depth + 1, true);
  for (const key in value) {
    if (Object.hasOwn(value, key) && hasBinary((value as Record<string, unknown>)[key], depth + 1))
      return true;
  }
  return false;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * Moves attachments out to `found` and leaves placeholders. What holds one is copied; the rest is the caller's own, and
 * nothing is written to.
 *
 * @throws TypeError for what is circular
 */
export function extractBinary(value: unknown, found: Binary[], key = '', depth = 0, asJson = false): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > 2 * DEPTH_LIMIT) throw new TypeError('the value is circular, or nested too deeply');
  // Plain loops: each level is to cost one frame of the stack.
  if (Array.isArray(value)) {
    const copy: unknown[] = [];
    for (const [index, item] of value.entries())
      copy.push(extractBinary(item, found, String(index), depth + 1));
    return copy;
  }
  if (!isPlain(value)) {
    if (isBinary(value)) return { _placeholder: true, num: found.push(value) - 1 };
    // What JSON.stringify has its own way with, such as a boxed number.
    if (!hasBinary(value, 0, asJson)) return value;
  }
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === 'function' && !asJson) {
    return extractBinary(toJSON.call(value, key), found, key, depth + 1, true);
  }
  // Without a prototype: a key `__proto__` is a key like another.
  const copy: Record<string, unknown> = Object.create(null);
  for (const name of Object.keys(value)) {
    copy[name] = extractBinary((value as typeof copy)[name], found, name, depth + 1);
  }
  return copy;
}

/**
 * Puts attachments back in place of their placeholders, in what `JSON.parse` has just made.
 *
 * @returns nothing where a placeholder is wrong, or where not each attachment was used once
 */
export function restoreBinary(data: unknown, attachments: readonly unknown[]): { data: unknown } | undefined {
  const unused = new Set(attachments.keys());
  let sound = true;
  const restore = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    const { _placeholder, num } = value as { _placeholder?: unknown; num?: unknown };
    if (_placeholder === true) {
      sound &&= unused.delete(num as number);
      return attachments[num as number];
    }
    // All keys are own ones, `__proto__` too: to write them changes no prototype.
    const holder = value as Record<string, unknown>;
    for (const key of Object.keys(holder)) {
      const before = holder[key];
      const after = restore(before);
      if (after !== before) holder[key] = after;
    }
    return value;
  };
  const restored = restore(data);
  return sound && unused.size === 0 ? { data: restored } : undefined;
}
