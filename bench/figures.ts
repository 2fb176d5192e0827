import type { Figures, Outcome, Scenario, Side } from './scenario.js';

/** What the figures of a scenario come to. */

export interface Row {
  readonly scenario: Scenario;
  readonly medians: Readonly<Record<Side, number | null>>;
  readonly words: Partial<Record<Side, string>>;
  readonly ratio: number | null;
  /** The quartiles of the ratios of the rounds. */
  readonly spread: readonly [number, number] | null;
  /** holdfast divided by `bare`. */
  readonly bareRatio: number | null;
  /** `null` where nothing is promised. */
  readonly met: boolean | null;
}

/** The value below which this part of the values lies, between neighbours in proportion. */
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
  const { target, against = 'official' } = scenario;
  const medians = {
    holdfast: medianOf(outcome.holdfast),
    official: medianOf(outcome.official),
    bare: medianOf(outcome.bare),
  };
  const ratio = ratioOf(medians.holdfast, medians[against]);
  const bareRatio = ratioOf(medians.holdfast, medians.bare);
  const ratios = roundRatios(outcome.holdfast, outcome[against]);
  return {
    scenario,
    medians,
    words: outcome.words ?? {},
    ratio,
    spread: ratio !== null && ratios.length > 1 ? [quantile(ratios, 0.25), quantile(ratios, 0.75)] : null,
    bareRatio,
    met: metOf([
      [medians.holdfast, target.figure],
      [ratio, target.ratio],
      [bareRatio, target.bareRatio],
    ]),
  };
}

/** A growth may be none, or less: no ratio says anything of that. */
function ratioOf(ours: number | null, theirs: number | null): number | null {
  return ours !== null && theirs !== null && ours > 0 && theirs > 0 ? ours / theirs : null;
}

/** Whether every figure is at most what was promised of it. */
function metOf(pairs: readonly (readonly [number | null, number | undefined])[]): boolean | null {
  const promised = pairs.filter(([, limit]) => limit !== undefined);
  return promised.length === 0
    ? null
    : promised.every(([figure, limit]) => (figure ?? Infinity) <= (limit ?? -Infinity));
}

function roundRatios(ours: Figures = [], theirs: Figures = []): number[] {
  return ours.slice(0, theirs.length).map((figures, round) => median(figures) / median(theirs[round] ?? []));
}
