import { afterEach, beforeEach, vi } from 'vitest';
import { settled } from './fake-transports.js';

/** An HTTP request of the library, which the test answers. */
export interface FakeRequest {
  readonly method: string;
  readonly url: URL;
  readonly body: string;
  readonly keepalive: boolean;
  readonly credentials: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly aborted: boolean;
  /** Answers, and lets the library process the response. */
  answers(text: string, status?: number, headers?: Readonly<Record<string, string>>): Promise<void>;
  fails(): Promise<void>;
}

/** The global `fetch` of one test. */
export interface FakeFetch {
  readonly requests: readonly FakeRequest[];
  /** Those of one method, in order. */
  sent(method: 'GET' | 'POST'): FakeRequest[];
}

/** Call it at the top of a test file: no request leaves the process. */
export function useFakeFetch(): FakeFetch {
  let requests: FakeRequest[];

  beforeEach(() => {
    requests = [];
    vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
      const { method = 'GET', body, keepalive = false, credentials = '', headers, signal } = init;
      return new Promise((resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason));
        requests.push({
          method,
          url: new URL(url),
          body: `${body ?? ''}`,
          keepalive,
          credentials,
          headers: headers as Record<string, string>,
          get aborted() {
            return signal?.aborted === true;
          },
          answers(text, status = 200, answered = {}) {
            resolve({
              status,
              url,
              headers: { get: (name: string) => answered[name] ?? null },
              text: () => text,
            });
            return settled();
          },
          fails() {
            reject(new TypeError('Failed to fetch'));
            return settled();
          },
        });
      });
    });
  });

  afterEach(() => {
    vi.unstubAllGlobals();
  });

  return {
    get requests() {
      return requests;
    },
    sent: (method) => requests.filter((request) => request.method === method),
  };
}
