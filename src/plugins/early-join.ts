/**
 * CONNECT was sent ahead of the program: what comes waits for the program, and is delivered to it like messages from the network. For the early
 * WebSocket of the snippet, and for WebTransport.
 */
import type { Connection } from '../connection/connection.js';
import type { Manager } from '../manager/manager.js';
import type { EnginePacket, Transport } from '../session/transports/transport.js';
import type { Namespace } from '../socket/namespace.js';
import { isProbe } from '../socket/probe.js';

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
export async function deliver<Item>(
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
