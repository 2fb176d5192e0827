/** Lets the browser go first: it may paint, handle input and read the network before waiting work continues. */

/** Calls `task` in a later task of the event loop. */
export type Turn = (task: () => void) => void;

/** What engines offer for this; none has everything. */
interface Scheduling {
  readonly setImmediate?: Turn;
  readonly MessageChannel?: typeof MessageChannel;
}

/**
 * Not `scheduler.yield`: what follows it runs before painting, and before messages that have already arrived. No timers: in a hidden page
 * they fire once a second, and nested ones wait four milliseconds.
 */
export const systemTurn: Turn = (task) => {
  const { setImmediate, MessageChannel } = globalThis as Scheduling;
  if (MessageChannel && !setImmediate) {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      task();
    };
    port2.postMessage(0);
  }
  // In Node, where an open channel would keep the process alive.
  else (setImmediate ?? setTimeout)(task);
};
