import type { Chunk } from '../protocol/encode.js';
import { ACK, type EventPacket, ProtocolError } from '../protocol/packet.js';
import type { CatchAll } from './catch-all.js';
import { Offsets } from './offset.js';
import { tooLarge, unserialisable } from './serialise.js';
import type { Wire } from './wire.js';

/** Servers of today answer CONNECT before they send events. */
const MAX_EARLY = 1_000;

/** The session of the socket that receives. */
export interface Ticketing {
  /** Whether the server has answered CONNECT. */
  readonly connected: boolean;
  /** Stands for one session, from CONNECT to its end. */
  readonly visit: object;
}

/** The way in of one socket: hands events to the listeners, with a function to acknowledge them where one is due. */
export class Receiver {
  /** Events that came before the server's answer to CONNECT. */
  buffer: unknown[][] = [];
  /** Connection state recovery: the session's private id, and the last offset that the server sent. */
  private pid: string | undefined;
  private readonly offsets = new Offsets();

  constructor(
    private readonly socket: { readonly nsp: string },
    private readonly session: Ticketing,
    private readonly wire: Wire,
    private readonly options: { readonly hideOffset?: boolean | undefined },
    /** Who sees every event that comes in. */
    private readonly watchers: CatchAll,
    /** Calls the program's listeners. */
    private readonly call: (message: readonly unknown[]) => void,
    /** Tells the program of an acknowledgement that will not be sent. */
    private readonly dropped: (error: Error, message: readonly unknown[]) => void,
  ) {}

  receive(packet: EventPacket): void {
    const message = this.withAck(packet);
    if (this.session.connected) this.deliver(message);
    else if (this.buffer.push(message) > MAX_EARLY) {
      throw new ProtocolError(`more than ${MAX_EARLY} events before the answer to CONNECT`);
    }
  }

  /**
   * A new session begins.
   *
   * @returns what its CONNECT tells, so that the server may bring back the one before
   */
  begin(): object | undefined {
    // What came for a session that never was joined is not for this one.
    this.buffer = [];
    return this.pid === undefined ? undefined : { pid: this.pid, offset: this.offsets.last };
  }

  /**
   * The server has answered CONNECT.
   *
   * @param pid the session's private id, where the server keeps sessions
   * @returns whether it is the session of before
   */
  joined(pid: string | undefined): boolean {
    const recovered = pid !== undefined && pid === this.pid;
    this.pid = pid;
    if (recovered) this.offsets.replay(this.wire.clock.now());
    else this.offsets.forget();
    return recovered;
  }

  /** Hands over what came before the server's answer. */
  replay(): void {
    const { visit } = this.session;
    const received = this.buffer;
    this.buffer = [];
    for (const message of received) {
      // A listener may have disconnected.
      if (this.session.connected && this.session.visit === visit) this.deliver(message);
    }
  }

  private deliver(message: unknown[]): void {
    const last = message.at(-1);
    const offset = this.pid === undefined ? undefined : this.offsets.read(last, this.wire.dateMs());
    if (offset !== undefined && this.offsets.repeated(message[0], offset, this.wire.clock.now())) return;
    const shown = offset !== undefined && this.options.hideOffset ? message.slice(0, -1) : message;
    this.watchers.call(this.socket, shown);
    this.call(shown);
    // Only now: an event counts as received when the program has had it.
    if (offset !== undefined) this.offsets.add(message[0], offset);
  }

  /** The event's arguments, with a function at their end where the server waits for an acknowledgement. */
  private withAck({ data, id }: EventPacket): unknown[] {
    if (id === undefined) return data;
    const { nsp } = this.socket;
    const { visit } = this.session;
    const [name] = data;
    let answered = false;
    data.push((...answer: unknown[]) => {
      // Once, and only in the session that asked: to the server, a late answer is a violation of the protocol.
      if (answered || !this.session.connected || this.session.visit !== visit) return;
      const packet = { type: ACK, nsp, id, data: answer } as const;
      const of = `the acknowledgement of "${name}"`;
      let chunks: readonly Chunk[];
      try {
        chunks = this.wire.encode(packet);
      } catch (cause) {
        throw unserialisable(this.wire, packet, of, answer, cause);
      }
      answered = true;
      const oversize = this.wire.write(chunks);
      if (oversize) this.dropped(tooLarge(of, oversize), answer);
    });
    return data;
  }
}
