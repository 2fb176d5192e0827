/** `store`: the state of a connection as a snapshot and a subscription, the form that user interfaces take it in. */
import type { Manager } from '../manager/manager.js';
import { type Cancel, nothing } from '../platform/clock.js';
import { callAll } from '../platform/emitter.js';
import type { TransportName } from '../platform/options.js';
import type { SocketHooks } from '../socket/hooks.js';
import type { Socket } from '../socket/socket.js';

/**
 * How a connection stands:
 *
 * - `connecting`: for the first time
 * - `connected`
 * - `reconnecting`: it is lost, or could not be opened, and is tried again
 * - `offline`: the same, and there is no network
 * - `refused`: the server has refused the socket or disconnected it, and nothing is tried again by itself
 * - `closed`: not wanted, or given up
 */
export type ConnectionStatus = 'connecting' | 'connected' | 'reconnecting' | 'offline' | 'refused' | 'closed';

/** The state of a connection at one moment. */
export interface ConnectionSnapshot {
  readonly status: ConnectionStatus;
  /** The transport in use, while connected. */
  readonly transport: TransportName | undefined;
  /** The round-trip time to the server when it was last measured, in milliseconds. */
  readonly latencyMs: number | undefined;
  /** Between two attempts: how long it is until the next one, in milliseconds. It counts down by whole seconds. */
  readonly retryInMs: number | undefined;
}

/** Something that changes: what it is now, and who is told. */
export interface Store<Snapshot> {
  /** Calls `changed` after each change. Returns what ends it. */
  subscribe(changed: () => void): () => void;
  /** What it is now: an immutable object, the same one until something has changed. */
  snapshot(): Snapshot;
}

/** Those who are told of changes. What changes is watched while there are any. */
export function audience(watch: () => Cancel): { subscribe: Store<unknown>['subscribe']; tell: () => void } {
  const all = new Set<() => void>();
  let stop = nothing;
  return {
    tell: () => callAll(undefined, [...all], []),
    subscribe(changed) {
      // One of its own: the same function may subscribe twice. One that has left meanwhile is told no more.
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

export const snapshotOf = (
  status: ConnectionStatus,
  transport?: TransportName,
  latencyMs?: number,
  retryInMs?: number,
): ConnectionSnapshot => Object.freeze({ status, transport, latencyMs, retryInMs });

/** Before the first attempt has come to anything; also what a page is rendered with on a server. */
export const CONNECTING: ConnectionSnapshot = /* @__PURE__ */ snapshotOf('connecting');

/**
 * The state of a connection as a store: for `useSyncExternalStore` and its like. Nothing is listened to while nobody subscribes.
 *
 * @param of a socket: `connected` tells that the server has let in this socket; or a manager, whose sockets share one connection
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
  /** What the last snapshot was made of. */
  let known = 'connecting,,,';

  const statusNow = (): ConnectionStatus => {
    const { status } = manager;
    if (socket?.connected) return 'connected';
    if (socket?._fresh) return 'connecting';
    if (socket && !socket.active) return socket._lastError ? 'refused' : 'closed';
    if (status === 'idle') return 'closed';
    // The link stands, and the server has yet to let the socket in.
    if (socket && status === 'connected') return socket._endedAtMs ? 'reconnecting' : 'connecting';
    return status;
  };

  const snapshot = (): ConnectionSnapshot => {
    const status = statusNow();
    const transport = status === 'connected' ? manager.transport : undefined;
    const { latencyMs } = manager;
    // The others end in "ed": nothing is tried there.
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
    // Called before the socket leaves, which on a connection that it shares no event tells of.
    const hooks: SocketHooks = { gaveUp: () => clock.soon(changed) };
    // An observer and not listeners, which programs remove with `off()`.
    const ignore = manager._observe({
      event(_source, name) {
        if (/connect|status/.test(name)) changed();
      },
    });
    if (socket) socket._hooks = [...socket._hooks, hooks];
    changed();
    return () => {
      ignore();
      stopWaiting();
      if (socket) socket._hooks = socket._hooks.filter((one) => one !== hooks);
    };
  });

  return { snapshot, subscribe };
}
