import { LEGACY } from '../platform/errors.js';
import { fetchWithin, hasXmlHttpRequest, isNativeRequest } from '../platform/http.js';
import { DEFAULT_MAX_RECEIVED_BYTES } from '../platform/options.js';
import { parseHandshake } from '../protocol/handshake.js';
import { builtIn, type EnginePacket, Fetch, type Internals, type TransportClass, XHR } from './engine.js';
import { isLegacyPayload, type Legacy, provided } from './generation.js';

/** The protected members of a transport that the guard touches. */
interface Guardable {
  readonly name: string;
  readonly readyState: string;
  readonly socket: Internals;
  readonly opts: {
    extraHeaders?: HeadersInit;
    requestTimeout?: number;
    withCredentials?: boolean;
    maxReceivedBytes?: number;
    legacy?: Legacy;
  };
  query: Record<string, string>;
  /** Of the WebSocket transport. */
  ws?: { onopen: unknown; onmessage: unknown; readonly bufferedAmount: number } | null;
  /** Of polling over XMLHttpRequest: the long poll that is under way. */
  pollXhr?: { _xhr: unknown; abort(): void; _onError(error: Error): void };
  setTimeoutFn(task: () => void, ms: number): unknown;
  clearTimeoutFn(timer: unknown): void;
  onPacket(packet: EnginePacket): void;
  doPoll(): void;
  doWrite(data: unknown, done: unknown): void;
  doClose(): void;
  onError(reason: string): unknown;
  onClose(details: object): void;
  write(packets: readonly EnginePacket[]): void;
  uri(): string;
  onData(data: unknown): void;
  /** Ends the requests of polling over `fetch`. */
  aborter?: AbortController;
  /** Of polling over `fetch`. */
  _fetch?(data?: string): Promise<Response>;
}
type GuardableClass = new (options: never) => Guardable;

/**
 * A poll that nobody waits for any more gets this long: a handshake to tell of the session that is to be closed, another
 * to be ended by the server.
 */
const ORPHAN_DEADLINE_MS = 10_000;

/** A file of the largest size that servers take is read in far less. */
const READING_DEADLINE_MS = 10_000;

/** More heartbeats than any page answers while its buffer does not empty. */
const MAX_PONGS = 1_000;

const isBlob = (data: unknown): boolean => typeof data === 'object' && data !== null && 'size' in data;

const guarded = new WeakMap<TransportClass, TransportClass>();

/**
 * A subclass of `base` without its faults:
 *
 * - a second handshake in the middle of a session, which the engine would parse unchecked, is a transport error;
 * - what arrives after `close()` goes nowhere;
 * - a polling session whose handshake was still under way at `close()` is closed as soon as its id is known, and not
 *   left on the server until its ping time-out; a handshake that never comes does not hold its connection for ever.
 */
export function guard(base: TransportClass): TransportClass {
  const known = guarded.get(base);
  if (known) return known;

  class Guarded extends (base as unknown as GuardableClass) {
    declare private closing?: boolean;
    /** The timer of a write whose attachments are being read. */
    declare private reading?: unknown;
    declare private pongs?: number;

    override onData(data: unknown): void {
      if (this.socket.id || !isLegacyPayload(data)) {
        super.onData(data);
        return;
      }
      const { legacy = provided.legacy } = this.opts;
      if (!legacy) {
        this.onError(LEGACY);
        return;
      }
      legacy.adopt(this);
      this.onData(data);
    }

    override onPacket(packet: EnginePacket): void {
      if (packet.type === 'ping' && this.answersPile()) return;
      if (packet.type === 'close' && this.name !== 'polling') {
        // Where the server leaves the WebSocket itself open.
        this.onClose({ description: 'transport closed by the server' });
        return;
      }
      if (this.readyState === 'closed') {
        if (packet.type === 'open') this.closeSession(packet);
      } else if (packet.type === 'open' && this.socket.id) {
        this.onError('unexpected handshake');
      } else {
        super.onPacket(packet);
      }
    }

    /** Whether the server asks and asks, and does not read what it is answered. */
    private answersPile(): boolean {
      const { ws } = this;
      if (!ws) return false;
      this.pongs = ws.bufferedAmount === 0 ? 0 : (this.pongs ?? 0) + 1;
      return this.pongs > MAX_PONGS;
    }

    /** What is read of a poll is looked at while it comes: the end of it may never. */
    override doPoll(): void {
      super.doPoll();
      const { maxReceivedBytes = DEFAULT_MAX_RECEIVED_BYTES } = this.opts;
      const xhr: unknown = this.pollXhr?._xhr;
      const look = (bytes: number): void => {
        if (bytes > maxReceivedBytes)
          this.pollXhr?._onError(new Error(`a message of more than ${maxReceivedBytes} bytes`));
      };
      // The stand-in for Node cannot be ended in the middle.
      if (isNativeRequest(xhr)) xhr.onprogress = ({ loaded }) => look(loaded);
    }

    override write(packets: readonly EnginePacket[]): void {
      const blobs = this.name === 'polling' && packets.some(({ data }) => isBlob(data));
      if (blobs) {
        // Base64 is made of a Blob by and by, and the engine never hears where that fails.
        const timer = this.setTimeoutFn(() => {
          if (timer === this.reading) this.onError('an attachment could not be read');
        }, READING_DEADLINE_MS);
        this.reading = timer;
      }
      super.write(packets);
    }

    override doWrite(data: unknown, done: unknown): void {
      this.clearTimeoutFn(this.reading);
      this.reading = undefined;
      if (!this.closing || typeof done !== 'function') {
        super.doWrite(data, done);
        return;
      }
      super.doWrite(data, () => {
        done();
        // The server knows: nobody waits for the poll any more.
        this.abort();
      });
    }

    override doClose(): void {
      const { ws } = this;
      this.closing = true;
      super.doClose();
      if (ws) ws.onopen = ws.onmessage = null;
      if (this.name === 'polling') {
        const timer = this.setTimeoutFn(() => this.abort(), ORPHAN_DEADLINE_MS) as { unref?(): void };
        timer.unref?.();
      }
    }

    /** Engine.IO v4, "Close": tells the server about a session that was opened for nothing. */
    private closeSession({ data }: EnginePacket): void {
      const handshake = parseHandshake(data);
      if (this.name !== 'polling' || typeof handshake === 'string') return;
      this.query.sid = handshake.sid;
      this.write([{ type: 'close' }]);
    }

    protected abort(): void {
      this.aborter?.abort();
      const xhr = this.pollXhr?._xhr;
      // The stand-in for Node throws at the end of an aborted request; there, connections are not scarce.
      if (!isNativeRequest(xhr)) return;
      this.pollXhr?.abort();
      xhr.abort();
    }
  }

  const made = (isFetch(base) ? overRequest(Guarded) : Guarded) as unknown as TransportClass;
  guarded.set(base, made);
  return made;
}

const isFetch = (base: TransportClass): boolean =>
  (base.prototype as unknown as Guardable)._fetch !== undefined;

/** Polling over `fetch` that can be aborted, obeys `requestTimeout`, and sends same-origin cookies. */
function overRequest(base: GuardableClass): GuardableClass {
  return class extends base {
    override _fetch(data?: string): Promise<Response> {
      return request(this, data);
    }
  };
}

/** One request of long-polling over `fetch`: a poll, or, with a body, a post. */
export async function request(transport: object, body?: string | Uint8Array<ArrayBuffer>): Promise<Response> {
  const polling = transport as Guardable;
  const { extraHeaders, requestTimeout = 0, withCredentials } = polling.opts;
  const headers = new Headers(extraHeaders);
  if (body !== undefined) {
    headers.set(
      'content-type',
      typeof body === 'string' ? 'text/plain;charset=UTF-8' : 'application/octet-stream',
    );
  }
  const jar = polling.socket._cookieJar;
  jar?.appendCookies(headers);
  polling.aborter ??= new AbortController();
  const response = await fetchWithin(
    polling.uri(),
    {
      method: body === undefined ? 'GET' : 'POST',
      body: body ?? null,
      headers,
      credentials: withCredentials ? 'include' : 'same-origin',
    },
    requestTimeout,
    polling.aborter.signal,
  );
  jar?.parseCookies(response.headers.getSetCookie());
  return response;
}

/** What `transports` accepts: names of built-in transports, or transport classes. */
export function transportClasses(listed: readonly unknown[]): TransportClass[] {
  return listed.map((entry) =>
    guard(typeof entry === 'function' ? (entry as TransportClass) : byName(entry)),
  );
}

function byName(name: unknown): TransportClass {
  // Service workers have only `fetch`.
  if (name === 'polling' && builtIn.polling === (XHR as unknown) && !hasXmlHttpRequest()) {
    return Fetch as unknown as TransportClass;
  }
  // The option was checked when it was given: the name is there.
  return builtIn[name as string] as TransportClass;
}
