/** Opens the transports of a session, one after the other or side by side, until one has a valid Engine.IO handshake. */
import { type Cancel, type Clock, nothing } from '../platform/clock.js';
import type { Attempt, AttemptPhase, Failure } from '../platform/errors.js';
import type { DialEvents, Dialled } from './transports/transport.js';

/** Which transports are tried, and when. Plugins change the plan before a session opens. */
export interface OpenPlan {
  /** The transports' names, in order. */
  names: readonly string[];
  /** Earlier attempts that opened, but over which the server did not answer. */
  unresponsive?: readonly Attempt[];
  /** A transport starts only when the one before it has failed, however long that takes. */
  inTurn?: boolean;
  /** The next transport starts when the previous one has failed, or after this many milliseconds. */
  headStartMs: number;
  /** While other transports are left, a candidate fails if its handshake takes longer than this, in milliseconds. */
  candidateDeadlineMs: number;
  /** When every candidate has been silent for this many milliseconds, another attempt of each transport starts beside them. */
  redialAfterMs: number;
  /** Origin and path: the key of what is remembered about a server. */
  readonly _serverKey: string;
}

/** The argument of the event `attempt`: what happens to a candidate. */
export interface TransportAttemptEvent {
  readonly transport: string;
  readonly phase: 'start' | 'failed' | 'won';
  /** The time since this candidate's start, in milliseconds. */
  readonly ms?: number;
  readonly error?: string;
}

/** The result of a successful negotiation. */
export interface Won extends Dialled {
  /** From the winner's start to its handshake, in milliseconds. */
  readonly ms: number;
  /** The transports that failed before. */
  readonly failed: readonly string[];
  /** The transports that were still opening. */
  readonly slower: readonly string[];
}

export interface Negotiation {
  readonly clock: Clock;
  readonly plan: OpenPlan;
  /** For all candidates together, in milliseconds; `false` for no limit. */
  readonly timeoutMs: number | false;
  dial(name: string, on: DialEvents): Cancel;
  told(event: TransportAttemptEvent): void;
  won(won: Won): void;
  /** @param last the failure of the last listed transport: if all fail, that of the simplest transport says most */
  failed(attempts: readonly Attempt[], last: Failure): void;
}

interface Runner {
  readonly name: string;
  startedAtMs: number;
  /** Whether it was started beside one that hangs. */
  fresh: boolean;
  phase: AttemptPhase;
  /** Closes the transport and stops its timers. */
  stop: Cancel;
}

/** How a response that does not come from a Socket.IO server fails. */
const NO_SERVER = /^unexpected/;

/** After such a response, silent transports are given up after this time, in milliseconds. */
const NO_SERVER_DEADLINE_MS = 5_000;

const TIMEOUT: Failure = { message: 'timeout' };

/** A network can be silent for hours: the error keeps at most this many attempts. */
const MAX_ATTEMPTS = 50;

/** At most this many fresh attempts run beside the first one of their transport. */
const MAX_REDIALS = 2;

/** @returns gives up */
export function negotiate({ clock, plan, timeoutMs, dial, told, won, failed }: Negotiation): Cancel {
  const { names } = plan;
  const attempts: Attempt[] = [];
  const running = new Set<Runner>();
  let started = 0;
  let over = false;

  const end = (): void => {
    over = true;
    stopTimeout();
    stopRedial();
    stopSoon();
    for (const { stop } of running) stop();
  };
  /** Ends one runner, and records why. */
  const drop = (runner: Runner, failure: Failure): void => {
    const { name: transport, phase } = runner;
    const ms = Math.round(clock.now() - runner.startedAtMs);
    runner.stop();
    running.delete(runner);
    if (attempts.length < MAX_ATTEMPTS) attempts.push({ transport, phase, ms, ...failure });
    told({ transport, phase: 'failed', ms, error: failure.message });
  };
  const giveUp = (failure: Failure): void => {
    end();
    for (const one of running) drop(one, TIMEOUT);
    failed(attempts, failure);
  };
  /** Whether another attempt is running; fresh ones do not count. */
  const hasOther = (runner: Runner): boolean => [...running].some((one) => one !== runner && !one.fresh);
  const fail = (runner: Runner, failure: Failure): void => {
    drop(runner, failure);
    if (over) return;
    if (startNext() || hasOther(runner)) {
      // Development servers leave a WebSocket of another program without an answer.
      if (!over && stopSoon === nothing && (failure.status === 404 || NO_SERVER.test(failure.message)))
        stopSoon = clock.after(NO_SERVER_DEADLINE_MS, () => giveUp(failure));
      return;
    }
    giveUp(attempts.find(({ transport }) => transport === names[names.length - 1]) ?? failure);
  };
  const start = (name: string, fresh: boolean): void => {
    const runner: Runner = { name, startedAtMs: clock.now(), fresh, phase: 'open', stop: nothing };
    running.add(runner);
    told({ transport: name, phase: 'start' });
    // A listener of `attempt` may have closed the connection.
    if (over) return;
    const stops: Cancel[] = [];
    runner.stop = () => {
      for (const stop of stops.splice(0)) stop();
    };
    /** Sets the timers of one that has been running for this long. */
    const ahead = (ms: number): void => {
      const after = (delayMs: number, task: () => void): void => {
        stops.push(clock.after(Math.max(0, delayMs - ms), task));
      };
      runner.stop();
      runner.startedAtMs -= ms;
      after(plan.headStartMs, startNext);
      after(plan.candidateDeadlineMs, () => {
        if (started < names.length || hasOther(runner)) fail(runner, TIMEOUT);
      });
    };
    ahead(0);
    stops.push(
      dial(name, {
        ahead,
        opened() {
          runner.phase = 'handshake';
        },
        failed: (failure) => fail(runner, failure),
        shaken(dialled) {
          const ms = clock.now() - runner.startedAtMs;
          // Losers first: the server's application sees one connection.
          end();
          running.delete(runner);
          const slower = [...running].map((loser) => loser.name);
          // A transport with a running attempt has not failed, even if an earlier attempt was given up.
          const before = attempts.flatMap(({ transport }) => (slower.includes(transport) ? [] : transport));
          for (const loser of running) drop(loser, { message: 'slower' });
          told({ transport: name, phase: 'won', ms });
          won({ ...dialled, ms, failed: before, slower });
        },
      }),
    );
  };
  const startNext = (): boolean => {
    const name = names[started];
    if (over || name === undefined) return false;
    started++;
    start(name, false);
    return true;
  };

  // A silent network that recovers answers a fresh attempt sooner than one that hangs. Every transport is started: browsers delay a
  // WebSocket while an earlier one to the same address is still opening.
  const redial = (): void => {
    stopRedial = clock.after(plan.redialAfterMs, redial);
    if (started < names.length) return;
    for (const name of names) {
      const redials = [...running].filter((one) => one.fresh && one.name === name);
      const oldest = redials[0];
      if (oldest && redials.length >= MAX_REDIALS) {
        // A candidate that makes progress is left alone.
        oldest.fresh = oldest.phase === 'open';
        if (!oldest.fresh) continue;
        drop(oldest, TIMEOUT);
      }
      if (!over) start(name, true);
    }
  };

  let stopSoon: Cancel = nothing;
  let stopRedial = clock.after(plan.redialAfterMs, redial);
  const stopTimeout = clock.after(timeoutMs === false ? Number.POSITIVE_INFINITY : timeoutMs, () =>
    giveUp(TIMEOUT),
  );
  // Not before the caller can give up.
  clock.soon(startNext);
  return end;
}
