import { ACK, type EventPacket } from '../protocol/packet.js';
import { CatchAll } from './catch-all.js';
import { isOffset } from './offset.js';
import type { Wire } from './wire.js';

/** The session of the socket that receives. */
export interface Ticketing {
  /** Stands for the time between joining and leaving; nothing while the socket is not connected. */
  readonly ticket: object | undefined;
}

/** The way in of one socket: hands events to the listeners, with a function to acknowledge them where one is due. */
export class Receiver {
  /** Events that came before the server's answer to CONNECT. */
  buffer: unknown[][] = [];
  readonly catchAll: CatchAll = new CatchAll();
  /** Connection state recovery: the session's private id, and the last offset that the server sent. */
  private pid: string | undefined;
  private offset: string | undefined;

  constructor(
    private readonly socket: { readonly nsp: string },
    private readonly session: Ticketing,
    private readonly wire: Wire,
    /** Calls the program's listeners. */
    private readonly call: (message: readonly unknown[]) => void,
  ) {}

  receive(packet: EventPacket): void {
    const message = this.withAck(packet);
    if (this.session.ticket) this.deliver(message);
    else this.buffer.push(message);
  }

  /** What the next CONNECT tells, so that the server may bring the session back. */
  get recovery(): object | undefined {
    return this.pid === undefined ? undefined : { pid: this.pid, offset: this.offset };
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
    // An offset of another session says nothing about this one.
    if (!recovered) this.offset = undefined;
    return recovered;
  }

  /** Hands over what came before the server's answer. */
  replay(): void {
    const received = this.buffer;
    this.buffer = [];
    for (const message of received) this.deliver(message);
  }

  private deliver(message: unknown[]): void {
    this.catchAll.call(this.socket, message);
    this.call(message);
    const last = message.at(-1);
    if (this.pid !== undefined && isOffset(last, this.wire.dateMs())) this.offset = last;
  }

  /** The event's arguments, with a function at their end where the server waits for an acknowledgement. */
  private withAck({ data, id }: EventPacket): unknown[] {
    if (id === undefined) return data;
    const { nsp } = this.socket;
    const { ticket } = this.session;
    let answered = false;
    data.push((...answer: unknown[]) => {
      // Once, and only in the session that asked: to the server, a late answer is a violation of the protocol.
      const now = this.session.ticket;
      if (answered || !now || (ticket && ticket !== now)) return;
      answered = true;
      this.wire.write(this.wire.encode({ type: ACK, nsp, id, data: answer }));
    });
    return data;
  }
}
