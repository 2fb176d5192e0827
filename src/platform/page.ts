import { attempt } from './attempt.js';
import { type Cancel, type Clock, systemClock } from './clock.js';

/** The page, for code that shows something in it. */
export interface Page {
  readonly document: Document;
  readonly window: Window & typeof globalThis;
  readonly clock: Clock;
  /** The time of day in milliseconds since 1970. */
  dateMs(): number;
  /** Calls `task` before the next frame. */
  frame(task: () => void): Cancel;
  /** Lets the user save `text` as a file. */
  offer(fileName: string, text: string): void;
}

/** `undefined` without a page: in Node, in a worker. */
export function systemPage(): Page | undefined {
  if (typeof document === 'undefined') return undefined;
  return {
    document,
    window,
    clock: systemClock(true),
    dateMs: () => Date.now(),
    frame(task) {
      const id = requestAnimationFrame(task);
      return () => cancelAnimationFrame(id);
    },
    offer(fileName, text) {
      const href = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
      const link = Object.assign(document.createElement('a'), { href, download: fileName });
      link.click();
      // By then the browser has begun to read it.
      systemClock(true).after(10_000, () => URL.revokeObjectURL(href));
    },
  };
}

/** An attribute of the running script tag; `undefined` if there is none. */
export function scriptAttribute(name: string): string | undefined {
  return attempt(() => document.currentScript?.getAttribute(name)) ?? undefined;
}

/** A global that a script tag has set. */
export const pageGlobal = (name: string): unknown =>
  (globalThis as unknown as { [name: string]: unknown })[name];

/** Sets a global for the program of the page. */
export const setPageGlobal = (name: string, value: unknown): void => {
  (globalThis as unknown as { [name: string]: unknown })[name] = value;
};
