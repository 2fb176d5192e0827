import { io, type Socket } from '../../src/index.js';
import { Announcements } from '../support/waiting.js';
import { account, type Broadcast, type Entry, type Verdict } from './delivery-check.js';
import { type Target, tower } from './nodes.js';

/** Many clients of one site: some in one namespace, some in two, each in one room of each. */

const namespaces = ['/', '/news', '/chat'] as const;
const rooms = ['red', 'green', 'blue', 'grey'] as const;

/** All that is broadcast to, in turn. */
export const targets: readonly Target[] = namespaces.flatMap((nsp) => [
  { nsp },
  ...rooms.map((room) => ({ nsp, room })),
]);

/** How long the whole crowd may take to be back, in milliseconds. */
const backMs = 25_000;

/** One socket of a client, and what happened to it. */
export class Member {
  readonly socket: Socket;
  readonly room: string;
  readonly entries: Entry[] = [];
  /** The number of the last message of the tower. */
  heard = 0;
  /** How the socket came, each time. */
  readonly arrivals: { readonly from: string; readonly recovered: boolean; readonly to: string }[] = [];
  readonly failures: string[] = [];
  /** How often it came without a session of before. */
  anew = 0;
  /** Which node it is with, as far as that node has told. */
  node: string | undefined;

  constructor(socket: Socket, room: string, changed: () => void) {
    this.socket = socket;
    this.room = room;
    let last = 'nowhere';
    socket.on('count', (from: string, n: number) => {
      this.entries.push({ from, n });
      if (from === tower) this.heard = n;
      changed();
    });
    socket.on('gap', () => this.entries.push('gap'));
    socket.on('connect', async () => {
      const { recovered } = socket;
      if (!recovered) this.anew += 1;
      const to = await socket.emitWithAck('where').catch(() => undefined);
      // Cut before the answer: it will come again.
      if (typeof to !== 'string') return;
      this.arrivals.push({ from: last, recovered, to });
      this.node = last = to;
      changed();
    });
    socket.on('disconnect', () => {
      this.node = undefined;
    });
    socket.on('connect_error', (error) => this.failures.push(`${error.message}: ${causeOf(error)}`));
  }

  get here(): boolean {
    return this.socket.connected && this.node !== undefined;
  }

  isOwed({ nsp, room }: Target): boolean {
    return nsp === this.socket.nsp && (room === undefined || room === this.room);
  }
}

/** What a WebSocket in Node says of its failure. */
const causeOf = ({ cause }: { cause?: unknown }): string =>
  String((cause as { description?: { message?: string } } | undefined)?.description?.message);

export class Crowd {
  readonly members: Member[] = [];
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
        // The cluster of Node leaves a connection open, and silent, that it had given to a node that died at that moment.
        timeout: 3_000,
        auth: { rooms: [room] },
      };
      const joined = i % 3 === 2 ? ['/', '/chat'] : [namespaces[i % 3] as string];
      const first = io(`${url}${joined[0]}`, options);
      const sockets = [first, ...joined.slice(1).map((nsp) => first.io.socket(nsp, { auth: options.auth }))];
      for (const socket of sockets) this.members.push(new Member(socket, room, () => this.#changed()));
    }
  }

  /** Resolves when everybody is connected, and was answered. */
  back(): Promise<void> {
    return this.#changes
      .until('everybody to be back', () => this.members.every(({ here }) => here), backMs)
      .catch((error: Error) => {
        const missing = this.members.filter(({ here }) => !here);
        const [one] = missing;
        throw new Error(
          `${error.message} ${missing.length} are not, one of them ${one?.socket.io.status}: ${one?.failures.slice(-3)}`,
        );
      });
  }

  /** Resolves when each of these has come once more. */
  returned(members: readonly Member[], arrivals: readonly number[]): Promise<void> {
    return this.#changes.until(
      'those who were cut off to return',
      () => members.every((member, i) => member.arrivals.length > (arrivals[i] as number)),
      backMs,
    );
  }

  /** Resolves when everybody has heard what the tower has broadcast from now on for a while. */
  async hears(): Promise<void> {
    const since = Math.max(...this.members.map(({ heard }) => heard));
    await this.#changes.until(
      'everybody to hear the tower',
      () => this.members.every(({ heard }) => heard > since),
      backMs,
    );
  }

  /** Resolves when everybody has had the last of the tower's messages to them. */
  async complete(told: number): Promise<void> {
    const last = (member: Member): number => {
      let n = told;
      while (n > 0 && !member.isOwed(targets[(n - 1) % targets.length] as Target)) n -= 1;
      return n;
    };
    await this.#changes.until(
      'the last broadcast',
      () => this.members.every((m) => m.heard >= last(m)),
      backMs,
    );
  }

  accounts(order: readonly Broadcast[]): Verdict & { readonly had: number; readonly gaps: number } {
    const sum = {
      lost: [] as string[],
      doubled: [] as string[],
      late: [] as string[],
      told: 0,
      had: 0,
      gaps: 0,
    };
    for (const member of this.members) {
      const verdict = account(order, member.entries, (message) => member.isOwed(message), tower);
      const who = `${member.socket.nsp} ${member.room}`;
      sum.lost.push(...verdict.lost.map((what) => `${who}: ${what}`));
      sum.doubled.push(...verdict.doubled.map((what) => `${who}: ${what}`));
      sum.late.push(...verdict.late.map((what) => `${who}: ${what}`));
      sum.told += verdict.told;
      sum.had += member.entries.filter((entry) => entry !== 'gap').length;
      sum.gaps += member.entries.filter((entry) => entry === 'gap').length;
    }
    return sum;
  }

  /** Sockets that came back without their session and were not told of a gap each time. */
  get untold(): string[] {
    return this.members
      .filter(({ entries, anew }) => anew - 1 !== entries.filter((entry) => entry === 'gap').length)
      .map(({ socket, room }) => `${socket.nsp} ${room}`);
  }

  leave(): void {
    for (const { socket } of this.members) socket.disconnect();
  }

  /** Looking at everybody at each message would be work for nothing. */
  #changed(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#changes.announce();
    });
  }
}
