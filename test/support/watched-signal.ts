import { vi } from 'vitest';

/** How many listeners of `abort` a signal has. */
export function watched(): { readonly controller: AbortController; readonly count: () => number } {
  const controller = new AbortController();
  const { signal } = controller;
  const [add, remove] = [vi.spyOn(signal, 'addEventListener'), vi.spyOn(signal, 'removeEventListener')];
  return {
    controller,
    count: () =>
      new Set(add.mock.calls.map(([, f]) => f)).size - new Set(remove.mock.calls.map(([, f]) => f)).size,
  };
}
