/**
 * Small storage that survives the page: in `localStorage` if it is available, otherwise in the memory of this page.
 */
import { attempt } from './attempt.js';
import type { PlatformStore } from './options.js';

export type Store = PlatformStore;

/** For key and value together, in UTF-16 units. Other scripts of the site can write there, too. */
const MAX_LENGTH = 4_096;
const MAX_KEYS = 100;

const memory = new Map<string, string>();

export const systemStore: Store = {
  // `undefined` for a key that was never set, and for a value that is too long to be ours.
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

/** Not Node's, which warns when it is accessed. */
const localStore = (): Storage | undefined =>
  typeof window === 'undefined' ? undefined : window.localStorage;
