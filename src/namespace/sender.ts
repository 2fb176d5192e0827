import { callAll, type Listener } from '../platform/emitter.js';
import { HoldfastError } from '../platform/errors.js';
import type { SocketOptions } from '../platform/options.js';
import { show } from '../platform/show.js';
import type { Chunk } from '../protocol/encode.js';
import { EVENT, type EventData, type EventPacket, RESERVED_EVENTS } from '../protocol/packet.js';
import { Acks } from './acks.js';
import { CatchAll } from './catch-all.js';
import { RetryQueue } from './retries.js';
import { serialise, tooLarge } from './serialise.js';
import type { Wire } from './wire.js';

const DROPPED = 'a volatile event could not leave at once, and was dropped';

/** A packet that waits for the socket to be connected. Its arguments are the program's own objects. */
export interface BufferedPacket extends EventPacket {
  readonly options: { readonly compress: boolean };
}

/** The modifiers of one emit. */
export interface Flags {
  compress?: boolean;
  volatile?: boolean;
  timeout?: number;
}

/** Whose emits these are. */
export interface SenderOwner {
  readonly nsp: string;
  readonly connected: boolean;
}

/** The way out of one socket: sends an event, keeps it while the socket is away, or drops it where it is volatile. */
export class Sender {
  buffer: BufferedPacket[] = [];
  private flushing = false;
  readonly catchAll: CatchAll = new CatchAll();
  readonly acks: Acks;
  private readonly retries: RetryQueue<{ args: unknown[]; flags: Flags }> | undefined;

  constructor(
    private readonly owner: SenderOwner,
    private readonly wire: Wire,
    private readonly options: Partial<SocketOptions>,
    /** Tells the program of an event that will not be sent. */
    private readonly dropped: (error: Error, message: readonly unknown[]) => void,
  ) {
    this.acks = new Acks(wire.clock);
    if (options.retries) {
      this.retries = new RetryQueue(
        options.retries,
        () => owner.connected,
        ({ args, flags }, done) => {
          try {
            this.transmit(args, flags, done, true);
          } catch (error) {
            // It could be serialised when it was emitted; its arguments have changed since.
            this.dropped(error as Error, args);
            done(error as Error);
          }
        },
      );
    }
  }

  /**
   * @param message the event's name and its arguments
   * @param callback for the acknowledgement
   * @param errorFirst whether `callback` wants to be told when no acknowledgement comes
   * @throws HoldfastError `BAD_EVENT`, `RESERVED_EVENT`, `UNSERIALIZABLE`
   */
  emit(message: unknown[], flags: Flags, callback: Listener | undefined, errorFirst: boolean): void {
    const [name] = message;
    if (typeof name !== 'string' && !Number.isFinite(name)) {
      // Any other name would make the server close the connection.
      throw new HoldfastError('BAD_EVENT', `event name ${show(name)}; accepted: a string or a number`);
    }
    if (RESERVED_EVENTS.has(name)) {
      throw new HoldfastError('RESERVED_EVENT', `"${String(name)}" is a reserved event name`);
    }
    if (this.retries && !flags.volatile) {
      this.encode(this.packetOf(message));
      this.retries.add({ args: message, flags }, callback);
    } else {
      this.transmit(message, flags, callback, errorFirst);
    }
  }

  /** Sends what was kept while the socket was away, and goes on with the retries. */
  flush(): void {
    if (this.flushing) return;
    this.flushing = true;
    try {
      this.flushKept();
    } finally {
      this.flushing = false;
    }
  }

  private flushKept(): void {
    const kept = this.buffer;
    this.buffer = [];
    for (const [index, packet] of kept.entries()) {
      if (!this.owner.connected || !this.flushOne(packet)) {
        // A listener has disconnected: the rest waits on, ahead of what was emitted since.
        this.buffer = [...kept.slice(index), ...this.buffer];
        return;
      }
    }
    this.retries?.drain();
  }

  private packetOf(message: unknown[], id?: number): EventPacket {
    return { type: EVENT, nsp: this.owner.nsp, data: message as EventData, id };
  }

  private transmit(
    message: unknown[],
    flags: Flags,
    callback: Listener | undefined,
    wantsError: boolean,
  ): void {
    const live = this.owner.connected && this.wire.live;
    const dropped = flags.volatile && !(live && this.wire.writable);
    const packet = this.packetOf(message, callback && this.acks.upcoming);
    // Before anything is remembered: what cannot be serialised must leave no trace. This holds for what is kept, too.
    const chunks = this.encode(packet);
    const timeoutMs = flags.timeout ?? this.options.ackTimeout;
    const errorFirst = wantsError || timeoutMs !== undefined;
    // Without a time-out, nothing would ever tell of a dropped packet's acknowledgement.
    if (dropped && timeoutMs === undefined) {
      if (callback && errorFirst) callAll(undefined, [callback], [new HoldfastError('DROPPED', DROPPED)]);
      return;
    }
    if (callback) this.acks.add(callback, errorFirst, timeoutMs, (id) => this.forget(id));
    if (dropped) return;
    const compress = flags.compress ?? true;
    if (live) {
      // Kept while the heartbeat seemed overdue: it goes first.
      if (this.buffer.length > 0 && !this.flushing) this.flush();
      if (this.write(packet, chunks, compress)) return;
    }
    this.buffer.push({ ...packet, options: { compress } });
  }

  /** @returns whether it is done with; not where a listener has disconnected: behind DISCONNECT, an event ends everything */
  private write(packet: EventPacket, chunks: readonly Chunk[], compress: boolean): boolean {
    this.catchAll.call(this.owner, packet.data);
    if (!this.owner.connected) return false;
    this.acks.sent(packet.id);
    const oversize = this.wire.write(chunks, compress);
    if (oversize) this.refuse(packet, tooLarge(`"${packet.data[0]}"`, oversize));
    return true;
  }

  /** A packet that cannot be sent: whoever waits for its acknowledgement is told, else the program. */
  private refuse(packet: EventPacket, error: Error): void {
    const told = packet.id !== undefined && this.acks.fail(packet.id, error);
    if (!told) this.dropped(error, packet.data);
  }

  /** A packet that was kept could be serialised when it was emitted, but its arguments may have changed since. */
  /** @returns whether it is done with */
  private flushOne({ data, id, options }: BufferedPacket): boolean {
    // Programs put packets of their own here, which lack what they do not know.
    const packet = this.packetOf(data, id);
    let chunks: Chunk[];
    try {
      chunks = this.encode(packet);
    } catch (error) {
      this.refuse(packet, error as Error);
      return true;
    }
    return this.write(packet, chunks, options?.compress ?? true);
  }

  /** A packet whose acknowledgement has timed out is not sent any more. */
  private forget(id: number): void {
    const index = this.buffer.findIndex((packet) => packet.id === id);
    if (index >= 0) this.buffer.splice(index, 1);
  }

  private encode(packet: EventPacket): Chunk[] {
    const [name, ...args] = packet.data;
    return serialise(this.wire, packet, `"${name}"`, args);
  }
}
