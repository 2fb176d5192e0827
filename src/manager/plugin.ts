/** What an optional feature is: an object made by a function of its own entry, given by the option `plugins`. */
import type { ConnectionHooks, Observer } from '../connection/connection.js';
import type { TransportConstructor } from '../platform/options.js';
import type { OpenPlan } from '../session/negotiate.js';
import type { Transport } from '../session/transports/transport.js';
import type { SocketHooks } from '../socket/hooks.js';
import type { Socket } from '../socket/socket.js';
import type { Manager } from './manager.js';

export interface ManagerHooks extends ConnectionHooks, Pick<Observer, 'chunk' | 'event'> {
  /** A session is about to be opened: changes the order of its transports, and their times. */
  plan?(plan: OpenPlan): void;
  /** Makes a transport in place of its class, or changes the one that `create` makes. */
  transport?(name: string, create: () => Transport): Transport;
}

export interface Plugin {
  /** For messages, and so that one plugin is not given twice. */
  readonly name: string;
  /** Transports by name, for the option `transports`. `options` are those of the manager. */
  readonly transports?: Readonly<Record<string, (options: object) => TransportConstructor>>;
  /** Called once for each manager, before it opens its connection. */
  manager?(manager: Manager): ManagerHooks | undefined;
  /** Called once for each socket, before it connects. */
  socket?(socket: Socket): SocketHooks | undefined;
}
