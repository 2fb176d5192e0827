import type { SimulatedClock } from '../../support/simulated-clock.js';
import type { Answer, Frame, Listening, ServerSocket } from '../network.js';

/** A server of one namespace, only over WebSocket, which optionally keeps sessions (connection state recovery). */

export interface Told {
  delivered(id: number): void;
  replied(id: number): void;
  answered(question: number): void;
  complain(what: string): void;
}

const HEARTBEAT = { pingInterval: 5_000, pingTimeout: 4_000 };

/** How long a session is kept, in milliseconds. */
const KEPT_MS = 120_000;

interface Client {
  readonly socket: ServerSocket;
  stopHeartbeat(): void;
  /** Its namespace, after it has joined. */
  joined: Kept | undefined;
  half: string | undefined;
}

/** A session on the server. */
interface Kept {
  readonly sid: string;
  readonly pid: string;
  /** When it disconnected. */
  awaySinceMs: number | undefined;
}

export class TabServer implements Listening {
  readonly #clock: SimulatedClock;
  readonly #told: Told;
  readonly #recovers: boolean;
  readonly #clients = new Map<ServerSocket, Client>();
  #kept: Kept[] = [];
  /** The events of the namespace, by offset. */
  readonly #news: number[] = [];
  #made = 0;
  /** The number of connections so far. */
  connections = 0;

  constructor(clock: SimulatedClock, recovers: boolean, told: Told) {
    this.#clock = clock;
    this.#recovers = recovers;
    this.#told = told;
  }

  /** How many sockets its application has. */
  get sockets(): number {
    return [...this.#clients.values()].filter(({ joined }) => joined).length;
  }

  get open(): number {
    return this.#clients.size;
  }

  /** Sends an event to all clients. */
  tell(news: number): void {
    this.#news.push(news);
    const offset = this.#recovers ? `,"${offsetOf(this.#news.length - 1)}"` : '';
    for (const client of this.#clients.values())
      if (client.joined) client.socket.give([`42["news",${news}${offset}]`]);
  }

  /** Sends a request to all clients. */
  ask(question: number): number {
    let asked = 0;
    for (const client of this.#clients.values()) {
      if (!client.joined) continue;
      client.socket.give([`42${question}["question",${question}]`]);
      asked += 1;
    }
    return asked;
  }

  restart(): void {
    this.#kept = [];
    for (const client of [...this.#clients.values()]) this.#end(client, true);
  }

  opened(socket: ServerSocket, sid: string | undefined): boolean {
    if (sid !== undefined) return false;
    this.connections += 1;
    const client: Client = { socket, stopHeartbeat: () => {}, joined: undefined, half: undefined };
    this.#clients.set(socket, client);
    socket.give([
      `0${JSON.stringify({ sid: `engine-${this.connections}`, upgrades: [], ...HEARTBEAT, maxPayload: 1e6 })}`,
    ]);
    this.#ping(client);
    return true;
  }

  said(socket: ServerSocket, frame: Frame): void {
    const client = this.#clients.get(socket);
    if (!client) return;
    if (typeof frame !== 'string') {
      if (!client.half) this.#told.complain('an attachment of nothing');
      else this.#event(client, client.half);
      client.half = undefined;
    } else if (client.half !== undefined) this.#told.complain(`"${frame}" in place of an attachment`);
    else if (frame === '3') this.#ping(client);
    else if (frame.startsWith('40')) this.#connect(client, frame.slice(2));
    else if (frame.startsWith('44') || frame.startsWith('4')) this.#packet(client, frame.slice(1));
    else if (frame === '1') this.#end(client, false);
    else this.#told.complain(`"${frame}"`);
  }

  closed(socket: ServerSocket): void {
    const client = this.#clients.get(socket);
    if (client) this.#end(client, false);
  }

  polled(_sid: string | undefined, answer: Answer): void {
    answer(undefined);
  }

  posted(): boolean {
    return false;
  }

  broken(): void {}

  #packet(client: Client, text: string): void {
    if (!client.joined) {
      // Like the real server, which closes the connection.
      this.#end(client, true);
      return;
    }
    if (text.startsWith('1')) {
      this.#kept = this.#kept.filter((one) => one !== client.joined);
      client.joined = undefined;
    } else if (text.startsWith('2')) this.#event(client, text.slice(1));
    else if (text.startsWith('51-')) client.half = text.slice(3);
    else if (text.startsWith('3')) this.#told.answered(Number.parseInt(text.slice(1), 10));
    else this.#told.complain(`"${text}"`);
  }

  #connect(client: Client, text: string): void {
    const probe = /^\/holdfast-probe-\d+,/.exec(text);
    if (probe) {
      client.socket.give([`44${probe[0]}{"message":"Invalid namespace"}`]);
      return;
    }
    if (client.joined) {
      this.#end(client, true);
      return;
    }
    const { pid, offset } = (text === '' ? {} : JSON.parse(text)) as { pid?: string; offset?: string };
    const now = this.#clock.now();
    const kept = this.#kept.find(
      (one) => one.pid === pid && one.awaySinceMs !== undefined && now - one.awaySinceMs < KEPT_MS,
    );
    const from = offset === undefined ? -1 : this.#news.findIndex((_, index) => offsetOf(index) === offset);
    if (kept && from >= 0) {
      kept.awaySinceMs = undefined;
      client.joined = kept;
    } else {
      this.#made += 1;
      client.joined = { sid: `socket-${this.#made}`, pid: `pid-${this.#made}`, awaySinceMs: undefined };
      if (this.#recovers) this.#kept.push(client.joined);
    }
    const { sid, pid: own } = client.joined;
    client.socket.give([`40${JSON.stringify({ sid, ...(this.#recovers && { pid: own }) })}`]);
    if (kept && from >= 0) {
      for (let index = from + 1; index < this.#news.length; index += 1)
        client.socket.give([`42["news",${this.#news[index]},"${offsetOf(index)}"]`]);
    }
  }

  #event(client: Client, text: string): void {
    const [, id = '', json = ''] = /^(\d*)(.*)$/s.exec(text) ?? [];
    const [, number, patience] = JSON.parse(json) as [string, number, number];
    this.#told.delivered(number);
    if (id === '') return;
    this.#clock.after(patience, () => {
      if (!client.joined || !this.#clients.has(client.socket)) return;
      this.#told.replied(number);
      client.socket.give([`43${id}[${number}]`]);
    });
  }

  #ping(client: Client): void {
    client.stopHeartbeat();
    client.stopHeartbeat = this.#clock.after(HEARTBEAT.pingInterval, () => {
      client.stopHeartbeat = this.#clock.after(HEARTBEAT.pingTimeout, () => this.#end(client, true));
      client.socket.give(['2']);
    });
  }

  #end(client: Client, hangUp: boolean): void {
    if (!this.#clients.delete(client.socket)) return;
    client.stopHeartbeat();
    if (client.joined) client.joined.awaySinceMs = this.#clock.now();
    if (hangUp) client.socket.hangUp();
  }
}

/** In the form of the in-memory adapter. */
const offsetOf = (index: number): string => `P${String(index).padStart(6, '0')}`;
