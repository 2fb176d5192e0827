import { io, type Socket } from '../../src/index.js';
import { Announcements } from '../support/waiting.js';
import { type Broadcast, checkDelivery, type Entry, type Verdict } from './delivery-check.js';
import { clockName, type Target } from './nodes.js';

/** Many clients of one cluster: some in one namespace, some in two, each in one room of each. */

const namespaces = ['/', '/news', '/chat'] as const;
const rooms = ['red', 'green', 'blue', 'grey'] as const;

/** The targets of broadcasts, in turn. */
export const targets: readonly Target[] = namespaces.flatMap((nsp) => [
  { nsp },
  ...rooms.map((room) => ({ nsp, room })),
]);

/** How long all clients may take to reconnect, in milliseconds. */
const reconnectMs = 25_000;

/** One socket of a client, with its events. */
export class ClientSocket {
  readonly socket: Socket;
  readonly room: string;
  readonly entries: Entry[] = [];
  /** The number of the last message of the clock node. */
  lastClock = 0;
  /** Each connect of the socket. */
  readonly connects: { readonly from: string; readonly recovered: boolean; readonly to: string }[] = [];
  readonly failures: string[] = [];
  /** The number of connects with a new session. */
  newSessions = 0;
  /** The node that it is connected to, once known. */
  node: string | undefined;

  constructor(socket: Socket, room: string, changed: () => void) {
    this.socket = socket;
    this.room = room;
    let last = 'nowhere';
    socket.on('count', (from: string, n: number) => {
      this.entries.push({ from, n });
      if (from === clockName) this.lastClock = n;
      changed();
    });
    socket.on('gap', () => this.entries.push('gap'));
    socket.on('connect', async () => {
      const { recovered } = socket;
      if (!recovered) this.newSessions += 1;
      const to = await socket.emitWithAck('where').catch(() => undefined);
      // Cut before the answer: it will reconnect.
      if (typeof to !== 'string') return;
      this.connects.push({ from: last, recovered, to });
      this.node = last = to;
      changed();
    });
    socket.on('disconnect', () => {
      this.node = undefined;
    });
    socket.on('connect_error', (error) => this.failures.push(`${error.message}: ${causeOf(error)}`));
  }

  get ready(): boolean {
    return this.socket.connected && this.node !== undefined;
  }

  isTarget({ nsp, room }: Target): boolean {
    return nsp === this.socket.nsp && (room === undefined || room === this.room);
  }
}

/** The error message of a WebSocket in Node. */
const causeOf = ({ cause }: { cause?: unknown }): string =>
  String((cause as { description?: { message?: string } } | undefined)?.description?.message);

export class Clients {
  readonly sockets: ClientSocket[] = [];
  readonly #changes = new Announcements();
  #scheduled = false;

  constructor(url: string, size: number) {
    for (let i = 0; i < size; i += 1) {
      const room = rooms[i % rooms.length] as string;
      const options = {
        transports: ['websocket'],
        forceNew: true,
        reconnectionDelay: 100,
        reconnectionDelayMax: 1_000,
        // Node's cluster module may hand a connection to a dying process, where it stays open and silent.
        timeout: 3_000,
        auth: { rooms: [room] },
      };
      const joined = i % 3 === 2 ? ['/', '/chat'] : [namespaces[i % 3] as string];
      const first = io(`${url}${joined[0]}`, options);
      const sockets = [first, ...joined.slice(1).map((nsp) => first.io.socket(nsp, { auth: options.auth }))];
      for (const socket of sockets) this.sockets.push(new ClientSocket(socket, room, () => this.#changed()));
    }
  }

  /** Resolves when every socket is connected and knows its node. */
  allReady(): Promise<void> {
    return this.#changes
      .until('all sockets to connect', () => this.sockets.every(({ ready }) => ready), reconnectMs)
      .catch((error: Error) => {
        const missing = this.sockets.filter(({ ready }) => !ready);
        const [one] = missing;
        throw new Error(
          `${error.message} ${missing.length} are missing, one of them is ${one?.socket.io.status}: ${one?.failures.slice(-3)}`,
        );
      });
  }

  /** Resolves when each of these sockets has connected again. */
  reconnected(sockets: readonly ClientSocket[], connects: readonly number[]): Promise<void> {
    return this.#changes.until(
      'the cut sockets to reconnect',
      () => sockets.every((socket, i) => socket.connects.length > (connects[i] as number)),
      reconnectMs,
    );
  }

  /** Resolves when every socket has received a broadcast that the clock node sends from now on. */
  async untilNextClock(): Promise<void> {
    const since = Math.max(...this.sockets.map(({ lastClock }) => lastClock));
    await this.#changes.until(
      'all sockets to receive a message of the clock node',
      () => this.sockets.every(({ lastClock }) => lastClock > since),
      reconnectMs,
    );
  }

  /** Resolves when every socket has received the last message of the clock node to it. */
  async untilComplete(sent: number): Promise<void> {
    const last = (socket: ClientSocket): number => {
      let n = sent;
      while (n > 0 && !socket.isTarget(targets[(n - 1) % targets.length] as Target)) n -= 1;
      return n;
    };
    await this.#changes.until(
      'the last broadcast',
      () => this.sockets.every((socket) => socket.lastClock >= last(socket)),
      reconnectMs,
    );
  }

  check(order: readonly Broadcast[]): Verdict & { readonly received: number; readonly gaps: number } {
    const sum = {
      lost: [] as string[],
      duplicated: [] as string[],
      late: [] as string[],
      notified: 0,
      received: 0,
      gaps: 0,
    };
    for (const socket of this.sockets) {
      const verdict = checkDelivery(order, socket.entries, (message) => socket.isTarget(message), clockName);
      const name = `${socket.socket.nsp} ${socket.room}`;
      sum.lost.push(...verdict.lost.map((what) => `${name}: ${what}`));
      sum.duplicated.push(...verdict.duplicated.map((what) => `${name}: ${what}`));
      sum.late.push(...verdict.late.map((what) => `${name}: ${what}`));
      sum.notified += verdict.notified;
      sum.received += socket.entries.filter((entry) => entry !== 'gap').length;
      sum.gaps += socket.entries.filter((entry) => entry === 'gap').length;
    }
    return sum;
  }

  /** Sockets that reconnected with a new session but did not receive a gap each time. */
  get withoutGap(): string[] {
    return this.sockets
      .filter(
        ({ entries, newSessions }) => newSessions - 1 !== entries.filter((entry) => entry === 'gap').length,
      )
      .map(({ socket, room }) => `${socket.nsp} ${room}`);
  }

  disconnect(): void {
    for (const { socket } of this.sockets) socket.disconnect();
  }

  /** Checks conditions once per turn instead of after each message. */
  #changed(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#changes.announce();
    });
  }
}
