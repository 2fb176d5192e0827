/**
 * The connection of one manager: runs the lifecycle machine, opens a session for each attempt, and routes packets to the
 * namespaces.
 */
import { type Cancel, nothing } from '../platform/clock.js';
import type { Environment } from '../platform/environment.js';
import type { Attempt } from '../platform/errors.js';
import { report } from '../platform/report.js';
import type { Signal } from '../platform/signals.js';
import type { Codec } from '../protocol/codec.js';
import { type Chunk, sizeOf } from '../protocol/encode.js';
import { type Packet, ProtocolError } from '../protocol/packet.js';
import type { Oversize } from '../protocol/size.js';
import type { Won } from '../session/negotiate.js';
import type { Outgoing, Session, SessionHost } from '../session/session.js';
import type { Transport } from '../session/transports/transport.js';
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

/** What a connection tells the namespaces that use it. */
export interface NamespaceHandler {
  /** Whether it wants to be connected. */
  readonly active: boolean;
  readonly connected: boolean;
  receive(packet: Packet): void;
  /** There is a link; called again when a link that seemed dead has shown a sign of life. */
  linkUp(): void;
  linkDown(reason: string, details?: unknown): void;
  /** An attempt failed, or the link is in trouble. */
  failed(error: Error): void;
  /** There will be no further attempt; `forGood` when the retries are used up. */
  giveUp(forGood: boolean, error?: Error): void;
}

/** What is known of the server and the way to it. */
export interface Known {
  /** The round-trip time, in milliseconds. */
  rttMs?: number | undefined;
  /** WebSocket failed where polling, in the same attempt, did not. */
  webSocketFailed?: boolean | undefined;
  /** Whether the server speaks the protocol of Socket.IO 1 and 2. */
  legacy?: boolean | undefined;
}

/** What optional features add to a connection; each member is a seam of its own. */
export interface ConnectionHooks {
  /** A session has finished its handshake, and nothing was sent yet; `proceed` lets it be used, at once or later. */
  opened?(session: Session, won: Won, proceed: (codec?: Codec) => void): void;
  /** A session is in use. Returns what ends the feature's part in it. */
  used?(session: Session, won: Won): Cancel | undefined;
  /** There is doubt whether the link in use still stands. */
  doubt?(): void;
  /** The network has changed: a better transport may work now. */
  improve?(): void;
  /** Something new is known of the server. */
  learned?(change: Known): void;
}

/** Sees what happens, and changes nothing. Connections that nobody observes do not pay for it. */
export interface Observer {
  /** A part of a packet goes over the connection: text, or an attachment. */
  chunk?(way: 'in' | 'out', chunk: unknown): void;
  /** An event of the manager or of one of its sockets, before their listeners are called. */
  event?(source: object, name: string, args: readonly unknown[]): void;
  /** A transport was made, and is about to open. */
  dialled?(transport: Transport): void;
}

/** What a connection needs of its manager. */
export interface ConnectionHost {
  readonly _environment: Environment;
  readonly _rules: Rules;
  readonly _hooks: readonly ConnectionHooks[];
  readonly _observers: readonly Observer[];
  /** Opens a session without the transports that did not respond. */
  _openSession(host: SessionHost, unresponsive: readonly Attempt[]): Session;
  _tell(notice: Notice | readonly ['ping']): void;
  /** The status, the transport or the round-trip time may have changed. */
  _changed(): void;
  /** A packet has come, after the namespace that it is for has received it. */
  _packet(packet: Packet): void;
  /** A namespace is no longer in use. */
  _idle(nsp: string): void;
}

/** The link in use: a session, and how it is written and read. */
interface Link {
  readonly session: Session;
  readonly won: Won;
  readonly codec: Codec;
  readonly stop: Cancel;
}

/** How much may come while a plugin holds a session back, in bytes, and what each message counts beside its own. */
const MAX_EARLY_BYTES = 2 ** 24;
const EARLY_BYTES = 100;

type Without<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;

/** The program's own limits, kept where every floor above can read them. */
export interface ConnectionLimits {
  readonly _highWaterMark: number;
  readonly _timeoutMs: number | false;
  /** Transports for which the server's `maxPayload` holds; undefined for all. */
  readonly _maxPayloadTransports: readonly string[] | undefined;
}

export class Connection {
  /** The namespaces that want to be connected or wait for an answer, by name. */
  readonly _namespaces: Map<string, NamespaceHandler> = new Map();
  readonly _known: Known = {};
  _latencyMs: number | undefined;
  /** How much of the packet that is being received has come, with its attachments, in bytes. */
  _packetBytes = 0;
  /** Whether the present attempt is a retry: the server was away a moment ago. */
  _retried = false;
  private _state: State<Link> = { name: 'idle', epoch: 0 };
  /** Undoes what entering the present state began. */
  private _leave: Cancel = nothing;
  /** A link that the program has closed, and that may still be sending. */
  private _closing: Link | undefined;
  /** Stops watching the page. */
  private _unwatch: Cancel | undefined;

  constructor(
    readonly _host: ConnectionHost,
    private readonly _codec: Codec,
    readonly _limits: ConnectionLimits,
  ) {}

  get _environment(): Environment {
    return this._host._environment;
  }

  get _status(): Status {
    return statusOf(this._state);
  }

  /** The session in use. */
  get _session(): Session | undefined {
    return this._state.name === 'connected' ? this._state.link.session : undefined;
  }

  /** Identifies the link in use by a number; 0 while there is none. */
  get _linkId(): number {
    return this._state.name === 'connected' ? this._state.epoch : 0;
  }

  /** Whether what is emitted now goes to the network: there is a link, and its heartbeat is on time. */
  get _live(): boolean {
    const session = this._session;
    return session?._taking === true && !session._overdue(this._environment.clock.now());
  }

  /** Whether a message given now leaves now. */
  get _writable(): boolean {
    const session = this._session;
    return session?._writable === true && session._bufferedBytes <= this._limits._highWaterMark;
  }

  get _bufferedBytes(): number {
    return this._session?._bufferedBytes ?? 0;
  }

  /** Until the next attempt, in milliseconds, while it is between two. */
  get _retryInMs(): number | undefined {
    const state = this._state;
    return 'dueAtMs' in state ? Math.max(0, state.dueAtMs - this._environment.clock.now()) : undefined;
  }

  /** @param single a failure of this attempt is final: its caller decides what comes next */
  _open(single: boolean): void {
    this._dispatch({ type: 'open', single });
  }

  _close(reason: string): void {
    this._dispatch({ type: 'close', reason });
  }

  /** Ends the link in use as lost, so that the retry loop brings a new one. */
  _drop(reason: string, details?: unknown): void {
    this._dispatch({ type: 'lost', epoch: this._state.epoch, reason, details });
  }

  /** The program has turned reconnection off. */
  _stopRetrying(): void {
    const before = this._state;
    this._dispatch({ type: 'stop' });
    if (this._state !== before) for (const one of this._all()) one.giveUp(false);
  }

  /** A namespace needs the connection. Between two attempts, the retry loop decides when. */
  _acquire(nsp: string, handler: NamespaceHandler): void {
    this._namespaces.set(nsp, handler);
    if (this._retryInMs === undefined) this._open(false);
  }

  /** A namespace no longer needs the connection: without one that does, it closes. */
  _release(): void {
    if (!this._some('active')) this._close('forced close');
  }

  /** @throws HoldfastError `UNSERIALIZABLE`, `TOO_LARGE` */
  _encode(packet: Packet): Chunk[] {
    return (this._state.name === 'connected' ? this._state.link.codec : this._codec).encode(packet);
  }

  /**
   * Hands a message to the session in use; without one, nothing happens.
   *
   * @returns the sizes where one of its packets is larger than the server takes: none was sent
   */
  _send(message: Outgoing): Oversize | undefined {
    const session = this._session;
    if (!session) return undefined;
    const { _maxPayloadTransports: maxPayloadTransports } = this._limits;
    const limited = !maxPayloadTransports || maxPayloadTransports.includes(session.transport.name);
    const oversize = session._send(message, limited ? session._maxPayload : 0);
    if (!oversize) for (const chunk of message._chunks) this._observe('out', chunk);
    return oversize;
  }

  /** Sends a packet of the protocol itself. */
  _control(packet: Packet): Oversize | undefined {
    return this._send({ _chunks: this._encode(packet), _sender: this });
  }

  /** Gives back what was not handed to the transport: of one sender, while the session goes on. */
  _takeBackFrom(sender: object): Outgoing[] {
    return this._session?._takeBack(sender) ?? [];
  }

  /** Another transport is tried in place of the present one, over which the server has never answered. */
  _fallBack(): boolean {
    if (!this._mayFallBack) return false;
    this._unresponsive('timeout');
    return true;
  }

  /** How long the server may take to answer CONNECT, in milliseconds; `false` for no limit. */
  get _answerDeadlineMs(): number | false {
    const { _timeoutMs: timeoutMs } = this._limits;
    if (!this._mayFallBack) return timeoutMs;
    const fallBackMs = Math.min(8_000, 5_000 + 4 * (this._known.rttMs ?? 0));
    return Math.min(fallBackMs, timeoutMs || Number.POSITIVE_INFINITY);
  }

  /** The server has not answered CONNECT in time, and the program was told. */
  _unanswered(): void {
    if (!this._some('connected')) this._drop('ping timeout');
  }

  /** The server has answered after so many milliseconds. A middleware may have delayed it: of two figures, the smaller is nearer to the truth. */
  _measured(ms: number): void {
    if (this._latencyMs !== undefined && this._latencyMs <= ms) return;
    this._latencyMs = ms;
    this._learn({ rttMs: ms });
    this._host._changed();
  }

  _learn(change: Known): void {
    Object.assign(this._known, change);
    for (const hooks of this._host._hooks) hooks.learned?.(change);
  }

  private get _mayFallBack(): boolean {
    const state = this._state;
    if (state.name !== 'connected' || this._some('connected')) return false;
    const { won, session } = state.link;
    return session._setup.plan.names.some(
      (name) => name !== won.transport.name && !won.failed.includes(name),
    );
  }

  private _unresponsive(message: string): void {
    const state = this._state;
    if (state.name !== 'connected') return;
    const ms = Math.round(this._environment.clock.now() - state.sinceMs);
    const attempt = { transport: state.link.session.transport.name, phase: 'connect', ms, message } as const;
    this._dispatch({ type: 'unresponsive', epoch: state.epoch, attempt });
  }

  private _some(what: 'active' | 'connected'): boolean {
    for (const handler of this._namespaces.values()) if (handler[what]) return true;
    return false;
  }

  private _all(): NamespaceHandler[] {
    return [...this._namespaces.values()];
  }

  private _observe(way: 'in' | 'out', chunk: unknown): void {
    const { _observers } = this._host;
    for (let i = 0; i < _observers.length; i++) {
      try {
        _observers[i]?.chunk?.(way, chunk);
      } catch (error) {
        report(error);
      }
    }
  }

  private _dispatch(event: Without<Event<Link>, 'atMs'>): void {
    const before = this._state;
    const atMs = this._environment.clock.now();
    const { state, commands } = next(before, { ...event, atMs } as Event<Link>, this._host._rules);
    if (state !== before) this._enter(state);
    for (const command of commands) this._run(command);
    // Last, because a listener may act on it.
    if (state !== before) this._host._changed();
  }

  private _enter(state: State<Link>): void {
    const leave = this._leave;
    this._state = state;
    this._leave = state.name === 'connected' ? this._use(state.link) : nothing;
    leave();
    this._watch();
  }

  /** Watches the page while a connection is wanted, and while one that the program has closed is still sending. */
  private _watch(): void {
    const { name } = this._state;
    if ((name === 'idle' || name === 'closed') && this._closing?.session.readyState !== 'closing') {
      this._unwatch?.();
      this._unwatch = undefined;
    } else {
      this._unwatch ??= this._environment.signals.watch((signal) => this._hear(signal));
    }
  }

  /** @returns ends the link */
  private _use(link: Link): Cancel {
    link.codec.reset();
    return () => {
      link.stop();
      const state = this._state;
      // Closed by the program, it ends after what was sent. A lost one can still flush late: take its messages back.
      if (state.name === 'closed' && state.reason === 'forced close') this._closing = link;
      else giveBack(link.session._takeBack());
      link.session.close();
    };
  }

  private _hear(signal: Signal): void {
    const session = this._session ?? this._closing?.session;
    if (signal === 'leaving') session?._cork();
    const stored = signal === 'stored' || signal === 'left';
    // What is said while the page is left goes in one last request, with the end of the session.
    if (stored) session?._closeNow();
    this._dispatch({ type: 'signal', signal });
  }

  private _run(command: Command): void {
    if (command.do === 'tell') {
      if (command.epoch === undefined || command.epoch === this._state.epoch) this._notify(command.notice);
      return;
    }
    // A listener that was told just before may have changed everything.
    const { epoch } = command;
    if (epoch !== this._state.epoch) return;
    const { _hooks: hooks } = this._host;
    switch (command.do) {
      case 'negotiate': {
        // What is emitted from now on must not overtake what the old link still has.
        const closing = this._closing?.session;
        this._closing = undefined;
        if (closing) {
          giveBack(closing._takeBack());
          closing._closeIfDone();
        }
        const abandon = this._negotiate(epoch, command.unresponsive);
        // It may have ended synchronously; `_leave` then belongs to a later state.
        if (epoch === this._state.epoch) this._leave = abandon;
        break;
      }
      case 'wait':
        this._leave = this._environment.clock.after(command.delayMs, () =>
          this._dispatch({ type: 'due', epoch }),
        );
        break;
      case 'verify':
        for (const { doubt } of hooks) doubt?.();
        break;
      case 'improve':
        for (const { improve } of hooks) improve?.();
        break;
    }
  }

  /** Tells the namespaces, then the manager's listeners. */
  private _notify(notice: Notice): void {
    const [event, about, details] = notice;
    const all = this._all();
    const closed = this._state.name === 'closed';
    if (event === 'open') for (const one of all) one.linkUp();
    else if (event === 'close') {
      const joining = all.filter(({ connected }) => !connected);
      for (const one of all) one.linkDown(about, details);
      // Otherwise those would never learn why their CONNECT was not answered.
      if (about === 'parse error') for (const one of joining) one.failed(details as Error);
      if (closed) for (const one of all) one.giveUp(false);
    } else if (event === 'error') {
      for (const one of all) one.failed(about);
      if (closed) for (const one of all) one.giveUp(false, about);
    } else if (event === 'reconnect_failed') for (const one of all) one.giveUp(true);
    this._host._tell(notice);
  }

  private _negotiate(epoch: number, unresponsive: readonly Attempt[]): Cancel {
    const { _hooks: hooks } = this._host;
    this._retried = this._status === 'reconnecting';
    /** The state that follows this attempt where it succeeds. */
    const linkEpoch = epoch + 1;
    const inUse = (): boolean => this._linkId === linkEpoch;
    const exhausted = (error: Error): void => this._dispatch({ type: 'exhausted', epoch, error });
    let link: Link | undefined;
    let heard = false;
    /** What came before the session was in use. */
    let early: unknown[] = [];
    let earlyBytes = 0;

    const begin = (won: Won, codec: Codec): void => {
      const stops: Cancel[] = [];
      link = { session, won, codec, stop: () => callEach(stops) };
      this._dispatch({ type: 'won', epoch, link });
      if (!inUse()) {
        // A listener has closed the connection, or nobody waited for it any more.
        session.close();
        return;
      }
      for (const { used } of hooks) {
        const stop = inUse() ? used?.(session, won) : undefined;
        if (stop) stops.push(stop);
      }
      const messages = early;
      early = [];
      for (const data of messages) if (inUse()) this._receive(data);
    };

    const host: SessionHost = {
      opened: (won) => {
        const deciding = hooks.filter(({ opened }) => opened);
        let waiting = deciding.length;
        let chosen = this._codec;
        const proceed = (codec = chosen): void => {
          chosen = codec;
          if (--waiting <= 0 && session.readyState === 'open') begin(won, chosen);
        };
        if (waiting === 0) proceed();
        for (const one of deciding) one.opened?.(session, won, proceed);
      },
      message: (data) => {
        heard = true;
        if (inUse()) this._receive(data);
        else if (!link) {
          early.push(data);
          earlyBytes += EARLY_BYTES + bytesOf(data);
          if (earlyBytes > MAX_EARLY_BYTES)
            session._end('transport error', new Error('too many early messages'));
        }
      },
      pinged: () => this._host._tell(['ping']),
      changed: (revived) => {
        if (!inUse()) return;
        if (revived) for (const one of this._all()) one.linkUp();
        this._host._changed();
      },
      troubled: (error) => {
        if (!inUse()) return;
        for (const one of this._all()) one.failed(error);
        this._host._tell(['error', error]);
      },
      closed: (reason, details) => {
        if (!link) exhausted(details instanceof Error ? details : new Error(reason));
        else if (inUse()) {
          // A link that opens and lets nothing through has failed: the other transports get their turn.
          const failed = !heard && reason !== 'forced close' && this._mayFallBack && this._some('active');
          if (failed) this._unresponsive(reason);
          else this._drop(reason, details);
        } else this._watch();
      },
      failed: exhausted,
    };
    let session: Session;
    try {
      session = this._host._openSession(host, unresponsive);
    } catch (error) {
      // Options may have been changed since they were checked.
      return this._environment.clock.after(0, () => exhausted(error as Error));
    }
    return () => {
      if (!link) session.close();
    };
  }

  private _receive(data: unknown): void {
    const state = this._state;
    if (state.name !== 'connected') return;
    this._observe('in', data);
    this._packetBytes += bytesOf(data);
    try {
      state.link.codec.decode(data, this._deliver);
    } catch (error) {
      this._drop('parse error', error);
    }
  }

  private readonly _deliver = (packet: Packet): void => {
    try {
      this._namespaces.get(packet.nsp)?.receive(packet);
      this._host._packet(packet);
    } catch (error) {
      if (error instanceof ProtocolError) throw error;
      // Not the packet's fault: the connection goes on.
      report(error);
    } finally {
      this._packetBytes = 0;
    }
  };
}

const bytesOf = (data: unknown): number => (data ? sizeOf(data as Chunk) : 0);

const callEach = (tasks: readonly Cancel[]): void => {
  for (const task of tasks) task();
};

/** A message that can be given back to its sender. */
interface Returnable extends Outgoing {
  readonly _sender: { _giveBack?(message: Outgoing): void };
}

/** Hands messages that never reached the transport back to their senders. */
export function giveBack(messages: readonly Outgoing[]): void {
  for (const message of messages) (message as Returnable)._sender._giveBack?.(message);
}
