/** CONNECT and DISCONNECT of one namespace (Socket.IO v5, "Connection to a namespace"). */
import type { Connection, NamespaceHandler } from '../connection/connection.js';
import { type Cancel, nothing } from '../platform/clock.js';
import { HoldfastError, LEGACY } from '../platform/errors.js';
import type { Auth } from '../platform/options.js';
import {
  type AckPacket,
  CONNECT,
  CONNECT_ERROR,
  type ConnectPacket,
  DISCONNECT,
  type EventPacket,
  type Packet,
} from '../protocol/packet.js';
import { disconnected } from './acks.js';
import { askAuth, checkAuth } from './auth.js';
import { probe } from './probe.js';

/**
 * Where a namespace stands:
 *
 * - `inactive`: the program does not want it
 * - `gaveUp`: wanted, and the connection has given up; joins when somebody opens it again
 * - `away`: wanted, and there is no link
 * - `awaitingLeave`: it was left on this very link, and the server may not have read that yet
 * - `backoff`: the server refused it or disconnected it, and the program's policy wants another attempt
 * - `authenticating`: `auth` has not answered yet
 * - `joining`: CONNECT was sent
 * - `joined`: the server has answered
 * - `leaving`: no longer wanted while the answer to CONNECT is still to come. The server would close the whole
 *   connection at a DISCONNECT before it, or at a second CONNECT, so both wait for the answer.
 */
type State = { readonly epoch: number } & (
  | { readonly name: 'inactive' | 'gaveUp' | 'away' | 'joined' }
  | { readonly name: 'awaitingLeave' | 'backoff' | 'authenticating' | 'joining'; readonly stop: Cancel }
  | { readonly name: 'leaving'; readonly rejoin: boolean; readonly stop: Cancel }
);

/** What a namespace tells its socket, and asks it. */
export interface NamespaceHost {
  readonly nsp: string;
  readonly auth: Auth | undefined;
  /** A session is about to be asked for. From now on events may come for it: some servers do not wait for CONNECT. */
  _starting(): void;
  /** CONNECT is about to be sent. Returns what goes along with `auth`. */
  _connecting(): object | undefined;
  _joined(data: Readonly<Record<string, unknown>>): void;
  /** Takes an event or an acknowledgement. */
  _received(packet: EventPacket | AckPacket): void;
  /** The server has refused CONNECT, or disconnected the socket: milliseconds until the next attempt, or undefined for none. */
  _retryAfterMs(error: Error, attempt: number): number | undefined;
  /** CONNECT failed. `active` tells whether the socket still wants to be connected. */
  _connectFailed(error: Error): void;
  /** The link of a joined session has proved to be alive after all. */
  _resumed(): void;
  /** It will not be joined unless the program asks for it again; `byHand` if the program has left. */
  _gaveUp(error: Error | undefined, byHand: boolean): void;
  /** A joined session is over. */
  _ended(reason: string, details?: unknown): void;
}

/** The deadline for an answer doubles with each one that was missed, up to this many times. */
const MAX_DOUBLINGS = 3;

/** A session that lasted this long, in milliseconds, was not refused. */
const REFUSAL_MEMORY_MS = 5_000;

export class Namespace implements NamespaceHandler {
  /** Counts the sessions: what belongs to an earlier one is stale. */
  _sessionNo = 0;
  private _state: State = { name: 'inactive', epoch: 0 };
  /** Answers that were missed in a row. */
  private _missed = 0;
  /** How many times in a row the server has refused this namespace or disconnected it. */
  private _refusals = 0;
  private _askedAtMs = 0;
  private _joinedAtMs = 0;
  /** The link that DISCONNECT was sent on, until the server has surely read it. */
  private _leftOnLink = 0;

  constructor(
    private readonly _host: NamespaceHost,
    private readonly _connection: Connection,
  ) {}

  get active(): boolean {
    const state = this._state;
    return state.name === 'leaving' ? state.rejoin : state.name !== 'inactive' && state.name !== 'gaveUp';
  }

  get connected(): boolean {
    return this._state.name === 'joined';
  }

  /** Whether events may come: once something was asked for. */
  get _listening(): boolean {
    const { name } = this._state;
    return name === 'joined' || name === 'joining' || name === 'authenticating';
  }

  join(): void {
    switch (this._state.name) {
      case 'leaving':
        this._enter('leaving', { rejoin: true, stop: this._deadline() });
        break;
      case 'inactive':
      case 'gaveUp':
      case 'backoff':
      case 'away':
        this._enter('away');
        this._connection._acquire(this._host.nsp, this);
        // Opening may have joined already.
        this._joinIfUp();
    }
  }

  /** Leaves the namespace; the server is told as soon as it can understand it. */
  leave(): void {
    const { name } = this._state;
    this._host._gaveUp(disconnected(false), true);
    if (name === 'inactive') return;
    this._refusals = 0;
    if (name === 'joined') this._sendDisconnect();
    if (name === 'joining' || name === 'leaving') this._enter('leaving', { rejoin: false, stop: nothing });
    else this._enter('inactive');
    this._connection._release();
    if (name === 'joined') this._host._ended('io client disconnect');
  }

  linkUp(): void {
    const { name } = this._state;
    if (name === 'joined') this._host._resumed();
    if (name === 'gaveUp') this._enter('away');
    this._joinIfUp();
  }

  linkDown(reason: string, details?: unknown): void {
    const { name } = this._state;
    if (name === 'inactive' || name === 'gaveUp') return;
    this._forgetRefusals();
    this._enter(this.active ? 'away' : 'inactive');
    if (name === 'joined') this._host._ended(reason, details);
  }

  /** @param forGood the connection has used up its retries; otherwise it returns when the program opens it */
  giveUp(forGood: boolean, error?: Error): void {
    if (!this.active) return;
    if (forGood) this._enter('gaveUp');
    this._host._gaveUp(error, false);
  }

  /** An attempt failed, or the link is in trouble. */
  failed(error: Error): void {
    if (this.active && !this.connected) this._host._connectFailed(error);
  }

  receive(packet: Packet): void {
    const state = this._state;
    if ('id' in packet) {
      if (this._listening) this._host._received(packet);
      return;
    }
    // Any control packet proves that the server responds.
    this._missed = 0;
    const { type } = packet;
    if (state.name === 'leaving') {
      if (type !== CONNECT && type !== CONNECT_ERROR) return;
      if (type === CONNECT) this._sendDisconnect();
      this._enter(state.rejoin ? 'away' : 'inactive');
      if (state.rejoin) this._joinIfUp();
      else this._connection._release();
    } else if (state.name === 'joining') {
      if (type === CONNECT) this._accept(packet.data ?? {});
      else if (type === CONNECT_ERROR) {
        const { message, data } = packet.data;
        const error = new HoldfastError('CONNECT_REJECTED', message);
        error.data = data;
        this._refuse(error);
      }
    } else if (state.name === 'joined' && type === DISCONNECT) {
      this._forgetRefusals();
      const reason = 'io server disconnect';
      this._retryOrGiveUp(new HoldfastError('CONNECT_REJECTED', reason));
      this._host._ended(reason);
    }
  }

  private _joinIfUp(): void {
    const { _linkId } = this._connection;
    if (this._state.name !== 'away' || _linkId === 0) return;
    if (this._leftOnLink !== _linkId) this._authenticate();
    else {
      // DISCONNECT and a new CONNECT in one flush make a server close the connection: a probe tells that it has read on.
      const stop = probe(this._connection, () => {
        this._leftOnLink = 0;
        this._authenticate();
      });
      this._enter('awaitingLeave', { stop });
    }
  }

  private _authenticate(): void {
    this._host._starting();
    const { _timeoutMs: timeoutMs } = this._connection._limits;
    const { clock } = this._connection._environment;
    const late = (): void =>
      this._host._connectFailed(
        new HoldfastError('AUTH_FAILED', 'the auth function has not answered in time'),
      );
    const stop = timeoutMs === false ? nothing : clock.after(timeoutMs, late);
    const { epoch } = this._enter('authenticating', { stop });
    const current = (): boolean => this._state.epoch === epoch;
    askAuth(
      this._host,
      (data) => {
        if (current()) this._sendConnect(data);
      },
      (cause) => {
        if (current()) this._refuse(authError(cause));
      },
    );
  }

  private _sendConnect(auth: unknown): void {
    const { _connection, _host } = this;
    const { epoch } = this._state;
    try {
      const own = checkAuth(auth);
      this._sessionNo++;
      const recovery = _host._connecting();
      // As it is, where nothing is added: it may have a `toJSON` of its own.
      const data = recovery ? { ...recovery, ...plain(own) } : own;
      const chunks = _connection._encode({
        type: CONNECT,
        nsp: _host.nsp,
        data: data as ConnectPacket['data'],
      });
      // A getter of `auth` may have changed everything.
      if (this._state.epoch !== epoch) return;
      this._enter('joining', { stop: this._deadline() });
      this._askedAtMs = _connection._environment.clock.now();
      const oversize = _connection._send({ _chunks: chunks, _sender: this });
      if (oversize) throw tooLarge('auth', oversize);
    } catch (error) {
      this._refuse(authError(error));
    }
  }

  private _accept(data: Readonly<Record<string, unknown>>): void {
    if (typeof data.sid !== 'string') {
      const error = new HoldfastError('LEGACY_SERVER', LEGACY);
      this._giveUp(error);
      this._host._connectFailed(error);
      return;
    }
    this._joinedAtMs = this._connection._environment.clock.now();
    this._connection._measured(this._joinedAtMs - this._askedAtMs);
    this._enter('joined');
    this._host._joined(data);
  }

  /** Without an answer, the namespace stays as it is: the answer may come late, and a second CONNECT may not be sent. */
  private _unanswered(): void {
    const { _connection } = this;
    if (_connection._fallBack()) return;
    const state = this._state;
    const { clock } = _connection._environment;
    const timeoutMs = _connection._limits._timeoutMs || Number.POSITIVE_INFINITY;
    const leftMs = timeoutMs * 2 ** this._missed - (clock.now() - this._askedAtMs);
    if (leftMs > 0 && 'stop' in state) {
      // Only the deadline for trying another transport is over, and there is none.
      this._state = { ...state, stop: clock.after(leftMs, () => this._unanswered()) };
      return;
    }
    this._missed = Math.min(this._missed + 1, MAX_DOUBLINGS);
    this._host._connectFailed(new HoldfastError('CONNECT_TIMEOUT', 'timeout'));
    if (this.active) _connection._unanswered();
  }

  private _deadline(): Cancel {
    const ms = this._connection._answerDeadlineMs;
    return ms === false
      ? nothing
      : this._connection._environment.clock.after(ms * 2 ** this._missed, () => this._unanswered());
  }

  private _refuse(error: Error): void {
    this._retryOrGiveUp(error);
    this._host._connectFailed(error);
  }

  /** The server does not want this session: it is over, unless the program's policy wants another attempt. */
  private _retryOrGiveUp(error: Error): void {
    const delayMs = this._host._retryAfterMs(error, ++this._refusals);
    if (delayMs === undefined) {
      this._giveUp(error);
      return;
    }
    const retry = (): void => {
      this._enter('away');
      this._joinIfUp();
    };
    this._enter('backoff', { stop: this._connection._environment.clock.after(delayMs, retry) });
  }

  private _giveUp(error: Error): void {
    this._enter('inactive');
    this._connection._release();
    this._host._gaveUp(error, false);
  }

  /** Accepted and disconnected at once is a refusal like another; a session that lasted is not. */
  private _forgetRefusals(): void {
    const nowMs = this._connection._environment.clock.now();
    if (this.connected && nowMs - this._joinedAtMs >= REFUSAL_MEMORY_MS) this._refusals = 0;
  }

  private _sendDisconnect(): void {
    this._leftOnLink = this._connection._linkId;
    this._connection._control({ type: DISCONNECT, nsp: this._host.nsp });
  }

  private _enter(name: State['name'], data: { rejoin?: boolean; stop?: Cancel } = {}): State {
    const before = this._state;
    this._state = { name, epoch: before.epoch + 1, ...data } as State;
    if ('stop' in before) before.stop();
    if (name === 'inactive' && before.name !== 'inactive') {
      this._connection._namespaces.delete(this._host.nsp);
      this._connection._host._idle(this._host.nsp);
    }
    return this._state;
  }
}

const plain = (data: (object & { toJSON?: unknown }) | undefined): object | undefined =>
  typeof data?.toJSON === 'function' ? data.toJSON('') : data;

const authError = (cause: unknown): HoldfastError =>
  new HoldfastError('AUTH_FAILED', (cause as Error | undefined)?.message ?? String(cause), cause);

/** A message is larger than the server takes. */
export const tooLarge = (
  what: string,
  { bytes, maxBytes }: { readonly bytes: number; readonly maxBytes: number },
): HoldfastError =>
  new HoldfastError(
    'TOO_LARGE',
    `${what} is ${bytes} bytes, and the server takes at most ${maxBytes} (its maxHttpBufferSize; see the option "maxPayloadTransports")`,
  );
