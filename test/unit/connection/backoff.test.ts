import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { type BackoffSettings, backoffMs } from '../../../src/connection/backoff.js';

// Many runs, and the machine may have other things to do.
vi.setConfig({ testTimeout: 60_000 });

const official: BackoffSettings = { baseMs: 1_000, maxMs: 5_000, jitter: 0.5 };
const always = (value: number) => (): number => value;
/** The largest number that `Math.random` gives. */
const ALMOST_1 = 1 - 2 ** -53;

const settings = fc.record({
  baseMs: fc.oneof(fc.nat(), fc.double({ min: 0, max: 1e9, noNaN: true })),
  maxMs: fc.oneof(fc.nat(), fc.double({ min: 0, max: 1e9, noNaN: true })),
  jitter: fc.double({ min: 0, max: 1, noNaN: true }),
});
const failures = fc.oneof(fc.nat(100), fc.nat());
const u = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('the wait before a retry', () => {
  it('doubles from the base up to the cap', () => {
    const waits = [0, 1, 2, 3, 4, 5].map((n) => backoffMs(official, n, false, always(0)));
    expect(waits).toEqual([1_000, 2_000, 4_000, 5_000, 5_000, 5_000]);
  });

  it('is shortened at random, by no more than the factor', () => {
    const waits = [0, 1, 2, 3].map((n) => backoffMs(official, n, false, always(ALMOST_1)));
    for (const [i, least] of [500, 1_000, 2_000, 2_500].entries()) expect(waits[i]).toBeCloseTo(least, 3);
  });

  it('is still spread at the cap, so that clients do not return all at once', () => {
    const waits = [0.1, 0.5, 0.9].map((chance) => backoffMs(official, 20, false, always(chance)));
    expect(waits).toEqual([4_750, 3_750, 2_750]);
  });

  it.each([52, 53, 1_000, 1_024, 1_025, 1e6, Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY])(
    'is the cap, and never NaN, after %d failures',
    (n) => {
      expect(backoffMs(official, n, false, always(0))).toBe(5_000);
    },
  );

  it('is exact without jitter', () => {
    expect(backoffMs({ ...official, jitter: 0 }, 1, false, always(0.7))).toBe(2_000);
  });

  it('may be anything from 0 with a jitter of 1', () => {
    expect(backoffMs({ ...official, jitter: 1 }, 2, false, always(ALMOST_1))).toBeCloseTo(0, 3);
  });

  it('is 0 for a base of 0, as the program requested', () => {
    expect(backoffMs({ ...official, baseMs: 0 }, 9, false, always(0))).toBe(0);
  });

  it('is never longer than the cap, even if the base is', () => {
    expect(backoffMs({ baseMs: 9_000, maxMs: 5_000, jitter: 0 }, 0, false, always(0))).toBe(5_000);
  });

  it('follows its formula: min(max, base·2ⁿ)·(1 − r·u)', () => {
    fc.assert(
      fc.property(settings, fc.nat(40), u, (given, n, chance) => {
        const delay = Math.min(given.maxMs, given.baseMs * 2 ** n);
        expect(backoffMs(given, n, false, always(chance))).toBeCloseTo(
          delay * (1 - given.jitter * chance),
          6,
        );
      }),
    );
  });

  it('is a number between 0 and the cap, whatever the settings', () => {
    fc.assert(
      fc.property(settings, failures, fc.boolean(), u, (given, n, stable, chance) => {
        const wait = backoffMs(given, n, stable, always(chance));
        expect(wait).toBeGreaterThanOrEqual(0);
        expect(wait).toBeLessThanOrEqual(given.maxMs);
      }),
      { numRuns: 1_000 },
    );
  });

  it('has bounds that never fall while failures continue', () => {
    fc.assert(
      fc.property(settings, failures, u, (given, n, chance) => {
        for (const luck of [0, chance, ALMOST_1]) {
          const now = backoffMs(given, n, false, always(luck));
          expect(backoffMs(given, n + 1, false, always(luck))).toBeGreaterThanOrEqual(now);
        }
      }),
    );
  });
});

describe('the first wait after a stable connection', () => {
  it('is anything below the base, so that clients return soon', () => {
    const waits = [0, 0.25, ALMOST_1].map((chance) => backoffMs(official, 7, true, always(chance)));
    expect(waits[0]).toBe(0);
    expect(waits[1]).toBe(250);
    expect(waits[2]).toBeLessThan(1_000);
  });

  it('is never longer than the cap', () => {
    expect(backoffMs({ baseMs: 9_000, maxMs: 500, jitter: 0.5 }, 0, true, always(0.5))).toBe(250);
  });
});
