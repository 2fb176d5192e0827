import { reasonOf } from '../platform/abort.js';
import { callAll, type Listener } from '../platform/emitter.js';
import { HoldfastError } from '../platform/errors.js';
import type { SocketOptions } from '../platform/options.js';
import { show } from '../platform/show.js';
import { type Chunk, weigh } from '../protocol/encode.js';
import { EVENT, type EventData, type EventPacket, RESERVED_EVENTS } from '../protocol/packet.js';
import { Acks, cleared, disconnected } from './acks.js';
import type { CatchAll } from './catch-all.js';
import type { Flags } from './flags.js';
import { limitsOf } from './limits.js';
import { type BufferedPacket, Outbox } from './outbox.js';
import { RetryQueue } from './retries.js';
import { tooLarge, unserialisable } from './serialise.js';
import type { Ticket, Wire } from './wire.js';

const dropped = (): HoldfastError =>
  new HoldfastError('DROPPED', 'a volatile event could not leave at once, and was dropped');

/** Whose emits these are. */
export interface SenderOwner {
  readonly nsp: string;
  readonly connected: boolean;
}

/** Goes with an event through the connection, which gives it back where it was lost before the transport had the event. */
interface EventTicket extends Ticket {
  readonly packet: EventPacket;
  readonly chunks: readonly Chunk[];
  /** What becomes of it then: it is kept, or the queue of retries sends it again by itself, or, volatile, it is dropped. */
  readonly fate: 'keep' | 'retry' | 'drop';
}

/** The way out of one socket: sends an event, keeps it while the socket is away, or drops it where it is volatile. */
export class Sender {
  readonly outbox: Outbox;
  readonly acks: Acks;
  private readonly retries: RetryQueue<{ args: unknown[]; flags: Flags }> | undefined;
  private flushing = false;
  /** What came back from the connection, until the socket knows that it is away. */
  private returned: EventTicket[] = [];

  constructor(
    private readonly owner: SenderOwner,
    private readonly wire: Wire,
    private readonly options: Partial<SocketOptions>,
    /** Who sees every event that goes out. */
    private readonly watchers: CatchAll,
    /** Tells the program of an event that will not be sent. */
    private readonly tellDropped: (error: Error, message: readonly unknown[]) => void,
  ) {
    this.acks = new Acks(wire.clock);
    this.outbox = new Outbox(wire.clock, options.outbox, {
      lose: (packet, error) => this.refuse(packet, error),
      measure: ({ data }) => this.measure(data),
    });
    const { retries, retryWindow: window = 1 } = options;
    if (retries) {
      this.retries = new RetryQueue({
        retries,
        window,
        limits: limitsOf(options.outbox),
        maxAgeMs: options.outbox?.maxAgeMs ?? Number.POSITIVE_INFINITY,
        clock: wire.clock,
        ready: () => this.live,
        send: ({ args, flags }, done) => {
          try {
            this.transmit(args, flags, done, true, true);
          } catch (error) {
            // It could be serialised when it was emitted; its arguments have changed since.
            done(error as Error);
          }
        },
        lose: ({ args }, error) => tellDropped(error, args),
      });
    }
  }

  /** How much waits here until the socket is connected, in bytes. */
  get bytes(): number {
    return this.outbox.bytes + (this.owner.connected ? 0 : (this.retries?.bytes ?? 0));
  }

  /**
   * @param message the event's name and its arguments
   * @param callback for the acknowledgement
   * @param awaited whether `callback` stands for a Promise: it is told an error first, and has to be told in the end
   * @throws HoldfastError `BAD_EVENT`, `RESERVED_EVENT`, `UNSERIALIZABLE`
   */
  emit(message: unknown[], flags: Flags, callback: Listener | undefined, awaited: boolean): void {
    const [name] = message;
    if (typeof name !== 'string' && !Number.isFinite(name)) {
      // Any other name would make the server close the connection.
      throw new HoldfastError('BAD_EVENT', `event name ${show(name)}; accepted: a string or a number`);
    }
    if (RESERVED_EVENTS.has(name)) {
      throw new HoldfastError('RESERVED_EVENT', `"${String(name)}" is a reserved event name`);
    }
    const { signal } = flags;
    if (signal?.aborted && callback) {
      callAll(undefined, [callback], [reasonOf(signal)]);
    } else if (this.retries && !flags.volatile) {
      const bytes = weigh(this.encode(this.packetOf(message)));
      const { signal: _, ...others } = flags;
      this.retries.add({ args: message, flags: others }, bytes, callback, { awaited, signal });
    } else {
      this.transmit(message, flags, callback, awaited, false);
    }
  }

  /** Sends what was kept while the socket was away, and goes on with the retries. */
  flush(): void {
    if (this.flushing) return;
    this.flushing = true;
    try {
      // What is emitted meanwhile goes behind.
      do this.flushKept();
      while (this.outbox.packets.length > 0 && this.live);
    } finally {
      this.flushing = false;
    }
    this.retries?.drain();
  }

  /** The connection gives back what it has not handed to its transport. */
  giveBack(ticket: Ticket): void {
    this.returned.push(ticket as EventTicket);
  }

  /** The session is over: what the connection gave back waits for the next one, ahead of what is emitted from now on. */
  recollect(): void {
    const { returned } = this;
    if (returned.length === 0) return;
    this.returned = [];
    const wanted = returned.filter(({ packet: { id } }) => id === undefined || this.acks.has(id));
    const kept = wanted.filter(({ fate }) => fate === 'keep');
    this.outbox.putBack(
      kept.map(({ packet, chunks, compress }) => [{ ...packet, options: { compress } }, chunks]),
    );
    for (const { packet } of kept) this.acks.put(packet.id, 'kept');
    for (const { packet, fate } of wanted) {
      if (fate === 'retry') this.refuse(packet, disconnected(false));
      if (fate === 'drop' && packet.id !== undefined) this.acks.fail(packet.id, dropped());
    }
  }

  /** Nobody knows whether the socket will ever be connected: what is awaited ends. */
  giveUpAwaited(): void {
    this.acks.giveUpAwaited();
    this.outbox.remove(({ id }) => id !== undefined && !this.acks.has(id));
    this.retries?.giveUpAwaited();
  }

  /** Removes what waits. Whoever waits for an acknowledgement is told. */
  clear(): unknown[][] {
    const kept = this.outbox.take();
    for (const { id } of kept) if (id !== undefined) this.acks.fail(id, cleared());
    return [...kept.map(({ data }) => data), ...(this.retries?.clear().map(({ args }) => args) ?? [])];
  }

  private flushKept(): void {
    this.recollect();
    const kept = this.outbox.take();
    for (const [index, packet] of kept.entries()) {
      if (!this.owner.connected || !this.flushOne(packet)) {
        // A listener has disconnected: the rest waits on, ahead of what was emitted since.
        this.outbox.restore(kept.slice(index));
        return;
      }
    }
    // Whoever waits for what the program itself has taken out of here would wait for ever.
    this.acks.forgetLost(new Set(this.outbox.packets.map(({ id }) => id)));
  }

  /** Whether what is emitted now leaves now. */
  private get live(): boolean {
    return this.owner.connected && this.wire.live;
  }

  private measure(data: EventData): number {
    try {
      return weigh(this.wire.encode(this.packetOf(data)));
    } catch {
      // Whoever put it here is told when it is to be sent.
      return 0;
    }
  }

  private packetOf(message: unknown[], id?: number): EventPacket {
    return { type: EVENT, nsp: this.owner.nsp, data: message as EventData, id };
  }

  /** @param retried whether whoever calls sends it again by itself */
  private transmit(
    message: unknown[],
    flags: Flags,
    callback: Listener | undefined,
    awaited: boolean,
    retried: boolean,
  ): void {
    // Kept while the heartbeat seemed overdue: it goes first.
    if (this.outbox.packets.length > 0 && !this.flushing && this.live) this.flush();
    const { live } = this;
    const isDropped = flags.volatile && !(live && this.wire.writable);
    const packet = this.packetOf(message, callback && this.acks.upcoming);
    // Before anything is remembered: what cannot be serialised must leave no trace. This holds for what is kept, too.
    const chunks = this.encode(packet);
    const timeoutMs = flags.timeout ?? this.options.ackTimeout;
    const errorFirst = awaited || timeoutMs !== undefined || flags.signal !== undefined;
    // Without a time-out, nothing would ever tell of a dropped packet's acknowledgement.
    if (isDropped && timeoutMs === undefined) {
      if (callback && errorFirst) callAll(undefined, [callback], [dropped()]);
      return;
    }
    if (callback) {
      const { maxPendingAcks = 100_000 } = this.options;
      if (this.acks.size >= maxPendingAcks) {
        const error = new HoldfastError(
          'TOO_MANY_ACKS',
          `"${message[0]}" was not sent: ${maxPendingAcks} acknowledgements are waited for (maxPendingAcks)`,
        );
        if (errorFirst) callAll(undefined, [callback], [error]);
        else this.tellDropped(error, message);
        return;
      }
      this.acks.add(callback, { errorFirst, awaited, timeoutMs, signal: flags.signal }, (id) =>
        this.forget(id),
      );
    }
    if (isDropped) return;
    const compress = flags.compress ?? true;
    const fate = retried ? 'retry' : flags.volatile ? 'drop' : 'keep';
    const now = live && (retried || !this.flushing);
    if (now && this.write({ compress, packet, chunks, fate, sender: this }, false)) return;
    // In the outbox it would overtake those before it, which the queue of retries sends again.
    if (retried) this.refuse(packet, disconnected(false));
    else {
      this.acks.put(packet.id, 'kept');
      this.outbox.add({ ...packet, options: { compress } }, chunks, now);
    }
  }

  /** @returns whether it is done with; not where a listener has disconnected: behind DISCONNECT, an event ends everything */
  private write(ticket: EventTicket, seen: boolean): boolean {
    const { packet } = ticket;
    if (!seen) this.watchers.call(this.owner, packet.data);
    if (!this.owner.connected) return false;
    this.acks.put(packet.id, 'sent');
    const oversize = this.wire.write(ticket.chunks, ticket);
    if (oversize) this.refuse(packet, tooLarge(`"${packet.data[0]}"`, oversize));
    return true;
  }

  /** A packet that cannot be sent: whoever waits for its acknowledgement is told, else the program. */
  private refuse(packet: EventPacket, error: Error): void {
    const told = packet.id !== undefined && this.acks.fail(packet.id, error);
    if (!told) this.tellDropped(error, packet.data);
  }

  /**
   * A packet that was kept could be serialised when it was emitted, but its arguments may have changed since.
   *
   * @returns whether it is done with
   */
  private flushOne(kept: BufferedPacket): boolean {
    // Programs put packets of their own here, which lack what they do not know.
    const packet = this.packetOf(kept.data, kept.id);
    const encoded = this.outbox.encoded(kept);
    let chunks: readonly Chunk[];
    try {
      chunks = encoded ?? this.encode(packet);
    } catch (error) {
      this.refuse(packet, error as Error);
      return true;
    }
    const compress = kept.options?.compress ?? true;
    const ticket = { compress, packet, chunks, fate: 'keep', sender: this } as const;
    const sent = this.write(ticket, this.outbox.wasSeen(kept));
    if (!sent) this.outbox.setSeen(kept);
    return sent;
  }

  /** A packet whose acknowledgement has timed out is not sent any more. */
  private forget(id: number): void {
    const { packets } = this.outbox;
    const index = packets.findIndex((packet) => packet.id === id);
    if (index >= 0) packets.splice(index, 1);
  }

  private encode(packet: EventPacket): Chunk[] {
    try {
      return this.wire.encode(packet);
    } catch (cause) {
      const [name, ...args] = packet.data;
      throw unserialisable(this.wire, packet, `"${name}"`, args, cause);
    }
  }
}
