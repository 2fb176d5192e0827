/** Knows the managers of the page, for tools that show every connection. */
import type { Manager } from '../manager/manager.js';
import type { Plugin } from '../manager/plugin.js';
import type { Cancel } from '../platform/clock.js';
import { WeakList } from '../platform/weak-list.js';

const managers = /* @__PURE__ */ new WeakList<Manager>();
const watchers = /* @__PURE__ */ new Set<(manager: Manager) => void>();

export const registry = (): Plugin => ({
  name: 'registry',
  manager(manager) {
    managers.add(manager);
    for (const watcher of watchers) watcher(manager);
    return undefined;
  },
});

/**
 * Calls `listener` with each manager of the page: at once with those that exist, later with each new one.
 *
 * @returns ends it
 */
export function everyManager(listener: (manager: Manager) => void): Cancel {
  watchers.add(listener);
  for (const manager of managers.all()) listener(manager);
  return () => {
    watchers.delete(listener);
  };
}
