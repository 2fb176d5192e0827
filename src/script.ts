import { provided } from './connection/generation.js';
import { type Io, io } from './io.js';
import { legacy } from './legacy/index.js';
import type { Manager } from './manager.js';
import type { Cancel } from './platform/clock.js';
import { WeakList } from './platform/weak-list.js';

// A script tag has everything in it: servers of long ago, too.
provided.legacy = legacy;

const managers = new WeakList<Manager>();
const watchers = new Set<(manager: Manager) => void>();

provided.made = (made) => {
  const manager = made as Manager;
  managers.add(manager);
  for (const watcher of watchers) watcher(manager);
};

/** What the global `io` of a script tag has beside what the modules have. */
export interface ScriptIo extends Io {
  /**
   * Calls `listener` with each manager of the page: at once with those there are, later with each new one.
   *
   * @returns ends it
   */
  everyManager(listener: (manager: Manager) => void): Cancel;
}

function everyManager(listener: (manager: Manager) => void): Cancel {
  watchers.add(listener);
  for (const manager of managers.all()) listener(manager);
  return () => {
    watchers.delete(listener);
  };
}

/** The script tag's global `io`. */
export default Object.assign(io, { everyManager }) as ScriptIo;
