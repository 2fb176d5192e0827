import { afterEach, expect, it, vi } from 'vitest';
import { systemTabs } from '../../../src/platform/tabs.js';

afterEach(() => {
  vi.unstubAllGlobals();
});

it('hears that a worker could not be started, until its channel is closed', () => {
  const made: { onerror: (() => void) | null }[] = [];
  vi.stubGlobal(
    'SharedWorker',
    class {
      onerror: (() => void) | null = null;
      readonly port = { postMessage: () => {}, close: () => {}, onmessage: null };
      constructor() {
        made.push(this);
      }
    },
  );
  const failed = vi.fn();
  const channel = systemTabs.worker('/worker.js', 'group', () => {}, failed);
  made[0]?.onerror?.();
  expect(failed).toHaveBeenCalledTimes(1);
  channel?.close();
  made[0]?.onerror?.();
  expect(failed).toHaveBeenCalledTimes(1);
});
