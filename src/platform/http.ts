/**
 * One HTTP request, for long-polling: over `fetch`, or over `XMLHttpRequest` where there is no `fetch`.
 */
import { attempt } from './attempt.js';
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

/** An answer has more than `maxBytes`. */
export class AnswerTooLarge extends Error {}

/** How much of an error page is read, in bytes. */
const MAX_ERROR_BYTES = 65_536;

/** Browsers refuse a keepalive request whose body is over 64 KiB, or whose body is over it together with others. */
const MAX_KEEPALIVE_BYTES = 60_000;

/** The part of a `Response` that is read. */
interface Answer {
  readonly status: number;
  readonly url: string;
  readonly headers: Pick<Headers, 'get'> & { getSetCookie?(): string[] };
  readonly body?: ReadableStream<Uint8Array> | null;
  text(): Promise<string> | string;
  arrayBuffer(): Promise<ArrayBuffer> | ArrayBuffer;
}

/**
 * Calls `done` once, asynchronously, with an error or with the answer (also one whose status is no success); not after
 * the returned cancel, which aborts the request.
 */
export function request(
  given: HttpRequest,
  done: (error: unknown, response?: HttpResponse) => void,
  clock: Clock = systemClock(),
): Cancel {
  const { timeoutMs } = given;
  const aborter = new AbortController();
  let over = false;
  const cancel = (): void => {
    over = true;
    stopTimer?.();
    aborter.abort();
  };
  const settle = (error: unknown, response?: HttpResponse): void => {
    if (over) return;
    // Aborts an answer that was not read to its end.
    cancel();
    done(error, response);
  };
  const stopTimer = timeoutMs ? clock.after(timeoutMs, () => settle(new Error('timeout'))) : undefined;
  send(given, aborter.signal).then(
    (response) => settle(undefined, response),
    (error: unknown) => settle(error ?? new Error('request failed')),
  );
  return cancel;
}

/** @throws Error for an answer that is cut off, is too large, or comes from another origin */
async function send(given: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
  const { url, body, maxBytes, binary } = given;
  const isPost = body !== undefined;
  const headers: Record<string, string> = {};
  for (const name in given.headers) headers[name.toLowerCase()] = given.headers[name] as string;
  if (isPost) {
    headers['content-type'] =
      typeof body === 'string' ? 'text/plain;charset=UTF-8' : 'application/octet-stream';
  }
  const init = {
    method: isPost ? 'POST' : 'GET',
    headers,
    body: body ?? null,
    credentials: given.withCredentials ? 'include' : 'same-origin',
    cache: 'no-store',
    // To follow would carry the query, the headers and `auth` to another origin.
    redirect: 'error',
    keepalive: !!given.keepalive && new Blob([body ?? '']).size <= MAX_KEEPALIVE_BYTES,
    signal,
  } as const;
  const answer: Answer = await (typeof fetch === 'function' ? fetch(url, init) : fetchOverXhr(given, init));
  const { status } = answer;
  const limit = limitOf(given, status);
  const asBytes = binary && isSuccess(status);
  let bytes: Uint8Array | undefined;
  let text = '';
  const reader = answer.body?.getReader?.();
  if (reader) {
    // One buffer that grows: a list of chunks costs far more than its bytes where each has only one.
    bytes = new Uint8Array(1_024);
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
    bytes = bytes.slice(0, size);
  } else if (asBytes) bytes = new Uint8Array(await answer.arrayBuffer());
  else text = await answer.text();
  // XMLHttpRequest and React Native know no `redirect`.
  if (answer.url && originOf(answer.url) !== originOf(url)) throw new Error('redirected to another origin');
  if ((bytes ?? text).length > maxBytes && isSuccess(status)) throw tooLarge(given);
  if (bytes && !asBytes) text = new TextDecoder().decode(bytes.subarray(0, limit));
  return {
    status,
    text: text.slice(0, limit),
    ...(asBytes && bytes && { bytes }),
    cookies: answer.headers.getSetCookie?.(),
    header: (name) => answer.headers.get(name),
  };
}

/** As much of `fetch` as is needed here. Fails as soon as the answer is too large; an error page is cut. */
const fetchOverXhr = (
  given: HttpRequest,
  init: { readonly method: string; readonly headers: Record<string, string>; readonly signal: AbortSignal },
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { binary, withCredentials, body } = given;
    const xhr = new XMLHttpRequest();
    init.signal.addEventListener('abort', () => xhr.abort());
    xhr.open(init.method, given.url);
    for (const name in init.headers) xhr.setRequestHeader(name, init.headers[name] as string);
    xhr.withCredentials = !!withCredentials;
    if (binary) xhr.responseType = 'arraybuffer';
    const give = (): void => {
      // Browsers print an error when a header that CORS hides is asked for by name.
      const all = xhr.getAllResponseHeaders();
      const text = binary ? '' : xhr.responseText;
      resolve({
        status: xhr.status,
        url: xhr.responseURL,
        headers: { get: (name) => new RegExp(`^${name}: *(.*)`, 'im').exec(all)?.[1] ?? null },
        text: () => text,
        arrayBuffer: () => xhr.response,
      });
    };
    xhr.onprogress = ({ loaded }) => {
      if (loaded > limitOf(given, xhr.status)) {
        if (isSuccess(xhr.status)) reject(tooLarge(given));
        else give();
      }
    };
    xhr.onreadystatechange = () => {
      if (xhr.readyState > 3) {
        if (xhr.status) give();
        else reject();
      }
    };
    xhr.send(body ?? null);
  });

const limitOf = ({ maxBytes }: HttpRequest, status: number): number =>
  isSuccess(status) ? maxBytes : Math.min(maxBytes, MAX_ERROR_BYTES);

const tooLarge = ({ maxBytes }: HttpRequest): AnswerTooLarge =>
  new AnswerTooLarge(`an answer of more than ${maxBytes} bytes`);

const isSuccess = (status: number): boolean => status >= 200 && status < 300;

/** `undefined` where React Native's `URL` cannot tell. */
const originOf = (url: string): string | undefined => attempt(() => new URL(url).origin);

/** Sends a last word that outlives the page. */
export function beacon(url: string, body: string): void {
  globalThis.navigator?.sendBeacon?.(url, body);
}
