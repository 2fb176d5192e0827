import { provided } from '../../connection/generation.js';
import type { Manager } from '../../manager/manager.js';
import type { Cancel } from '../../platform/clock.js';
import type { Observer } from '../../platform/observer.js';
import { report } from '../../platform/report.js';
import type { Socket } from '../../socket/socket.js';

/** A manager, or a socket of one. */
// biome-ignore lint/suspicious/noExplicitAny: whatever events a program has declared
export type Watchable = Manager<any, any> | Socket<any, any>;

/** The one observer of a manager, for all who want to know. The methods are those of a `Set`, whichever file they came in. */
interface Hub extends Observer {
  readonly others: Set<Observer>;
}

/** The manager of a socket; a manager is its own. */
export const managerOf = (target: Watchable): Manager =>
  ('nsp' in target ? target.io : target) as unknown as Manager;

/** Has `observer` see all that a manager does. What it throws is reported, and harms nobody. */
export function watch(manager: Manager, observer: Observer): Cancel {
  const hub = (manager.observer as Hub | undefined) ?? newHub();
  hub.others.add(observer);
  manager.observer = hub;
  return () => {
    hub.others.delete(observer);
    if (hub.others.size === 0 && manager.observer === hub) manager.observer = undefined;
  };
}

function newHub(): Hub {
  const others = new Set<Observer>();
  const tell: Observer = (source, event, args) => {
    for (const other of others) {
      try {
        other(source, event, args);
      } catch (error) {
        report(error);
      }
    }
  };
  return Object.assign(tell, { others });
}

/** Calls `listener` with each manager that is made from now on. */
export function watchNew(listener: (manager: Manager) => void): Cancel {
  const before = provided.made;
  let on = true;
  provided.made = (manager) => {
    before?.(manager);
    if (on) listener(manager as Manager);
  };
  return () => {
    on = false;
  };
}
