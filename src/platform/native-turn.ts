/** A later task of the event loop, for tests: it runs even if the page fakes its timers. */

interface Scheduling {
  readonly setImmediate?: (task: () => void) => unknown;
  readonly MessageChannel?: typeof MessageChannel;
}

// Taken when the module loads.
const { setImmediate, MessageChannel: Channel } = globalThis as Scheduling;
const nativeSetTimeout = globalThis.setTimeout;

/** Calls `task` in a later task of the event loop. */
export function nativeTurn(task: () => void): void {
  if (setImmediate) setImmediate(task);
  else if (Channel) {
    const { port1, port2 } = new Channel();
    port1.onmessage = () => {
      port1.close();
      task();
    };
    port2.postMessage(0);
  } else nativeSetTimeout(task);
}
