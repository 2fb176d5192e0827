/**
 * One Engine.IO session: handshake, heartbeat, write queue, upgrade and close, over transports of engine.io-client. Programs see it as
 * `socket.io.engine`.
 */

import { DEVELOPMENT } from '../platform/build.js';
import { type Cancel, type Clock, nothing } from '../platform/clock.js';
import { Emitter } from '../platform/emitter.js';
import { type Attempt, ConnectionError, helpOf } from '../platform/errors.js';
import { beacon } from '../platform/http.js';
import { type Chunk, sizeOf } from '../protocol/encode.js';
import { type Oversize, sizeOnWire } from '../protocol/size.js';
import { hintFor } from './hints.js';
import { negotiate, type Won } from './negotiate.js';
import type { SessionEvents, SessionHost, SessionOpts, SessionSetup } from './setup.js';
import { BINARY_TYPE, cookieJar, UNREF } from './transports/builtin.js';
import {
  dial,
  type EnginePacket,
  extrasOf,
  failureOf,
  isTaking,
  type Transport,
  webSocketBytes,
} from './transports/transport.js';

/** A message of a socket, as the session sees it: the session accepts it whole, or returns it. */
export interface Outgoing {
  /** Its encoded form. */
  _chunks: readonly Chunk[];
  /** Whose it is. */
  readonly _sender: object;
  readonly options?: { readonly compress?: boolean } | undefined;
}

/** Releases the contents of a message: its acknowledgement may stay pending as long as the connection. */
export const letGo = (message: Outgoing): void => void Object.assign(message, { _chunks: [], data: [] });

/** After sleep, timers fire before received data is read: a heartbeat that seems overdue gets this much more time. */
const GRACE_MS = 1_000;

/** Messages sent before `close()` get this long to leave, in milliseconds. */
const CLOSE_DEADLINE_MS = 10_000;

/**
 * Newer servers answer 408 to a request whose body takes more than 30 s. A long-polling request is no larger than what the link has been
 * measured to carry in a third of that, and at most twice as large as the measured request. The first one assumes a link of 5 kB/s.
 */
const BATCH_MS = 10_000;
const FIRST_BATCH_BYTES = 100_000;

/** More heartbeats than any page answers without its buffer emptying. */
const MAX_PONGS = 1_000;

export class Session extends Emitter<SessionEvents> {
  /** The session's id, while it is open. */
  id: string | null = null;
  readyState: 'opening' | 'open' | 'closing' | 'closed' = 'opening';
  /** The transport in use; while opening, the last candidate's name. */
  transport: Transport;
  binaryType: string = BINARY_TYPE;
  /** Packets that are not known to have been sent. */
  writeBuffer: EnginePacket[] = [];
  /** Whether the session is moving to another transport: packets wait meanwhile. */
  upgrading = false;
  /** Cancels the running upgrade. */
  _stopUpgrade: Cancel = nothing;
  readonly opts: SessionOpts;
  /** The largest message that the server accepts, in bytes; 0 if it did not announce one. */
  _payloadLimit = 0;
  /** When the last packet arrived, on the monotonic clock. */
  _lastSeenMs: number;
  /** How long the server may be silent. */
  _limitMs: number = Number.POSITIVE_INFINITY;
  readonly _cookieJar: object | undefined;
  readonly _clock: Clock;
  /** Cancels the work of the current `readyState`: the candidates of `opening`, the deadline of `closing`. */
  private _leave: Cancel = nothing;
  /** The message of each packet of `writeBuffer`, which has the same contents as in the official client. */
  private _messages: (Outgoing | undefined)[] = [];
  /** The message of the last packet handed over: it cannot be taken back whole. */
  private _begun: Outgoing | undefined;
  /** How many packets of the write queue the transport has, and how many bytes. */
  _handed = 0;
  private _handedBytes = 0;
  /** The size of the running long-polling request, and when it was sent. */
  private _postBytes = 0;
  private _postedAtMs = 0;
  /** The largest size that the link carries in time, in bytes. */
  private _batchBytes = FIRST_BATCH_BYTES;
  /** The bytes of the packets that wait behind them. */
  private _queuedBytes = 0;
  /** Packets wait until the page unloads: they then go in one last request. */
  private _corked = false;
  private _stopHeartbeat: Cancel = nothing;
  /** Whether a heartbeat that seemed overdue, because a timer came late, has its second chance. */
  private _doubting = false;
  private _pongs = 0;

  constructor(
    readonly _setup: SessionSetup,
    readonly _host: SessionHost,
  ) {
    super();
    const { opts, clock, plan, unresponsive } = _setup;
    this.opts = opts;
    this._clock = clock;
    this._lastSeenMs = clock.now();
    this._cookieJar = cookieJar(opts.withCredentials);
    this.transport = { name: plan.names[0] ?? '' } as Transport;
    // Nothing happens before the program can listen to the engine.
    this._leave = negotiate({
      ..._setup,
      dial: (name, on) => {
        this.transport = { name } as Transport;
        return dial(() => this._makeTransport(name), clock, on);
      },
      won: (won) => this._opened(won),
      failed: (attempts, last) => {
        const error = new ConnectionError(last.message, [...unresponsive, ...attempts], last.cause);
        if (DEVELOPMENT) error.hint = hintFor(error.attempts);
        this._end('transport error', error, error);
      },
    });
  }

  private get _isOpen(): boolean {
    return this.readyState === 'open';
  }

  /** Whether messages given now can reach the wire. */
  get _taking(): boolean {
    return this._isOpen && isTaking(this.transport);
  }

  /** Whether a message given now is sent now. */
  get _writable(): boolean {
    return this._isOpen && this.transport.writable;
  }

  /** The bytes that wait here or in the transport for the network. */
  get _unsentBytes(): number {
    // A WebSocket has taken over its packets. A long-polling request has them until it is answered.
    return this._queuedBytes + (webSocketBytes(this.transport) ?? this._handedBytes);
  }

  /** The largest size of a long-polling request, in bytes: what the link and the server can take. */
  private get _maxBatchBytes(): number {
    return Math.min(this._payloadLimit || Number.POSITIVE_INFINITY, this._batchBytes);
  }

  /** Whether the server's heartbeat is late; if so, the session is about to end with `ping timeout`. */
  _overdue(nowMs: number): boolean {
    const overdue = nowMs - this._lastSeenMs > this._limitMs;
    if (overdue) this._clock.soon(() => this._checkHeartbeat());
    return overdue;
  }

  /**
   * Queues a message and sends what can be sent.
   *
   * @returns the sizes if one of its packets is larger than the server accepts: nothing was queued
   */
  _send(message: Outgoing, maxBytes: number): Oversize | undefined {
    const { _chunks, options } = message;
    if (maxBytes > 0) {
      for (const chunk of _chunks) {
        const bytes = sizeOnWire(chunk, this.transport.name, maxBytes);
        if (bytes > maxBytes) return { bytes, maxBytes };
      }
    }
    for (const chunk of _chunks) this._enqueue('message', chunk, message, options);
    this._flush();
    return undefined;
  }

  /** Sends a packet that belongs to no message. */
  _sendNow(type: string, data?: string): void {
    this._enqueue(type, data);
    this._flush();
  }

  /** For programs that write to the engine themselves. */
  write(data: Chunk, options?: { compress?: boolean }): this {
    const self = this._raw();
    self._send({ _chunks: [data], _sender: self, options: { ...DEFAULT_OPTIONS, ...options } }, 0);
    return this;
  }

  /** Alias of `write`. */
  send(data: Chunk, options?: { compress?: boolean }): this {
    return this.write(data, options);
  }

  private _enqueue(type: string, data?: Chunk, message?: Outgoing, options = DEFAULT_OPTIONS): void {
    if (!this._isOpen) return;
    const packet = { type, data, options };
    this._dispatch('packetCreate', packet);
    this.writeBuffer.push(packet);
    this._messages.push(message);
    this._queuedBytes += sizeOf(packet.data);
  }

  _flush(): void {
    const { transport, writeBuffer } = this;
    const { length } = writeBuffer;
    if (this._handed > 0 || length === 0 || this.upgrading || this._corked || !transport.writable) return;
    let end = length;
    if (transport.name === 'polling') {
      const maxBytes = this._maxBatchBytes;
      // One byte separates two packets.
      let bytes = -1;
      for (end = 0; end < length; end++) {
        bytes += sizeOnWire((writeBuffer[end]?.data ?? '') as Chunk, 'polling', 0) + 1;
        if (end > 0 && bytes > maxBytes) break;
        this._postBytes = bytes;
      }
      this._postedAtMs = this._clock.now();
    }
    const batch = writeBuffer.slice(0, end);
    this._handed = end;
    this._begun = this._messages[end - 1];
    for (const packet of batch) this._handedBytes += sizeOf(packet.data);
    this._queuedBytes -= this._handedBytes;
    transport.send(batch);
    this._dispatch('flush');
  }

  private _drained(): void {
    const { writeBuffer, _postBytes } = this;
    // The time of a small request shows the server's distance, not the capacity of the link.
    if (_postBytes > this._maxBatchBytes / 2) {
      const carriedBytes = (_postBytes * BATCH_MS) / (this._clock.now() - this._postedAtMs);
      this._batchBytes = Math.min(carriedBytes, 2 * _postBytes);
    }
    writeBuffer.splice(0, this._handed);
    for (const message of this._messages.splice(0, this._handed)) {
      // A message whose last part still waits may have to be resent whole.
      if (message && message !== this._messages[0]) letGo(message);
    }
    this._handed = this._handedBytes = 0;
    if (writeBuffer.length > 0) this._flush();
    else {
      this._dispatch('drain');
      this._closeIfDone();
    }
  }

  /**
   * Removes messages that the transport does not have completely: a server ignores a message whose last part is missing.
   *
   * @param sender only whole messages of this sender, while the session continues
   */
  _takeBack(sender?: object): Outgoing[] {
    const { writeBuffer, _messages } = this;
    const taken = new Set<Outgoing>();
    let kept = this._handed;
    for (let i = kept; i < writeBuffer.length; i++) {
      const packet = writeBuffer[i] as EnginePacket;
      const message = _messages[i];
      if (!sender || (message?._sender === sender && message !== this._begun)) {
        this._queuedBytes -= sizeOf(packet.data);
        if (message) taken.add(message);
      } else {
        writeBuffer[kept] = packet;
        _messages[kept++] = message;
      }
    }
    writeBuffer.length = _messages.length = kept;
    return [...taken];
  }

  /** @internal A transport of this session, by its name. */
  _makeTransport(name: string): Transport {
    const { opts, id } = this;
    const own: { query?: object | undefined; extraHeaders?: object | undefined } = {
      ...opts,
      ...opts.transportOptions[name],
    };
    return this._setup.create(name, {
      ...own,
      query: { ...opts.query, ...own.query, EIO: '4', transport: name, ...(id && { sid: id }) },
      extraHeaders: { ...own.extraHeaders },
      ...(!UNREF && { autoUnref: false }),
      socket: this,
    });
  }

  private _opened(won: Won): void {
    const { transport, handshake } = won;
    // A listener may have closed it.
    if (this.readyState !== 'opening') {
      transport.close();
      return;
    }
    this.id = handshake.sid;
    transport.query.sid = handshake.sid;
    this._payloadLimit = handshake.maxPayload ?? 0;
    this._limitMs = handshake.pingInterval + handshake.pingTimeout;
    this._use(transport);
    this._seen({ type: 'open', data: JSON.stringify(handshake) });
    this._arm();
    this._dispatch('handshake', handshake);
    if (this.readyState !== 'opening') return;
    this.readyState = 'open';
    this._leave = nothing;
    this._host.opened(won);
    if (this._isOpen) this._dispatch('open');
    this._flush();
  }

  /** @internal Listens to a transport from now on, and to no other. */
  _use(transport: Transport): void {
    (this.transport as Partial<Transport>).removeAllListeners?.();
    this.transport = transport;
    transport.on('drain', () => this._drained());
    transport.on('packet', (packet: EnginePacket) => this._receive(packet));
    transport.on('error', (error: Error) => this._fail(error));
    transport.on('close', (details: unknown) => this._end('transport close', details));
  }

  /** A packet arrived: the connection is alive. */
  private _seen(packet: EnginePacket): void {
    this._lastSeenMs = this._clock.now();
    this._dispatch('packet', packet);
    this._dispatch('heartbeat');
  }

  private _receive(packet: EnginePacket): void {
    const { type, data } = packet;
    this._seen(packet);
    if (type === 'message') {
      this._dispatch('data', data);
      this._dispatch('message', data);
      this._host.message(data);
    } else if (type === 'ping') {
      if (this._pongsPileUp()) return;
      this._sendNow('pong');
      this._dispatch('ping');
      this._dispatch('pong');
      if (this._isOpen) this._host.pinged();
    } else if (type === 'pong') this._dispatch(type);
    else if (type === 'open') this._fail(new Error('unexpected handshake'));
    // If the server leaves the WebSocket itself open.
    else if (type === 'close')
      this._end('transport close', { description: 'transport closed by the server' });
    else if (type === 'error') this._fail(Object.assign(new Error('server error'), { code: data }));
  }

  /** Whether the server floods the page with heartbeats, or does not read the answers. */
  private _pongsPileUp(): boolean {
    const { writeBuffer } = this;
    const { length } = writeBuffer;
    // An unsent answer also answers this heartbeat.
    if (length > this._handed && writeBuffer[length - 1]?.type === 'pong') return true;
    this._pongs = (webSocketBytes(this.transport) ?? length) ? this._pongs + 1 : 0;
    return this._pongs > MAX_PONGS;
  }

  private _arm(): void {
    const leftMs = this._lastSeenMs + this._limitMs - this._clock.now();
    this._stopHeartbeat();
    this._stopHeartbeat = this._clock.after(Math.max(0, leftMs), () => this._checkHeartbeat());
  }

  private _checkHeartbeat(): void {
    if (this.readyState === 'closed' || this._doubting) return;
    const doubtedMs = this._clock.now();
    const lateMs = doubtedMs - this._lastSeenMs - this._limitMs;
    if (lateMs < 0) this._arm();
    else if (lateMs < GRACE_MS / 2) this._end('ping timeout');
    else {
      this._doubting = true;
      this._stopHeartbeat();
      this._stopHeartbeat = this._clock.after(GRACE_MS, () => {
        this._doubting = false;
        if (this._lastSeenMs < doubtedMs) this._end('ping timeout');
        else {
          this._arm();
          if (this._isOpen) this._host.changed(true);
        }
      });
    }
  }

  private _fail(error: Error & TransportFailure): void {
    const cause = error.context?.cause;
    // The transport works: over a WebSocket, the same message would end the connection in the same way.
    if (cause?._tooLarge) {
      this._end('parse error', cause);
      return;
    }
    // A refused request of an open session was usually answered by another node of the server.
    if (typeof error.description === 'number') {
      const attempts: Attempt[] = [
        // The cause would be the same error.
        { transport: this.transport.name, phase: 'connect', ms: 0, ...failureOf(error), cause: undefined },
      ];
      const code = 'TRANSPORT_FAILED';
      Object.assign(error, { code, help: helpOf(code), attempts });
      if (DEVELOPMENT) Object.assign(error, { hint: hintFor(attempts) });
    }
    if (this._isOpen) this._host.troubled(error);
    this._dispatch('error', error);
    this._end('transport error', error);
  }

  /** Ends the session after everything has been sent. */
  close(): this {
    const self = this._raw();
    if (self.readyState === 'opening') self._end('forced close');
    else if (self._isOpen) {
      self.readyState = 'closing';
      self._leave = self._clock.after(CLOSE_DEADLINE_MS, () => self._end('forced close'));
      self._closeIfDone();
    }
    return this;
  }

  /** @internal Ends a closing session once nothing waits and no upgrade is running. */
  _closeIfDone(): void {
    if (this.readyState === 'closing' && !this.upgrading && this.writeBuffer.length === 0)
      this._end('forced close');
  }

  /** The page is being left: packets written from now on wait for the last request, if the transport can send one. */
  _cork(): void {
    this._corked = extrasOf(this.transport).closeNow !== undefined;
  }

  /** Ends it at once and sends the waiting packets: the page is about to freeze or unload. */
  _closeNow(): void {
    const { transport, writeBuffer } = this;
    if (this._isOpen || this.readyState === 'closing') {
      const extras = extrasOf(transport);
      const waiting = writeBuffer.slice(this._handed);
      if (!extras.closeNow && transport.name === 'polling') {
        // Waiting messages return to their senders, in case the page returns.
        if (extras.uri) beacon(extras.uri(), '1');
      } else {
        this._handed = writeBuffer.length;
        if (extras.closeNow) extras.closeNow(waiting);
        else transport.send(waiting);
      }
    }
    this._end('transport close');
  }

  /** @internal @param failure why no transport opened */
  _end(reason: string, details?: unknown, failure?: ConnectionError): void {
    if (this.readyState === 'closed') return;
    this.readyState = 'closed';
    this._leave();
    this._stopHeartbeat();
    // While opening, it is only a name.
    const transport: Partial<Transport> = this.transport;
    transport.removeAllListeners?.();
    transport.close?.();
    this.id = null;
    // Notify the connection first: listeners of the engine then find the sockets disconnected.
    if (failure) {
      this._host.failed(failure);
      this._dispatch('error', failure);
    } else this._host.closed(reason, details);
    this._dispatch('close', reason, details);
    this._stopUpgrade();
    this.writeBuffer = [];
    this._messages = [];
    this._begun = undefined;
    this._queuedBytes = this._handed = this._handedBytes = 0;
  }
}

/** The details of a transport's failure. */
interface TransportFailure {
  readonly description?: unknown;
  readonly context?: { readonly cause?: { readonly _tooLarge?: boolean } };
}

const DEFAULT_OPTIONS: { readonly compress?: boolean } = { compress: true };
