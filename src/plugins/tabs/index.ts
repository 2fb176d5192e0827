/**
 * One connection for all tabs of a site: one of them has it, and the others use it.
 *
 * @packageDocumentation
 */
import type { SharedTab, SharingState } from '../../manager/manager-events.js';
import type { ManagerHooks, Plugin } from '../../manager/plugin.js';
import { DEVELOPMENT } from '../../platform/build.js';
import { HoldfastError } from '../../platform/errors.js';
import type { DefaultEventsMap, EventsMap } from '../../platform/event-map.js';
import { warnOfUnknown } from '../../platform/misspelt.js';
import { show } from '../../platform/show.js';
import { CONNECT, EVENT } from '../../protocol/packet.js';
import { createGroup, type Group } from './group.js';
import { asTransport } from './link.js';
import { isOfConnection, NAME } from './options.js';

export type { SharedTab, SharingState as Sharing };

/** What `tabs` takes. */
export interface TabsOptions {
  /** Tabs with different keys do not share: for instance the id of the user. @defaultValue one connection for all */
  readonly key?: string | undefined;
  /** The address of a script for a shared worker, which then has the connection; where there is none, a tab has it. @defaultValue none */
  readonly worker?: string | URL | undefined;
}

declare module '../../manager/manager.js' {
  // With the same parameters as the class, as compilers demand.
  interface Manager<
    ListenEvents extends EventsMap = DefaultEventsMap,
    EmitEvents extends EventsMap = ListenEvents,
  > {
    /** How this tab takes part in the connection of all tabs; `undefined` without the plugin `tabs`. */
    readonly sharing?: SharingState;
  }
}

/**
 * A plugin: `io(url, { plugins: [tabs()] })`. All tabs of the page's origin with the same server, path and key share one connection.
 *
 * @throws HoldfastError `BAD_OPTION`
 */
export function tabs(options: TabsOptions = {}): Plugin {
  const { key = '', worker } = options;
  if (DEVELOPMENT) warnOfUnknown('tabs()', options, 'key worker');
  if (typeof key !== 'string' || (worker !== undefined && !`${worker}`)) {
    throw new HoldfastError(
      'BAD_OPTION',
      DEVELOPMENT
        ? `tabs has the key ${show(key)} and the worker ${show(worker)}; accepted: a string, and the address of a script`
        : 'tabs',
    );
  }
  /** The groups of the managers that this plugin was given to. */
  const groups = new WeakMap<object, Group>();
  return {
    name: NAME,
    identity: [key, worker],
    manager(manager) {
      const { _connection } = manager;
      /** The hooks that are for the one connection, and not for a tab that shares it. */
      let away: ManagerHooks[] | undefined;
      const choose = (off: boolean): void => {
        if (off) {
          manager._hooks.unshift(...(away ?? []));
          manager._observers = [...(away ?? []), ...manager._observers];
          away = undefined;
        } else if (!away) {
          away = manager._hooks.filter((hooks) => hooks !== own && isOfConnection(hooks));
          const stays = (hooks: object): boolean => !away?.includes(hooks);
          manager._hooks = manager._hooks.filter(stays);
          manager._observers = manager._observers.filter(stays);
        }
      };
      const group = createGroup(
        manager,
        key,
        (off) => {
          choose(off);
          manager._dispatch('sharing', group._sharing);
        },
        worker,
      );
      const isOff = (): boolean => group._sharing.role === 'off';
      if (manager.opts.parser) group._sharing = { role: 'off', reason: 'a parser of the program' };
      groups.set(manager, group);
      Object.defineProperty(manager, 'sharing', { get: () => group._sharing });
      let server = '';
      const own: ManagerHooks = {
        wanted() {
          if (isOff()) return () => {};
          choose(false);
          group._wanted = true;
          return () => group._release();
        },
        plan(plan) {
          if (isOff()) return;
          plan.names = [NAME];
          server = plan._serverKey;
        },
        transport: (name, create) => (name === NAME ? asTransport(group._dial(server)) : create()),
        deliver(packet, proceed) {
          const { type, nsp } = packet;
          const socket = manager._sockets.get(nsp);
          if (socket && !isOff()) {
            // The answer was there already: it says how far away the server is from the leader.
            if (type === CONNECT)
              socket._namespace._askedAtMs = _connection._clock.now() - (group._latencyMs ?? 0);
            const { id } = packet as { id?: number };
            if (type === EVENT && id !== undefined && !listens(socket, packet.data[0])) group._pass(nsp, id);
          }
          proceed(packet);
        },
      };
      return own;
    },
    socket(socket) {
      const group = groups.get(socket.io);
      // The leader asks for it, where it is needed.
      return { auth: (auth) => (!group || group._sharing.role === 'off' ? auth : undefined) };
    },
  };
}

/** Whether the program listens to an event. */
const listens = (
  socket: { hasListeners(event: never): boolean; listenersAny(): unknown[] },
  event: unknown,
): boolean => socket.listenersAny().length > 0 || socket.hasListeners(`${event}` as never);
