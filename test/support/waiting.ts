/** Waits for events with a deadline whose error names the event, so that a failed test says more than "timed out". */

/** The default deadline for a single event of a test, in milliseconds: the machine may be busy with other tests. */
export const patienceMs = 30_000;

/** For conditions that are polled. */
export const patiently = { timeout: 20_000 };

export async function within<T>(promise: Promise<T>, what: string, limitMs: number = patienceMs): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Still waiting for ${what} after ${limitMs} ms.`)), limitMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

interface Emits {
  // biome-ignore lint/suspicious/noExplicitAny: the listeners of every emitter must fit
  once(event: any, listener: (...args: any[]) => void): unknown;
}

/** The arguments of the next event of this name. Call it before causing the event. */
export function nextEvent<Args extends unknown[] = unknown[]>(
  emitter: Emits,
  event: string,
  limitMs: number = patienceMs,
): Promise<Args> {
  const happened = new Promise<Args>((resolve) => {
    emitter.once(event, (...args: Args) => resolve(args));
  });
  return within(happened, `the event "${event}"`, limitMs);
}

/** A condition that is checked whenever something was announced. No polling. */
export class Announcements {
  readonly #watchers = new Set<() => void>();

  announce(): void {
    for (const look of [...this.#watchers]) look();
  }

  watch(look: () => void, until: AbortSignal): void {
    this.#watchers.add(look);
    until.addEventListener('abort', () => this.#watchers.delete(look), { once: true });
  }

  async until(what: string, condition: () => boolean, limitMs: number = patienceMs): Promise<void> {
    const done = new AbortController();
    const fulfilled = new Promise<void>((resolve) => {
      const look = (): void => {
        if (condition()) resolve();
      };
      this.watch(look, done.signal);
      look();
    });
    try {
      await within(fulfilled, what, limitMs);
    } finally {
      done.abort();
    }
  }
}
