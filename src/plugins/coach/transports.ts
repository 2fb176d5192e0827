/** Connections that work over one transport only: WebSocket is refused or swallowed, or long-polling lacks CORS. */
import type { Manager } from '../../manager/manager.js';
import type { ManagerHooks } from '../../manager/plugin.js';
import type { Cancel } from '../../platform/clock.js';
import { policyBlocks, policyListsOnlyWebSockets } from '../../platform/policy.js';
import type { reach } from '../../platform/reach.js';
import type { Session } from '../../session/session.js';
import {
  askServer,
  blockedByPolicy,
  corsOnServer,
  type Destination,
  type Question,
  UPGRADES,
} from '../causes.js';
import { ASK_MS, destinationOf, isOwnTransport, say } from './say.js';

/** A connection over WebSocket is examined after this many milliseconds, when the page has loaded. */
const SETTLED_MS = 2_000;

/** A WebSocket that has not replaced long-polling after this many milliseconds has got no answer: a probe may take 10 s. */
const PROBED_MS = 11_000;

const HELP = 'errors.md#symptoms-causes-and-fixes';

const ONLY_WEBSOCKET =
  'holdfast continues over WebSocket, but cannot connect behind a proxy that blocks WebSocket';

/** WebSocket was tried, and long-polling opened the connection. @param fate what became of the WebSocket */
function warnOfUpgrade(origin: string | undefined, fate: 'refused' | 'swallowed'): void {
  const { happened, change } =
    fate === 'refused' && origin && policyBlocks(origin).ws
      ? blockedByPolicy(origin, 'websocket')
      : {
          happened: `no WebSocket to ${origin} can be opened: its server, or a proxy in between, ${fate === 'refused' ? 'refuses' : 'does not answer'} the upgrade`,
          change: UPGRADES,
        };
  const does = 'holdfast continues over long-polling, and tries WebSocket again later';
  say(`upgrade ${origin}`, happened, does, change, HELP);
}

/** WebSocket works across origins without CORS, but long-polling, the fallback, does not. */
async function warnOfMissingCors(destination: Destination, question: Question): Promise<void> {
  const { origin, page } = destination;
  const isBlocked = (): boolean => policyBlocks(origin).http;
  if (!isBlocked() && policyListsOnlyWebSockets()) return;
  const { kind } = isBlocked() ? { kind: 'unreachable' } : await askServer(destination, question);
  if (isBlocked()) {
    const { happened, change } = blockedByPolicy(origin, 'polling');
    say(
      `policy ${origin}`,
      happened,
      ONLY_WEBSOCKET,
      `${change}, or pass { transports: ['websocket'] }`,
      HELP,
    );
  }
  if (kind !== 'hidden') return;
  say(
    `cors ${origin}`,
    `WebSocket works with ${origin}, but its server does not let this page (${page}) use long-polling (CORS)`,
    ONLY_WEBSOCKET,
    corsOnServer(page, question.credentials),
    HELP,
  );
}

/** Returns a hook that examines a connection that has just opened. */
export function watchTransports(manager: Manager, ask: typeof reach): NonNullable<ManagerHooks['used']> {
  const { clock } = manager._environment;
  let askedForCors = false;

  /** Long-polling opened the connection. */
  const examinePolling = (session: Session, failed: boolean, slower: boolean): Cancel | undefined => {
    const origin = destinationOf(manager)?.origin;
    const upgrade = manager._option('upgrade');
    // After an outage, the failure may be due to that: a probe follows.
    const refused = failed && !(upgrade && manager._connection._retried);
    if (refused) warnOfUpgrade(origin, 'refused');
    else if ((failed || slower) && upgrade) {
      // The first probe follows at once, and fails after 10 s without an answer.
      const look = (): void => {
        if (manager._listed.includes('polling') && session.transport.name === 'polling')
          warnOfUpgrade(origin, failed ? 'refused' : 'swallowed');
      };
      return clock.after(PROBED_MS, look, true);
    }
    return undefined;
  };

  /** WebSocket opened the connection, and long-polling may be its fallback. */
  const examineWebSocket = (): Cancel | undefined => {
    const destination = destinationOf(manager);
    if (!destination?.page || destination.page === destination.origin || askedForCors) return undefined;
    const look = (): void => {
      askedForCors = true;
      const credentials = manager._option('withCredentials') === true;
      void warnOfMissingCors(destination, { ask, clock, deadlineMs: ASK_MS, credentials });
    };
    return clock.after(SETTLED_MS, look, true);
  };

  return (session, { failed, slower }) => {
    if (isOwnTransport(manager)) return undefined;
    const { name } = session.transport;
    if (name === 'polling')
      return examinePolling(session, failed.includes('websocket'), slower.includes('websocket'));
    return name === 'websocket' && manager._listed.includes('polling') ? examineWebSocket() : undefined;
  };
}
