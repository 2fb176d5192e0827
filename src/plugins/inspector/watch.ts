/** Watches managers: what the inspector's stream is made of. */
import type { Observer } from '../../connection/connection.js';
import type { Manager } from '../../manager/manager.js';
import type { Cancel } from '../../platform/clock.js';
import type { Socket } from '../../socket/socket.js';
import { everyManager } from '../registry.js';

/** A manager, or a socket of one. */
// biome-ignore lint/suspicious/noExplicitAny: whatever events a program has declared
export type Watchable = Manager<any, any> | Socket<any, any>;

/** The manager of a socket; a manager is its own. */
export const managerOf = (target: Watchable): Manager =>
  ('nsp' in target ? target.io : target) as unknown as Manager;

/** Has `observer` see everything that a manager does. */
export const watch = (manager: Manager, observer: Observer): Cancel => manager._observe(observer);

/** Calls `listener` with each manager that is made from now on. */
export function watchNew(listener: (manager: Manager) => void): Cancel {
  let known = true;
  const stop = everyManager((manager) => {
    if (!known) listener(manager);
  });
  known = false;
  return stop;
}
