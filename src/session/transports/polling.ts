/**
 * Long-polling over `fetch`. engine.io-client's own class supplies the framing and the loop of polls; its requests are
 * replaced, because they cannot be aborted or bounded, and end when the page is left.
 */
import { Fetch } from 'engine.io-client';
import { type Cancel, type Clock, nothing } from '../../platform/clock.js';
import type { CookieJar } from '../../platform/cookies.js';
import { LEGACY } from '../../platform/errors.js';
import { type HttpResponse, request } from '../../platform/http.js';
import type { EnginePacket } from './transport.js';

/** Engine.IO v4, "Payload": packets of one answer are separated by this character. */
const SEPARATOR = '\x1e';

/** Engine.IO v3, "Payload": a length before each packet, or the first byte of an octet-stream. */
const LEGACY_PAYLOAD = /^(\d+:0|\0)/;

/** More packets than this in one answer are an attack: servers send a few dozen. */
const MAX_PACKETS = 100_000;

/** So many packets are handled in one turn of the event loop. */
const PACKETS_IN_A_TURN = 2_000;

/** A Blob that cannot be read by then never will, in milliseconds. */
const READING_DEADLINE_MS = 10_000;

/** The request that closes a session gets this long, in milliseconds. */
const CLOSE_DEADLINE_MS = 10_000;

/** The options of a transport that long-polling obeys. */
export interface PollingOptions {
  readonly _clock: Clock;
  readonly _maxReceivedBytes: number;
  readonly extraHeaders?: Readonly<Record<string, string>>;
  readonly requestTimeout?: number;
  readonly withCredentials?: boolean;
}

/** The protected members of engine.io-client's polling that a subclass may use. */
interface Inherited {
  readonly opts: PollingOptions;
  readonly readyState: string;
  readonly socket: { readonly id: string | null; readonly _cookieJar?: CookieJar };
  query: Record<string, unknown>;
  writable: boolean;
  _polling: boolean;
  _poll(): void;
  uri(): string;
  onOpen(): void;
  onClose(details?: object): void;
  onError(reason: string, description?: unknown, context?: unknown): unknown;
  onPacket(packet: EnginePacket): void;
  onData(data: unknown): void;
  write(packets: readonly EnginePacket[]): void;
  close(): unknown;
  emitReserved(event: string): void;
  pause(done: () => void): void;
}

const Base = Fetch as unknown as new (options: never) => Inherited;

const isBlob = (data: unknown): data is Blob => typeof data === 'object' && data !== null && 'size' in data;

export class HttpPolling extends Base {
  declare _pollRequest?: Cancel;
  declare _postRequest?: Cancel;
  /** The page is being left: requests outlive it. */
  declare _leaving?: boolean;
  /** Answers are read as bytes, for another protocol version. */
  declare _binary?: boolean;

  doPoll(): void {
    this._pollRequest = this._request('poll', undefined, ({ text, bytes }) => this.onData(bytes ?? text));
  }

  doWrite(body: string | Uint8Array<ArrayBuffer>, done: () => void): void {
    this._postRequest = this._request('post', body, done);
  }

  _request(
    what: string,
    body: string | Uint8Array<ArrayBuffer> | undefined,
    use: (response: HttpResponse) => void,
  ): Cancel {
    const { extraHeaders, requestTimeout, withCredentials, _clock, _maxReceivedBytes } = this.opts;
    const jar = this.socket._cookieJar;
    const headers = jar ? { ...extraHeaders } : extraHeaders;
    if (jar) jar.appendTo(headers as Record<string, string>);
    return request(
      {
        url: this.uri(),
        body,
        headers,
        binary: this._binary,
        withCredentials,
        timeoutMs: requestTimeout,
        maxBytes: _maxReceivedBytes,
        keepalive: this._leaving,
      },
      (error, response) => {
        const failed = error || !response || response.status < 200 || response.status > 299;
        if (response?.cookies) jar?.take(response.cookies);
        if (!failed) use(response);
        else {
          // As an XMLHttpRequest has them, which programs know here from the official client.
          const context = {
            status: response?.status ?? 0,
            responseText: response?.text ?? '',
            header: response?.header,
            cause: error,
          };
          this.onError(this._errorOf(what), context.status, context);
        }
      },
      _clock,
    );
  }

  /** What programs match on. */
  _errorOf(what: string): string {
    return `xhr ${what} error`;
  }

  override onData(data: unknown): void {
    const text = data as string;
    if (!this.socket.id && LEGACY_PAYLOAD.test(text)) {
      this.onError(LEGACY);
      return;
    }
    let packets = 1;
    for (let at = text.indexOf(SEPARATOR); at >= 0; at = text.indexOf(SEPARATOR, at + 1)) {
      if (++packets > MAX_PACKETS) {
        this.onError(`more than ${MAX_PACKETS} packets in one answer`);
        return;
      }
    }
    if (packets <= PACKETS_IN_A_TURN) super.onData(text);
    else this._inTurns(text.split(SEPARATOR), 0);
  }

  /** Hands over a large answer piece by piece. Only the last piece completes the poll, and lets the next one begin. */
  _inTurns(packets: readonly string[], from: number): void {
    if (this.readyState === 'closed') return;
    const end = from + PACKETS_IN_A_TURN;
    const last = end >= packets.length;
    const { _poll, emitReserved } = this;
    if (!last) this._poll = this.emitReserved = nothing;
    super.onData(packets.slice(from, end).join(SEPARATOR));
    this._poll = _poll;
    this.emitReserved = emitReserved;
    if (last) return;
    this._polling = true;
    this.opts._clock.after(0, () => this._inTurns(packets, end));
  }

  /** The base class reads a Blob by and by, and never learns that one cannot be read. */
  override write(packets: readonly EnginePacket[]): void {
    if (!packets.some(({ data }) => isBlob(data))) {
      super.write(packets);
      return;
    }
    this.writable = false;
    let waits = true;
    const end = (act: () => void) => (): void => {
      stop();
      if (waits && this.readyState !== 'closed') act();
      waits = false;
    };
    const fail = end(() => this.onError('an attachment could not be read'));
    const stop = this.opts._clock.after(READING_DEADLINE_MS, fail);
    const read: unknown[] = [];
    const reads = packets.map(async ({ data }, i) => {
      read[i] = isBlob(data) ? await data.arrayBuffer() : data;
    });
    Promise.all(reads).then(
      end(() => super.write(packets.map((packet, i) => ({ ...packet, data: read[i] })))),
      fail,
    );
  }

  /** Ends the poll, which nobody waits for, as soon as the server knows that the session is over. */
  doClose(): void {
    const abort = (): void => {
      stop();
      this._pollRequest?.();
      this._postRequest?.();
    };
    const stop = this.opts._clock.after(CLOSE_DEADLINE_MS, abort, true);
    // One that is still under way hangs, and a server takes no second one beside it.
    this._postRequest?.();
    if (this.readyState === 'opening') {
      abort();
      return;
    }
    const { doWrite } = this;
    this.doWrite = (body: string, done: () => void) =>
      doWrite.call(this, body, () => {
        done();
        abort();
      });
    super.write([{ type: 'close' }]);
  }

  /** The page is about to freeze or to end: everything that waits, and the end of the session, go in one last request. */
  closeNow(packets: readonly EnginePacket[]): void {
    this._leaving = true;
    super.write([...packets, { type: 'close' }]);
    this._pollRequest?.();
    this.onClose();
  }

  /** Goes on after `pause`. */
  resume(): void {
    (this as { readyState: string }).readyState = 'open';
    this._poll();
  }
}

/** The transport class `Fetch`, as programs import it: its errors have the words of the official one. */
export class FetchPolling extends HttpPolling {
  override _errorOf(what: string): string {
    return `fetch ${what === 'poll' ? 'read' : 'write'} error`;
  }
}
