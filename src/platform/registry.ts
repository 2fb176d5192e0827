/**
 * Lists the connections of the page, for tools that show them: including those created before the tool was loaded, and those of
 * other copies of this package, such as one in a bundle and one in a script tag.
 */
import { attempt } from './attempt.js';
import type { Cancel } from './clock.js';
import { WeakList } from './weak-list.js';

interface Registry {
  readonly members: WeakList<object>;
  readonly watchers: Set<(member: object) => void>;
}

/** A copy of another version has other private names: its connections cannot be shown. */
export const REGISTRY_KEY = 'holdfast 0.1.0';

/** That of this copy, where nothing can be added to the global object. */
let own: Registry | undefined;

function registry(): Registry {
  const global = globalThis as unknown as { [key: symbol]: Registry };
  const key = Symbol.for(REGISTRY_KEY);
  own ??= global[key] ?? { members: new WeakList(), watchers: new Set() };
  if (!global[key]) attempt(() => Object.defineProperty(global, key, { value: own }));
  return own;
}

/** Adds a connection. It is known for as long as somebody else holds it. */
export function register(member: object): void {
  const { members, watchers } = registry();
  members.add(member);
  for (const watcher of watchers) watcher(member);
}

/**
 * Calls `listener` with each connection of the page: at once with those that exist, later with each new one.
 *
 * @returns ends it
 */
export function everyMember(listener: (member: object) => void): Cancel {
  const { members, watchers } = registry();
  watchers.add(listener);
  for (const member of members.all()) listener(member);
  return () => {
    watchers.delete(listener);
  };
}
