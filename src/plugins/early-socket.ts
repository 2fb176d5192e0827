/** Takes over the WebSocket that a snippet in the page's head opened while the bundle was loading. */
import type { Connection } from '../connection/connection.js';
import type { Manager } from '../manager/manager.js';
import type { Plugin } from '../manager/plugin.js';
import { attempt } from '../platform/attempt.js';
import { DEVELOPMENT } from '../platform/build.js';
import { type EarlySocket, takeEarly } from '../platform/early.js';
import { warnOnce } from '../platform/report.js';
import type { EnginePacket, Transport } from '../session/transports/transport.js';
import type { SocketHooks } from '../socket/hooks.js';
import type { Namespace } from '../socket/namespace.js';
import { isProbe } from '../socket/probe.js';

/** `WebSocket.readyState` */
const OPEN = 1;

/** The members of engine.io-client's WebSocket transport and of holdfast's WebTransport. */
export interface EarlyTransport extends Transport {
  readonly opts: {
    readonly protocols?: string | readonly string[];
    readonly timestampRequests?: boolean;
    readonly timestampParam: string;
  };
  _aheadMs?: number;
  uri?(): string;
  doOpen(): void;
  createSocket(): unknown;
  write(packets: readonly EnginePacket[]): void;
  onData(data: unknown): void;
  emitReserved(event: string): void;
  _put?(packets: readonly EnginePacket[], done?: () => void): void;
  _ended?(): void;
  _failed?(cause: unknown): void;
  /** Settles when what has waited for the program's CONNECT is delivered. */
  _delivered?: Promise<void>;
}

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

/** Data from the server, and when it came, on the clock of `performance`. */
interface Arrival {
  readonly data?: unknown;
  readonly timeStamp: number;
}

/**
 * Delivers what has waited, and calls `done` right after the last of it. A program that awaits an event may listen to the next one only then:
 * its continuations run first, as between messages from the network. What comes meanwhile is added to the list, so that nothing overtakes.
 */
async function deliver<Item>(
  items: readonly Item[],
  handle: (item: Item) => void,
  done?: () => void,
): Promise<void> {
  for (const item of items) {
    for (let i = 0; i < CONTINUATIONS; i++) await undefined;
    handle(item);
  }
  done?.();
}

/** The program joins otherwise than CONNECT did that was sent ahead of it: nothing that came is for the program. */
function openAnew(connection: Connection): void {
  connection._dispatch({
    type: 'plugin',
    react(state, { tell, negotiate }) {
      if (state.name !== 'connected') return state;
      tell('close', 'transport close', undefined);
      // Its opening was announced already: this is a new attempt, not a retry.
      return negotiate({ ...state.outage, attempt: 0 });
    },
  });
}

/**
 * CONNECT was sent ahead of the program: what the server sends for that waits until the program joins the same namespace, with the same
 * `auth`. That CONNECT is not sent again. If the program joins otherwise, a new connection is opened.
 *
 * @param join the packet CONNECT as text, and when it was sent
 * @param differs called once a new connection is being opened: closes this one
 * @returns receives what had come before
 */
export function awaitJoin(
  manager: Manager,
  transport: EarlyTransport,
  [join, sentAtMs]: readonly [text: string, atMs: number],
  differs: () => void,
): (arrival: Arrival) => void {
  const { _connection: connection, _environment } = manager;
  const { clock } = _environment;
  const { write, onData } = transport;
  const waiting: Arrival[] = [];
  let shaken = false;
  const handle = ({ data }: Arrival): void => onData.call(transport, data);
  const release = (): void => {
    transport.write = write;
    transport._delivered = afterwards();
  };
  const afterwards = async (): Promise<void> => {
    // What came before is complete then.
    await undefined;
    // The smallest round trip counts, so those of other namespaces may become longer.
    for (const one of connection._all() as Namespace[])
      one._askedAtMs += sentAtMs - (waiting[0]?.timeStamp ?? one._askedAtMs);
    await deliver(waiting, handle, () => {
      transport.onData = onData;
    });
  };
  const receive = (arrival: Arrival): void => {
    const { data } = arrival;
    // biome-ignore lint/suspicious/noDoubleEquals: shorter, and no other packet equals a heartbeat
    if (!shaken || data == 2 || (!transport._delivered && isProbe(`${data}`.slice(2)))) {
      shaken = true;
      handle(arrival);
    }
    // Servers of Socket.IO 1 and 2 send this by themselves: the program sends no CONNECT. If one came ahead, they send it twice.
    // biome-ignore lint/suspicious/noDoubleEquals: as above
    else if (waiting.push(arrival) && data == 40 && !transport._delivered) release();
  };
  transport.onData = (data) => receive({ data, timeStamp: clock.now() });
  transport.write = async (packets) => {
    // The first message of a program is a CONNECT. While `auth` is slow, the client probes the server.
    const message = packets.find(({ type, data }) => type === 'message' && !isProbe(`${data}`.slice(1)));
    const others = packets.filter((one) => one !== message);
    if (!message) write.call(transport, packets);
    else if (`4${message.data}` !== join) {
      // The program may write while it is told that the connection is open: it is told that first.
      await undefined;
      openAnew(connection);
      differs();
    } else {
      release();
      if (others.length) write.call(transport, others);
      else {
        // As if it were sent.
        await undefined;
        transport.emitReserved('drain');
      }
    }
  };
  return receive;
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
  if (!fits(transport, taken)) refuse(taken);
  // A WebSocket that was open and was lost says nothing about the next one.
  else if (socket.readyState <= OPEN || first?.type !== 'message') {
    const { doOpen } = transport;
    transport._aheadMs = (first?.timeStamp ?? manager._environment.clock.now()) - startedAtMs;
    transport.createSocket = () => socket;
    transport.doOpen = () => {
      doOpen.call(transport);
      if (socket.readyState === OPEN) (socket.onopen as () => void)();
      // Before the handshake, CONNECT was not sent; the snippet asked when it arrived.
      if (connect && first?.type === 'message')
        events.forEach(awaitJoin(manager, transport, [connect, first.timeStamp], () => refuse(taken)));
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
