/** Warns of arguments that JSON silently loses: they arrive as `{}`, as `null`, or not at all. For the development build. */

import { warnOnce } from '../platform/report.js';
import { isObject } from './packet.js';

/** A value that would be lost. */
export interface Lossy {
  /** Where it is: `argument 1.user.tags[2]` */
  readonly path: string;
  /** What it is: `Map`, `HTMLDivElement`, `function`, … */
  readonly kind: string;
}

/** Enough for typical arguments, and little work for large ones. */
const MAX_VALUES = 1_000;
const MAX_CHAIN = 100;

/** These lose their content even if they have own properties. */
const LOSSY_TAG = /^(Map|Set|WeakMap|WeakSet|WeakRef|Promise|RegExp|Error|DOMException)$/;

/** JSON represents these, whatever they contain. */
const SAFE_TAG = /^(Date|String|Number|Boolean|BigInt)$/;

/** Also those of another frame. */
const BINARY_TAG = /(ArrayBuffer|Blob|File)$/;

/** Stands for the value of a getter. */
const UNREAD: object = {};

/**
 * Warns once for each kind of value that JSON loses, and names the first place. Never throws.
 *
 * @param of the owner of the arguments
 * @param args without the event's name and the callback
 */
export function warnOfLoss(of: string, args: readonly unknown[]): void {
  for (const { path, kind } of findLossy(args)) {
    const why = `JSON cannot represent a value of type ${kind}`;
    const remedy = 'send plain objects and arrays, or add a toJSON method';
    warnOnce(`lossy ${kind}`, `holdfast: ${path} of ${of} is lost: ${why}; ${remedy}`);
  }
}

/**
 * The first of each kind, the shallowest first. Calls neither getters nor `toJSON`: they could return something else when the arguments are
 * encoded.
 */
export function findLossy(args: readonly unknown[]): Lossy[] {
  const found = new Map<string, Lossy>();
  const todo: { readonly value: unknown; readonly path: string }[] = [];
  const add = (value: unknown, path: string): boolean =>
    todo.length < MAX_VALUES && todo.push({ value, path }) > 0;
  try {
    for (let i = 0; i < args.length; i++) if (!add(args[i], `argument ${i + 1}`)) break;
    for (const { value, path } of todo) {
      const kind = kindOf(value);
      if (kind !== undefined && !found.has(kind)) found.set(kind, { path, kind });
      if (kind !== undefined || !isObject(value) || isSent(value)) continue;
      if (Array.isArray(value)) {
        const length = read(value, 'length') as number;
        for (let i = 0; i < length; i++) if (!add(read(value, i), `${path}[${i}]`)) break;
        continue;
      }
      for (const key of Object.keys(value)) {
        const step = /^[a-z_$][\w$]*$/i.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
        if (!add(read(value, key), path + step)) break;
      }
    }
  } catch {
    // A Proxy threw: encoding will report it.
  }
  return [...found.values()];
}

/** An object and its prototypes. A Proxy may claim to be its own prototype. */
function chainOf(value: object): object[] {
  const chain: object[] = [];
  for (let at: object | null = value; at && chain.length < MAX_CHAIN; at = Object.getPrototypeOf(at))
    chain.push(at);
  return chain;
}

/** A property, if it is one that can be read without running the program's code. */
function read(value: object, key: PropertyKey): unknown {
  for (const one of chainOf(value)) {
    const property = Object.getOwnPropertyDescriptor(one, key);
    if (property) return 'value' in property ? property.value : UNREAD;
  }
  return undefined;
}

/** The platform's name for an object; `Object` if finding it would run the program's code. */
function tagOf(value: object): string {
  const tag = read(value, Symbol.toStringTag);
  if (tag === UNREAD) return 'Object';
  return typeof tag === 'string' ? tag : Object.prototype.toString.call(value).slice(8, -1);
}

/** Whether it is sent unchanged, or as the result of `toJSON`, which the program intends. */
function isSent(value: object): boolean {
  const toJson = read(value, 'toJSON');
  const tag = read(value, Symbol.toStringTag);
  return (
    typeof toJson === 'function' ||
    toJson === UNREAD ||
    ArrayBuffer.isView(value) ||
    (typeof tag === 'string' && BINARY_TAG.test(tag))
  );
}

function kindOf(value: unknown): string | undefined {
  if (typeof value === 'function') return isSent(value) ? undefined : 'function';
  if (typeof value === 'symbol') return 'symbol';
  if (!isObject(value) || Array.isArray(value) || isSent(value)) return undefined;
  // Without Object.prototype.
  const classes = chainOf(value).slice(1, -1);
  if (classes.length === 0) return undefined;
  const tag = tagOf(value);
  if (LOSSY_TAG.test(tag)) return tag;
  if (SAFE_TAG.test(tag)) return undefined;
  // A node of a document, even if a library has added properties to it; or an event, of which only `isTrusted` arrives.
  if ('nodeType' in (classes[0] as object) || read(value, 'isTrusted') === UNREAD) return tag;
  // An instance without enumerable properties arrives as {}.
  if (Object.keys(value).length > 0) return undefined;
  if (tag !== 'Object') return tag;
  // A class without members loses nothing.
  if (classes.every((one) => Reflect.ownKeys(one).length < 2)) return undefined;
  const name = read(Object(read(value, 'constructor')), 'name');
  return typeof name === 'string' && name ? name : tag;
}
