import type { Fixture } from './fixture.js';

/** Defines a scenario, and runs its rounds in turns. */

/** `bare` is the physical limit, or what the scenario names instead. */
export type Side = 'holdfast' | 'official' | 'bare';
export const sides: readonly Side[] = ['holdfast', 'official', 'bare'];

/** The figures of one side, a list for each round. Lower is better. */
export type Figures = readonly (readonly number[])[];

export interface Outcome extends Partial<Record<Side, Figures>> {
  /** Shown instead of a missing figure. */
  readonly notes?: Partial<Record<Side, string>>;
}

export interface Target {
  /** The largest figure allowed for holdfast. */
  readonly figure?: number;
  /** The largest ratio allowed to the side that the scenario is measured `against`. */
  readonly ratio?: number;
  /** The largest ratio allowed to the column `bare`, if that is another side. */
  readonly bareRatio?: number;
}

export interface Scenario {
  readonly name: string;
  readonly unit: string;
  /** Describes what is measured. */
  readonly about: string;
  /** Empty if there is no target. */
  readonly target: Target;
  /** The side that holdfast is divided by; default `official`. */
  readonly against?: Side;
  /** What the column `bare` shows, if not a bare WebSocket. */
  readonly bare?: string;
  /** Measures waiting, or no time at all: such scenarios run at the same time. */
  readonly waits?: boolean;
  /** Why the ratio varies too much between runs to be recorded in bench/budgets.json. */
  readonly unsteady?: string;
  run(fixture: Fixture): Promise<Outcome>;
}

type Round = (round: number) => Promise<number>;

/** Runs A, B, A, B: a machine that is busy for a while slows down all sides alike. */
export async function alternate(
  rounds: number,
  measure: Partial<Record<Side, Round>>,
): Promise<Partial<Record<Side, number[][]>>> {
  const figures: Partial<Record<Side, number[][]>> = {};
  for (let round = 0; round < rounds; round += 1) {
    for (const side of sides) {
      const once = measure[side];
      if (!once) continue;
      figures[side] ??= [];
      figures[side].push([await once(round)]);
    }
  }
  return figures;
}
