/**
 * One HTTP request, for long-polling: over `fetch`, or over `XMLHttpRequest` where there is no `fetch`.
 */
import { type Cancel, type Clock, systemClock } from './clock.js';

export interface HttpRequest {
  /** Complete, with its origin. */
  readonly url: string;
  /** Makes it a POST. */
  readonly body?: string | Uint8Array<ArrayBuffer> | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly withCredentials?: boolean | undefined;
  /** 0 or undefined: no limit. */
  readonly timeoutMs?: number | undefined;
  /** The largest answer that is read, in bytes. */
  readonly maxBytes: number;
  /** Outlives the page (`fetch` with keepalive), where the body is small enough. */
  readonly keepalive?: boolean | undefined;
  /** Give the answer as bytes, not as text. */
  readonly binary?: boolean | undefined;
}

export interface HttpResponse {
  readonly status: number;
  /** Empty where the answer is given as bytes. An answer that is no success is always text, of at most 64 kB. */
  readonly text: string;
  readonly bytes?: Uint8Array;
  /** The lines of `Set-Cookie`: only Node shows them. */
  readonly cookies?: readonly string[] | undefined;
  header(name: string): string | null;
}

/** How much of an error page is read, in bytes. */
const MAX_ERROR_BYTES = 65_536;

/** Browsers refuse a keepalive request whose body is over 64 KiB, or whose body is over it together with others. */
const MAX_KEEPALIVE_BYTES = 60_000;

/** Sends the request; `onAbort` gets what aborts it. */
type Send = (
  request: HttpRequest,
  method: string,
  headers: Record<string, string>,
  onAbort: (abort: Cancel) => void,
) => Promise<HttpResponse>;

/**
 * Calls `done` once, asynchronously, with an error or with the answer (also one whose status is no success); not after
 * the returned cancel, which aborts the request.
 */
export function request(
  given: HttpRequest,
  done: (error: unknown, response?: HttpResponse) => void,
  clock: Clock = systemClock(),
): Cancel {
  const { body, timeoutMs } = given;
  let over = false;
  let abort: Cancel | undefined;
  let stopTimer: Cancel | undefined;
  const cancel = (): void => {
    over = true;
    stopTimer?.();
    abort?.();
  };
  const settle = (error: unknown, response?: HttpResponse): void => {
    if (over) return;
    // Aborts an answer that was not read to its end.
    cancel();
    done(error, response);
  };
  const headers: Record<string, string> = {};
  for (const name in given.headers) headers[name.toLowerCase()] = given.headers[name] as string;
  if (body !== undefined) {
    headers['content-type'] =
      typeof body === 'string' ? 'text/plain;charset=UTF-8' : 'application/octet-stream';
  }
  if (timeoutMs) stopTimer = clock.after(timeoutMs, () => settle(new Error('timeout')));
  const send: Send = typeof fetch === 'function' ? overFetch : overXhr;
  send(given, body === undefined ? 'GET' : 'POST', headers, (stop) => {
    abort = stop;
  }).then(
    (response) => settle(undefined, response),
    (error: unknown) => settle(error ?? new Error('request failed')),
  );
  return cancel;
}

const overFetch: Send = async (given, method, headers, onAbort) => {
  const { url, body, withCredentials, keepalive, binary } = given;
  const aborter = new AbortController();
  onAbort(() => aborter.abort());
  const response = await fetch(url, {
    method,
    headers,
    body: body ?? null,
    credentials: withCredentials ? 'include' : 'same-origin',
    cache: 'no-store',
    // To follow would carry the query, the headers and `auth` to another origin.
    redirect: 'error',
    keepalive: !!keepalive && new Blob([body ?? '']).size <= MAX_KEEPALIVE_BYTES,
    signal: aborter.signal,
  });
  const { status } = response;
  const limit = limitOf(given, status);
  const reader = response.body?.getReader?.();
  let read: string | Uint8Array;
  if (reader) {
    // One buffer that grows: a list of chunks costs far more than its bytes where each has only one.
    let bytes = new Uint8Array(1_024);
    let size = 0;
    while (size <= limit) {
      const { value } = await reader.read();
      if (!value) break;
      const end = size + value.length;
      if (end > bytes.length) {
        const larger = new Uint8Array(2 * end);
        larger.set(bytes);
        bytes = larger;
      }
      bytes.set(value, size);
      size = end;
    }
    read = bytes.subarray(0, size);
  } else {
    // React Native.
    read = binary && isSuccess(status) ? new Uint8Array(await response.arrayBuffer()) : await response.text();
  }
  return answer(given, status, response.url, read.length, read, response.headers);
};

const overXhr: Send = (given, method, headers, onAbort) =>
  new Promise((resolve, reject) => {
    const { url, body, withCredentials, binary } = given;
    const xhr = new XMLHttpRequest();
    onAbort(() => xhr.abort());
    xhr.open(method, url);
    for (const name in headers) xhr.setRequestHeader(name, headers[name] as string);
    xhr.withCredentials = !!withCredentials;
    if (binary) xhr.responseType = 'arraybuffer';
    const finish = (size: number, read: string | Uint8Array): void => {
      // Browsers print an error when a header that CORS hides is asked for by name.
      const all = xhr.getAllResponseHeaders();
      try {
        resolve(
          answer(given, xhr.status, xhr.responseURL, size, read, {
            get: (name) => new RegExp(`^${name}: *(.*)`, 'im').exec(all)?.[1] ?? null,
          }),
        );
      } catch (error) {
        reject(error);
      }
    };
    xhr.onprogress = ({ loaded }) => {
      if (loaded > limitOf(given, xhr.status)) finish(loaded, binary ? '' : xhr.responseText);
    };
    xhr.onreadystatechange = () => {
      if (xhr.readyState < 4) return;
      if (!xhr.status) reject(new Error('request failed'));
      else {
        const read = binary ? new Uint8Array(xhr.response) : xhr.responseText;
        finish(read.length, read);
      }
    };
    xhr.send(body ?? null);
  });

const isSuccess = (status: number): boolean => status >= 200 && status < 300;

const limitOf = ({ maxBytes }: HttpRequest, status: number): number =>
  isSuccess(status) ? maxBytes : Math.min(maxBytes, MAX_ERROR_BYTES);

/** @throws Error for an answer that is too large, or that another origin gave */
function answer(
  given: HttpRequest,
  status: number,
  url: string | undefined,
  size: number,
  read: string | Uint8Array,
  headers: Pick<Headers, 'get'> & { getSetCookie?(): string[] },
): HttpResponse {
  const { maxBytes, binary } = given;
  const success = isSuccess(status);
  // Not every `fetch` obeys `redirect`, and XMLHttpRequest has no such option.
  if (url && originOf(url) !== originOf(given.url)) throw new Error('redirected to another origin');
  if (success && size > maxBytes) throw new Error(`an answer of more than ${maxBytes} bytes`);
  const response = {
    status,
    cookies: headers.getSetCookie?.(),
    header: (name: string) => headers.get(name),
  };
  if (typeof read === 'string') return { ...response, text: read.slice(0, limitOf(given, status)) };
  if (success && binary) return { ...response, text: '', bytes: read.slice() };
  return { ...response, text: new TextDecoder().decode(read.subarray(0, limitOf(given, status))) };
}

/** `undefined` where React Native's `URL` cannot tell. */
function originOf(url: string): string | undefined {
  try {
    return new URL(url).origin;
  } catch {
    return undefined;
  }
}

/**
 * `fetch` with a time limit and a way to give up.
 *
 * @param timeoutMs 0 for no limit
 */
export function fetchWithin(
  url: string,
  init: RequestInit & { headers: Headers },
  timeoutMs: number,
  abort: AbortSignal,
): Promise<Response> {
  const signal = timeoutMs > 0 ? anyOf(abort, AbortSignal.timeout(timeoutMs)) : abort;
  return fetch(url, { ...init, signal });
}

/** `AbortSignal.any`, which browsers have only since 2023. */
function anyOf(first: AbortSignal, second: AbortSignal): AbortSignal {
  const either = new AbortController();
  for (const signal of [first, second]) {
    signal.addEventListener('abort', () => either.abort(signal.reason), { signal: either.signal });
  }
  if (first.aborted) either.abort(first.reason);
  return either.signal;
}

/** Whether `request` is the browser's own XMLHttpRequest. */
export function isNativeRequest(request: unknown): request is XMLHttpRequest {
  const { XMLHttpRequest } = globalThis as Partial<typeof globalThis>;
  return XMLHttpRequest !== undefined && request instanceof XMLHttpRequest;
}

export const hasXmlHttpRequest = (): boolean => typeof XMLHttpRequest === 'function';

/** Sends a last word that outlives the page. */
export function beacon(url: string, body: string): void {
  globalThis.navigator?.sendBeacon?.(url, body);
}
