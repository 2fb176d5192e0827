import { beforeEach, expect, it } from 'vitest';
import type { Page } from '../../../src/platform/page.js';
import { Painter } from '../../../src/plugins/inspector/panel/painter.js';
import { SimulatedClock } from '../../support/simulated-clock.js';

let clock: SimulatedClock;
let paintedAtMs: number[];
let costMs: number;
let painter: Painter;

beforeEach(() => {
  clock = new SimulatedClock(1_000);
  paintedAtMs = [];
  costMs = 0;
  const page = { clock, frame: (task: () => void) => clock.after(16, task) } as Pick<Page, 'clock' | 'frame'>;
  painter = new Painter(page as Page, () => {
    paintedAtMs.push(clock.now());
    if (costMs > 0) clock.advance(costMs);
  });
});

/** Requests a paint at an interval, for a duration. */
function happen(everyMs: number, forMs: number): void {
  for (let ms = 0; ms < forMs; ms += everyMs) {
    painter.request();
    clock.advance(everyMs);
  }
}

const gaps = (): number[] => paintedAtMs.slice(1).map((ms, i) => ms - (paintedAtMs[i] as number));

it('paints in the next frame if nothing was painted for a while', () => {
  painter.request();
  clock.advance(16);
  expect(paintedAtMs).toEqual([1_016]);
});

it('does not paint if nothing happens', () => {
  happen(50, 1_000);
  clock.advance(1_000);
  const { length } = paintedAtMs;
  clock.advance(10_000);
  expect(paintedAtMs).toHaveLength(length);
});

it('paints a few times a second, and twice a second if more happens than anyone can read', () => {
  happen(50, 3_000);
  expect(Math.min(...gaps())).toBeGreaterThanOrEqual(250);
  expect(paintedAtMs.length).toBeGreaterThan(8);
  paintedAtMs = [];
  happen(1, 3_000);
  expect(Math.min(...gaps())).toBeGreaterThanOrEqual(500);
  expect(paintedAtMs.length).toBeGreaterThan(4);
});

it('paints less often if painting takes long', () => {
  costMs = 8;
  happen(10, 9_000);
  expect(Math.min(...gaps())).toBeGreaterThanOrEqual(800);
  expect(paintedAtMs.length).toBeGreaterThan(2);
});

it('paints about once a second at least, however long painting takes', () => {
  costMs = 150;
  happen(10, 9_000);
  expect(Math.max(...gaps())).toBeLessThanOrEqual(1_300);
});

it('paints at once after user input, and not a second time', () => {
  painter.request();
  painter.paintNow();
  clock.advance(1_000);
  expect(paintedAtMs).toEqual([1_000]);
});
