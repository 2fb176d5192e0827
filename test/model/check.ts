import fc from 'fast-check';
import { type Op, ops, type Setting, settingOver } from './ops.js';
import { Run, type Sabotage } from './run.js';

export interface CheckOptions {
  readonly runs: number;
  readonly seed: number;
  readonly transports: Setting['transports'];
  readonly sabotage?: Sabotage;
}

/** How often something happened, in all runs together. */
export type Tally = Record<string, number>;

/** Runs the model; if it finds a counterexample, throws fast-check's report with the smallest one and its seed. */
export async function check({ runs, seed, transports, sabotage }: CheckOptions): Promise<Tally> {
  const surroundings = new Surroundings();
  const tally: Tally = {};
  try {
    await fc.assert(
      fc.asyncProperty(settingOver(transports), ops, async (start, steps) => {
        count(await runOnce(start, steps, surroundings, sabotage), tally);
      }),
      // The smallest counterexample of a sabotaged client is of no interest.
      { numRuns: runs, seed, endOnFailure: sabotage !== undefined },
    );
  } finally {
    surroundings.leave();
  }
  return tally;
}

function count({ emitLog, program, moves }: Run, tally: Tally): void {
  const add = (what: string, times = 1): void => {
    tally[what] = (tally[what] ?? 0) + times;
  };
  add('moves to WebSocket', moves);
  add('came back from the connection', program.cameBack.size);
  for (const { delivered, ends } of emitLog.all) {
    add('emits');
    if (delivered > 0) add('deliveries');
    if (delivered > 1) add('sent again');
    for (const error of ends) add(error ? ((error as { code?: string }).code ?? 'aborted') : 'acknowledged');
  }
}

/** One complete run. */
export async function runOnce(
  start: Setting,
  steps: readonly Op[],
  surroundings: Surroundings,
  sabotage?: Sabotage,
): Promise<Run> {
  const run = surroundings.enter(() => new Run(start, sabotage));
  run.program.joinAll();
  const look = (): void => {
    const [fault] = [...run.emitLog.faults, ...surroundings.errors.splice(0).map(uncaught)];
    if (fault !== undefined) throw new Error(fault);
  };
  for (const step of steps) {
    await run.do(step);
    look();
  }
  await run.end();
  look();
  return run;
}

const uncaught = (error: unknown): string =>
  `an error that nobody caught: ${(error as Error)?.stack ?? String(error)}`;

const EVENTS = ['uncaughtException', 'unhandledRejection'] as const;

/** The environment of engine.io-client: simulated timers, and a record of every uncaught error. */
export class Surroundings {
  readonly errors: unknown[] = [];
  readonly #real = { setTimeout, clearTimeout };
  #run: Run | undefined;
  readonly #usual: [event: (typeof EVENTS)[number], listeners: NodeJS.UncaughtExceptionListener[]][] = [];

  constructor() {
    const note = (error: unknown): void => void this.errors.push(error);
    for (const event of EVENTS) {
      this.#usual.push([event, process.listeners(event as 'uncaughtException')]);
      process.removeAllListeners(event);
      process.on(event, note);
    }
    const set = (task: (...args: unknown[]) => void, ms = 0, ...args: unknown[]): object => ({
      cancel: this.#clock.after(ms >= 0 && ms < 2 ** 31 ? ms : 1, () => task(...args)),
      unref() {},
    });
    const clear = (timer?: { cancel?(): void }): void => timer?.cancel?.();
    Object.assign(globalThis, { setTimeout: set, clearTimeout: clear, reportError: note });
  }

  /** From now on, timers belong to this run. */
  enter(make: () => Run): Run {
    this.errors.length = 0;
    this.#run = make();
    return this.#run;
  }

  leave(): void {
    Object.assign(globalThis, this.#real);
    Reflect.deleteProperty(globalThis, 'reportError');
    for (const [event, listeners] of this.#usual) {
      process.removeAllListeners(event);
      for (const listener of listeners) process.on(event, listener);
    }
  }

  get #clock(): Run['time']['world'] {
    if (!this.#run) throw new Error('a timer before the first run');
    return this.#run.time.page.clock;
  }
}
