/** The server's side of Engine.IO v4: sessions with handshake, heartbeat, upgrade and close, over any carrier of frames. */
import { type Cancel, type Clock, nothing } from '../platform/clock.js';
import type { Chunk } from '../protocol/encode.js';
import { TYPES } from '../session/transports/packets.js';
import { type Caller, Events } from './events.js';
import type { Frame, Route } from './link.js';
import type { TestRequest } from './request.js';

/** Carries the frames of a session: a WebSocket, or long-polling. */
export interface Carrier {
  readonly name: 'websocket' | 'polling';
  send(frame: Frame): void;
  /** @param cut whether it closes silently, as after a failure */
  close(cut: boolean): void;
  /** Whether the client has closed it, even if the server does not know yet. */
  left?(): boolean;
}

export interface EngineSettings {
  readonly clock: Clock;
  readonly pingIntervalMs: number;
  readonly pingTimeoutMs: number;
  readonly maxPayloadBytes: number;
  readonly call: Caller;
}

/** One Engine.IO session: `socket.conn` for handlers. */
export class TestConnection extends Events {
  /** The revision of the Engine.IO protocol. */
  readonly protocol = 4;
  readonly remoteAddress: string = '127.0.0.1';
  readyState: 'opening' | 'open' | 'closing' | 'closed' = 'opening';
  /** The transport in use. */
  transport: { readonly name: string };
  upgraded = false;

  private _carrier: Carrier;
  private _stopTimer: Cancel = nothing;
  /** Whether something was passed to the network in this turn. */
  private _busy = false;
  private _onMessage: (data: unknown) => void = nothing;
  private _onEnd: (reason: string, description?: unknown) => void = nothing;

  constructor(
    readonly id: string,
    readonly request: TestRequest,
    /** @internal The route of its first carrier. */
    readonly _route: Route,
    carrier: Carrier,
    private readonly _settings: EngineSettings,
  ) {
    super();
    this._carrier = carrier;
    this.transport = { name: carrier.name };
  }

  /** @internal Sends the handshake, and starts the heartbeat. */
  _open(
    upgrades: readonly string[],
    onMessage: (data: unknown) => void,
    onClose: (reason: string, description?: unknown) => void,
  ): void {
    const { pingIntervalMs, pingTimeoutMs, maxPayloadBytes } = this._settings;
    this._onMessage = onMessage;
    this._onEnd = onClose;
    this.readyState = 'open';
    // Engine.IO v4, "Handshake".
    this._put(
      'open',
      JSON.stringify({
        sid: this.id,
        upgrades,
        pingInterval: pingIntervalMs,
        pingTimeout: pingTimeoutMs,
        maxPayload: maxPayloadBytes,
      }),
    );
    this._schedulePing();
  }

  /** Sends an Engine.IO message. */
  send(data: Chunk): this {
    this._message(data as Frame);
    return this;
  }

  /** Alias of `send`. */
  write(data: Chunk): this {
    return this.send(data);
  }

  /** Closes the session. */
  close(_discard?: boolean): void {
    if (this.readyState === 'open') this._end('forced close');
  }

  /** @internal */
  _message(data: Frame): void {
    this._put('message', data);
  }

  /** @internal Whether the network accepts more now; otherwise, volatile events are dropped. */
  get _writable(): boolean {
    return this.readyState === 'open' && !this._busy;
  }

  private _put(type: string, data?: Frame): void {
    if (this.readyState !== 'open') return;
    if (!this._busy) {
      this._busy = true;
      this._settings.clock.soon(() => {
        this._busy = false;
        this._tell('drain');
      });
    }
    this._tell('packetCreate', { type, data });
    // Engine.IO v4, "Packet encoding": binary messages have no type.
    this._carrier.send(data instanceof Uint8Array ? data : `${TYPES.indexOf(type)}${data ?? ''}`);
  }

  /** @internal Called with each frame of the carrier in use. */
  _receive(frame: Frame): void {
    if (this.readyState !== 'open') return;
    const bytes = typeof frame === 'string' ? utf8Length(frame) : frame.length;
    if (bytes > this._settings.maxPayloadBytes) {
      this._end('transport error', new Error('Max payload size exceeded'), true);
      return;
    }
    const isText = typeof frame === 'string';
    const type = isText ? TYPES[Number(frame.charAt(0) || 'x')] : 'message';
    const data = isText ? frame.slice(1) : frame;
    if (type === undefined) {
      this._end('parse error', undefined, true);
      return;
    }
    this._tell('packet', { type, data });
    if (type === 'message') {
      this._tell('data', data);
      this._tell('message', data);
      this._onMessage(data);
    } else if (type === 'pong') {
      this._schedulePing();
      this._tell('heartbeat');
    } else if (type === 'close') this._end('transport close', undefined, true);
    // Engine.IO v4: only servers ping. The probe of an upgrade arrives over a carrier that is not in use yet.
    else if (type === 'ping') this._end('transport error', new Error('invalid heartbeat direction'), true);
  }

  /** @internal Continues the session over this carrier, with the unsent packets of the old one (Engine.IO v4, "Upgrade"). */
  _upgrade(carrier: Carrier, left: readonly Frame[]): void {
    this._carrier = carrier;
    this.transport = { name: carrier.name };
    this.upgraded = true;
    for (const frame of left) carrier.send(frame);
    this._tell('upgrade', this.transport);
  }

  /** @internal Whether the client has left, even if the server does not know yet. */
  _isLeft(): boolean {
    return this._carrier.left?.() ?? false;
  }

  /** @internal Called when the carrier is lost. */
  _lost(carrier: Carrier): void {
    if (carrier === this._carrier) this._end('transport close');
  }

  /** @internal @param cut whether no packet tells the client */
  _end(reason: string, description?: unknown, cut = false): void {
    if (this.readyState === 'closed') return;
    this.readyState = 'closed';
    this._stopTimer();
    this._carrier.close(cut);
    this._onEnd(reason, description);
    this._tell('close', reason, description);
  }

  /** Pings at the interval, and closes without a timely answer (Engine.IO v4, "Heartbeat"). */
  private _schedulePing(): void {
    const { clock, pingIntervalMs, pingTimeoutMs } = this._settings;
    this._stopTimer();
    this._stopTimer = clock.after(
      pingIntervalMs,
      () => {
        this._put('ping');
        this._stopTimer = clock.after(pingTimeoutMs, () => this._end('ping timeout'), true);
      },
      true,
    );
  }

  private _tell(event: string, ...args: unknown[]): void {
    this._fire(event, args, this._settings.call);
  }
}

/** The size of text on the wire, in bytes. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    // Two units of a pair make four bytes.
    if (unit < 0x800) bytes += 1;
    else if (unit >= 0xd800 && unit < 0xdc00) {
      bytes += 2;
      i++;
    } else bytes += 2;
  }
  return bytes;
}
