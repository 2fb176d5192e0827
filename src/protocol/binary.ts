/** What may travel as an attachment. */
export type Binary = ArrayBuffer | ArrayBufferView | Blob;

const BINARY_TAG = /^\[object (?:ArrayBuffer|Blob|File)\]$/;

/** By tag and not by `instanceof`: the value may come from another frame. */
export function isBinary(value: unknown): value is Binary {
  return ArrayBuffer.isView(value) || BINARY_TAG.test(Object.prototype.toString.call(value));
}

// Deeper than any real message; circular values end here too, and JSON.stringify then says what is wrong with them.
const DEPTH_LIMIT = 1_000;

/** Whether any attachment lies in `value`, at any depth. `true` for what is too deep to tell. */
export function hasBinary(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (depth > DEPTH_LIMIT) return true;
  if (Array.isArray(value)) {
    for (const item of value) if (hasBinary(item, depth + 1)) return true;
    return false;
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null && isBinary(value)) return true;
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === 'function') return hasBinary(toJSON.call(value), depth + 1);
  for (const key in value) {
    if (Object.hasOwn(value, key) && hasBinary((value as Record<string, unknown>)[key], depth + 1))
      return true;
  }
  return false;
}

/** A `JSON.stringify` replacer that moves attachments out to `found` and leaves placeholders. Nothing is mutated. */
export function extractBinary(found: Binary[]): (this: unknown, key: string, value: unknown) => unknown {
  return function (key, value) {
    // The holder's own value: by now a Buffer's toJSON has already turned `value` into plain JSON.
    const raw = (this as Record<string, unknown>)[key];
    const binary = isBinary(raw) ? raw : isBinary(value) ? value : undefined;
    return binary ? { _placeholder: true, num: found.push(binary) - 1 } : value;
  };
}

/**
 * A `JSON.parse` reviver that puts attachments back in place of their placeholders. Each attachment is used once;
 * `allUsed()` tells whether all were. Wrong placeholders become `undefined` and make it false.
 */
export function reviveBinary(attachments: readonly unknown[]): {
  reviver(key: string, value: unknown): unknown;
  allUsed(): boolean;
} {
  const unused = new Set(attachments.keys());
  let sound = true;
  return {
    reviver(_key, value) {
      if ((value as { _placeholder?: unknown } | null)?._placeholder !== true) return value;
      const num = (value as { num?: unknown }).num as number;
      sound &&= unused.delete(num);
      return attachments[num];
    },
    allUsed: () => sound && unused.size === 0,
  };
}
