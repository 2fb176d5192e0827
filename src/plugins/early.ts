/**
 * @packageDocumentation Takes over the WebSocket that a snippet in the page's head opened while the bundle was loading, and creates the text of that snippet.
 */
import type { Connection } from '../connection/connection.js';
import type { Plugin } from '../manager/plugin.js';
import { parseAddress, parseQuery } from '../platform/address.js';
import { attempt } from '../platform/attempt.js';
import { DEVELOPMENT } from '../platform/build.js';
import { type EarlyEvent, type EarlySocket, takeEarly } from '../platform/early.js';
import { EARLY_TEXT } from '../platform/early-text.js';
import { HoldfastError } from '../platform/errors.js';
import { warnOnce } from '../platform/report.js';
import { show } from '../platform/show.js';
import type { Transport } from '../session/transports/transport.js';
import type { SocketHooks } from '../socket/hooks.js';
import type { Namespace } from '../socket/namespace.js';

/** `WebSocket.readyState` */
const OPEN = 1;

/** The protected members of engine.io-client's WebSocket transport. */
interface WebSocketTransport extends Transport {
  readonly opts: {
    readonly protocols?: string | readonly string[];
    readonly timestampRequests?: boolean;
    readonly timestampParam: string;
  };
  _aheadMs?: number;
  uri?(): string;
  doOpen(): void;
  createSocket(): unknown;
  doWrite(packet: { readonly type: string }, data: unknown): void;
}

/** The address with its query sorted; without `omitted`, the parameter that prevents caching. */
function canonical(text: string, omitted = ''): string {
  const url = new URL(text);
  url.searchParams.delete(omitted);
  url.searchParams.sort();
  return url.href;
}

/** Whether the transport would open the same WebSocket. */
function fits(transport: WebSocketTransport, [socket, protocols = '']: EarlySocket): boolean {
  const { protocols: wanted = '', timestampRequests, timestampParam } = transport.opts;
  return (
    `${wanted}` === `${protocols}` &&
    attempt(() => canonical(`${transport.uri?.()}`, timestampRequests ? timestampParam : '')) ===
      canonical(socket.url)
  );
}

function refuse([socket]: EarlySocket): void {
  socket.close();
  if (DEVELOPMENT) {
    const { origin, pathname } = new URL(socket.url);
    warnOnce(
      'early',
      `holdfast: the early WebSocket (${origin}${pathname}) is closed, because io() uses other options: address, path, query and sub-protocol must match (with join also namespace and auth), and WebSocket must be the first transport`,
    );
  }
}

/** How many continuations of the program may follow each other between two events. */
const CONTINUATIONS = 20;

/**
 * Delivers events that have waited. A program that awaits one of them may listen to the next one only then: its continuations run first, as
 * between messages from the network. Nothing overtakes what waits, because no task of the page runs meanwhile.
 */
async function deliver(events: EarlyEvent[], handle: (event: EarlyEvent) => void): Promise<void> {
  for (const event of events) {
    for (let i = 0; i < CONTINUATIONS; i++) await undefined;
    handle(event);
  }
}

/** The program joins otherwise than the snippet did: nothing that the early WebSocket has received is for it. */
function openAnew(connection: Connection, early: EarlySocket): void {
  connection._dispatch({
    type: 'plugin',
    react(state, { tell, negotiate }) {
      if (state.name !== 'connected') return state;
      tell('close', 'transport close', undefined);
      return negotiate(state.outage);
    },
  });
  refuse(early);
}

/**
 * The snippet has joined a namespace: what the server sent for it waits until the program joins the same one, with the same `auth`. That CONNECT
 * is not sent again.
 */
function adoptJoin(connection: Connection, transport: WebSocketTransport, early: EarlySocket): void {
  const [socket, , , join, events] = early;
  const [handshake] = events as [EarlyEvent];
  const { doWrite } = transport;
  const onmessage = socket.onmessage as (event: EarlyEvent) => void;
  const waiting: EarlyEvent[] = [];
  const release = async (): Promise<void> => {
    transport.doWrite = doWrite;
    // What the snippet has kept is complete then.
    await undefined;
    // The snippet asked when the handshake arrived. The smallest round trip counts, so those of other namespaces may become longer.
    for (const one of connection._all() as Namespace[])
      one._askedAtMs += handshake.timeStamp - (waiting[0]?.timeStamp ?? one._askedAtMs);
    await deliver(waiting, onmessage);
    socket.onmessage = onmessage;
  };
  socket.onmessage = (event: EarlyEvent) => {
    // biome-ignore lint/suspicious/noDoubleEquals: shorter, and no other packet equals a heartbeat
    if (event === handshake || event.data == 2) onmessage(event);
    // Servers of Socket.IO 1 and 2 send this by themselves: the program sends no CONNECT.
    // biome-ignore lint/suspicious/noDoubleEquals: as above
    else if (waiting.push(event) && event.data == 40) release();
  };
  transport.doWrite = (packet, data) => {
    // The first message of a program is a CONNECT.
    if (packet.type !== 'message') doWrite.call(transport, packet, data);
    else if (data === join) release();
    else openAnew(connection, early);
  };
  for (const event of events) socket.onmessage(event as MessageEvent);
}

/** Closes the early WebSocket once a socket is connected in another way, for instance through another tab. */
const SOCKET_HOOKS: SocketHooks = {
  connected() {
    takeEarly()?.[0].close();
    return undefined;
  },
};

/**
 * A plugin: `io(url, { plugins: [early()] })`. The page's first connection uses the WebSocket that the snippet opened; if address, path,
 * query or sub-protocol differ, that one is closed and a new one is opened. Without the snippet, nothing changes.
 */
export const early = (): Plugin => ({
  name: 'early',
  manager: ({ _connection, _environment }) => ({
    transport(_name, create) {
      const transport = create() as WebSocketTransport;
      const taken = takeEarly();
      if (!taken) return transport;
      const [socket, , startedAtMs, join, events] = taken;
      const [first] = events;
      if (!fits(transport, taken)) refuse(taken);
      // A WebSocket that was open and was lost says nothing about the next one.
      else if (socket.readyState <= OPEN || first?.type !== 'message') {
        const { doOpen } = transport;
        transport._aheadMs = (first?.timeStamp ?? _environment.clock.now()) - startedAtMs;
        transport.createSocket = () => socket;
        transport.doOpen = () => {
          doOpen.call(transport);
          if (socket.readyState === OPEN) (socket.onopen as () => void)();
          // Before the handshake, CONNECT was not sent.
          if (join && first?.type === 'message') adoptJoin(_connection, transport, taken);
          else
            deliver(events, (event) =>
              (socket as unknown as Record<string, (event: Event) => void>)[`on${event.type}`]?.(event),
            );
        };
      }
      return transport;
    },
  }),
  socket: () => SOCKET_HOOKS,
});

/** The options of the snippet, with the names and meanings of those of `io`. */
export interface EarlyOptions {
  /** @defaultValue "/socket.io" */
  readonly path?: string | undefined;
  readonly query?: string | Readonly<Record<string, unknown>> | undefined;
  readonly protocols?: string | readonly string[] | undefined;
  /**
   * Also joins the namespace of the address, so that `connect` needs no further round trip: `true`, or the object that `io()` gets as `auth`.
   * @defaultValue false
   */
  readonly join?: boolean | Readonly<Record<string, unknown>> | undefined;
}

/**
 * The text of the snippet, for a `<script>` in the page's head.
 *
 * @param address an http or https URL, as for `io`; without one, the page's own server
 * @throws HoldfastError `BAD_ADDRESS`
 */
export function snippet(address?: string, { path, query = '', protocols, join }: EarlyOptions = {}): string {
  const whole = address ?? 'http://page';
  const url = attempt(() => new URL(whole));
  if (!url || !/^http/.test(url.protocol)) {
    throw new HoldfastError(
      'BAD_ADDRESS',
      `${show(address)} is not an address${DEVELOPMENT ? '; accepted: an http or https URL' : ''}`,
    );
  }
  const text = url.search || query;
  const more = `${new URLSearchParams((typeof text === 'string' ? parseQuery(text) : text) as Record<string, string>)}`;
  const given = [
    address === undefined ? undefined : url.origin,
    // The path `/` is an empty one.
    path ? path.replace(/\/$/, '') : undefined,
    more ? `&${more}` : undefined,
    protocols?.length ? protocols : undefined,
    join ? connectPacket(parseAddress(whole).namespace, join) : undefined,
  ];
  while (given.length > 0 && given[given.length - 1] === undefined) given.pop();
  // In a page, this would end the script.
  const args = given.map((one) =>
    one === undefined ? 'void 0' : JSON.stringify(one).replace(/</g, '\\u003c'),
  );
  return `${EARLY_TEXT}(${args})`;
}

/** The packet CONNECT as text, with the type of the Engine.IO packet around it (Socket.IO v5, "Connection to a namespace"). */
const connectPacket = (namespace: string, join: true | object): string =>
  `40${namespace === '/' ? '' : `${namespace},`}${join === true ? '' : JSON.stringify(join)}`;
