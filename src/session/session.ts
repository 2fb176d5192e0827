/**
 * One Engine.IO session: handshake, heartbeat, write queue, upgrade and close, over transports of engine.io-client. It is what
 * programs know as `socket.io.engine`.
 */

import { DEVELOPMENT } from '../platform/build.js';
import { type Cancel, type Clock, nothing } from '../platform/clock.js';
import { Emitter } from '../platform/emitter.js';
import { type Attempt, ConnectionError, helpOf } from '../platform/errors.js';
import { AnswerTooLarge, beacon } from '../platform/http.js';
import { type Chunk, sizeOf } from '../protocol/encode.js';
import type { Handshake } from '../protocol/handshake.js';
import { type Oversize, sizeOnWire } from '../protocol/size.js';
import { hintFor } from './hints.js';
import { negotiate, type OpenPlan, type TransportAttemptEvent, type Won } from './negotiate.js';
import { BINARY_TYPE, cookieJar } from './transports/builtin.js';
import {
  dial,
  type EnginePacket,
  extrasOf,
  failureOf,
  isTaking,
  type Transport,
  webSocketBytes,
} from './transports/transport.js';

/** A message of a socket, as far as a session knows it: it takes the whole of it, or gives it back. */
export interface Outgoing {
  /** What it is on the wire. */
  _chunks: readonly Chunk[];
  /** Whose it is. */
  readonly _sender: object;
  readonly options?: { readonly compress?: boolean };
}

/** What is known of one packet of the write queue. */
interface Entry {
  readonly _bytes: number;
  readonly _message: Outgoing | undefined;
  /** Whether it is the first part of its message. */
  readonly _begins: boolean;
}

/** The events that programs listen to on `socket.io.engine`. */
export interface SessionEvents {
  /** The handshake is done. */
  open: () => void;
  handshake: (handshake: Handshake) => void;
  packet: (packet: EnginePacket) => void;
  packetCreate: (packet: EnginePacket) => void;
  data: (data: unknown) => void;
  message: (data: unknown) => void;
  /** Everything was handed to the network. */
  drain: () => void;
  flush: () => void;
  /** Something came. */
  heartbeat: () => void;
  ping: () => void;
  pong: () => void;
  upgrading: (transport: Transport) => void;
  upgrade: (transport: Transport) => void;
  upgradeError: (error: Error) => void;
  error: (error: Error) => void;
  close: (reason: string, details?: unknown) => void;
}

/** What the connection hears of its session. */
export interface SessionHost {
  opened(won: Won): void;
  message(data: unknown): void;
  /** The server's heartbeat came. */
  pinged(): void;
  /** The transport has changed, or an overdue heartbeat has come after all (`revived`). */
  changed(revived: boolean): void;
  /** The transport reported an error; the end of the session follows. */
  troubled(error: Error): void;
  closed(reason: string, details: unknown): void;
  /** No transport opened. */
  failed(error: ConnectionError): void;
}

/** What a session is opened with. */
export interface SessionSetup {
  readonly clock: Clock;
  readonly hostname: string;
  readonly port: string;
  readonly secure: boolean;
  readonly timeoutMs: number | false;
  readonly plan: OpenPlan;
  /** Attempts that opened in this try, and over which the server then did not answer. */
  readonly unresponsive: readonly Attempt[];
  /** Makes a transport by its name. */
  readonly create: (name: string, options: object) => Transport;
  /** The program's options; copied, because transports write into them. */
  readonly opts: SessionOpts;
  attempt(event: TransportAttemptEvent): void;
}

/** The options that reach a transport. */
export interface SessionOpts {
  readonly path: string;
  readonly query: Readonly<Record<string, unknown>>;
  readonly transportOptions: Readonly<Record<string, object>>;
  readonly extraHeaders?: object | undefined;
  readonly withCredentials?: boolean | undefined;
}

/** After sleep, timers fire before what has arrived is read: a heartbeat that seems overdue gets this much more time. */
const GRACE_MS = 1_000;

/** What was sent before `close()` gets this long to leave, in milliseconds. */
const CLOSE_DEADLINE_MS = 10_000;

/** More heartbeats than any page answers while its buffer does not empty. */
const MAX_PONGS = 1_000;

type State =
  | { readonly name: 'opening'; readonly stop: Cancel }
  | { readonly name: 'open' }
  | { readonly name: 'closing'; readonly stop: Cancel }
  | { readonly name: 'closed' };

export class Session extends Emitter<SessionEvents> {
  /** The session's id, while it is open. */
  id: string | null = null;
  /** The transport in use; while opening, the first candidate's name. */
  transport: Transport;
  binaryType: string = BINARY_TYPE;
  /** What was given and is not known to have left. */
  writeBuffer: EnginePacket[] = [];
  /** Whether the session is moving to another transport: what is written waits. */
  upgrading = false;
  /** Ends the upgrade that is under way. */
  _stopUpgrade: Cancel = nothing;
  readonly opts: SessionOpts;
  readonly hostname: string;
  readonly port: string;
  readonly secure: boolean;
  /** The largest message that the server takes, in bytes; 0 where it did not tell. */
  _maxPayload = 0;
  /** When something last came, on the monotonic clock. */
  _lastSeenMs: number;
  /** How long the server may be silent. */
  _limitMs: number = Number.POSITIVE_INFINITY;
  readonly _cookieJar: object | undefined;
  readonly _clock: Clock;
  private _state: State;
  /** Belongs to `writeBuffer`, entry for entry: what programs see there is as in the official client. */
  private _entries: Entry[] = [];
  /** So many packets of the write queue are with the transport, and so many bytes. */
  private _handed = 0;
  private _handedBytes = 0;
  private _queuedBytes = 0;
  /** What is written waits for the page to be left: it then goes in one last request. */
  private _corked = false;
  private _stopHeartbeat: Cancel = nothing;
  /** Whether a heartbeat that seemed overdue, because a timer came late, has its second chance. */
  private _doubting = false;
  private _pongs = 0;
  /** Why no transport opened. */
  private _failure: ConnectionError | undefined;

  constructor(
    private readonly _setup: SessionSetup,
    private readonly _host: SessionHost,
  ) {
    super();
    const { opts, hostname, port, secure, clock, plan } = _setup;
    this.opts = opts;
    this.hostname = hostname;
    this.port = port;
    this.secure = secure;
    this._clock = clock;
    this._lastSeenMs = clock.now();
    this._cookieJar = cookieJar(opts.withCredentials);
    this.transport = { name: plan.names[0] ?? '' } as Transport;
    // Nothing happens before the program can listen to the engine.
    this._state = { name: 'opening', stop: this._negotiate() };
  }

  get readyState(): State['name'] {
    return this._state.name;
  }

  /** The names of the transports that are tried in this attempt. */
  get _names(): readonly string[] {
    return this._setup.plan.names;
  }

  /** Attempts of this try that opened, and over which the server then did not answer. */
  get _unresponsive(): readonly Attempt[] {
    return this._setup.unresponsive;
  }

  private get _isOpen(): boolean {
    return this._state.name === 'open';
  }

  /** Whether messages given now reach the wire. */
  get _taking(): boolean {
    return this._state.name === 'open' && isTaking(this.transport);
  }

  /** Whether a message given now leaves now. */
  get _writable(): boolean {
    return this._state.name === 'open' && this.transport.writable;
  }

  /** What waits here or in the transport until the network takes it, in bytes. */
  get _bufferedBytes(): number {
    const bytes = webSocketBytes(this.transport);
    // A WebSocket has taken over what it was handed. A request of long-polling carries it until it is answered.
    return this._queuedBytes + (bytes === undefined ? 0 : bytes - this._handedBytes);
  }

  /** Whether the server's heartbeat is late; if so, the session is about to end with `ping timeout`. */
  _overdue(nowMs: number): boolean {
    if (nowMs - this._lastSeenMs <= this._limitMs) return false;
    this._clock.soon(() => this._checkHeartbeat());
    return true;
  }

  /**
   * Queues a message and sends what can be sent.
   *
   * @returns the sizes where one of its packets is larger than the server takes: nothing was queued
   */
  _send(message: Outgoing, maxBytes: number): Oversize | undefined {
    const { _chunks } = message;
    if (maxBytes > 0) {
      for (const chunk of _chunks) {
        const bytes = sizeOnWire(chunk, this.transport.name, maxBytes);
        if (bytes > maxBytes) return { bytes, maxBytes };
      }
    }
    const options = message.options ?? DEFAULT_OPTIONS;
    if (this._state.name !== 'open') return undefined;
    for (let i = 0; i < _chunks.length; i++) {
      const data = _chunks[i] as Chunk;
      this._queue({ type: 'message', data, options }, sizeOf(data), message, i === 0);
    }
    this._flush();
    return undefined;
  }

  /** Sends a packet that belongs to no message. */
  _sendPacket(type: string, data?: string): void {
    if (this._state.name !== 'open') return;
    this._queue({ type, data, options: DEFAULT_OPTIONS }, data?.length ?? 0);
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

  private _queue(packet: EnginePacket, bytes: number, message?: Outgoing, begins = false): void {
    this._dispatch('packetCreate', packet);
    this.writeBuffer.push(packet);
    this._entries.push({ _bytes: bytes, _message: message, _begins: begins });
    this._queuedBytes += bytes;
  }

  _flush(): void {
    const { transport, writeBuffer } = this;
    if (this._handed > 0 || this.upgrading || this._corked || writeBuffer.length === 0) return;
    if (!transport.writable || this._state.name === 'closed') return;
    const batch = this._batch();
    this._handed = batch.length;
    for (let i = 0; i < batch.length; i++) this._handedBytes += this._entries[i]?._bytes ?? 0;
    transport.send(batch);
    this._dispatch('flush');
  }

  /** What goes into one request of long-polling: no more than the server takes. Other transports take everything. */
  private _batch(): EnginePacket[] {
    const { transport, writeBuffer, _maxPayload } = this;
    if (transport.name !== 'polling') return writeBuffer;
    if (_maxPayload <= 0) return writeBuffer.slice();
    let bytes = 0;
    let end = 0;
    for (; end < writeBuffer.length; end++) {
      const { data = '' } = writeBuffer[end] as EnginePacket;
      // One byte separates two packets.
      bytes += sizeOnWire(data as Chunk, 'polling', 0) + 1;
      if (end > 0 && bytes - 1 > _maxPayload) break;
    }
    return writeBuffer.slice(0, end);
  }

  private _drained(): void {
    const { writeBuffer } = this;
    writeBuffer.splice(0, this._handed);
    this._entries.splice(0, this._handed);
    this._queuedBytes -= this._handedBytes;
    this._handed = this._handedBytes = 0;
    if (writeBuffer.length > 0) this._flush();
    else {
      this._dispatch('drain');
      this._closeIfDone();
    }
  }

  /**
   * Takes out what the transport was not handed: a message whose last part is missing is nothing to a server.
   *
   * @param sender only whole messages of this one, while the session goes on
   */
  _takeBack(sender?: object): Outgoing[] {
    const { writeBuffer, _entries, _handed } = this;
    const taken: Outgoing[] = [];
    let kept = _handed;
    let last: Outgoing | undefined;
    for (let i = _handed; i < writeBuffer.length; i++) {
      const entry = _entries[i] as Entry;
      const { _message, _begins } = entry;
      const wanted = sender
        ? _message !== undefined && (_message === last || (_message._sender === sender && _begins))
        : true;
      if (!wanted) {
        writeBuffer[kept] = writeBuffer[i] as EnginePacket;
        _entries[kept++] = entry;
        continue;
      }
      this._queuedBytes -= entry._bytes;
      if (_message && _message !== last) taken.push(_message);
      last = _message;
    }
    writeBuffer.length = _entries.length = kept;
    return taken;
  }

  private _negotiate(): Cancel {
    const { clock, plan, timeoutMs, unresponsive, attempt } = this._setup;
    return negotiate({
      clock,
      plan,
      timeoutMs,
      dial: (name, on) => dial(() => this._create(name), clock, on),
      told: (event) => {
        if (event.phase === 'start' && this._state.name === 'opening')
          this.transport = { name: event.transport } as Transport;
        attempt(event);
      },
      won: (won) => this._opened(won),
      failed: (attempts, last) => {
        const error = new ConnectionError(last.message, [...unresponsive, ...attempts], last.cause);
        if (DEVELOPMENT) error.hint = hintFor(error.attempts);
        this._failure = error;
        this._end('transport error', error);
      },
    });
  }

  /** @internal A transport of this session, by its name. */
  _create(name: string): Transport {
    const { create, opts } = this._setup;
    const own = opts.transportOptions[name] as { query?: object; extraHeaders?: object } | undefined;
    const query = {
      ...opts.query,
      ...own?.query,
      EIO: '4',
      transport: name,
      ...(this.id && { sid: this.id }),
    };
    const { hostname, port, secure } = this;
    const { extraHeaders } = { ...opts, ...own };
    return create(name, {
      ...opts,
      ...own,
      query,
      ...(extraHeaders && { extraHeaders: { ...extraHeaders } }),
      socket: this,
      hostname,
      port,
      secure,
    });
  }

  private _opened(won: Won): void {
    const { sid, pingInterval, pingTimeout, maxPayload = 0 } = won.handshake;
    if (this._state.name !== 'opening') {
      won.transport.close();
      return;
    }
    this.id = sid;
    this._maxPayload = maxPayload;
    this._limitMs = pingInterval + pingTimeout;
    this._use(won.transport);
    this._seen();
    this._arm();
    won.transport.query.sid = sid;
    this._dispatch('packet', { type: 'open', data: JSON.stringify(won.handshake) });
    this._dispatch('heartbeat');
    this._dispatch('handshake', won.handshake);
    // A listener may have closed it again.
    if (this.readyState !== 'opening') {
      won.transport.close();
      return;
    }
    this._state = { name: 'open' };
    this._host.opened(won);
    if (this._isOpen) this._dispatch('open');
    if (this._isOpen) this._flush();
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

  private _receive(packet: EnginePacket): void {
    const { type, data } = packet;
    this._seen();
    this._dispatch('packet', packet);
    this._dispatch('heartbeat');
    switch (type) {
      case 'message':
        this._dispatch('data', data);
        this._dispatch('message', data);
        this._host.message(data);
        break;
      case 'ping':
        if (this._pongsPileUp()) return;
        this._sendPacket('pong');
        this._dispatch('ping');
        this._dispatch('pong');
        if (this._state.name === 'open') this._host.pinged();
        break;
      case 'pong':
        this._dispatch('pong');
        break;
      case 'open':
        this._fail(new Error('unexpected handshake'));
        break;
      case 'close':
        // Where the server leaves the WebSocket itself open.
        this._end('transport close', { description: 'transport closed by the server' });
        break;
      case 'error':
        this._fail(Object.assign(new Error('server error'), { code: data }));
        break;
    }
  }

  /** @internal Gives a message to the connection as if it had come from the server. */
  _deliver(data: unknown): void {
    if (this._state.name === 'open') this._host.message(data);
  }

  /** Whether the server asks again and again, faster than it is answered, or without reading the answers. */
  private _pongsPileUp(): boolean {
    const { writeBuffer } = this;
    const { length } = writeBuffer;
    // One that has not left yet answers this heartbeat, too.
    if (length > this._handed && writeBuffer[length - 1]?.type === 'pong') return true;
    const waiting = webSocketBytes(this.transport) ?? length;
    this._pongs = waiting === 0 ? 0 : this._pongs + 1;
    return this._pongs > MAX_PONGS;
  }

  private _seen(): void {
    this._lastSeenMs = this._clock.now();
  }

  private _arm(): void {
    this._stopHeartbeat();
    const leftMs = this._lastSeenMs + this._limitMs - this._clock.now();
    this._stopHeartbeat = this._clock.after(Math.max(0, leftMs), () => this._checkHeartbeat());
  }

  private _checkHeartbeat(): void {
    if (this._state.name === 'closed' || this._doubting) return;
    const { _clock } = this;
    const doubtedMs = _clock.now();
    const silentMs = doubtedMs - this._lastSeenMs;
    if (silentMs < this._limitMs) this._arm();
    else if (silentMs < this._limitMs + GRACE_MS / 2) this._end('ping timeout');
    else {
      this._doubting = true;
      this._stopHeartbeat();
      this._stopHeartbeat = _clock.after(GRACE_MS, () => {
        this._doubting = false;
        if (this._lastSeenMs < doubtedMs) this._end('ping timeout');
        else {
          this._arm();
          if (this._state.name === 'open') this._host.changed(true);
        }
      });
    }
  }

  private _fail(error: Error): void {
    const cause = (error as { context?: { cause?: unknown } }).context?.cause;
    // The transport works: the same message over a WebSocket ends the connection in the same way.
    if (cause instanceof AnswerTooLarge) {
      this._end('parse error', cause);
      return;
    }
    // A request of an open session that is refused was, most often, answered by another node of the server.
    if (typeof (error as { description?: unknown }).description === 'number') {
      // The cause would be this very error.
      const { cause: _, ...failure } = failureOf(error);
      const attempts: Attempt[] = [{ transport: this.transport.name, phase: 'connect', ms: 0, ...failure }];
      const code = 'TRANSPORT_FAILED';
      Object.assign(error, { code, help: helpOf(code), attempts });
      if (DEVELOPMENT) Object.assign(error, { hint: hintFor(attempts) });
    }
    if (this._state.name === 'open') this._host.troubled(error);
    this._dispatch('error', error);
    this._end('transport error', error);
  }

  /** Ends the session, after what was sent. */
  close(): this {
    const self = this._raw();
    const state = self._state;
    if (state.name === 'opening') self._end('forced close');
    else if (state.name === 'open') {
      const stop = self._clock.after(CLOSE_DEADLINE_MS, () => self._end('forced close'));
      self._state = { name: 'closing', stop };
      self._closeIfDone();
    }
    return this;
  }

  /** @internal Ends a closing session once nothing waits and no upgrade is under way. */
  _closeIfDone(): void {
    if (this._state.name === 'closing' && !this.upgrading && this.writeBuffer.length === 0)
      this._end('forced close');
  }

  /** The page is being left: what is written from now on waits for the last request, if the transport can send one. */
  _cork(): void {
    this._corked = extrasOf(this.transport).closeNow !== undefined;
  }

  /** Ends it at once, with what waits: the page is about to freeze or to be gone. */
  _closeNow(): void {
    if (this._state.name === 'closed') return;
    if (this._state.name !== 'opening') {
      const { transport } = this;
      const { closeNow, uri } = extrasOf(transport);
      const { writeBuffer } = this;
      const waiting = writeBuffer.slice(this._handed);
      // What is not handed over goes back to its sender, for a page that returns.
      if (closeNow || transport.name !== 'polling') this._handed = writeBuffer.length;
      if (closeNow) closeNow.call(transport, waiting);
      else if (transport.name !== 'polling') {
        if (waiting.length > 0) transport.send(waiting);
      } else if (uri) beacon(uri.call(transport), '1');
    }
    this._end('transport close');
  }

  /** @internal */
  _end(reason: string, details?: unknown): void {
    const state = this._state;
    if (state.name === 'closed') return;
    this._state = { name: 'closed' };
    if ('stop' in state) state.stop();
    this._stopHeartbeat();
    const { transport } = this;
    if (state.name !== 'opening') {
      transport.removeAllListeners();
      transport.close();
    }
    this.id = null;
    // The connection first: a program that listens to the engine finds its sockets disconnected.
    if (this._failure) {
      this._host.failed(this._failure);
      this._dispatch('error', this._failure);
    } else this._host.closed(reason, details);
    this._dispatch('close', reason, details);
    this._stopUpgrade();
    this.writeBuffer = [];
    this._entries = [];
    this._queuedBytes = this._handed = this._handedBytes = 0;
  }
}

const DEFAULT_OPTIONS = { compress: true };
