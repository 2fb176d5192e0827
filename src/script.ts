/** The script tag's global `io`: everything, including old servers. */
import { createIo, type Io, withPlugins } from './create-io.js';
import type { Manager } from './manager/manager.js';
import type { Plugin } from './manager/plugin.js';
import type { Cancel } from './platform/clock.js';
import { WeakList } from './platform/weak-list.js';
import { legacy } from './plugins/legacy/index.js';
import { preset } from './plugins/preset.js';

const managers = new WeakList<Manager>();
const watchers = new Set<(manager: Manager) => void>();

/** Knows the managers of the page, for the inspector. */
const registry: Plugin = {
  name: 'registry',
  manager(manager) {
    managers.add(manager);
    for (const watcher of watchers) watcher(manager);
    return undefined;
  },
};

/** What the global `io` of a script tag has beside what the modules have. */
export interface ScriptIo extends Io {
  /**
   * Calls `listener` with each manager of the page: at once with those that exist, later with each new one.
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

const features = [...preset(), legacy(), registry];

/** The script tag's global `io`. */
export default Object.assign(createIo(features, withPlugins(features)), { everyManager }) as ScriptIo;
