/**
 * Long-polling over `fetch`, on the transport class of engine.io-client. Its own polling cannot be aborted or bounded, and ends
 * when the page is left.
 */
import type { Cancel, Clock } from '../../platform/clock.js';
import { LEGACY } from '../../platform/errors.js';
import { type HttpResponse, isSuccess, type OwnBytes, request } from '../../platform/http.js';
import { randomId } from '../../platform/random.js';
import { withoutBlobs } from './blobs.js';
import { EngineTransport } from './engine-transport.js';
import { encode } from './packets.js';
import type { EnginePacket } from './transport.js';

/** Engine.IO v4, "Payload": this character separates the packets of a response. */
const SEPARATOR = '\x1e';

/** Engine.IO v3, "Payload": a length before each packet, or the first byte of an octet-stream. */
const LEGACY_PAYLOAD = /^(\d+:0|\0)/;

/** More packets than this in one response are an attack: servers send a few dozen. */
const MAX_PACKETS = 100_000;

/** How many packets are handled in one task of the event loop. */
const PACKETS_IN_A_TURN = 2_000;

/** A request that closes a session gets this long, in milliseconds. */
const DEADLINE_MS = 10_000;

/** The options of a transport that long-polling uses. */
export interface PollingOptions {
  readonly _clock: Clock;
  readonly _maxReceivedBytes: number;
  readonly extraHeaders?: Readonly<Record<string, string>>;
  readonly requestTimeout?: number;
  readonly withCredentials?: boolean;
  readonly secure?: boolean;
  readonly timestampRequests?: boolean;
  readonly timestampParam?: string;
}

export class HttpPolling extends EngineTransport<PollingOptions> {
  declare _pollRequest?: Cancel;
  declare _postRequest?: Cancel;
  /** Whether a poll is running, or its response not yet handled. */
  declare _polling?: boolean;
  /** Called once nothing is running: polling is paused for an upgrade. */
  declare _whenPaused?: Cancel | undefined;
  /** The page is being left: requests outlive it. */
  declare _leaving?: boolean;
  /** Responses are read as bytes, for another protocol version. */
  declare _binary?: boolean;

  get name(): string {
    return 'polling';
  }

  doOpen(): void {
    this._poll();
  }

  _poll(): void {
    this._polling = true;
    this._pollRequest = this._request('poll', undefined, ({ text, bytes }) =>
      this.onData((this._binary && bytes) || text),
    );
  }

  doWrite(body: string | OwnBytes, done: () => void): void {
    this._postRequest = this._request('post', body, done);
  }

  _request(what: string, body: string | OwnBytes | undefined, use: (response: HttpResponse) => void): Cancel {
    const { extraHeaders, requestTimeout, withCredentials, _clock, _maxReceivedBytes } = this.opts;
    return request(
      {
        url: this.uri(),
        body,
        headers: extraHeaders,
        jar: this.socket._cookieJar,
        binary: this._binary,
        withCredentials,
        timeoutMs: requestTimeout,
        maxBytes: _maxReceivedBytes,
        keepalive: this._leaving,
      },
      (cause, response) => {
        if (response && isSuccess(response.status)) use(response);
        else {
          // With the members of an XMLHttpRequest, which programs know from the official client.
          const { status = 0, text: responseText = '', header } = response ?? {};
          this.onError(this._errorOf(what), status, { status, responseText, header, cause });
        }
      },
      _clock,
    );
  }

  /** Programs match on these messages. */
  _errorOf(what: string): string {
    return `xhr ${what} error`;
  }

  uri(): string {
    const { opts, query } = this;
    const { timestampParam, timestampRequests, secure } = opts;
    // Against caches.
    if (timestampParam && timestampRequests !== false) query[timestampParam] = randomId().slice(-9);
    if (!this.supportsBinary && !query.sid) query.b64 = 1;
    return this.createUri(secure ? 'https' : 'http', query);
  }

  override onData(data: unknown): void {
    const text = data as string;
    const packets = text.split(SEPARATOR, MAX_PACKETS + 1);
    if (!this.socket.id && LEGACY_PAYLOAD.test(text)) this.onError(LEGACY);
    else if (packets.length > MAX_PACKETS) this.onError(`more than ${MAX_PACKETS} packets in one answer`);
    else this._handle(packets, 0);
  }

  /** Handles a large response in pieces. The next poll begins after the last piece. */
  _handle(packets: readonly string[], from: number): void {
    const end = from + PACKETS_IN_A_TURN;
    for (let i = from; i < end && i < packets.length && this.readyState !== 'closed'; i++) {
      super.onData(packets[i]);
    }
    if (end < packets.length) this.opts._clock.after(0, () => this._handle(packets, end));
    else {
      this._polling = false;
      if (this.readyState === 'open') this._poll();
      this._rest();
    }
  }

  override onPacket(packet: EnginePacket): void {
    const { type } = packet;
    if (type === 'close') this.onClose({ description: 'transport closed by the server' });
    else {
      if (type === 'open' && this.readyState === 'opening') this.onOpen();
      super.onPacket(packet);
    }
  }

  write(packets: readonly EnginePacket[]): void {
    this.writable = false;
    const unlessClosed = (act: () => void): void => {
      if (this.readyState !== 'closed' || this._leaving) act();
    };
    withoutBlobs(
      packets,
      this.opts._clock,
      (read) =>
        unlessClosed(() =>
          this.doWrite(read.map(encode).join(SEPARATOR), () => {
            this.writable = true;
            this.emitReserved('drain');
            this._rest();
          }),
        ),
      () => unlessClosed(() => this.onError('an attachment could not be read')),
    );
  }

  pause(done: () => void): void {
    this.readyState = 'pausing';
    this._whenPaused = done;
    this._rest();
  }

  /** Completes a pause once nothing is running. */
  _rest(): void {
    if (this.readyState !== 'pausing' || this._polling || !this.writable) return;
    this.readyState = 'paused';
    this._whenPaused?.();
  }

  /** Ends the poll as soon as the server knows that the session has ended. */
  doClose(): void {
    const abort = (): void => {
      stop();
      this._pollRequest?.();
      this._postRequest?.();
    };
    const stop = this.opts._clock.after(DEADLINE_MS, abort, true);
    // A request that is still running hangs, and a server accepts no second one beside it.
    this._postRequest?.();
    if (this.readyState === 'opening') abort();
    else this.doWrite(encode({ type: 'close' }), abort);
  }

  /**
   * The page is about to freeze or unload. Waiting packets and the end of the session go in separate requests, because servers ignore other
   * packets in the same request as the end of the session, and events in the same request as the end of their namespace. The poll
   * continues: if it ended before these requests arrive, the server would treat the session as lost.
   */
  closeNow(packets: readonly EnginePacket[]): void {
    this._leaving = true;
    const events = packets.filter((packet) => !isDisconnect(packet));
    for (const group of [events, packets.filter(isDisconnect), [{ type: 'close' }]]) {
      if (group.length > 0) this.write(group);
    }
    this.onClose();
  }
}

/** Socket.IO, DISCONNECT. */
const isDisconnect = ({ data }: EnginePacket): boolean => typeof data === 'string' && data[0] === '1';

/** The transport class `Fetch`, as programs import it: its error messages match the official client's. */
export class FetchPolling extends HttpPolling {
  override _errorOf(what: string): string {
    return `fetch ${what === 'poll' ? 'read' : 'write'} error`;
  }
}
