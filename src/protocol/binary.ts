/** Binary values inside arguments: recognised, taken out as attachments, and put back. */

import { isObject, type Properties } from './packet.js';

/** A value that travels as an attachment. */
export type Binary = ArrayBuffer | ArrayBufferView | Blob;

// Objects may have properties of the same names.
const { hasOwnProperty: hasOwn, toString: tagOf } = Object.prototype;

/** Also by tag, because objects of another frame are not instances of this frame's classes. */
export const isBinary = (value: object): value is Binary =>
  ArrayBuffer.isView(value) ||
  // All others have this method, and tags are slow.
  (typeof (value as Blob).slice === 'function' &&
    (value instanceof ArrayBuffer ||
      (typeof Blob === 'function' && value instanceof Blob) ||
      /(ArrayBuffer|Blob|File)]$/.test(tagOf.call(value))));

/**
 * A form of `value` that the layers below accept: itself, or a copy if it belongs to another frame or its memory is shared or resizable.
 *
 * @throws if it is detached or not what it claims to be
 */
function sendable(value: Binary): Binary {
  const { byteOffset, byteLength } = value as ArrayBufferView;
  if (byteLength === undefined) {
    const whole = Blob.prototype.slice.call(value);
    return value instanceof Blob ? value : new Blob([whole]);
  }
  const memory = (ArrayBuffer.isView(value) ? value.buffer : value) as ArrayBuffer & { resizable?: boolean };
  const bytes = new Uint8Array(memory, byteOffset, byteLength);
  if (bytes.buffer !== memory) throw new TypeError('not a buffer');
  return memory instanceof ArrayBuffer && !memory.resizable ? value : new Uint8Array(bytes);
}

/**
 * Replaces binary values with placeholders, and adds them to `chunks`, after the text. An object that contains one is copied; everything
 * else goes to `JSON.stringify` unchanged.
 *
 * @param key where `value` was found, for `toJSON`; `undefined` for a result of `toJSON`, on which it is not called again
 * @param above one of the objects around `value`
 * @throws TypeError if `value` is circular
 */
export function takeOut(
  value: Properties,
  key: string | number | undefined,
  chunks: unknown[],
  depth: number,
  above?: object,
): unknown {
  // Few variables, shared by all branches: frames stay small, so that JSON.stringify is the first to run out of stack.
  let copy: Properties | undefined;
  let item: unknown;
  let json: unknown;
  const isList = Array.isArray(value);
  if (!isList) {
    // The own `toJSON` of a placeholder hides one that the page may have put on Object.prototype.
    if (isBinary(value)) {
      return { _placeholder: true, num: chunks.push(sendable(value)) - 2, toJSON: undefined };
    }
    if (key !== undefined && typeof value.toJSON === 'function') {
      item = value.toJSON(`${key}`);
      json = isObject(item) ? takeOut(item, undefined, chunks, depth, above) : item;
      // Without attachments, JSON.stringify calls it again.
      return json === item ? value : json;
    }
  }
  // A cycle returns to every object on it, so remembering one at each power-of-two depth finds it soon enough.
  if (value === above) throw new TypeError('it is circular');
  if (!(depth & (depth - 1))) above = value;
  depth++;
  if (isList) {
    for (key = 0; key < value.length; key++) {
      item = value[key];
      if (isObject(item)) {
        json = takeOut(item, key, chunks, depth, above);
        if (json !== item) {
          copy ??= ([] as unknown[]).concat(value) as unknown as Properties;
          copy[key] = json;
        }
      }
    }
    return copy ?? value;
  }
  for (key in value) {
    item = value[key];
    if (isObject(item) && hasOwn.call(value, key)) {
      json = takeOut(item, key, chunks, depth, above);
      if (json !== item) {
        // A key `__proto__` is an own property of the copy, so writing to it changes no prototype.
        copy ??= { ...value };
        copy[key] = json;
      }
    }
  }
  // It was called already, or was added only now.
  if (copy && typeof copy.toJSON === 'function') copy.toJSON = undefined;
  return copy ?? value;
}
