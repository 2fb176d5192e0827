/** Long-polling on the server (Engine.IO v4, "HTTP long-polling"): for pages whose requests the test answers. */
import type { Cancel } from '../platform/clock.js';
import type { Carrier, TestConnection } from './engine.js';
import type { Frame, Network, Route } from './link.js';

/** A long-polling request, as `page.route` and mocks of `fetch` pass it. */
export interface PollingRequest {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

export interface PollingResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Engine.IO v4, "Payload": the separator between packets. */
const SEPARATOR = '\x1e';

const NOOP = '6';
const CLOSE = '1';

/** The error of a request that the network has cut. */
const CUT = 'the network has cut the request';

export function base64Of(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

export function bytesOfBase64(text: string): Uint8Array {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

interface Poll {
  readonly answer: (body: string) => void;
  readonly fail: (error: Error) => void;
}

/** The long-polling of one session. */
export class PollingCarrier implements Carrier {
  readonly name = 'polling';
  private _waitingFrames: Frame[] = [];
  private _poll: Poll | undefined;
  private _over = false;
  /** Whether a WebSocket is about to take over the session: polls then return at once. */
  private _leaving = false;
  private _flushing = false;
  private readonly _forget: Cancel;

  constructor(
    private readonly _network: Network,
    readonly route: Route,
    /** Whether the network has cut the session. */
    private readonly _lost: () => void,
  ) {
    const cut = (): void => {
      const poll = this._poll;
      this._poll = undefined;
      this._finish();
      poll?.fail(new Error(CUT));
      _lost();
    };
    const told = { route, cut };
    _network.cuts.add(told);
    this._forget = () => void _network.cuts.delete(told);
  }

  send(frame: Frame): void {
    this._waitingFrames.push(frame);
    this._flushSoon();
  }

  close(cut: boolean): void {
    if (this._over) return;
    if (!cut) this._waitingFrames.push(CLOSE);
    this._finish();
    this._flush();
    // A pending poll has nothing left to wait for.
    this._poll?.answer(NOOP);
    this._poll = undefined;
  }

  /** Another carrier takes over. Returns the unsent packets. */
  leave(): Frame[] {
    const left = this._waitingFrames.splice(0);
    this._finish();
    this._poll?.answer(NOOP);
    this._poll = undefined;
    return left;
  }

  /** Lets the client pause polling for an upgrade. */
  leaving(): void {
    this._leaving = true;
    this._flushSoon();
  }

  /** A GET of the client: answered when there is something to send. */
  poll(): Promise<string> {
    if (this._over && this._waitingFrames.length === 0) return Promise.resolve(CLOSE);
    if (this._poll) {
      // Engine.IO v4: one at a time.
      this._lost();
      return Promise.reject(new Error('overlap from client'));
    }
    return new Promise((answer, fail) => {
      this._poll = { answer, fail };
      this._flushSoon();
    });
  }

  private _finish(): void {
    this._over = true;
    this._forget();
  }

  private _flushSoon(): void {
    if (this._flushing) return;
    this._flushing = true;
    const { _network: network, route } = this;
    const delayMs = network.delayOf(route);
    const flush = (): void => {
      this._flushing = false;
      if (network.isSilent(route)) {
        this._flushing = true;
        network.whenAudible(route, flush);
      } else this._flush();
    };
    if (delayMs > 0) network.clock.after(delayMs, flush, true);
    else network.clock.soon(flush);
  }

  private _flush(): void {
    const poll = this._poll;
    if (!poll) return;
    if (this._waitingFrames.length === 0) {
      if (!this._leaving) return;
      this._waitingFrames.push(NOOP);
    }
    this._poll = undefined;
    const body = this._waitingFrames
      .splice(0)
      .map((frame) => (typeof frame === 'string' ? frame : `b${base64Of(frame)}`))
      .join(SEPARATOR);
    poll.answer(body);
  }
}

/** Passes the packets of a POST to their session. */
export function receivePayload(conn: TestConnection, body: string): void {
  for (const part of body.split(SEPARATOR)) {
    conn._receive(part.startsWith('b') ? bytesOfBase64(part.slice(1)) : part);
  }
}

/** The headers that let a page of any origin read a response. */
export function headersFor(origin: string | undefined): Record<string, string> {
  return {
    'content-type': 'text/plain; charset=UTF-8',
    'access-control-allow-origin': origin ?? '*',
    ...(origin && { 'access-control-allow-credentials': 'true' }),
    'access-control-allow-headers': '*',
    'cache-control': 'no-store',
  };
}
