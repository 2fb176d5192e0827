import { type Cancel, type Clock, systemClock } from './clock.js';

/** The page that something is shown in. */
export interface Page {
  readonly document: Document;
  readonly window: Window & typeof globalThis;
  readonly clock: Clock;
  /** The time of day in milliseconds since 1970. */
  dateMs(): number;
  /** Calls `task` before the next time the page is painted. */
  frame(task: () => void): Cancel;
  /** Lets the user keep `text` as a file. */
  offer(fileName: string, text: string): void;
}

/** Nothing where there is no page: in Node, in a worker. */
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
      // The browser has begun to read it by then.
      systemClock(true).after(10_000, () => URL.revokeObjectURL(href));
    },
  };
}

/** An attribute of the script tag that is running now; nothing where it is no script tag or has no such attribute. */
export function scriptAttribute(name: string): string | undefined {
  return globalThis.document?.currentScript?.getAttribute(name) ?? undefined;
}

/** The global that a script tag has set. */
export const pageGlobal = (name: string): unknown =>
  (globalThis as unknown as { [name: string]: unknown })[name];

/** Sets a global for the program of the page. */
export const setPageGlobal = (name: string, value: unknown): void => {
  (globalThis as unknown as { [name: string]: unknown })[name] = value;
};
