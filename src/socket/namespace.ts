/** CONNECT and DISCONNECT of one namespace (Socket.IO v5, "Connection to a namespace"). */
import type { Connection } from '../connection/connection.js';
import type { NamespaceHandler } from '../connection/hooks.js';
import { type Cancel, type Clock, nothing } from '../platform/clock.js';
import { HoldfastError, LEGACY } from '../platform/errors.js';
import type { Auth, AuthFunction } from '../platform/options.js';
import {
  type AckPacket,
  CONNECT,
  CONNECT_ERROR,
  type ConnectPacket,
  DISCONNECT,
  type EventPacket,
  isRecord,
  type Packet,
} from '../protocol/packet.js';
import { disconnected, tooLarge } from './failures.js';
import { probe } from './probe.js';

/**
 * The state of a namespace:
 *
 * - `inactive`: the program does not want it
 * - `gaveUp`: wanted, but the connection has given up; joins when the program reopens it
 * - `away`: wanted, but there is no link
 * - `awaitingLeave`: it was left on this same link, and the server may not have read that yet
 * - `backoff`: the server refused or disconnected it, and the program's policy asks for another attempt
 * - `authenticating`: `auth` has not answered yet
 * - `joining`: CONNECT was sent
 * - `joined`: the server has answered
 * - `leaving`: no longer wanted while the answer to CONNECT is still to come. The server would close the whole
 *   connection at a DISCONNECT before it, or at a second CONNECT, so both wait for the answer.
 * - `rejoining`: wanted again, while that answer is still to come
 */
type StateName =
  | 'inactive'
  | 'gaveUp'
  | 'away'
  | 'awaitingLeave'
  | 'backoff'
  | 'authenticating'
  | 'joining'
  | 'joined'
  | 'leaving'
  | 'rejoining';

/** The smallest limit that a server can have, in bytes. */
const LEAST_LIMIT = 1_000;

/** Entering a state creates a new object: callbacks of an earlier one are stale. */
interface State {
  readonly _name: StateName;
  /** Cancels the work that entering it began. */
  readonly _stop: Cancel;
}

/** What a namespace reports to its socket, and requests from it. */
export interface NamespaceHost {
  readonly nsp: string;
  readonly _auth: Auth | undefined;
  readonly _sender: { _flush(): void };
  /** A session is about to be requested. From now on events may arrive for it: some servers do not wait for CONNECT. */
  _starting(): void;
  /** CONNECT is about to be sent. Returns what goes along with `auth`. */
  _connecting(): object | undefined;
  _joined(data: Readonly<Record<string, unknown>>): void;
  /** Receives an event or an acknowledgement. */
  _received(packet: EventPacket | AckPacket): void;
  /** The server has refused CONNECT, or disconnected the socket: milliseconds until the next attempt, or undefined for none. */
  _retryAfterMs(error: Error, attempt: number): number | undefined;
  /** CONNECT failed. `active` says whether the socket still wants to be connected. */
  _connectFailed(error: Error): void;
  /** It will not be joined again unless the program calls `connect()`; `byHand` if the program has left. */
  _gaveUp(error: Error | undefined, byHand: boolean): void;
  /** A joined session has ended. */
  _ended(reason: string, details?: unknown): void;
}

/** The deadline for an answer doubles with each missed answer, up to this many times. */
const MAX_DOUBLINGS = 3;

/** A session that lasted this long, in milliseconds, was not refused. */
const REFUSAL_MEMORY_MS = 5_000;

export class Namespace implements NamespaceHandler {
  /** Counts the sessions: callbacks of an earlier one are stale. */
  _sessionNo = 0;
  private _state: State = { _name: 'inactive', _stop: nothing };
  private readonly _clock: Clock;
  /** Missed answers in a row. */
  private _missed = 0;
  /** How many times in a row the server has refused this namespace or disconnected it. */
  private _refusals = 0;
  /** When CONNECT was sent. */
  _askedAtMs = 0;
  /** Whether the last CONNECT asked to continue an earlier session. */
  private _claimed = false;
  /** Until when the server may still have the last link, because only this side has noticed its end. */
  private _heldUntilMs = 0;
  /** The link that DISCONNECT was sent on, until the server has certainly read it. */
  private _leftOnLink = 0;

  constructor(
    private readonly _host: NamespaceHost,
    private readonly _connection: Connection,
  ) {
    this._clock = _connection._environment.clock;
  }

  get active(): boolean {
    return !this._isIn('inactive', 'gaveUp', 'leaving');
  }

  get connected(): boolean {
    return this._state._name === 'joined';
  }

  join(): void {
    if (this._isIn('leaving')) this._awaitAnswer('rejoining', this._clock.now());
    else if (this._isIn('inactive', 'gaveUp', 'backoff', 'away')) this._rejoin();
  }

  /** Leaves the namespace; DISCONNECT is sent as soon as the server can handle it. */
  leave(): void {
    const { connected } = this;
    this._host._gaveUp(disconnected(), true);
    if (!this._isIn('inactive')) {
      this._refusals = 0;
      if (connected) this._sendDisconnect();
      this._enter(this._isIn('joining', 'leaving', 'rejoining') ? 'leaving' : 'inactive');
    }
    // In any case: the program may have opened the connection itself.
    this._connection._release();
    if (connected) this._host._ended('io client disconnect');
  }

  linkUp(): void {
    // The link has proved to be alive after all.
    if (this.connected) this._host._sender._flush();
    if (this._isIn('gaveUp')) this._enter('away');
    this._joinIfUp();
  }

  linkDown(reason: string, details?: unknown): void {
    const { connected } = this;
    this._heldUntilMs = reason === 'ping timeout' ? this._connection._noticedByMs : 0;
    if (this._isIn('inactive', 'gaveUp')) return;
    this._enter(this.active ? 'away' : 'inactive');
    if (connected) this._host._ended(reason, details);
  }

  /** @param forGood the connection has used up its retries; otherwise it waits until the program opens it */
  giveUp(forGood: boolean, error?: Error): void {
    if (!this.active) return;
    if (forGood) this._enter('gaveUp');
    this._host._gaveUp(error, false);
  }

  /** An attempt failed, or the link had an error. */
  failed(error: Error): void {
    if (this.active && !this.connected) this._host._connectFailed(error);
  }

  receive(packet: Packet): void {
    if ('id' in packet) {
      // Events may arrive once a session was requested.
      if (this.connected || this._isIn('joining', 'authenticating')) this._host._received(packet);
      return;
    }
    // Any control packet proves that the server responds.
    this._missed = 0;
    if (this.connected) {
      if (packet.type !== DISCONNECT) return;
      const reason = 'io server disconnect';
      this._retryOrGiveUp(new HoldfastError('CONNECT_REJECTED', reason));
      this._host._ended(reason);
    } else if (packet.type !== CONNECT && packet.type !== CONNECT_ERROR) return;
    else if (this._isIn('joining')) {
      if (packet.type === CONNECT) this._accept(packet.data ?? {});
      else {
        const { message, data } = packet.data;
        this._refuse(Object.assign(new HoldfastError('CONNECT_REJECTED', message), { data }));
      }
    } else if (this._isIn('leaving', 'rejoining')) {
      if (packet.type === CONNECT) this._sendDisconnect();
      if (this.active) this._rejoin();
      else {
        this._enter('inactive');
        this._connection._release();
      }
    }
  }

  private _rejoin(): void {
    this._enter('away');
    this._connection._acquire(this._host.nsp, this);
    // Opening may have joined already.
    this._joinIfUp();
  }

  private _joinIfUp(): void {
    const { _connection } = this;
    const { _linkId } = _connection;
    if (!this._isIn('away') || _linkId === 0) return;
    if (this._leftOnLink !== _linkId) this._authenticate();
    // DISCONNECT and a new CONNECT in one flush make a server close the connection: the answer to a probe proves that it has read the
    // first.
    else
      this._enter(
        'awaitingLeave',
        probe(_connection, () => this._authenticate()),
      );
  }

  private _authenticate(): void {
    const { _host } = this;
    this._leftOnLink = 0;
    _host._starting();
    const late = (): void =>
      _host._connectFailed(new HoldfastError('AUTH_FAILED', 'auth did not answer in time'));
    const timeoutMs = this._connection._host._option('timeout') || Number.POSITIVE_INFINITY;
    const state = this._enter('authenticating', this._clock.after(timeoutMs, late));
    // It may answer more than once, and late: the first answer in time counts.
    const answer = (data: unknown): void => {
      if (this._state === state) this._sendConnect(data);
    };
    const fail = (cause: unknown): void => {
      if (this._state === state) this._refuseAuth(cause);
    };
    askAuth(_host._auth, _host, answer, fail);
  }

  private _sendConnect(auth: unknown): void {
    const { _connection, _host, _state } = this;
    try {
      if (auth != null && !isRecord(auth)) throw new TypeError('auth must be an object');
      const own = (auth ?? undefined) as ConnectPacket['data'] & { toJSON?: unknown };
      this._sessionNo++;
      // A server that continues a session twice has two sockets with one id. When the end of the first is noticed, the second would leave its
      // rooms, without a word.
      const held = this._claimed && this._clock.now() < this._heldUntilMs;
      const recovery = held ? undefined : _host._connecting();
      this._claimed = !!recovery;
      // Unchanged if nothing is added: it may have its own `toJSON`.
      const plain = recovery && typeof own?.toJSON === 'function' ? own.toJSON('') : own;
      const data = recovery ? { ...recovery, ...plain } : own;
      const chunks = _connection._encode({ type: CONNECT, nsp: _host.nsp, data });
      // A getter of `auth` may have changed the state.
      if (this._state !== _state) return;
      this._awaitAnswer('joining', this._clock.now());
      const oversize = _connection._send({ _chunks: chunks, _sender: this });
      if (!oversize) return;
      // A server with this limit would be useless, so the handshake must be wrong; the next one may be right.
      if (oversize.maxBytes < LEAST_LIMIT) _connection._drop('parse error', tooLarge('CONNECT', oversize));
      else throw tooLarge('auth', oversize);
    } catch (error) {
      this._refuseAuth(error);
    }
  }

  private _accept(data: Readonly<Record<string, unknown>>): void {
    if (typeof data.sid !== 'string') {
      const error = new HoldfastError('LEGACY_SERVER', LEGACY);
      this._giveUp(error);
      this._host._connectFailed(error);
      return;
    }
    this._connection._measured(this._clock.now() - this._askedAtMs);
    // A session that is disconnected immediately counts as a refusal; one that lasted does not.
    const forget = (): void => {
      this._refusals = 0;
    };
    this._enter('joined', this._refusals ? this._clock.after(REFUSAL_MEMORY_MS, forget) : nothing);
    this._host._joined(data);
  }

  /** Without an answer, the state stays: the answer may come late, and a second CONNECT must not be sent. */
  private _awaitAnswer(name: 'joining' | 'rejoining', askedAtMs: number): void {
    const { _connection, _clock } = this;
    this._askedAtMs = askedAtMs;
    // The deadline is shorter while another transport may be tried.
    const deadlineMs = (_connection._answerDeadlineMs || Number.POSITIVE_INFINITY) * 2 ** this._missed;
    const leftMs = deadlineMs - (_clock.now() - askedAtMs);
    if (leftMs > 0) {
      const look = (): void => {
        // The answer may have arrived, and wait for its turn behind other messages.
        if (_connection._host.pendingIncoming) wait();
        else if (!_connection._fallBack()) this._awaitAnswer(name, askedAtMs);
      };
      const wait = (): State => this._enter(name, _clock.after(leftMs, look));
      wait();
      return;
    }
    this._missed = Math.min(this._missed + 1, MAX_DOUBLINGS);
    this._host._connectFailed(new HoldfastError('CONNECT_TIMEOUT', 'timeout'));
    if (this.active) _connection._unanswered();
  }

  private _refuseAuth(cause: unknown): void {
    this._refuse(
      new HoldfastError('AUTH_FAILED', (cause as Error | undefined)?.message ?? String(cause), cause),
    );
  }

  private _refuse(error: Error): void {
    this._retryOrGiveUp(error);
    this._host._connectFailed(error);
  }

  /** The server refused this session: it has ended, unless the program's policy asks for another attempt. */
  private _retryOrGiveUp(error: Error): void {
    const delayMs = this._host._retryAfterMs(error, ++this._refusals);
    const retry = (): void => this._rejoin();
    if (delayMs === undefined) this._giveUp(error);
    else this._enter('backoff', this._clock.after(delayMs, retry));
  }

  private _giveUp(error: Error): void {
    this._enter('inactive');
    this._connection._release();
    this._host._gaveUp(error, false);
  }

  private _sendDisconnect(): void {
    this._leftOnLink = this._connection._linkId;
    this._connection._control({ type: DISCONNECT, nsp: this._host.nsp });
  }

  private _isIn(...names: readonly StateName[]): boolean {
    return names.includes(this._state._name);
  }

  private _enter(_name: StateName, _stop: Cancel = nothing): State {
    const before = this._state;
    const state = { _name, _stop };
    this._state = state;
    before._stop();
    if (_name === 'inactive' && before._name !== _name) {
      this._connection._namespaces.delete(this._host.nsp);
      this._connection._host._idle(this._host.nsp);
    }
    return state;
  }
}

/**
 * Gets the data for CONNECT: an object, or a function that answers by callback, return value or Promise. It may answer more than once.
 */
export function askAuth(
  auth: Auth | undefined,
  self: unknown,
  answer: (data: unknown) => void,
  fail: (cause: unknown) => void,
): void {
  if (typeof auth !== 'function') {
    answer(auth);
    return;
  }
  const takesCallback = auth.length > 0;
  try {
    const result = (auth as AuthFunction).call(self, answer) as PromiseLike<unknown> | undefined;
    // A function that takes the callback may return anything; any other function returns its answer.
    if (typeof result?.then === 'function')
      result.then((data) => {
        if (data !== undefined || !takesCallback) answer(data);
      }, fail);
    else if (result !== undefined && !takesCallback) answer(result);
  } catch (error) {
    fail(error);
  }
}
