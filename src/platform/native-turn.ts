/** A later task of the event loop, for tests: it runs even if the page fakes its timers. */

interface Scheduling {
  readonly setImmediate?: (task: () => void) => unknown;
  readonly setTimeout?: (task: () => void) => unknown;
  readonly MessageChannel?: typeof MessageChannel;
  readonly FileReader?: typeof FileReader;
}

/** Fake timers of a test runner carry the clock that moves them. Some runners fake them before any module loads. */
const isReal = (timer: unknown): boolean => typeof timer === 'function' && !('clock' in timer);

/** @param given what the page has when this module loads */
export function turnOf({
  setImmediate,
  MessageChannel: Channel,
  setTimeout,
  FileReader: Reader,
}: Scheduling): (task: () => void) => void {
  if (setImmediate && isReal(setImmediate)) return (task) => void setImmediate(task);
  if (Channel) {
    return (task) => {
      const { port1, port2 } = new Channel();
      port1.onmessage = () => {
        port1.close();
        task();
      };
      port2.postMessage(0);
    };
  }
  if (Reader && !isReal(setTimeout)) {
    // jsdom under fake timers has nothing else that comes by itself.
    return (task) => {
      const reader = new Reader();
      reader.onload = () => task();
      reader.readAsText(new Blob());
    };
  }
  return (task) => void setTimeout?.(task);
}

/** Calls `task` in a later task of the event loop. */
export const nativeTurn: (task: () => void) => void = turnOf(globalThis as Scheduling);
