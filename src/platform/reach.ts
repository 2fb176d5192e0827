/** Requests an address over HTTP and reports what a page can see of the response: for the coach and the doctor, never for a connection. */
import type { Clock } from './clock.js';
import { policyBlocks, policyReported } from './policy.js';

/**
 * - `answers`: the page may read the response
 * - `hidden`: there is a response, which the server does not let this page read (CORS)
 * - `silent`: nothing came in time
 * - `unreachable`: the connection failed, or the browser refused to open it
 */
export type Reach =
  | {
      readonly kind: 'answers';
      readonly status: number;
      readonly text: string;
      readonly dateMs: number;
      readonly ms: number;
    }
  | { readonly kind: 'hidden'; readonly ms: number }
  | { readonly kind: 'silent'; readonly ms: number }
  | { readonly kind: 'unreachable'; readonly ms: number };

/** The query parameter that marks such a request, in a server's log for instance. */
export const CHECK = 'holdfast-check';

/** How much of a response is read, in UTF-16 units. */
const MAX_TEXT = 300;

/**
 * What is asked first. Browsers write each request that fails into the console, and a response that the page may not read twice.
 *
 * - `content`: the response; if it cannot be read, whether there is one. For a server that probably answers
 * - `presence`: whether there is a response, then its content. For a server that is probably down
 * - `presence only`
 */
export type Wanted = 'content' | 'presence' | 'presence only';

/** @param credentials send cookies along, as the option `withCredentials` does */
export async function reach(
  address: string,
  clock: Clock,
  deadlineMs: number,
  credentials = false,
  wanted: Wanted = 'content',
): Promise<Reach> {
  const startedMs = clock.now();
  const ms = (): number => Math.round(clock.now() - startedMs);
  const abort = typeof AbortController === 'function' ? new AbortController() : undefined;
  let late = false;
  const stop = clock.after(deadlineMs, () => {
    late = true;
    abort?.abort();
  });
  const ask = (mode: 'cors' | 'no-cors'): Promise<Response> =>
    fetch(address, {
      mode,
      cache: 'no-store',
      redirect: 'follow',
      credentials: credentials ? 'include' : 'same-origin',
      ...(abort && { signal: abort.signal }),
    });
  try {
    if (wanted !== 'content') await ask('no-cors');
    if (wanted === 'presence only') return { kind: 'hidden', ms: ms() };
    try {
      const answer = await ask('cors');
      const text = (await answer.text()).slice(0, MAX_TEXT);
      const dateMs = Date.parse(answer.headers.get('date') ?? '');
      return { kind: 'answers', status: answer.status, text, dateMs, ms: ms() };
    } catch {
      if (late) return { kind: 'silent', ms: ms() };
      if (wanted === 'content') {
        const failedMs = ms();
        await policyReported(clock);
        // The next request would be blocked, too.
        if (policyBlocks(new URL(address).origin).http) return { kind: 'unreachable', ms: failedMs };
        // Its content stays hidden, but the page learns that there is a response.
        await ask('no-cors');
      }
      return { kind: 'hidden', ms: ms() };
    }
  } catch {
    const seen = { kind: late ? 'silent' : 'unreachable', ms: ms() } as const;
    if (!late) await policyReported(clock);
    return seen;
  } finally {
    stop();
  }
}

/** Ends a session of long-polling that was opened by hand (Engine.IO v4: a packet "close"). */
export async function endPolling(address: string): Promise<void> {
  try {
    await fetch(address, { method: 'POST', body: '1' });
  } catch {
    // The session ends anyway when its heartbeat is not answered.
  }
}
