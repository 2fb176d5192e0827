import type { Figures, Outcome, Scenario, Side } from './scenario.js';

/** Summarises the figures of a scenario: medians, ratios and whether the target was met. */

export interface Row {
  readonly scenario: Scenario;
  readonly medians: Readonly<Record<Side, number | null>>;
  readonly notes: Partial<Record<Side, string>>;
  readonly ratio: number | null;
  /** The quartiles of the ratios of the rounds. */
  readonly spread: readonly [number, number] | null;
  /** holdfast divided by `bare`. */
  readonly bareRatio: number | null;
  /** `null` if there is no target. */
  readonly met: boolean | null;
}

/** The quantile of the values, interpolated linearly. `part` is between 0 and 1. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = (sorted.length - 1) * part;
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}

const median = (values: readonly number[]): number => quantile(values, 0.5);
const medianOf = (figures: Figures | undefined): number | null => (figures ? median(figures.flat()) : null);

export function rowOf(scenario: Scenario, outcome: Outcome): Row {
  const { against = 'official' } = scenario;
  const medians = {
    holdfast: medianOf(outcome.holdfast),
    official: medianOf(outcome.official),
    bare: medianOf(outcome.bare),
  };
  const ratios = roundRatios(outcome.holdfast, outcome[against]);
  const spread = ratios.length > 1 ? ([quantile(ratios, 0.25), quantile(ratios, 0.75)] as const) : null;
  return judged(scenario, medians, spread, outcome.notes);
}

/** Adds what follows from the medians. */
export function judged(
  scenario: Scenario,
  medians: Row['medians'],
  spread: Row['spread'],
  notes: Row['notes'] = {},
): Row {
  const { target, against = 'official' } = scenario;
  const ratio = ratioOf(medians.holdfast, medians[against]);
  const bareRatio = ratioOf(medians.holdfast, medians.bare);
  return {
    scenario,
    medians,
    notes,
    ratio,
    spread: ratio === null ? null : spread,
    bareRatio,
    met: metOf([
      [medians.holdfast, target.figure],
      [ratio, target.ratio],
      [bareRatio, target.bareRatio],
    ]),
  };
}

/** Growth may be zero or negative; then there is no meaningful ratio. */
function ratioOf(ours: number | null, theirs: number | null): number | null {
  return ours !== null && theirs !== null && ours > 0 && theirs > 0 ? ours / theirs : null;
}

/** Whether every figure is within its limit. */
function metOf(pairs: readonly (readonly [number | null, number | undefined])[]): boolean | null {
  const limited = pairs.filter(([, limit]) => limit !== undefined);
  return limited.length === 0
    ? null
    : limited.every(([figure, limit]) => (figure ?? Infinity) <= (limit ?? -Infinity));
}

function roundRatios(ours: Figures = [], theirs: Figures = []): number[] {
  return ours.slice(0, theirs.length).map((figures, round) => median(figures) / median(theirs[round] ?? []));
}
