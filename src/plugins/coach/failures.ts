import type { Manager } from '../../manager/manager.js';
import type { ManagerHooks } from '../../manager/plugin.js';
import { parseAddress } from '../../platform/address.js';
import { attempt } from '../../platform/attempt.js';
import { type Cancel, nothing } from '../../platform/clock.js';
import { pageLocation } from '../../platform/environment.js';
import type { ConnectError } from '../../platform/errors.js';
import { hintOf, setHint, watchHint } from '../../platform/hint.js';
import { policyBlocks, policyReported } from '../../platform/policy.js';
import type { Reach, reach } from '../../platform/reach.js';
import type { Socket } from '../../socket/socket.js';
import {
  askServer,
  askSwapped,
  blockedByPolicy,
  type Cause,
  causeOf,
  countAttempts,
  type Destination,
  isEngine,
  NO_NAME,
  whyBlocked,
} from '../causes.js';
import { notJoined } from './refusals.js';
import { ASK_MS, destinationOf, heard, hintFrom, isOwnTransport, KEEPS_TRYING, say } from './say.js';
import { watchTransports } from './transports.js';

/** A first connection that has neither opened nor failed after this many milliseconds is examined. */
const SLOW_MS = 5_000;

/** A cause is looked for again at the first failure after this many milliseconds, then after twice as many, and so on. */
const AGAIN_MS = 60_000;

/** A server that answers within this time, in milliseconds, is not slow. */
const QUICK_MS = 1_000;

/**
 * For this long after the browser has reported that the network is back, in milliseconds, failures are not examined: attempts from before
 * fail late, and a network that has just returned often carries nothing yet.
 */
const SETTLE_MS = 5_000;

/** The beginning of hints after a success. */
const WORKED_BEFORE =
  'the server answered before, so it has probably stopped or is restarting, or the network is down: check whether it is running. If it is';

/** The hint while the browser reports no network. */
const OFFLINE =
  'the browser reports that this device is offline: check its network. holdfast keeps trying, because browsers misreport this';

/** Where a connection that does not open is explained. */
const HELP = 'errors.md#negotiation_failed';

/** Nothing can be asked: outside a page, or over a transport of the program. */
function warnWithoutCause({ origin, page }: Destination, error: ConnectError): void {
  const { attempts = [], message, hint } = error;
  const tried = countAttempts(attempts) || message;
  if (page) {
    const happened = `no connection over this program's own transport (${tried})`;
    say(`own ${origin}`, happened, KEEPS_TRYING, 'check the class in the option "transports"', HELP);
  } else {
    const happened = `no connection to ${origin} (${tried})`;
    say(`away ${origin}`, happened, KEEPS_TRYING, `${hint}`, HELP);
  }
}

/** The search for the cause: not begun, in progress with the failures that wait for its result, or made. */
type Search =
  | { readonly state: 'due' }
  | { readonly state: 'asking'; readonly failures: ConnectError[] }
  | { readonly state: 'asked'; readonly againAtMs: number };

/** Finds the cause of a connection that does not open. */
export function watchFailures(manager: Manager, ask: typeof reach): ManagerHooks {
  const host = attempt(() => parseAddress(manager.uri, pageLocation()).hostname);
  const noName: Cause | undefined =
    host && NO_NAME.test(host)
      ? {
          happened: `the address ${JSON.stringify(manager.uri)} leads to a host called "${host}"`,
          change: 'check the variable in the address: it has no value',
        }
      : undefined;
  if (noName) say(`name ${host}`, noName.happened, KEEPS_TRYING, noName.change, 'errors.md#bad_address');
  const { clock } = manager._environment;
  const examineTransports = watchTransports(manager, ask);
  /** The cause of the failures, as far as it was found. */
  let cause = noName;
  let search: Search = { state: 'due' };
  let gapMs = AGAIN_MS;
  /** How often a session was opened. */
  let opened = 0;
  /** Whether the program has read the hint of a failure. */
  let read = false;
  let stopSlow: Cancel = nothing;
  /** From when on failures are examined, in milliseconds: never while the browser reports no network. */
  let settledAtMs = 0;

  /**
   * Notes whether the browser reports a network.
   *
   * @returns whether it has reported one for long enough that failures tell something about the server
   */
  const noteNetwork = (): boolean => {
    const nowMs = clock.now();
    if (!manager._online) settledAtMs = Number.POSITIVE_INFINITY;
    else if (settledAtMs === Number.POSITIVE_INFINITY) settledAtMs = nowMs + SETTLE_MS;
    return nowMs >= settledAtMs;
  };

  /** @param socket the one that has failed; undefined if nothing has failed yet */
  const examine = async (destination: Destination, socket?: Socket, error?: ConnectError): Promise<void> => {
    const attempts = error?.attempts;
    const failures: ConnectError[] = [];
    search = { state: 'asking', failures };
    const againAtMs = clock.now() + gapMs;
    gapMs *= 2;
    const before = opened;
    const { origin } = destination;
    // Long-polling may have failed because of the policy of the page. A request of the coach would, too.
    if (attempts?.some(({ transport, status }) => transport === 'polling' && !status))
      await policyReported(clock);
    const elsewhere = destination.page !== destination.origin;
    const question = { ask, clock, deadlineMs: ASK_MS } as const;
    const credentials = manager._option('withCredentials') === true;
    const seen: Reach = policyBlocks(origin).http
      ? { kind: 'unreachable', ms: 0 }
      : await askServer(destination, {
          ...question,
          credentials,
          wanted: elsewhere ? 'presence' : 'content',
        });
    const swapped =
      seen.kind === 'unreachable' && !policyBlocks(origin).http
        ? await askSwapped(destination, question)
        : undefined;
    search = { state: 'asked', againAtMs };
    if (opened !== before) return;
    if (!noteNetwork()) {
      // The device has been offline meanwhile: what was seen may be due to that.
      search = { state: 'due' };
      return;
    }
    // A server that answers a request at once, but no WebSocket: there is something in between.
    const swallows = manager._listed.join() === 'websocket' && seen.ms < QUICK_MS;
    if (!socket && seen.kind === 'answers' && isEngine(seen) && !swallows) {
      // It is only slow. A failure may still come.
      search = { state: 'due' };
      return;
    }
    cause = causeOf(destination, {
      seen,
      swapped,
      // A WebSocket that the server refuses fails within the time of a response.
      webSocketFailed: socket
        ? attempts?.some(({ transport, message }) => transport === 'websocket' && message !== 'timeout')
        : manager._listed.includes('websocket'),
      webSocketHangs: socket ? attempts?.every(({ message }) => message === 'timeout') : true,
      blocked: policyBlocks(origin),
      transports: manager._listed,
      attempts,
      credentials,
    });
    // A path that was written into the address.
    const namespace = [...manager._connection._namespaces.keys()].find((name) => name !== '/');
    if (namespace && (seen.kind === 'hidden' || (seen.kind === 'answers' && !isEngine(seen)))) {
      const change = `${cause.change}; "${namespace}" in the address is read as a namespace: if it is the path, pass { path: ${JSON.stringify(namespace)} }`;
      cause = { ...cause, change };
    }
    for (const failure of failures) setHint(failure, hintFrom(cause));
    const retries = manager.status !== 'closed' && manager.status !== 'idle';
    // Without a further failure, nobody would read the hint.
    if (read && retries && socket && heard(socket)) return;
    const { happened, change } = cause;
    // The same cause with different counts is reported once.
    say(happened.replace(/\d+ × /g, ''), happened, retries ? KEEPS_TRYING : '', change, HELP);
  };

  /** Whether this failure is a reason to look for the cause. After a success, the server is usually restarting. */
  const isDue = (socket: Socket): boolean => {
    if (search.state === 'due') return opened === 0 || !heard(socket);
    return search.state === 'asked' && opened === 0 && clock.now() >= search.againAtMs;
  };

  /** The general hint, with what the browser has reported of the policy so far: of a WebSocket at once, of a request a moment later. */
  const improved = (hint: string, origin: string): string => {
    const blocked = policyBlocks(origin);
    const found = whyBlocked(origin, blocked, manager._listed, true);
    if (found) return hintFrom(found);
    return blocked.ws
      ? `${hintFrom(blockedByPolicy(origin, 'websocket'))}; if it allows long-polling: ${hint}`
      : hint;
  };

  const failed = (socket: Socket, error: ConnectError): void => {
    const again = search.state === 'asking' && search.failures.includes(error);
    if (cause) setHint(error, hintFrom(cause));
    else if (opened > 0 && !again) setHint(error, `${WORKED_BEFORE}: ${hintOf(error)}`);
    if (again || noName) return;
    const destination = destinationOf(manager);
    if (!destination) return;
    if (!destination.page || isOwnTransport(manager)) {
      if (!heard(socket)) warnWithoutCause(destination, error);
      return;
    }
    const settled = noteNetwork();
    if (!manager._online) {
      if (!cause) setHint(error, OFFLINE);
      if (opened === 0 && !heard(socket)) {
        say(
          'offline',
          'the browser reports that this device is offline',
          'holdfast connects when it is back, and keeps trying until then, because browsers misreport this',
          'check the network of this device',
          HELP,
        );
      }
      return;
    }
    if (settled && isDue(socket)) void examine(destination, socket, error);
    if (search.state !== 'asking' || cause) return;
    search.failures.push(error);
    watchHint(
      error,
      () => {
        read = true;
      },
      (hint) => improved(hint, destination.origin),
    );
  };

  return {
    wanted() {
      if (opened > 0 || search.state !== 'due' || noName) return nothing;
      // In the background: the timer does not keep a process alive.
      stopSlow = clock.after(
        SLOW_MS,
        () => {
          const destination = destinationOf(manager);
          if (search.state !== 'due' || !/ing$/.test(manager.status) || !destination?.page) return;
          if (manager._online && !isOwnTransport(manager)) void examine(destination);
        },
        true,
      );
      return () => stopSlow();
    },
    event(source, name, [error]) {
      // An attempt may begin without a network, and succeed with it.
      if (name === 'attempt') noteNetwork();
      // From now on, failures tell when to look.
      if (/error$/.test(name)) stopSlow();
      if (name !== 'connect_error' || !(error instanceof Error)) return;
      const socket = source as Socket;
      const { code } = error as ConnectError;
      if (code === 'NEGOTIATION_FAILED') failed(socket, error);
      else notJoined(socket, error);
    },
    used(session, won) {
      opened++;
      stopSlow();
      cause = noName;
      // A WebSocket that failed just when the network returned was not refused by anybody.
      return examineTransports(session, noteNetwork() ? won : { ...won, failed: [] });
    },
  };
}
