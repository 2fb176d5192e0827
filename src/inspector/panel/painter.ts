import type { Page } from '../../platform/page.js';

/** The shortest time between two paintings, in milliseconds. */
export const PAINT_EVERY_MS = 250;

/** Painting takes one part in so many of the time at most: a slow page is painted more rarely. */
const SHARE = 100;

/** Paints when something has changed: in an animation frame, a few times a second, and never for long. */
export class Painter {
  private stop: (() => void) | undefined;
  private nextMs = 0;

  constructor(
    private readonly page: Page,
    private readonly paint: () => void,
  ) {}

  /** Something has changed. */
  ask(): void {
    if (this.stop) return;
    const { clock, frame } = this.page;
    const delayMs = this.nextMs - clock.now();
    const inFrame = (): void => {
      this.stop = frame(() => this.now());
    };
    if (delayMs > 0) this.stop = clock.after(delayMs, inFrame);
    else inFrame();
  }

  /** Paints at once: for what the user has done. */
  now(): void {
    const { clock } = this.page;
    this.cancel();
    const startMs = clock.now();
    this.paint();
    const endMs = clock.now();
    this.nextMs = endMs + Math.max(PAINT_EVERY_MS, (endMs - startMs) * SHARE);
  }

  cancel(): void {
    this.stop?.();
    this.stop = undefined;
  }
}
