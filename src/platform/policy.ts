/** What the page's Content Security Policy has blocked: for the coach and the doctor. A failed request or WebSocket does not tell. */
import { attempt } from './attempt.js';
import type { Clock } from './clock.js';

/** What a policy does not let this page open. */
export interface Blocked {
  /** Requests, which long-polling needs. */
  readonly http: boolean;
  readonly ws: boolean;
}

/** How much later than the failure a browser may report the reason, in milliseconds. */
const REPORT_MS = 100;

/** How many addresses are remembered. */
const MAX = 50;

/** The addresses that were blocked; of a WebSocket, some engines name only the scheme. */
const addresses = new Set<string>();
let watching = false;

/** Remembers from now on what the policy blocks. */
export function watchPolicy(): void {
  if (watching) return;
  watching = true;
  attempt(() =>
    globalThis.addEventListener('securitypolicyviolation', ({ blockedURI, disposition }) => {
      if (disposition !== 'report' && addresses.size < MAX) addresses.add(blockedURI);
    }),
  );
}

/** Resolves when the browser has had the time to report that the policy was the reason of a failure. */
export const policyReported = (clock: Clock): Promise<void> =>
  new Promise((resolve) => void clock.after(REPORT_MS, resolve));

/**
 * Whether a <meta> of this page has a policy whose connections are all WebSockets. A policy in an HTTP header cannot be read. Some engines
 * allow requests to these addresses, too.
 */
export const policyListsOnlyWebSockets = (): boolean =>
  attempt(() =>
    [...document.querySelectorAll<HTMLMetaElement>('meta[http-equiv="Content-Security-Policy" i]')].some(
      ({ content }) => {
        const directives = content.split(';').map((one) => one.trim().toLowerCase().split(/\s+/));
        const [, ...sources] =
          ['connect-src', 'default-src']
            .map((name) => directives.find(([first]) => first === name))
            .find((found) => found) ?? [];
        return sources.length > 0 && sources.every((one) => /^wss?:/.test(one));
      },
    ),
  ) ?? false;

/** What the policy has blocked of this origin so far. */
export function policyBlocks(origin: string): Blocked {
  const hasBlocked = (from: string): boolean =>
    [...addresses].some(
      (address) =>
        address === from || address.startsWith(`${from}/`) || `${address}:` === from.split('//')[0],
    );
  return { http: hasBlocked(origin), ws: hasBlocked(origin.replace(/^http/, 'ws')) };
}
