import type { Stage } from './fixture.js';

/** What a scenario is, and how its rounds are run. */

/** `bare` is the physical limit, or what the scenario names instead of it. */
export type Side = 'holdfast' | 'official' | 'bare';
export const sides: readonly Side[] = ['holdfast', 'official', 'bare'];

/** The figures of one side, a list for each round. Lower is better. */
export type Figures = readonly (readonly number[])[];

export interface Outcome extends Partial<Record<Side, Figures>> {
  /** In place of a figure that there is not. */
  readonly words?: Partial<Record<Side, string>>;
}

export interface Target {
  /** The largest figure allowed for holdfast. */
  readonly figure?: number;
  /** The largest ratio allowed to what the scenario is measured `against`. */
  readonly ratio?: number;
  /** The largest ratio allowed to the column `bare`, where that is another one. */
  readonly bareRatio?: number;
}

export interface Scenario {
  readonly name: string;
  readonly unit: string;
  /** What is measured, in a sentence for people. */
  readonly about: string;
  /** Empty where nothing is promised. */
  readonly target: Target;
  /** What holdfast is divided by; `official` unless said. */
  readonly against?: Side;
  /** What stands in the column `bare`, where it is not a bare WebSocket. */
  readonly bare?: string;
  /** What it measures is a wait, or no time at all: played at the same time as the others of which this is true. */
  readonly waits?: boolean;
  /** Why its ratio differs so much from run to run that nothing is recorded of it in bench/budgets.json. */
  readonly unsteady?: string;
  run(stage: Stage): Promise<Outcome>;
}

type Round = (round: number) => Promise<number>;

/** A, B, A, B: a machine that is busy for a while is busy for all of them. */
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
