import type { Stage } from './stage.js';

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
  readonly ratio?: number;
}

export interface Scenario {
  readonly name: string;
  readonly unit: string;
  /** What is measured, in a sentence for people. */
  readonly about: string;
  readonly target: Target;
  /** What holdfast is divided by; `official` unless said. */
  readonly against?: Side;
  /** What stands in the column `bare`, where it is not a bare WebSocket. */
  readonly bare?: string;
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
