/** Reads the options that a program gives: into a copy, which the plugin `checks` checks. */
import type { Options } from '../platform/options.js';

/** Every name, including those that are inherited, or hidden behind getters of a class; not those that every object has. */
export function namesOf(options: object): Set<string> {
  const names = new Set<string>();
  // By what it has, because objects of another frame have that frame's `Object.prototype`.
  for (let one = options; one && !Object.hasOwn(one, 'isPrototypeOf'); one = Object.getPrototypeOf(one)) {
    for (const name of Object.getOwnPropertyNames(one)) names.add(name);
  }
  names.delete('constructor');
  names.delete('__proto__');
  return names;
}

export const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A copy, without what is not given: `undefined`, `null`, and an `auth` of `false`. */
export function copyOf(options: object): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const name of namesOf(options)) {
    const value: unknown = (options as Record<string, unknown>)[name];
    if (value == null || (name === 'auth' && value === false)) continue;
    copy[name] = name === 'outbox' && isObject(value) ? copyOf(value) : value;
  }
  return copy;
}

/** How options are read where these plugins are built in. */
export const readerOf = (
  plugins: readonly { options?(given: object): Options }[],
): ((given: object) => Options) => plugins.find(({ options }) => options)?.options ?? copyOf;
