/**
 * The connection of one manager: runs the lifecycle machine, opens a session for each attempt, and routes packets to the
 * namespaces.
 */
import { type Cancel, type Clock, nothing } from '../platform/clock.js';
import type { Environment } from '../platform/environment.js';
import { report } from '../platform/report.js';
import type { Codec } from '../protocol/codec.js';
import { type Chunk, sizeOf } from '../protocol/encode.js';
import { type Packet, ProtocolError } from '../protocol/packet.js';
import type { Oversize } from '../protocol/size.js';
import type { Won } from '../session/negotiate.js';
import type { Outgoing, Session } from '../session/session.js';
import type { SessionHost } from '../session/setup.js';
import type { ConnectionHost, Known, NamespaceHandler } from './hooks.js';
import {
  type Event,
  type Notice,
  next,
  type Request,
  type State,
  type Status,
  statusOf,
} from './lifecycle.js';

/** The link in use: a session, and how it is written and read. */
interface Link {
  readonly session: Session;
  readonly won: Won;
  readonly codec: Codec;
  /** The features' cleanups. */
  readonly stops: Cancel[];
}

/** How many bytes may arrive while a plugin holds a session back, and how many each message counts in addition to its size. */
const MAX_EARLY_BYTES = 2 ** 24;
const EARLY_BYTES = 100;

type Without<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;

export class Connection {
  /** The namespaces that want to be connected or wait for an answer, by name. */
  readonly _namespaces: Map<string, NamespaceHandler> = new Map();
  readonly _known: Known = {};
  readonly _environment: Environment;
  readonly _clock: Clock;
  _latencyMs: number | undefined;
  /** The bytes received so far of the current packet, with its attachments. */
  _packetBytes = 0;
  /** By when the server has certainly noticed that the last link is dead, on the connection's clock. */
  _noticedByMs = 0;
  /** Whether the current attempt is a retry, or has taken over a failure: the server was unreachable a moment ago. */
  _retried = false;
  private _state: State<Link> = { name: 'idle', epoch: 0 };
  /** Cancels the work of the current state. */
  private _leave: Cancel = nothing;
  /** A session that the program has closed and that may still be sending. */
  _closing: Session | undefined;
  /** Receives each decoded packet, through the features that decide when it is delivered. */
  private _decoded: ((packet: Packet) => void) | undefined;
  /** The features' cleanups for a connection that is wanted. */
  private _unwatch: (Cancel | undefined)[] | undefined;

  constructor(
    readonly _host: ConnectionHost,
    readonly _codec: Codec,
  ) {
    this._environment = _host._environment;
    this._clock = this._environment.clock;
  }

  get _status(): Status {
    return statusOf(this._state);
  }

  /** The link in use. */
  get _link(): Link | undefined {
    return 'link' in this._state ? this._state.link : undefined;
  }

  /** The session in use. */
  get _session(): Session | undefined {
    return this._link?.session;
  }

  /** Identifies the link in use by a number; 0 while there is none. */
  get _linkId(): number {
    return 'link' in this._state ? this._state.epoch : 0;
  }

  /** Whether an emit now would go to the network: there is a link, and its heartbeat is on time. */
  get _live(): boolean {
    const session = this._session;
    return session?._taking === true && !session._overdue(this._clock.now());
  }

  /** Whether a message given now is sent now. */
  get _writable(): boolean {
    const session = this._session;
    return session?._writable === true && session._unsentBytes <= this._host._option('highWaterMark');
  }

  get _unsentBytes(): number {
    return this._session?._unsentBytes ?? 0;
  }

  /** The time until the next attempt, in milliseconds, while waiting for it. */
  get _retryInMs(): number | undefined {
    const state = this._state;
    return 'dueAtMs' in state ? Math.ceil(Math.max(0, state.dueAtMs - this._clock.now())) : undefined;
  }

  /** @param single a failure of this attempt is final: its caller decides what to do */
  _beginOpening(single: boolean): void {
    this._dispatch({ type: 'open', single });
  }

  _close(reason: string): void {
    this._dispatch({ type: 'close', reason });
  }

  /** Ends the link in use as lost, so that the retry loop opens a new one. */
  _drop(reason: string, details?: unknown): void {
    this._dispatch({ type: 'lost', epoch: this._state.epoch, reason, details });
  }

  /** The program has turned reconnection off. */
  _stopRetrying(): void {
    if (this._retryInMs === undefined) return;
    this._dispatch({ type: 'stop' });
    for (const one of this._all()) one.giveUp(false);
  }

  /** A namespace needs the connection. Between two attempts, the retry loop decides when. */
  _acquire(nsp: string, handler: NamespaceHandler): void {
    this._namespaces.set(nsp, handler);
    if (this._retryInMs === undefined) this._beginOpening(false);
  }

  /** A namespace no longer needs the connection: without one that does, it closes. */
  _release(): void {
    if (!this._some('active')) this._close('forced close');
  }

  /** @throws HoldfastError `UNSERIALIZABLE`, `TOO_LARGE` */
  _encode(packet: Packet): Chunk[] {
    return (this._link?.codec ?? this._codec).encode(packet);
  }

  /**
   * Hands a message to the session in use; without one, nothing happens.
   *
   * @returns the sizes if one of its packets is larger than the server accepts: none was sent
   */
  _send(message: Outgoing): Oversize | undefined {
    const session = this._session;
    if (!session) return undefined;
    const limited = this._host._option('maxPayloadTransports')?.includes(session.transport.name) ?? true;
    const { _chunks } = message;
    const oversize = session._send(message, limited ? session._payloadLimit : 0);
    if (!oversize) for (const chunk of _chunks) this._host._show('chunk', 'out', chunk);
    return oversize;
  }

  /** Sends a packet of the protocol itself. */
  _control(packet: Packet): Oversize | undefined {
    return this._send({ _chunks: this._encode(packet), _sender: this });
  }

  /** Returns one sender's messages that were not handed to the transport, while the session continues. */
  _takeBackFrom(sender: object): Outgoing[] {
    return this._session?._takeBack(sender) ?? [];
  }

  /** The server has never answered over the current link. Returns whether a feature tries another transport instead. */
  _fallBack(reason = 'ping timeout'): boolean {
    return this._host._hooks.some((hooks) => hooks.unanswered?.(reason));
  }

  /** How long the server may take to answer CONNECT, in milliseconds; `false` for no limit. */
  get _answerDeadlineMs(): number | false {
    let ms: number | false = this._host._option('timeout');
    for (const hooks of this._host._hooks) ms = hooks.answerDeadlineMs?.(ms) ?? ms;
    return ms;
  }

  /** The server has not answered CONNECT in time, and the program was notified. */
  _unanswered(): void {
    if (!this._some('connected')) this._drop('ping timeout');
  }

  /** The server answered after this many milliseconds. A middleware may have delayed it: the smaller of two figures is more accurate. */
  _measured(ms: number): void {
    const wholeMs = Math.ceil(ms);
    if (this._latencyMs !== undefined && this._latencyMs <= wholeMs) return;
    this._latencyMs = wholeMs;
    this._learn({ rttMs: wholeMs });
    this._host._changed();
  }

  _learn(change: Known): void {
    Object.assign(this._known, change);
    for (const hooks of this._host._hooks) hooks.learned?.(change);
  }

  _some(what: 'active' | 'connected'): boolean {
    return this._all().some((one) => one[what]);
  }

  _all(): NamespaceHandler[] {
    return [...this._namespaces.values()];
  }

  /** The machine decides; this carries it out. */
  _dispatch(event: Without<Event<Link>, 'atMs'>): void {
    const before = this._state;
    const timed = { ...event, atMs: this._clock.now() } as Event<Link>;
    const { state, notices } = next(before, timed, this._host._rules);
    const { epoch } = state;
    if (state !== before) this._enter(state);
    for (const notice of notices) {
      // Events of a link fire only while there is that link: a listener of `open` may have closed it.
      if (!('link' in state) || this._linkId === epoch) this._notify(notice);
    }
    if (state === before) return;
    // A listener may have changed the state.
    if (this._state.epoch === epoch) this._begin(state);
    // Last, because a listener may act on it.
    this._host._changed();
  }

  private _enter(state: State<Link>): void {
    const leave = this._leave;
    this._state = state;
    this._leave = 'link' in state ? this._use(state.link) : nothing;
    leave();
    this._watch();
  }

  /** Does the work of a state: an attempt, or the wait for one. */
  private _begin(state: State<Link>): void {
    const { epoch } = state;
    if ('dueAtMs' in state) {
      const delayMs = state.dueAtMs - this._clock.now();
      this._leave = this._clock.after(delayMs, () => this._dispatch({ type: 'due', epoch }));
    }
    if (state.name !== 'negotiating') return;
    // New emits must not overtake messages that the old link still has.
    const closing = this._closing;
    this._closing = undefined;
    if (closing) {
      giveBack(closing._takeBack());
      closing._closeIfDone();
    }
    this._retried = this._status === 'reconnecting';
    const abandon = this._host._hooks.reduce(
      (inner, hooks) => (hooks.begin ? () => hooks.begin?.(inner) ?? nothing : inner),
      () => this._negotiate(epoch),
    )();
    // It may have ended synchronously; `_leave` then belongs to a later state.
    if (epoch === this._state.epoch) this._leave = abandon;
    else abandon();
  }

  /** Notifies the features while a connection is wanted, or while a closed one is still sending. */
  _watch(): void {
    if ('outage' in this._state || this._closing?.readyState === 'closing') {
      this._unwatch ??= this._host._hooks.map((hooks) => hooks.wanted?.());
    } else {
      for (const stop of this._unwatch ?? []) stop?.();
      this._unwatch = undefined;
    }
  }

  /** @returns ends the link */
  private _use({ session, codec, stops }: Link): Cancel {
    codec.reset();
    return () => {
      for (const stop of stops) stop();
      const state = this._state;
      // Closed by the program, it ends after what was sent. A lost one can still flush late: take its messages back.
      if ('reason' in state && state.reason === 'forced close') this._closing = session;
      else giveBack(session._takeBack());
      this._noticedByMs = session._lastSeenMs + session._limitMs;
      session.close();
    };
  }

  /** Notifies the namespaces, then the manager's listeners; or asks the features. */
  _notify(notice: Notice | Request): void {
    const [event, about, details] = notice;
    if (event === 'doubt' || event === 'improve') {
      for (const hooks of this._host._hooks) hooks[event]?.();
      return;
    }
    const error = event === 'error' ? about : undefined;
    const closed = this._state.name === 'closed';
    for (const one of this._all()) {
      const joining = !one.connected;
      if (event === 'open') one.linkUp();
      if (event === 'close') one.linkDown(about, details);
      if (error) one.failed(error);
      // Otherwise the program would never learn why its CONNECT was not answered.
      if (about === 'parse error' && joining) one.failed(details as Error);
      if (closed) one.giveUp(event === 'reconnect_failed', error);
    }
    this._host._tell(notice);
  }

  private _negotiate(epoch: number): Cancel {
    const attempt = new ConnectionAttempt(this, epoch);
    try {
      attempt._session = this._host._openSession(attempt);
    } catch (error) {
      // Options may have been changed since they were checked.
      return this._clock.after(0, () => attempt.failed(error as Error));
    }
    return () => attempt._abandon();
  }

  _receive(data: unknown): void {
    this._host._show('chunk', 'in', data);
    this._packetBytes += sizeOf(data);
    this._decoded ??= this._host._hooks.reduce(
      (inner, hooks) => (hooks.deliver ? (packet: Packet) => hooks.deliver?.(packet, inner) : inner),
      this._deliver,
    );
    try {
      this._link?.codec.decode(data, this._decoded);
    } catch (error) {
      this._drop('parse error', error);
    }
  }

  private readonly _deliver = (packet: Packet): void => {
    try {
      this._namespaces.get(packet.nsp)?.receive(packet);
      this._host._packet(packet);
    } catch (error) {
      if (error instanceof ProtocolError) this._drop('parse error', error);
      // Not the packet's fault: the connection continues.
      else report(error);
    } finally {
      this._packetBytes = 0;
    }
  };
}

/** One attempt to connect, and the resulting link: receives the events of its session. */
class ConnectionAttempt implements SessionHost {
  _session!: Session;
  private _link: Link | undefined;
  private _heard = false;
  /** Messages that arrived before the session was in use. */
  private readonly _early: unknown[] = [];
  private _earlyBytes = 0;

  constructor(
    private readonly _connection: Connection,
    private readonly _epoch: number,
  ) {}

  /** Whether the connection is in the state that follows the success of this attempt. */
  private get _inUse(): boolean {
    return this._connection._linkId === this._epoch + 1;
  }

  _abandon(): void {
    if (!this._link) this._session.close();
  }

  opened(won: Won): void {
    const { _connection, _session: session } = this;
    const { _hooks: hooks } = _connection._host;
    let codec = _connection._codec;
    let waiting = 1;
    const proceed = (chosen = codec): void => {
      codec = chosen;
      if (--waiting > 0 || session.readyState !== 'open') return;
      const stops: Cancel[] = [];
      const link = { session, won, codec, stops };
      this._link = link;
      _connection._dispatch({ type: 'won', epoch: this._epoch, link });
      // A listener has closed the connection, or it is no longer wanted.
      if (!this._inUse) session.close();
      for (const one of hooks) {
        const stop = this._inUse && one.used?.(session, won);
        if (stop) stops.push(stop);
      }
      for (const data of this._early.splice(0)) if (this._inUse) _connection._receive(data);
    };
    for (const one of hooks) {
      if (!one.opened) continue;
      waiting++;
      one.opened(session, won, proceed);
    }
    proceed();
  }

  message(data: unknown): void {
    this._heard = true;
    if (this._inUse) this._connection._receive(data);
    else if (!this._link) {
      this._early.push(data);
      this._earlyBytes += EARLY_BYTES + sizeOf(data);
      if (this._earlyBytes > MAX_EARLY_BYTES)
        this._session._end('transport error', new Error('too many early messages'));
    }
  }

  pinged(): void {
    this._connection._host._tell(['ping']);
  }

  changed(revived: boolean): void {
    const { _connection } = this;
    if (!this._inUse) return;
    if (revived) for (const one of _connection._all()) one.linkUp();
    _connection._host._changed();
  }

  troubled(error: Error): void {
    if (this._inUse) this._connection._notify(['error', error]);
  }

  closed(reason: string, details: unknown): void {
    this._connection._host._hooks.reduce(
      (inner, hooks) => (hooks.ended ? () => hooks.ended?.(inner) : inner),
      () => {
        const { _connection } = this;
        if (!this._link) this.failed(details instanceof Error ? details : new Error(reason));
        else if (!this._inUse) _connection._watch();
        // A link that opens but carries nothing has failed: the other transports get their turn.
        else if (
          this._heard ||
          reason === 'forced close' ||
          !_connection._some('active') ||
          !_connection._fallBack(reason)
        )
          _connection._drop(reason, details);
      },
    )();
  }

  failed(error: Error): void {
    this._connection._dispatch({ type: 'exhausted', epoch: this._epoch, error });
  }
}

/** A message that can be returned to its sender. */
interface Returnable extends Outgoing {
  readonly _sender: { _giveBack?(message: Outgoing): void };
}

/** Returns messages that never reached the transport to their senders. */
function giveBack(messages: readonly Outgoing[]): void {
  for (const message of messages) (message as Returnable)._sender._giveBack?.(message);
}
