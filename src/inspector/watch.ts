/** Connects the inspector to a manager: one observer of the manager, shared by all who watch it. */
import { provided } from '../connection/generation.js';
import type { Manager } from '../manager.js';
import type { Cancel } from '../platform/clock.js';
import type { Observer } from '../platform/observer.js';
import { report } from '../platform/report.js';
import type { Socket } from '../socket.js';

/** A manager, or a socket of one. */
// biome-ignore lint/suspicious/noExplicitAny: whatever events a program has declared
export type Watchable = Manager<any, any> | Socket<any, any>;

/** Passes each event to all observers. Two copies of this file may share one: it has the methods of a `Set` and no others. */
interface SharedObserver extends Observer {
  readonly others: Set<Observer>;
}

/** The manager of a socket; or the manager itself. */
export const managerOf = (target: Watchable): Manager =>
  ('nsp' in target ? target.io : target) as unknown as Manager;

/** Lets `observer` see all events of a manager. An error that it throws is reported, and the other observers still run. */
export function watch(manager: Manager, observer: Observer): Cancel {
  const shared = (manager.observer as SharedObserver | undefined) ?? newSharedObserver();
  shared.others.add(observer);
  manager.observer = shared;
  return () => {
    shared.others.delete(observer);
    if (shared.others.size === 0 && manager.observer === shared) manager.observer = undefined;
  };
}

function newSharedObserver(): SharedObserver {
  const others = new Set<Observer>();
  const notify: Observer = (source, event, args) => {
    for (const other of others) {
      try {
        other(source, event, args);
      } catch (error) {
        report(error);
      }
    }
  };
  return Object.assign(notify, { others });
}

/** Calls `listener` with each manager that is created from now on. */
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
