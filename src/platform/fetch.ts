/** One HTTP request: over `fetch`, or over `XMLHttpRequest` if there is no `fetch`, as in tests with jsdom. */
import type { CookieJar } from './cookies.js';

/** The options of `fetch`, and those that only `XMLHttpRequest` needs. */
export interface Init {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: string | ReturnType<Uint8Array['slice']> | null;
  readonly credentials: 'include' | 'same-origin';
  readonly cache: 'no-store';
  readonly redirect: 'error' | 'manual';
  readonly keepalive: boolean;
  readonly signal: AbortSignal | undefined;
  /** Keeps the cookies, in Node. */
  readonly jar: CookieJar | undefined;
  /** Return the response as bytes, not as text. */
  readonly binary: boolean | undefined;
  /** How many bytes of a response with this status are read. */
  limitOf(status: number): number;
  tooLarge(): Error;
}

/** The part of a `Response` that is read. */
export interface Answer {
  readonly status: number;
  /** `basic`: every header can be read. */
  readonly type?: string;
  readonly url: string;
  readonly headers: Pick<Headers, 'get'>;
  readonly body?: ReadableStream<Uint8Array> | null;
  text(): Promise<string> | string;
  arrayBuffer(): Promise<ArrayBuffer> | ArrayBuffer;
}

export async function send(url: string, init: Init): Promise<Answer> {
  if (typeof fetch !== 'function') return overXhr(url, init);
  const { jar } = init;
  jar?.appendTo(init.headers);
  const answer = await fetch(url, init as RequestInit);
  jar?.take(answer.headers.getSetCookie());
  return answer;
}

/** The part of `fetch` that is needed here. Fails as soon as the response is too large; an error page is cut. */
const overXhr = (url: string, init: Init): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { binary } = init;
    const xhr = new XMLHttpRequest();
    init.signal?.addEventListener('abort', () => xhr.abort());
    xhr.open(init.method, url);
    for (const name in init.headers) xhr.setRequestHeader(name, init.headers[name] as string);
    xhr.withCredentials = init.credentials === 'include';
    if (binary) xhr.responseType = 'arraybuffer';
    const give = (): void => {
      // Browsers log an error when a script reads a header that CORS hides.
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
      if (loaded > init.limitOf(xhr.status)) {
        if (xhr.status < 300) reject(init.tooLarge());
        else give();
      }
    };
    xhr.onreadystatechange = () => {
      if (xhr.readyState > 3) {
        if (xhr.status) give();
        else reject(new Error('request failed'));
      }
    };
    xhr.send(init.body);
  });
