/** `store`: the state of a connection as a snapshot and a subscription, the interface that UI libraries expect. */
import type { Manager } from '../manager/manager.js';
import { type Cancel, nothing } from '../platform/clock.js';
import { callAll } from '../platform/emitter.js';
import type { ConnectError } from '../platform/errors.js';
import type { TransportName } from '../platform/options.js';
import type { SocketHooks } from '../socket/hooks.js';
import type { Socket } from '../socket/socket.js';

/**
 * The state of a connection:
 *
 * - `connecting`: for the first time
 * - `connected`
 * - `reconnecting`: it was lost, or could not be opened, and is being retried
 * - `offline`: the same, without a network
 * - `refused`: the server has refused or disconnected the socket, and it does not retry by itself
 * - `closed`: not opened, closed by the program, or given up
 */
export type ConnectionStatus = 'connecting' | 'connected' | 'reconnecting' | 'offline' | 'refused' | 'closed';

/** The state of a connection at one moment. */
export interface ConnectionSnapshot {
  readonly status: ConnectionStatus;
  /** The transport in use, while connected. */
  readonly transport: TransportName | undefined;
  /** The last measured round-trip time to the server, in milliseconds. */
  readonly latencyMs: number | undefined;
  /** Between two attempts: how long it is until the next one, in milliseconds. It is updated once a second. */
  readonly retryInMs: number | undefined;
  /**
   * Why the socket is not connected: the server's refusal, or the failure of the last attempt. `undefined` while it is connected, before the
   * first failure, after the program has disconnected it, and in the store of a manager.
   */
  readonly error: ConnectError | undefined;
}

/** A value that changes: its current state, and its subscribers. */
export interface Store<Snapshot> {
  /** Calls `changed` after each change. Returns a function that unsubscribes. */
  subscribe(changed: () => void): () => void;
  /** The current state: an immutable object, the same one until something changes. */
  snapshot(): Snapshot;
}

/** The subscribers. The source is watched while there are any. */
export function audience(watch: () => Cancel): { subscribe: Store<unknown>['subscribe']; tell: () => void } {
  const all = new Set<() => void>();
  let stop = nothing;
  return {
    tell: () => callAll(undefined, [...all], []),
    subscribe(changed) {
      // A new function, because the same one may subscribe twice. After its end it is not called, even during a round of calls.
      const one = (): void => {
        if (all.has(one)) changed();
      };
      if (!all.size) stop = watch();
      all.add(one);
      return () => {
        if (all.delete(one) && !all.size) stop();
      };
    },
  };
}

/** Adds hooks to a socket, which no `off()` of a program removes. Returns what takes them away. */
export function hook(socket: Socket, hooks: SocketHooks): Cancel {
  socket._hooks = [...socket._hooks, hooks];
  return () => {
    socket._hooks = socket._hooks.filter((one) => one !== hooks);
  };
}

export const snapshotOf = (
  status: ConnectionStatus,
  transport?: TransportName,
  latencyMs?: number,
  retryInMs?: number,
  error?: Error,
): ConnectionSnapshot => Object.freeze({ status, transport, latencyMs, retryInMs, error });

/** The state before the first attempt has ended, and during a server render. */
export const CONNECTING: ConnectionSnapshot = /* @__PURE__ */ snapshotOf('connecting');

/**
 * The state of a connection as a store, for instance for `useSyncExternalStore`. It has no listeners while it has no subscribers.
 *
 * @param of a socket, which is `connected` when the server has accepted it; or a manager, whose sockets share one connection
 * @returns the same store at each call
 */
// biome-ignore lint/suspicious/noExplicitAny: whatever events a program has declared
export function store(of: Socket<any, any> | Manager<any, any>): Store<ConnectionSnapshot> {
  const self: Socket & { _store?: Store<ConnectionSnapshot> } = of._raw() as Socket;
  // A manager has none.
  const { io } = self as Partial<Socket>;
  self._store ??= storeOf((io ?? (of as Manager))._raw(), io && self);
  return self._store;
}

function storeOf(manager: Manager, socket?: Socket): Store<ConnectionSnapshot> {
  const { clock } = manager._environment;
  let last = CONNECTING;
  /** The inputs of the last snapshot. */
  let known = 'connecting,,,,';

  const snapshot = (): ConnectionSnapshot => {
    const { status: link, latencyMs } = manager;
    // A manager is like the only socket of its connection.
    const {
      connected = link === 'connected',
      active = link !== 'idle',
      _fresh,
      _endedAtMs,
      _lastError,
    }: Partial<Socket> = socket ?? {};
    const transport = connected ? manager.transport : undefined;
    const retryInMs = active ? manager.retryInMs : undefined;
    /** Before the server has accepted the socket; the link may be open. */
    const joining = _endedAtMs ? 'reconnecting' : 'connecting';
    const other = link === 'connected' ? joining : (link as ConnectionStatus);
    const ended = _lastError ? 'refused' : 'closed';
    const status = connected ? 'connected' : _fresh ? joining : active ? other : ended;
    // Rounded to seconds: between two looks, some time always passes.
    const now = [status, transport, latencyMs, retryInMs && Math.ceil(retryInMs / 1_000), _lastError].join();
    if (now !== known) {
      known = now;
      last = snapshotOf(status, transport, latencyMs, retryInMs, _lastError);
    }
    return last;
  };

  const { subscribe, tell } = audience(() => {
    let stopWaiting = nothing;
    const changed = (): void => {
      const before = last;
      stopWaiting();
      if (snapshot().retryInMs)
        stopWaiting = clock.after((manager.retryInMs as number) % 1_000 || 1_000, changed, true);
      if (last !== before) tell();
    };
    // Called before the socket leaves; on a shared connection, no event reports that.
    const hooks = { gaveUp: () => clock.soon(changed) };
    // An observer rather than listeners, because programs remove those with `off()`.
    const ignore = manager._observe({
      event(_source, name) {
        if (/connect|status/.test(name)) changed();
      },
    });
    const unhook = socket ? hook(socket, hooks) : nothing;
    changed();
    return () => {
      ignore();
      stopWaiting();
      unhook();
    };
  });

  return { snapshot, subscribe };
}
