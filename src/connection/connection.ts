import { type Cancel, coarse } from '../platform/clock.js';
import type { Environment } from '../platform/environment.js';
import type { Observer } from '../platform/observer.js';
import { report } from '../platform/report.js';
import type { Signal } from '../platform/signals.js';
import type { Codec } from '../protocol/codec.js';
import type { Chunk } from '../protocol/encode.js';
import { type Packet, ProtocolError } from '../protocol/packet.js';
import { type Oversize, sizeOnWire } from '../protocol/size.js';
import {
  type Command,
  type Event,
  type Notice,
  next,
  type Rules,
  type State,
  type Status,
  statusOf,
} from './lifecycle.js';
import type { Link, OpenLink, Ticket } from './link.js';
import { verify, verifyDeadlineMs, watchSleep } from './liveness.js';

/** Who takes the packets of one namespace. */
export interface PacketReceiver {
  receive(packet: Packet): void;
}

/** Who a connection belongs to. */
export interface ConnectionOwner {
  readonly openLink: OpenLink;
  readonly rules: Rules;
  notice(notice: Notice): void;
  /** The state is another one. */
  changed(): void;
  /** Who takes the packets of a namespace; nobody where the program does not want it. */
  receiver(nsp: string): PacketReceiver | undefined;
  /** Sees each chunk on its way. */
  readonly observer?: Observer | undefined;
  /** After the namespace it is for has had it. */
  packet(packet: Packet): void;
  /** Whether the server has been, or is about to be, asked for something. */
  readonly expectsAnswer: boolean;
  /** Makes the server answer, and measures how long that takes; nothing where it may not be asked. */
  readonly ask: ((answered: () => void) => void) | undefined;
  /** The round-trip time, where it is known. */
  readonly rttMs: number | undefined;
}

type Without<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;

/** Holds the one state of a connection, does what the lifecycle decides, and routes packets by namespace. */
export class Connection {
  private state: State<Link> = { name: 'idle', epoch: 0 };
  /** Undoes what entering the present state began. */
  private leave: Cancel = () => {};
  private stopVerifying: Cancel | undefined;
  /** One that the program has closed, and that may still be sending. */
  private parting: Link | undefined;
  private readonly nowMs: () => number;
  /** Stops watching the page, which is watched only while a connection is wanted. */
  private unwatch: Cancel | undefined;

  constructor(
    private readonly environment: Environment,
    private readonly codec: Codec,
    private readonly owner: ConnectionOwner,
  ) {
    this.nowMs = coarse(environment.clock, environment.dateMs);
  }

  get status(): Status {
    return statusOf(this.state);
  }

  /** The link in use, while there is one. */
  get link(): Link | undefined {
    return this.state.name === 'connected' ? this.state.link : undefined;
  }

  /** Whether there is a link and its heartbeat is on time. */
  get live(): boolean {
    const { link } = this;
    return link?.open === true && !link.overdue(this.nowMs());
  }

  /** Whether it is between two tries. */
  get between(): boolean {
    return this.state.name === 'waiting' || this.state.name === 'offline';
  }

  /** Until the next try, in milliseconds, while it is between two. */
  get retryInMs(): number | undefined {
    return 'dueAtMs' in this.state
      ? Math.max(0, this.state.dueAtMs - this.environment.clock.now())
      : undefined;
  }

  /** The transports over which the server did not answer in this try. */
  get deaf(): readonly string[] {
    return 'deaf' in this.state ? this.state.deaf.map(({ transport }) => transport) : [];
  }

  /** @param single a failure of this try is final: whoever asked for it decides what comes next */
  open(single: boolean): void {
    this.dispatch({ type: 'open', single });
  }

  close(reason: string): void {
    this.dispatch({ type: 'close', reason });
  }

  /** Ends the link in use as lost, so that the retry loop brings a new one. */
  drop(reason: string, details?: unknown): void {
    this.dispatch({ type: 'lost', epoch: this.state.epoch, reason, details });
  }

  /** The server does not answer over the link in use: tries the transports that are left, at once. */
  fallBack(message: string): void {
    const { state } = this;
    if (state.name !== 'connected') return;
    const ms = Math.round(this.environment.clock.now() - state.sinceMs);
    const attempt = { transport: state.link.transport, phase: 'connect', ms, message } as const;
    this.dispatch({ type: 'deaf', epoch: state.epoch, attempt });
  }

  /** @throws TypeError for what cannot be serialised */
  encode(packet: Packet): Chunk[] {
    return this.speech.encode(packet);
  }

  /**
   * Hands an encoded packet to the link in use; without one, nothing happens.
   *
   * @returns the sizes where one of its messages is larger than the server takes: none of them was sent
   */
  write(chunks: readonly Chunk[], ticket: Ticket = { compress: true }): Oversize | undefined {
    const { link } = this;
    if (!link) return undefined;
    const { maxPayload: maxBytes } = link;
    if (maxBytes > 0) {
      for (const chunk of chunks) {
        const bytes = sizeOnWire(chunk, link.transport, maxBytes);
        if (bytes > maxBytes) return { bytes, maxBytes };
      }
    }
    for (const chunk of chunks) {
      this.owner.observer?.(this, 'out', [chunk]);
      link.send(chunk, ticket, chunk === chunks[0]);
    }
    return undefined;
  }

  /** The codec of the link in use. */
  private get speech(): Codec {
    return this.link?.codec ?? this.codec;
  }

  private dispatch(event: Without<Event<Link>, 'atMs'>): void {
    const before = this.state;
    const atMs = this.environment.clock.now();
    const { state, commands } = next(before, { ...event, atMs } as Event<Link>, this.owner.rules);
    if (state !== before) this.enter(state);
    for (const command of commands) this.run(command);
    // Last, for a listener may act on it; and not where one has acted already.
    if (state !== before && state === this.state) this.owner.changed();
  }

  private enter(state: State<Link>): void {
    const { leave } = this;
    this.state = state;
    this.leave = state.name === 'connected' ? this.watchLink(state.link) : () => {};
    leave();
    if (state.name === 'idle' || state.name === 'closed') {
      this.unwatch?.();
      this.unwatch = undefined;
    } else {
      this.unwatch ??= this.environment.signals.watch((signal) => this.hear(signal));
    }
  }

  /** @returns ends the link */
  private watchLink(link: Link): Cancel {
    const { clock, dateMs } = this.environment;
    (link.codec ?? this.codec).reset();
    const stop = watchSleep(clock, dateMs, () => this.hear('woken'));
    return () => {
      stop();
      this.stopVerifying?.();
      this.stopVerifying = undefined;
      // Closed by the program, it ends after what was sent. Lost, it may yet come back to life.
      if (this.state.name === 'closed' && this.state.reason === 'forced close') this.parting = link;
      else takeBack(link);
      link.close();
    };
  }

  private hear(signal: Signal): void {
    if (signal === 'hidden' || signal === 'leaving' || signal === 'left') return;
    const { link } = this;
    this.dispatch({ type: 'signal', signal });
    if (signal === 'stored' && link !== this.link) link?.closeNow();
  }

  private run(command: Command): void {
    if (command.do === 'tell') {
      if (command.epoch === undefined || command.epoch === this.state.epoch)
        this.owner.notice(command.notice);
      return;
    }
    // A listener that was told just before may have changed everything.
    const { epoch } = command;
    if (epoch !== this.state.epoch) return;
    switch (command.do) {
      case 'negotiate': {
        // What is emitted from now on is not to overtake what the old link still has.
        if (this.parting) takeBack(this.parting);
        this.parting = undefined;
        const abandon = this.negotiate(epoch, command.deaf);
        // It may have ended on the spot, and what came after has its own way out.
        if (epoch === this.state.epoch) this.leave = abandon;
        break;
      }
      case 'wait':
        this.leave = this.environment.clock.after(command.delayMs, () =>
          this.dispatch({ type: 'due', epoch }),
        );
        break;
      case 'verify':
        this.verify();
        break;
      case 'improve':
        this.link?.improve();
        break;
    }
  }

  private verify(): void {
    const { ask, rttMs } = this.owner;
    const { link } = this;
    // One that is under way runs on: where signals come often, it would never end.
    if (!ask || !link || this.stopVerifying) return;
    this.stopVerifying = verify(
      this.environment.clock,
      verifyDeadlineMs(rttMs),
      () => link.lastSeenMs,
      ask,
      (alive) => {
        this.stopVerifying = undefined;
        if (!alive) this.drop('ping timeout');
      },
    );
  }

  private negotiate(epoch: number, deaf: Parameters<OpenLink>[1]): Cancel {
    let link: Link | undefined;
    let heard = false;
    const inUse = (): boolean => link !== undefined && this.link === link;
    const exhausted = (error: Error): void => this.dispatch({ type: 'exhausted', epoch, error });
    try {
      const opening = this.owner.openLink(
        {
          won: (winner) => {
            link = winner;
            const before = this.state;
            this.dispatch({ type: 'won', epoch, link: winner });
            // Nobody waits for it any more.
            if (this.state === before) winner.close();
          },
          exhausted,
          data: (chunk) => {
            heard = true;
            if (inUse()) this.receive(chunk);
          },
          lost: (reason, details) => {
            if (!inUse()) return;
            // A link that opens and lets nothing through is a failed one: the others get their turn.
            const unheard = !heard && reason !== 'forced close' && link?.othersLeft;
            if (unheard && this.owner.expectsAnswer) this.fallBack(reason);
            else this.drop(reason, details);
          },
        },
        deaf,
      );
      return () => opening.abandon();
    } catch (error) {
      // Options may have been changed since they were checked. Whoever asked is not listening yet.
      return this.environment.clock.after(0, () => exhausted(error as Error));
    }
  }

  private receive(chunk: unknown): void {
    this.owner.observer?.(this, 'in', [chunk]);
    try {
      this.speech.decode(chunk, this.deliver);
    } catch (error) {
      this.drop('parse error', error);
    }
  }

  private readonly deliver = (packet: Packet): void => {
    try {
      this.owner.receiver(packet.nsp)?.receive(packet);
      this.owner.packet(packet);
    } catch (error) {
      if (error instanceof ProtocolError) throw error;
      // Not the packet's fault: the connection goes on.
      report(error);
    }
  };
}

function takeBack(link: Link): void {
  for (const ticket of link.takeBack()) ticket.sender?.giveBack(ticket);
}
