/**
 * A few words that outlive the page: in `localStorage` where there is one and it may be used, else in the memory of this page.
 */
import { attempt } from './attempt.js';
import type { PlatformStore } from './options.js';

export type Store = PlatformStore;

/** For key and value together, in UTF-16 units. Other scripts of the site can write there, too. */
const MAX_LENGTH = 4_096;
const MAX_KEYS = 100;

const memory = new Map<string, string>();

export const systemStore: Store = {
  // `undefined` for what was never set, and for what is too long to be from here.
  get(key) {
    const value: unknown = attempt(() => localStore()?.getItem(key));
    return typeof value === 'string' && value.length <= MAX_LENGTH ? value : memory.get(key);
  },
  // A key and a value that are too long together are ignored.
  set(key, value) {
    if (key.length + value.length > MAX_LENGTH) return;
    // The most recent is the last to go.
    memory.delete(key);
    memory.set(key, value);
    if (memory.size > MAX_KEYS) memory.delete(memory.keys().next().value as string);
    attempt(() => localStore()?.setItem(key, value));
  },
};

/** Not that of Node, which warns when it is looked at. */
const localStore = (): Storage | undefined =>
  typeof window === 'undefined' ? undefined : window.localStorage;
