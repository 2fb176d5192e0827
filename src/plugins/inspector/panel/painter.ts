/** Decides when the panel is painted: in animation frames, a few times a second, and for a small share of the time. */
import type { Page } from '../../../platform/page.js';

/** The shortest time between two paints in milliseconds; the second one applies when more happens than anyone can read. */
export const PAINT_EVERY_MS = 250;
export const PAINT_BUSY_EVERY_MS = 500;

/** More changes than this between two paints are too many to read. */
const BUSY_CHANGES = 60;

/** Painting takes at most 1/100 of the time: a slow page is painted less often, but at least once a second. */
const SHARE = 100;
export const PAINT_AT_LEAST_EVERY_MS = 1_000;

export class Painter {
  private cancelPending: (() => void) | undefined;
  private paintedMs = Number.NEGATIVE_INFINITY;
  private tookMs = 0;
  private changes = 0;

  constructor(
    private readonly page: Page,
    private readonly paint: () => void,
  ) {}

  /** Something has changed: paints soon. At most one timer or frame is pending, however often it is called. */
  request(): void {
    this.changes++;
    if (!this.cancelPending) this.schedule(PAINT_EVERY_MS);
  }

  /** Paints at once after user input. */
  paintNow(): void {
    const { clock } = this.page;
    this.cancel();
    this.changes = 0;
    const startMs = clock.now();
    this.paint();
    this.paintedMs = clock.now();
    this.tookMs = this.paintedMs - startMs;
  }

  cancel(): void {
    this.cancelPending?.();
    this.cancelPending = undefined;
  }

  private schedule(everyMs: number): void {
    const { clock, frame } = this.page;
    const restMs = Math.min(this.tookMs * SHARE, PAINT_AT_LEAST_EVERY_MS);
    const delayMs = this.paintedMs + Math.max(everyMs, restMs) - clock.now();
    const due = (): void => {
      if (everyMs < PAINT_BUSY_EVERY_MS && this.changes > BUSY_CHANGES) this.schedule(PAINT_BUSY_EVERY_MS);
      else this.cancelPending = frame(() => this.paintNow());
    };
    if (delayMs > 0) this.cancelPending = clock.after(delayMs, due);
    else due();
  }
}
