/** The plugin interface: an optional feature is an object that a function of its own entry returns, passed in the option `plugins`. */
import type { ConnectionHooks, Observer } from '../connection/hooks.js';
import type { Options, TransportConstructor } from '../platform/options.js';
import type { OpenPlan } from '../session/negotiate.js';
import type { Transport } from '../session/transports/transport.js';
import type { SocketHooks } from '../socket/hooks.js';
import type { Socket } from '../socket/socket.js';
import type { Manager } from './manager.js';

export interface ManagerHooks extends ConnectionHooks, Pick<Observer, 'chunk' | 'event'> {
  /** A session is about to open: may change the order of its transports, and their times. */
  plan?(plan: OpenPlan): void;
  /** Creates a transport in place of its class, or changes the one that `create` returns. */
  transport?(name: string, create: () => Transport): Transport;
}

/** The members of a plugin; all but `name` are optional. */
export interface AnyPlugin {
  /** Used in messages, and to ignore a second plugin of the same name. */
  readonly name: string;
  /**
   * What distinguishes it from others of its name, such as its options. Components share a socket (`useSocket`) if the identities of its
   * plugins are equal, by value; functions count as equal.
   */
  readonly identity?: unknown;
  /** Transports by name, for the option `transports`. `options` are those of the manager. */
  readonly transports?: Readonly<Record<string, (options: object) => TransportConstructor>>;
  /**
   * Copies the program's options, and throws for invalid ones. Only of plugins that are passed to `createIo`.
   */
  options?(given: object): Options;
  /** Called once for each manager, before it opens its connection. */
  manager?(manager: Manager): ManagerHooks | undefined;
  /** Called once for each socket, before it connects. */
  socket?(socket: Socket): SocketHooks | undefined;
}

export interface Plugin extends AnyPlugin {
  /** Never set. Without it, a list with a plugin that has types of events, such as a contract, would lose those types. */
  readonly events?: undefined;
}
