import { Manager } from './manager.js';
import { parseAddress } from './platform/address.js';
import type { DefaultEventsMap, EventsMap } from './platform/emitter.js';
import { pageLocation } from './platform/environment.js';
import { checked } from './platform/option-rules.js';
import type { ManagerOptions, Options, SocketOptions } from './platform/options.js';
import { WeakCache } from './platform/weak-cache.js';
import { PROTOCOL } from './protocol/packet.js';
import { type ErrorFirstSocket, Socket } from './socket.js';

/** `io`, and what scripts find on the global of the official client. */
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
    options: Options & { errorFirstAcks: true },
  ): ErrorFirstSocket<ListenEvents, EmitEvents>;
  <ListenEvents extends EventsMap = DefaultEventsMap, EmitEvents extends EventsMap = ListenEvents>(
    options: Options & { errorFirstAcks: true },
  ): ErrorFirstSocket<ListenEvents, EmitEvents>;
  <ListenEvents extends EventsMap = DefaultEventsMap, EmitEvents extends EventsMap = ListenEvents>(
    address: string | undefined,
    options?: Options,
  ): Socket<ListenEvents, EmitEvents>;
  <ListenEvents extends EventsMap = DefaultEventsMap, EmitEvents extends EventsMap = ListenEvents>(
    options?: Options,
  ): Socket<ListenEvents, EmitEvents>;
  // The last one is what `ReturnType` and `Parameters` see: that of the official client.
  (address?: string, options?: Partial<ManagerOptions & SocketOptions>): Socket;
  readonly io: Io;
  readonly connect: Io;
  readonly Manager: typeof Manager;
  readonly Socket: typeof Socket;
  readonly protocol: number;
}

/** The managers in use, by server and path. */
const managers = /* @__PURE__ */ new WeakCache<Manager>();

function lookup(address?: string | Options, options?: Options): Socket {
  // A URL object is an address like its text.
  const given = typeof address === 'object' && address && 'href' in address ? String(address) : address;
  const named = typeof given === 'object' ? undefined : given;
  const chosen = checked((typeof given === 'object' && given !== null ? given : options) ?? {});
  const { source, origin, namespace, query } = parseAddress(named, pageLocation());
  const settings = { ...chosen, ...(query && !chosen.query && { query }) };
  const key = `${origin}${chosen.path || '/socket.io'}`;
  const shared = managers.get(key);
  const alone =
    settings.forceNew || settings['force new connection' as 'forceNew'] || settings.multiplex === false;
  if (alone || shared?.has(namespace)) return new Manager(source, settings).socket(namespace, settings);
  const manager = shared ?? new Manager(source, settings);
  managers.set(key, manager);
  return manager.socket(namespace, settings);
}

export const io: Io = /* @__PURE__ */ Object.assign(lookup, {
  io: lookup,
  connect: lookup,
  Manager,
  Socket,
  protocol: PROTOCOL,
}) as unknown as Io;
