import type { io, Socket } from '../../src/index.js';

/** Tools for the functions of a test, in the page beside the library. */

interface Emits {
  // biome-ignore lint/suspicious/noExplicitAny: sockets, managers and engines must all fit
  on(event: any, listener: (...args: any[]) => void): unknown;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  off(event: any, listener: (...args: any[]) => void): unknown;
}

declare global {
  interface Window {
    /** The library, by whichever way the page loaded it. */
    io: typeof io;
    /** The test's socket, kept from one step to the next. */
    socket: Socket;
    // biome-ignore lint/suspicious/noExplicitAny: what arrives is checked by the test
    next(emitter: Emits, event: string, limitMs?: number): Promise<any[]>;
    /** The argument lists of the next events of this number. */
    // biome-ignore lint/suspicious/noExplicitAny: as above
    collect(emitter: Emits, event: string, count: number, limitMs?: number): Promise<any[][]>;
    /** Values that a test records in one step and reads in a later one. */
    record: unknown[];
    /** Resolves as soon as the condition holds, which is checked at each event of this name. */
    until(emitter: Emits, event: string, condition: () => boolean, limitMs?: number): Promise<void>;
    /** The next browser event of this name. */
    nextSignal(source: EventTarget, name: string): Promise<Event>;
  }
}

/** Runs in every page and worker before its own scripts; self-contained. */
export function installPageTools(): void {
  self.record = [];
  self.collect = (emitter, event, count, limitMs = 30_000) =>
    new Promise((resolve, reject) => {
      const collected: unknown[][] = [];
      const timer = setTimeout(() => {
        emitter.off(event, listener);
        reject(
          new Error(`Only ${collected.length} of ${count} events "${event}" came within ${limitMs} ms.`),
        );
      }, limitMs);
      function listener(...args: unknown[]): void {
        collected.push(args);
        if (collected.length < count) return;
        clearTimeout(timer);
        emitter.off(event, listener);
        resolve(collected);
      }
      emitter.on(event, listener);
    });
  self.next = async (emitter, event, limitMs) => {
    const [args] = await self.collect(emitter, event, 1, limitMs);
    return args ?? [];
  };
  self.until = async (emitter, event, condition, limitMs = 30_000) => {
    const endsAtMs = performance.now() + limitMs;
    while (!condition()) await self.next(emitter, event, endsAtMs - performance.now());
  };
  self.nextSignal = (source, name) =>
    new Promise((resolve) => {
      source.addEventListener(name, resolve, { once: true });
    });
}
