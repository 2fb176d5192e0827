/** One HTTP request, for long-polling: bounded in time and in bytes, and can be aborted. */

import { attempt } from './attempt.js';
import { type Cancel, type Clock, systemClock } from './clock.js';
import type { CookieJar } from './cookies.js';
import { send } from './fetch.js';

/** Bytes that are not shared. TypeScript before 5.7 does not know the type as `Uint8Array<ArrayBuffer>`. */
export type OwnBytes = ReturnType<Uint8Array['slice']>;

export interface HttpRequest {
  /** Complete, with its origin. */
  readonly url: string;
  /** Makes it a POST. */
  readonly body?: string | OwnBytes | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Keeps the cookies, in Node. */
  readonly jar?: CookieJar | undefined;
  readonly withCredentials?: boolean | undefined;
  /** 0 or undefined: no limit. */
  readonly timeoutMs?: number | undefined;
  /** The largest response that is read, in bytes. */
  readonly maxBytes: number;
  /** Outlives the page (`fetch` with keepalive), if the body is small enough. */
  readonly keepalive?: boolean | undefined;
  /** Return the response as bytes, not as text. */
  readonly binary?: boolean | undefined;
}

export interface HttpResponse {
  readonly status: number;
  /** Empty if only bytes were read. For a status that is not a success, at most 64 kB. */
  readonly text: string;
  /** Present if requested, and whenever the response is a stream. */
  readonly bytes?: Uint8Array | undefined;
  header(name: string): string | null;
}

/** How much of an error page is read, in bytes. */
const MAX_ERROR_BYTES = 65_536;

/** Browsers refuse a keepalive request whose body is over 64 KiB, or whose body is over it together with others. */
const MAX_KEEPALIVE_BYTES = 60_000;

export const isSuccess = (status: number): boolean => status >= 200 && status < 300;

/**
 * Calls `done` once, asynchronously, with an error or with the response, whatever its status; not after the returned cancel, which aborts
 * the request. The error for a response of more than `maxBytes` is marked `_tooLarge`.
 */
export function request(
  given: HttpRequest,
  done: (error: unknown, response?: HttpResponse) => void,
  clock: Clock = systemClock(),
): Cancel {
  // Some platforms have none: their request then ends by itself.
  const aborter = attempt(() => new AbortController());
  let over = false;
  const cancel = (): void => {
    over = true;
    stopTimer();
    aborter?.abort();
  };
  const settle = (error: unknown, response?: HttpResponse): void => {
    if (over) return;
    // A response that was read to its end is left alone: otherwise browsers list it as failed.
    if (response && isSuccess(response.status)) stopTimer();
    else cancel();
    done(error, response);
  };
  const stopTimer = clock.after(given.timeoutMs || Number.POSITIVE_INFINITY, () =>
    settle(new Error('timeout')),
  );
  ask(given, aborter?.signal).then(
    (response) => settle(undefined, response),
    (error: unknown) => settle(error ?? new Error('request failed')),
  );
  return cancel;
}

/** @throws Error for a response that is cut off or too large, or comes from another origin */
async function ask(given: HttpRequest, signal: AbortSignal | undefined): Promise<HttpResponse> {
  const { url, body, maxBytes, binary, withCredentials, keepalive } = given;
  const limitOf = (status: number): number =>
    isSuccess(status) ? maxBytes : Math.min(maxBytes, MAX_ERROR_BYTES);
  const tooLarge = (): Error =>
    Object.assign(new Error(`an answer of more than ${maxBytes} bytes`), { _tooLarge: true });
  const headers: Record<string, string> = {};
  for (const name in given.headers) headers[name.toLowerCase()] = given.headers[name] as string;
  if (body !== undefined) {
    headers['content-type'] =
      typeof body === 'string' ? 'text/plain;charset=UTF-8' : 'application/octet-stream';
  }
  const answer = await send(url, {
    method: body === undefined ? 'GET' : 'POST',
    headers,
    body: body ?? null,
    credentials: withCredentials ? 'include' : 'same-origin',
    cache: 'no-store',
    // Following it would send the query, the headers and `auth` to another origin. Cloudflare Workers, which have no `FileReader`, reject the
    // value `error`.
    redirect: 'FileReader' in globalThis ? 'error' : 'manual',
    keepalive: !!keepalive && new Blob([body ?? '']).size <= MAX_KEEPALIVE_BYTES,
    signal,
    jar: given.jar,
    binary,
    limitOf,
    tooLarge,
  });
  const { status } = answer;
  const limit = limitOf(status);
  const ok = isSuccess(status);
  let bytes: Uint8Array | undefined;
  let text = '';
  // Chromium lists a response whose stream was read as failed, even if it was read to its end.
  const isShort =
    answer.type === 'basic' &&
    !answer.headers.get('content-encoding') &&
    Number(answer.headers.get('content-length') || Number.NaN) <= limit;
  const reader = isShort ? undefined : answer.body?.getReader?.();
  if (reader) {
    // One buffer that grows: a list of chunks costs far more than its bytes where each has only one.
    let read = new Uint8Array(1_024);
    let size = 0;
    for (let value: Uint8Array | undefined; size <= limit; size += value.length) {
      ({ value } = await reader.read());
      if (!value) break;
      if (size + value.length > read.length) {
        const larger = new Uint8Array(2 * (size + value.length));
        larger.set(read);
        read = larger;
      }
      read.set(value, size);
    }
    bytes = read.slice(0, size);
    text = new TextDecoder().decode(bytes.subarray(0, limit));
  } else if (ok && binary) bytes = new Uint8Array(await answer.arrayBuffer());
  else text = await answer.text();
  // XMLHttpRequest, React Native and replacements of `fetch` may not support `redirect`.
  if (answer.url && originOf(answer.url) !== originOf(url)) throw new Error('redirected to another origin');
  if (ok && (bytes ?? text).length > limit) throw tooLarge();
  return {
    status,
    text: text.slice(0, limit),
    bytes,
    header: (name) => answer.headers.get(name),
  };
}

/** `undefined` where React Native's `URL` cannot tell. */
const originOf = (url: string): string | undefined => attempt(() => new URL(url).origin);

/** Sends a last request that outlives the page. */
export function beacon(url: string, body: string): void {
  attempt(() => navigator.sendBeacon(url, body));
}
