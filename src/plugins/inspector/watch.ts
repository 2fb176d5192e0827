/** Watches managers: the source of the inspector's stream. */
import type { Observer } from '../../connection/hooks.js';
import type { Manager } from '../../manager/manager.js';
import type { Cancel } from '../../platform/clock.js';
import { HoldfastError } from '../../platform/errors.js';
import type { Socket } from '../../socket/socket.js';

/** A manager, or a socket of one. */
// biome-ignore lint/suspicious/noExplicitAny: whatever events a program has declared
export type Watchable = Manager<any, any> | Socket<any, any>;

/**
 * The manager of a socket; a manager is its own.
 *
 * @throws HoldfastError `BAD_OPTION` for anything else, such as a socket of another library
 */
export function managerOf(target: Watchable): Manager {
  const { nsp, io = target } = Object(target) as Partial<Socket>;
  const manager = (nsp === undefined ? target : io) as Manager | undefined;
  if (typeof manager?._observe !== 'function') {
    throw new HoldfastError('BAD_OPTION', 'this is not a socket or manager of this version of holdfast');
  }
  return manager;
}

/** Calls `observer` for everything that a manager does. */
export const watch = (manager: Manager, observer: Observer): Cancel => manager._observe(observer);
