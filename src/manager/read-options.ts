/** Reads the program's options into a copy, which the plugin `checks` then checks. */
import type { Options } from '../platform/options.js';
import { isRecord } from '../protocol/packet.js';

/** Every name, including inherited ones and getters of a class, but not those that every object has. */
export function namesOf(options: object): Set<string> {
  const names = new Set<string>();
  // Recognised by its members, because objects of another frame have that frame's `Object.prototype`.
  for (let one = options; one && !Object.hasOwn(one, 'isPrototypeOf'); one = Object.getPrototypeOf(one)) {
    for (const name of Object.getOwnPropertyNames(one)) names.add(name);
  }
  names.delete('constructor');
  names.delete('__proto__');
  return names;
}

/** A copy, without options that count as not given: `undefined`, `null`, and an `auth` of `false`. */
export function copyOf(options: object): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const name of namesOf(options)) {
    const value: unknown = (options as Record<string, unknown>)[name];
    if (value == null || (name === 'auth' && value === false)) continue;
    copy[name] = name === 'outbox' && isRecord(value) ? copyOf(value) : value;
  }
  return copy;
}

/** The function that reads options if these plugins are built in. */
export const readerOf = (
  plugins: readonly { options?(given: object): Options }[],
): ((given: object) => Options) => plugins.find(({ options }) => options)?.options ?? copyOf;
