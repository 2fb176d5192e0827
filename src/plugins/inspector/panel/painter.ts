import type { Page } from '../../../platform/page.js';

/** The shortest time between two paintings, in milliseconds; and where so much happens that nobody can read along. */
export const PAINT_EVERY_MS = 250;
export const PAINT_BUSY_EVERY_MS = 500;

/** So many changes between two paintings are too many to read. */
const BUSY = 60;

/** Painting takes one part in so many of the time at most: a slow page is painted more rarely, but never less than once in so long. */
const SHARE = 100;
export const PAINT_AT_LEAST_EVERY_MS = 1_000;

/** Paints when something has changed: in an animation frame, a few times a second, and never for long. */
export class Painter {
  private stop: (() => void) | undefined;
  private paintedMs = Number.NEGATIVE_INFINITY;
  private tookMs = 0;
  private changes = 0;

  constructor(
    private readonly page: Page,
    private readonly paint: () => void,
  ) {}

  /** Something has changed. */
  ask(): void {
    this.changes++;
    if (!this.stop) this.later(PAINT_EVERY_MS);
  }

  /** Paints at once: for what the user has done. */
  now(): void {
    const { clock } = this.page;
    this.cancel();
    this.changes = 0;
    const startMs = clock.now();
    this.paint();
    this.paintedMs = clock.now();
    this.tookMs = this.paintedMs - startMs;
  }

  cancel(): void {
    this.stop?.();
    this.stop = undefined;
  }

  private later(everyMs: number): void {
    const { clock, frame } = this.page;
    const restMs = Math.min(this.tookMs * SHARE, PAINT_AT_LEAST_EVERY_MS);
    const dueMs = this.paintedMs + Math.max(everyMs, restMs);
    const due = (): void => {
      if (everyMs < PAINT_BUSY_EVERY_MS && this.changes > BUSY) this.later(PAINT_BUSY_EVERY_MS);
      else this.stop = frame(() => this.now());
    };
    const delayMs = dueMs - clock.now();
    if (delayMs > 0) this.stop = clock.after(delayMs, due);
    else due();
  }
}
