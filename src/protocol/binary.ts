/** Binary values inside arguments: recognised, taken out as attachments, and put back. */

import { isObject } from './packet.js';

/** A value that travels as an attachment. */
export type Binary = ArrayBuffer | ArrayBufferView | Blob;

// Objects may have properties of the same names.
const { hasOwnProperty: hasOwn, toString: tagOf } = Object.prototype;

const NONE = 0;
const BYTES = 1;
const BLOB = 2;

/** By tag as well as by `instanceof`: objects of another frame pass only the first test, blobs of React Native only the second. */
function kindOf(value: object): typeof NONE | typeof BYTES | typeof BLOB {
  if (ArrayBuffer.isView(value)) return BYTES;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Most objects are plain, and tags are slow.
  if (prototype === Object.prototype || prototype === null) return NONE;
  const tag = tagOf.call(value);
  if (value instanceof ArrayBuffer || /ArrayBuffer]$/.test(tag)) return BYTES;
  return isOwnBlob(value) || /(Blob|File)]$/.test(tag) ? BLOB : NONE;
}

const isOwnBlob = (value: unknown): boolean => typeof Blob === 'function' && value instanceof Blob;

export const isBinary = (value: unknown): value is Binary => isObject(value) && kindOf(value) !== NONE;

/**
 * What the layers below accept in place of `value`: itself, or a copy if it belongs to another frame or its memory is shared
 * or resizable.
 *
 * @throws TypeError if it is detached or not what it claims to be
 */
function sendable(value: Binary, kind: typeof BYTES | typeof BLOB): Binary {
  if (kind === BLOB) {
    const whole = Blob.prototype.slice.call(value);
    return isOwnBlob(value) ? value : new Blob([whole]);
  }
  const { byteOffset, byteLength } = value as ArrayBufferView;
  const memory = (ArrayBuffer.isView(value) ? value.buffer : value) as ArrayBuffer & { resizable?: boolean };
  const { buffer } = new DataView(memory, byteOffset, byteLength);
  return memory instanceof ArrayBuffer && !memory.resizable
    ? value
    : new Uint8Array(new Uint8Array(buffer, byteOffset, byteLength));
}

/**
 * Puts placeholders in place of binary values, and adds those to `chunks`, behind the text. An object that holds one is copied,
 * everything else is left to `JSON.stringify` as it is.
 *
 * @param asked whether `value` came from `toJSON`, which is not called on its own result
 */
export function takeOut(value: object, key: string | number, chunks: unknown[], asked?: boolean): unknown {
  if (Array.isArray(value)) {
    let copy: unknown[] | undefined;
    for (let i = 0; i < value.length; i++) {
      const item: unknown = value[i];
      if (isObject(item)) {
        const json = takeOut(item, i, chunks);
        if (json !== item) {
          copy ??= ([] as unknown[]).concat(value);
          copy[i] = json;
        }
      }
    }
    return copy ?? value;
  }
  const kind = kindOf(value);
  // Without a prototype, on which a page may have put `toJSON`.
  if (kind)
    return { __proto__: null, _placeholder: true, num: chunks.push(sendable(value as Binary, kind)) - 2 };
  const holder = value as Record<string, unknown>;
  if (!asked && typeof holder.toJSON === 'function') {
    const result: unknown = holder.toJSON(`${key}`);
    const json = isObject(result) ? takeOut(result, key, chunks, true) : result;
    // Without attachments, JSON.stringify asks again.
    return json === result ? value : json;
  }
  let copy: Record<string, unknown> | undefined;
  for (const name in holder) {
    const item = holder[name];
    if (isObject(item) && hasOwn.call(holder, name)) {
      const json = takeOut(item, name, chunks);
      if (json !== item) {
        // Without a prototype, `__proto__` is a key like any other.
        copy ??= { __proto__: null, ...holder } as unknown as Record<string, unknown>;
        copy[name] = json;
      }
    }
  }
  // It was called already, or has only just appeared.
  if (copy && typeof copy.toJSON === 'function') copy.toJSON = undefined;
  return copy ?? value;
}

/**
 * Puts attachments back in place of their placeholders, in what `JSON.parse` has just made.
 *
 * @param attachments each one that was used is replaced by `undefined`
 * @throws if a placeholder has no attachment
 */
export function putBack(value: unknown, attachments: unknown[]): unknown {
  if (!isObject(value)) return value;
  const holder = value as Record<string, unknown>;
  if (holder._placeholder === true) {
    const { num } = holder as { num: number };
    const attachment = typeof num === 'number' ? attachments[num] : undefined;
    if (!attachment) throw new Error('illegal attachments');
    attachments[num] = undefined;
    return attachment;
  }
  for (const name in holder) {
    // `__proto__` is an own key here, and writing to it changes no prototype.
    if (hasOwn.call(holder, name)) holder[name] = putBack(holder[name], attachments);
  }
  return value;
}
