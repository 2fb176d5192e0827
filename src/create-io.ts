/** `createIo` creates an `io` function with the given features. */

import { Manager } from './manager/manager.js';
import type { AnyPlugin } from './manager/plugin.js';
import { readerOf } from './manager/read-options.js';
import { parseAddress } from './platform/address.js';
import { DEVELOPMENT } from './platform/build.js';
import { DEFAULTS } from './platform/defaults.js';
import { pageLocation } from './platform/environment.js';
import type { DefaultEventsMap, EventsMap } from './platform/event-map.js';
import type {
  ErrorFirstOptionsFor,
  ManagerOptions,
  Options,
  OptionsFor,
  SocketOptions,
} from './platform/options.js';
import { WeakCache } from './platform/weak-cache.js';
import { PROTOCOL } from './protocol/packet.js';
import { type ErrorFirstSocket, Socket } from './socket/socket.js';

/** `io` with the properties that scripts use on the official client's global. */
export interface Io {
  /**
   * Connects to a namespace of a Socket.IO server.
   *
   * @param address `https://host:port/namespace?query`, or `/namespace` of the page's own server; without one, the
   *   page's own server
   * @throws HoldfastError `BAD_ADDRESS`, `BAD_OPTION`
   */
  <ListenEvents extends EventsMap = DefaultEventsMap, EmitEvents extends EventsMap = ListenEvents>(
    address: string | undefined,
    options: ErrorFirstOptionsFor<ListenEvents, EmitEvents>,
  ): ErrorFirstSocket<ListenEvents, EmitEvents>;
  <ListenEvents extends EventsMap = DefaultEventsMap, EmitEvents extends EventsMap = ListenEvents>(
    options: ErrorFirstOptionsFor<ListenEvents, EmitEvents>,
  ): ErrorFirstSocket<ListenEvents, EmitEvents>;
  <ListenEvents extends EventsMap = DefaultEventsMap, EmitEvents extends EventsMap = ListenEvents>(
    address: string | undefined,
    options?: OptionsFor<ListenEvents, EmitEvents>,
  ): Socket<ListenEvents, EmitEvents>;
  <ListenEvents extends EventsMap = DefaultEventsMap, EmitEvents extends EventsMap = ListenEvents>(
    options?: OptionsFor<ListenEvents, EmitEvents>,
  ): Socket<ListenEvents, EmitEvents>;
  // `ReturnType` and `Parameters` see the last overload: that of the official client.
  (address?: string, options?: Partial<ManagerOptions & SocketOptions>): Socket;
  readonly io: Io;
  readonly connect: Io;
  readonly Manager: typeof Manager;
  readonly Socket: typeof Socket;
  readonly protocol: number;
}

/**
 * @param plugins the features of every manager that this `io` makes, in addition to the option `plugins`
 * @param ManagerClass what `io.Manager` is: `new io.Manager()` has the same features
 */
export function createIo(
  plugins: readonly AnyPlugin[] = [],
  ManagerClass: typeof Manager = withPlugins(plugins),
): Io {
  /** The managers in use, by server and path. */
  const managers = new WeakCache<Manager>();
  const readOptions = readerOf(plugins);

  function lookup(address?: string | URL | Options, options?: Options): Socket {
    // A URL object counts as its text; options may be the only argument.
    const { href } = Object(address) as { href?: unknown };
    const { href: polluted } = {} as { href?: unknown };
    const text = typeof href === 'string' && href !== polluted ? href : undefined;
    const named = typeof address === 'object' ? text : address;
    const settings = readOptions((named === undefined && (address as Options)) || (options ?? {}));
    const { source, origin, namespace, query } = parseAddress(named, pageLocation());
    if (query) settings.query ||= query;
    const key = origin + (settings.path || DEFAULTS.path);
    let manager = managers.get(key);
    if (
      settings.forceNew ||
      settings['force new connection' as 'forceNew'] ||
      settings.multiplex === false ||
      manager?._sockets.get(namespace)
    ) {
      manager = new ManagerClass(source, settings);
    } else if (!manager) {
      manager = new ManagerClass(source, settings);
      managers.set(key, manager);
    }
    // Often the address is a variable without a value: the coach says so.
    if (DEVELOPMENT && !named?.trim()) manager._unaddressed = true;
    return manager.socket(namespace, settings);
  }

  return Object.assign(lookup, {
    io: lookup,
    connect: lookup,
    Manager: ManagerClass,
    Socket,
    protocol: PROTOCOL,
  }) as unknown as Io;
}

/** The class `Manager` with features built in. */
export function withPlugins(plugins: readonly AnyPlugin[]): typeof Manager {
  return class<ListenEvents extends EventsMap, EmitEvents extends EventsMap> extends Manager<
    ListenEvents,
    EmitEvents
  > {
    constructor(uri?: string | Options, options?: Options, environment?: never) {
      super(uri as string, options, environment, plugins);
    }
  } as unknown as typeof Manager;
}
