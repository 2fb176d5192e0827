/** Takes over the WebSocket that a snippet in the page's head opened while the bundle was loading. */
import type { Manager } from '../manager/manager.js';
import type { Plugin } from '../manager/plugin.js';
import { attempt } from '../platform/attempt.js';
import { DEVELOPMENT } from '../platform/build.js';
import { type EarlySocket, takeEarly } from '../platform/early.js';
import { warnOnce } from '../platform/report.js';
import type { SocketHooks } from '../socket/hooks.js';
import { awaitJoin, deliver, type EarlyTransport } from './early-join.js';

/** `WebSocket.readyState` */
const OPEN = 1;

/** The address with its query sorted; without `omitted`, the parameter that prevents caching. */
function canonical(text: string, omitted = ''): string {
  const url = new URL(text);
  url.searchParams.delete(omitted);
  url.searchParams.sort();
  return url.href;
}

/** Whether the transport would open the same WebSocket. */
function fits(transport: EarlyTransport, [socket, protocols = '']: EarlySocket): boolean {
  const { protocols: wanted = '', timestampRequests, timestampParam } = transport.opts;
  return (
    `${wanted}` === `${protocols}` &&
    attempt(() => canonical(`${transport.uri?.()}`, timestampRequests ? timestampParam : '')) ===
      canonical(socket.url)
  );
}

/** What is different, for people; without values of the query, which may be secret. */
function differenceOf(transport: EarlyTransport, [socket]: EarlySocket): string {
  const [early, own] = [socket.url, `${transport.uri?.()}`].map((url) => attempt(() => canonical(url)) ?? '');
  const [place = '', ownPlace = ''] = [early, own].map((url = '') => url.split('?')[0]);
  if (transport.name !== 'websocket') return `io() tries ${transport.name} first`;
  if (place !== ownPlace) return `io() opens ${ownPlace}`;
  return early === own ? 'io() has another sub-protocol' : 'io() has another query';
}

function refuse([socket]: EarlySocket, difference: string): void {
  socket.close();
  if (DEVELOPMENT) {
    const { origin, pathname } = new URL(socket.url);
    warnOnce(
      'early',
      `holdfast: the early WebSocket (${origin}${pathname}) is closed: ${difference}. Address, path, query and sub-protocol must match (with join also namespace and auth), and WebSocket must be the first transport`,
    );
  }
}

/** Closes the early WebSocket once a socket is connected in another way, for instance through another tab. */
const SOCKET_HOOKS: SocketHooks = {
  connected() {
    takeEarly()?.[0].close();
    return undefined;
  },
};

/** The manager's next transport uses the early WebSocket, if there is one and it fits. */
export function adopt(manager: Manager, transport: EarlyTransport): void {
  const taken = takeEarly();
  if (!taken) return;
  const [socket, , startedAtMs, connect, events] = taken;
  const [first] = events;
  if (!fits(transport, taken)) refuse(taken, DEVELOPMENT ? differenceOf(transport, taken) : '');
  // A WebSocket that was open and was lost says nothing about the next one. The outage in which one failed may be over: its failure counts
  // only if the connection can move to WebSocket again.
  else if (
    socket.readyState <= OPEN ||
    (first?.type !== 'message' && manager._option('upgrade') && manager._listed.includes('polling'))
  ) {
    const { doOpen } = transport;
    if (socket.readyState > OPEN) manager._connection._retried = true;
    transport._aheadMs = (first?.timeStamp ?? manager._environment.clock.now()) - startedAtMs;
    transport.createSocket = () => socket;
    transport.doOpen = () => {
      doOpen.call(transport);
      if (socket.readyState === OPEN) (socket.onopen as () => void)();
      // Before the handshake, CONNECT was not sent; the snippet asked when it arrived.
      if (connect && first?.type === 'message')
        events.forEach(
          awaitJoin(manager, transport, [connect, first.timeStamp], () =>
            refuse(taken, DEVELOPMENT ? 'io() joins another namespace, or has another auth' : ''),
          ),
        );
      else
        deliver(events, (event) =>
          (socket as unknown as Record<string, (event: Event) => void>)[`on${event.type}`]?.(event),
        );
    };
  }
}

/** `early()` without options, for the script tag. */
export const earlySocket: Plugin = {
  name: 'early',
  manager: (manager) => ({
    transport(_name, create) {
      const transport = create() as EarlyTransport;
      adopt(manager, transport);
      return transport;
    },
  }),
  socket: () => SOCKET_HOOKS,
};
