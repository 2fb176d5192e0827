/** Opens the transports of a session, one after the other or side by side, until one has a valid Engine.IO handshake. */
import { type Cancel, type Clock, nothing } from '../platform/clock.js';
import type { Attempt, AttemptPhase, Failure } from '../platform/errors.js';
import type { DialEvents, Dialled } from './transports/transport.js';

/** What is tried, and when. Plugins change it before a session opens. */
export interface OpenPlan {
  /** The transports' names, in order. */
  names: readonly string[];
  /** The next one starts when the one before has failed, or after so many milliseconds. */
  headStartMs: number;
  /** A candidate that has not finished its handshake by then is given up while another one is left, in milliseconds. */
  candidateDeadlineMs: number;
  /** When every candidate has been silent for so many milliseconds, the first one is dialled afresh beside them. */
  redialAfterMs: number;
}

/** The event `attempt`: what a page that shows its connection learns of each candidate. */
export interface TransportAttemptEvent {
  readonly transport: string;
  readonly phase: 'start' | 'failed' | 'won';
  /** Since this candidate's start, in milliseconds. */
  readonly ms?: number;
  readonly error?: string;
}

/** How a negotiation ended well. */
export interface Won extends Dialled {
  /** From the winner's start to its handshake, in milliseconds. */
  readonly ms: number;
  /** The transports that failed before. */
  readonly failed: readonly string[];
  /** The transports that were still on their way. */
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
  /** @param last the failure of the transport that was listed last: where all fail, the plainest one says most */
  failed(attempts: readonly Attempt[], last: Failure): void;
}

interface Runner {
  readonly name: string;
  readonly startedAtMs: number;
  phase: AttemptPhase;
  /** Closes the transport and stops its timers. */
  stop: Cancel;
}

const TIMEOUT: Failure = { message: 'timeout' };

/** A network can be silent for hours: so many attempts are remembered for the error. */
const MAX_ATTEMPTS = 50;

/** So many fresh dials run beside the first one of their transport. */
const MAX_REDIALS = 2;

/** @returns gives up */
export function negotiate(negotiation: Negotiation): Cancel {
  const { clock, plan, timeoutMs, told } = negotiation;
  const { names } = plan;
  const attempts: Attempt[] = [];
  let running: Runner[] = [];
  /** Those of `running` that were dialled beside one that hangs. */
  let fresh: Runner[] = [];
  let started = 0;
  let over = false;

  const end = (): void => {
    over = true;
    stopTimeout();
    stopRedial();
    for (const { stop } of running) stop();
  };
  const isFirst = (one: Runner): boolean => !fresh.includes(one);
  /** Notes the failure of a runner, which has stopped. */
  const note = (runner: Runner, failure: Failure): void => {
    running = running.filter((one) => one !== runner);
    const { name, phase, startedAtMs } = runner;
    const ms = Math.round(clock.now() - startedAtMs);
    if (attempts.length < MAX_ATTEMPTS) attempts.push({ transport: name, phase, ms, ...failure });
    told({ transport: name, phase: 'failed', ms, error: failure.message });
  };
  const giveUp = (failure: Failure): void => {
    const hung = running;
    end();
    for (const one of hung) note(one, TIMEOUT);
    negotiation.failed(attempts, failure);
  };
  const fail = (runner: Runner, failure: Failure): void => {
    runner.stop();
    note(runner, failure);
    if (over || startNext() || running.some(isFirst)) return;
    const last = names[names.length - 1];
    giveUp(attempts.find(({ transport }) => transport === last) ?? failure);
  };

  const start = (name: string): Runner => {
    const runner: Runner = { name, startedAtMs: clock.now(), phase: 'open', stop: nothing };
    running.push(runner);
    told({ transport: name, phase: 'start' });
    // A listener of `attempt` may have closed the connection.
    if (over) return runner;
    const stopHeadStart = clock.after(plan.headStartMs, startNext);
    const stopDeadline = clock.after(plan.candidateDeadlineMs, () => {
      const other = running.some((one) => one !== runner && isFirst(one));
      if (started < names.length || other) fail(runner, TIMEOUT);
    });
    let discard: Cancel = nothing;
    runner.stop = () => {
      stopHeadStart();
      stopDeadline();
      discard();
    };
    discard = negotiation.dial(name, {
      opened() {
        runner.phase = 'handshake';
      },
      failed: (failure) => fail(runner, failure),
      shaken(dialled) {
        const slower = running.filter((one) => one !== runner);
        const ms = clock.now() - runner.startedAtMs;
        // Losers first: the server's application sees one connection.
        end();
        const failed = attempts.map(nameOf);
        for (const loser of slower) note(loser, { message: 'slower' });
        told({ transport: name, phase: 'won', ms });
        negotiation.won({ ...dialled, ms, failed, slower: slower.map(({ name }) => name) });
      },
    });
    return runner;
  };
  const startNext = (): boolean => {
    const name = names[started];
    if (over || name === undefined) return false;
    started++;
    start(name);
    return true;
  };

  // A network that was silent and recovers answers a fresh dial sooner than one that hangs.
  const redial = (): void => {
    stopRedial = clock.after(plan.redialAfterMs, redial);
    if (started < names.length) return;
    fresh = fresh.filter((one) => running.includes(one));
    if (fresh.length >= MAX_REDIALS) {
      const oldest = fresh.shift() as Runner;
      // One that makes progress is left alone.
      if (oldest.phase !== 'open') return;
      oldest.stop();
      note(oldest, TIMEOUT);
    }
    if (!over) fresh.push(start(names[0] as string));
  };

  let stopRedial = clock.after(plan.redialAfterMs, redial);
  const stopTimeout = timeoutMs === false ? nothing : clock.after(timeoutMs, () => giveUp(TIMEOUT));
  // Not before the caller can give up.
  clock.soon(startNext);
  return end;
}

const nameOf = ({ transport }: Attempt): string => transport;
