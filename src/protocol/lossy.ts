/** Finds arguments that JSON loses without an error: they arrive as `{}`, as `null`, or not at all. For warnings in development. */

import { isBinary } from './binary.js';
import { isObject } from './packet.js';

/** A value that would be lost. */
export interface Lossy {
  /** Where it is: `argument 1.user.tags[2]` */
  readonly path: string;
  /** What it is: `Map`, `HTMLDivElement`, `function`, … */
  readonly kind: string;
}

/** Enough for everyday arguments, and little work for large ones. */
const MAX_VALUES = 1_000;

/** These lose what matters even if they have properties of their own. */
const LOSSY_TAG = /^(Map|Set|WeakMap|WeakSet|WeakRef|Promise|RegExp|Error|DOMException)$/;

/** JSON takes these, whatever they hold. */
const SAFE_TAG = /^(Date|String|Number|Boolean|BigInt)$/;

/** @param args without the event's name and the callback */
export function findLossy(args: readonly unknown[]): Lossy | undefined {
  const todo: { readonly value: unknown; readonly path: string }[] = [];
  const add = (value: unknown, path: string): boolean =>
    todo.length < MAX_VALUES && todo.push({ value, path }) > 0;
  try {
    for (let i = 0; i < args.length; i++) if (!add(args[i], `argument ${i + 1}`)) break;
    for (const { value, path } of todo) {
      if (typeof value === 'function' || typeof value === 'symbol') return { path, kind: typeof value };
      // Whatever toJSON returns is what the program means to send.
      if (!isObject(value) || isBinary(value) || isCallable(value.toJSON)) continue;
      if (Array.isArray(value)) {
        for (let i = 0; i < value.length; i++) if (!add(value[i], `${path}[${i}]`)) break;
        continue;
      }
      const kind = lossyKind(value);
      if (kind !== undefined) return { path, kind };
      for (const key in value) {
        if (!Object.hasOwn(value, key)) continue;
        const step = /^[a-z_$][\w$]*$/i.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
        if (!add(value[key], path + step)) break;
      }
    }
  } catch {
    // A getter or a Proxy has thrown: encoding the value will tell.
  }
  return undefined;
}

const isCallable = (value: unknown): boolean => typeof value === 'function';

function lossyKind(value: object): string | undefined {
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  if (LOSSY_TAG.test(tag) || 'nodeType' in value) return tag;
  const prototype: unknown = Object.getPrototypeOf(value);
  const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null;
  if (isPlain || SAFE_TAG.test(tag)) return undefined;
  // An instance without enumerable properties arrives as {}.
  for (const key in value) if (Object.hasOwn(value, key)) return undefined;
  return tag === 'Object' ? value.constructor.name : tag;
}
