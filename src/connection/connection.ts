import type { Environment } from '../platform/environment.js';
import type { Codec } from '../protocol/codec.js';
import type { Chunk } from '../protocol/encode.js';
import type { Packet } from '../protocol/packet.js';
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
import type { Link, OpenLink } from './link.js';

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
  /** After the namespace it is for has had it. */
  packet(packet: Packet): void;
}

/** Holds the one state of a connection, does what the lifecycle decides, and routes packets by namespace. */
export class Connection {
  private state: State<Link> = { name: 'idle', epoch: 0 };
  /** Undoes what entering the present state began. */
  private leave: () => void = () => {};

  constructor(
    private readonly environment: Environment,
    private readonly codec: Codec,
    private readonly owner: ConnectionOwner,
  ) {}

  get status(): Status {
    return statusOf(this.state);
  }

  /** The link in use, while there is one. */
  get link(): Link | undefined {
    return this.state.name === 'connected' ? this.state.link : undefined;
  }

  /** Whether it is between two tries. */
  get waiting(): boolean {
    return this.state.name === 'waiting';
  }

  /** Until the next try, in milliseconds, while it is between two. */
  get retryInMs(): number | undefined {
    const { state } = this;
    return state.name === 'waiting' ? Math.max(0, state.dueAtMs - this.environment.clock.now()) : undefined;
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
    this.dispatch({
      type: 'lost',
      epoch: this.state.epoch,
      reason,
      details,
      atMs: this.environment.clock.now(),
    });
  }

  /** @throws TypeError for what cannot be serialised */
  encode(packet: Packet): Chunk[] {
    return this.codec.encode(packet);
  }

  /**
   * Hands an encoded packet to the link in use; without one, nothing happens.
   *
   * @returns the sizes where one of its messages is larger than the server takes: none of them was sent
   */
  write(chunks: readonly Chunk[], compress = true): Oversize | undefined {
    const { link } = this;
    if (!link) return undefined;
    const { maxPayload: maxBytes } = link;
    if (maxBytes > 0) {
      const bytes = Math.max(...chunks.map((chunk) => sizeOnWire(chunk, link.transport, maxBytes)));
      if (bytes > maxBytes) return { bytes, maxBytes };
    }
    for (const chunk of chunks) link.send(chunk, compress);
    return undefined;
  }

  private dispatch(event: Event<Link>): void {
    const before = this.state;
    const { state, commands } = next(before, event, this.owner.rules);
    if (state !== before) {
      this.state = state;
      const { leave } = this;
      this.leave = state.name === 'connected' ? () => state.link.close() : () => {};
      leave();
      this.owner.changed();
    }
    for (const command of commands) this.run(command);
  }

  private run(command: Command): void {
    if (command.do === 'tell') {
      this.owner.notice(command.notice);
      return;
    }
    // A listener that was told just before may have changed everything.
    const { epoch } = command;
    if (epoch !== this.state.epoch) return;
    if (command.do === 'negotiate') this.leave = this.negotiate(epoch);
    else
      this.leave = this.environment.clock.after(command.delayMs, () => this.dispatch({ type: 'due', epoch }));
  }

  private negotiate(epoch: number): () => void {
    const { clock } = this.environment;
    let link: Link | undefined;
    const inUse = (): boolean => link !== undefined && this.link === link;
    try {
      const opening = this.owner.openLink({
        won: (winner) => {
          link = winner;
          this.codec.reset();
          this.dispatch({ type: 'won', epoch, link: winner, atMs: clock.now() });
        },
        exhausted: (error) => this.dispatch({ type: 'exhausted', epoch, error, atMs: clock.now() }),
        data: (chunk) => {
          if (inUse()) this.receive(chunk);
        },
        lost: (reason, details) => {
          if (inUse()) this.drop(reason, details);
        },
      });
      return () => opening.abandon();
    } catch (error) {
      // Options may have been changed since they were checked. Whoever asked is not listening yet.
      return clock.after(0, () =>
        this.dispatch({ type: 'exhausted', epoch, error: error as Error, atMs: clock.now() }),
      );
    }
  }

  private receive(chunk: unknown): void {
    try {
      this.codec.decode(chunk, (packet) => {
        this.owner.receiver(packet.nsp)?.receive(packet);
        this.owner.packet(packet);
      });
    } catch (error) {
      this.drop('parse error', error);
    }
  }
}
