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
