/** `store`: the state of a connection as a snapshot and a subscription, the interface that UI libraries expect. */
import type { Manager } from '../manager/manager.js';
import { type Cancel, nothing } from '../platform/clock.js';
import { callAll } from '../platform/emitter.js';
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
 * - `closed`: not wanted, or given up
 */
export type ConnectionStatus = 'connecting' | 'connected' | 'reconnecting' | 'offline' | 'refused' | 'closed';

/** The state of a connection at one moment. */
export interface ConnectionSnapshot {
  readonly status: ConnectionStatus;
  /** The transport in use, while connected. */
  readonly transport: TransportName | undefined;
  /** The last measured round-trip time to the server, in milliseconds. */
  readonly latencyMs: number | undefined;
  /** Between two attempts: how long it is until the next one, in milliseconds. It counts down by whole seconds. */
  readonly retryInMs: number | undefined;
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
      // A new function: the same one may subscribe twice. One that has left meanwhile is told no more.
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
): ConnectionSnapshot => Object.freeze({ status, transport, latencyMs, retryInMs });

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
  const self: (Socket | Manager) & { _store?: Store<ConnectionSnapshot> } = of._raw();
  self._store ??= 'io' in self ? storeOf(self.io._raw(), self) : storeOf(self);
  return self._store;
}

function storeOf(manager: Manager, socket?: Socket): Store<ConnectionSnapshot> {
  const { clock } = manager._environment;
  let last = CONNECTING;
  /** The inputs of the last snapshot. */
  let known = 'connecting,,,';

  const statusNow = (): ConnectionStatus => {
    const { status } = manager;
    if (socket?.connected) return 'connected';
    if (socket?._fresh) return 'connecting';
    if (socket && !socket.active) return socket._lastError ? 'refused' : 'closed';
    if (status === 'idle') return 'closed';
    // The link is open, but the server has not accepted the socket yet.
    if (socket && status === 'connected') return socket._endedAtMs ? 'reconnecting' : 'connecting';
    return status;
  };

  const snapshot = (): ConnectionSnapshot => {
    const status = statusNow();
    const transport = status === 'connected' ? manager.transport : undefined;
    const { latencyMs } = manager;
    // The other states end in "ed" and do not retry.
    const retryInMs = /ed$/.test(status) ? undefined : manager.retryInMs;
    // In whole seconds: between two looks, some time always passes.
    const now = [status, transport, latencyMs, retryInMs && Math.ceil(retryInMs / 1_000)].join();
    if (now !== known) {
      known = now;
      last = snapshotOf(status, transport, latencyMs, retryInMs);
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
