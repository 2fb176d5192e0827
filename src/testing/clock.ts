/** Time and randomness of a test: real, or controlled by the test. */
import { type Clock, nothing, systemClock } from '../platform/clock.js';
import { type Environment, systemEnvironment } from '../platform/environment.js';
import { HoldfastError } from '../platform/errors.js';
import { nativeTurn } from '../platform/native-turn.js';
import { show } from '../platform/show.js';
import type { Signals } from '../platform/signals.js';
import { Timers } from './timers.js';

/** The time of a test server and of its clients. */
export interface TestClock {
  /** Milliseconds since the server was created. */
  now(): number;
  /**
   * Advances a manual clock by the given milliseconds. The Promise is fulfilled when every timer that became due has run, in order, and
   * everything it sent has arrived.
   *
   * @throws HoldfastError `NOT_SUPPORTED` if the clock is real; otherwise like `settle()`
   */
  advance(ms: number): Promise<void>;
  /**
   * Fulfilled when everything has arrived that no timer delays.
   *
   * @throws HoldfastError `EXPECTATION_FAILED` if messages go back and forth endlessly
   */
  settle(): Promise<void>;
  /** Milliseconds until each timer of a manual clock is due, the soonest first; empty if the clock is real. */
  readonly waits: readonly number[];
}

/** After this many turns of the event loop without activity, everything counts as settled. */
const QUIET_TURNS = 2;

/** After this many turns with activity, it never settles: for instance, two handlers answer each other endlessly. */
const MAX_TURNS = 50_000;

/** A real clock has moved on after so many turns of the event loop. */
const SOME_TURNS = 50;

/** The start of a manual clock, in milliseconds since 1970: the date must be the same in every run. */
const START_DATE_MS = 1_767_225_600_000;

const turn = (): Promise<void> => new Promise((resolve) => nativeTurn(resolve));

/** Waits in real time; not at all if the test's timers are faked, because no time passes then. */
export async function realTime(ms: number): Promise<void> {
  const clock = systemClock(true);
  const startedMs = clock.now();
  for (let turns = 0; turns < SOME_TURNS; turns++) await turn();
  if (clock.now() > startedMs) await new Promise<void>((resolve) => void clock.after(ms, resolve));
}

/**
 * Fulfilled after some turns without activity.
 *
 * @param activity a number that increases with each activity
 * @throws HoldfastError `EXPECTATION_FAILED` if the activity never ends
 */
async function settled(activity: () => number): Promise<void> {
  let turns = 0;
  for (let quiet = 0; quiet < QUIET_TURNS; quiet++) {
    const before = activity();
    await turn();
    if (activity() !== before) quiet = -1;
    if (++turns > MAX_TURNS) {
      throw new HoldfastError(
        'EXPECTATION_FAILED',
        `messages still go back and forth after ${MAX_TURNS} turns of the event loop, without any time passing: do two handlers answer each other endlessly?`,
      );
    }
  }
}

/** A clock that stands still until the test advances it. */
class ManualClock extends Timers implements Clock {
  /** Counts the timers that have run. */
  private _activity = 0;

  soon(task: () => void): void {
    this._activity++;
    Promise.resolve().then(task).then(undefined, this._failed);
  }

  turn(task: () => void): void {
    this._activity++;
    nativeTurn(() => {
      this._activity++;
      task();
    });
  }

  readonly _failed: (error: unknown) => void = (error) =>
    systemClock(true).soon(() => {
      throw error;
    });

  settle(): Promise<void> {
    return settled(() => this._activity);
  }

  async advance(ms: number): Promise<void> {
    if (!(ms >= 0) || ms === Number.POSITIVE_INFINITY) {
      throw new HoldfastError('BAD_OPTION', `clock.advance(${show(ms)}): accepted: milliseconds, 0 or more`);
    }
    const endMs = this._nowMs + ms;
    await this.settle();
    for (let due = this._due(endMs); due; due = this._due(endMs)) {
      this._activity++;
      try {
        due();
      } catch (error) {
        this._failed(error);
      }
      await this.settle();
    }
    this._nowMs = endMs;
  }
}

/** Uniform numbers in [0, 1) that are the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** An id of 20 characters, like those of servers. */
export function idFrom(random: () => number): string {
  let id = '';
  for (let i = 0; i < 20; i++) id += ALPHABET[Math.floor(random() * 64)];
  return id;
}

/** The environment of a test server and its clients. */
export interface World {
  readonly environment: Environment;
  readonly clock: TestClock;
  /** Whether the test controls the time. */
  readonly manual: boolean;
  /** Real deadlines, even if the test's clock stands still or its timers are faked. */
  readonly watch: Clock;
  /** Calls `task` in a later turn of the event loop, in the order of the calls. */
  turn(task: () => void): void;
  /** A separate store for each client. */
  store(): { get(key: string): string | undefined; set(key: string, value: string): void };
}

/** No page signals: a test with its own clock must not depend on whether its window is in front. */
const SILENT: Signals = { online: true, watch: () => nothing };

const store = (): ReturnType<World['store']> => {
  const entries = new Map<string, string>();
  return { get: (key) => entries.get(key), set: (key, value) => void entries.set(key, value) };
};

/** @param seed for random numbers; without one, a manual clock uses 1, and a real one the system's randomness */
export function makeWorld(manual: boolean, seed: number | undefined): World {
  const watch = systemClock(true, true);
  if (!manual) {
    const system = systemEnvironment(false, true);
    const { clock } = system;
    const startMs = clock.now();
    let activity = 0;
    const random = seed === undefined ? system.random : seeded(seed);
    return {
      environment: {
        ...system,
        random,
        ...(seed !== undefined && { randomId: () => idFrom(random) }),
      },
      clock: {
        now: () => clock.now() - startMs,
        advance: async () => {
          throw new HoldfastError(
            'NOT_SUPPORTED',
            'clock.advance(): this server runs on the real clock; make it with createTestServer({ clock: "manual" })',
          );
        },
        settle: () => settled(() => activity),
        waits: [],
      },
      manual,
      watch,
      turn: (task) => {
        activity++;
        nativeTurn(() => {
          activity++;
          task();
        });
      },
      store,
    };
  }
  const clock = new ManualClock();
  const random = seeded(seed ?? 1);
  return {
    environment: {
      clock,
      dateMs: () => START_DATE_MS + clock.now(),
      random,
      randomId: () => idFrom(random),
      signals: SILENT,
      turn: (task) => clock.soon(task),
    },
    clock,
    manual,
    watch,
    turn: (task) => clock.turn(task),
    store,
  };
}
