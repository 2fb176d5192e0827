import { onAbort } from '../platform/abort.js';

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Those who wait until a socket is connected. */
export class Readiness {
  private readonly waiters = new Set<Waiter>();

  /** @param signal ends the wait with its reason */
  wait(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      let ignore = (): void => {};
      const end = (settle: () => void): void => {
        this.waiters.delete(waiter);
        ignore();
        settle();
      };
      const waiter: Waiter = {
        resolve: () => end(resolve),
        reject: (error) => end(() => reject(error)),
      };
      this.waiters.add(waiter);
      ignore = onAbort(signal, waiter.reject);
    });
  }

  reached(): void {
    for (const { resolve } of [...this.waiters]) resolve();
  }

  /** It will not be connected unless the program asks for it again. */
  givenUp(error: unknown): void {
    for (const { reject } of [...this.waiters]) reject(error);
  }
}
