// Observes one client: it sends a number four times a second, which the server acknowledges with the same number.
//
// Records both whether the client reports to be connected, and whether answers arrive.

const EVERY_MS = 250;
/** A user would notice an answer that takes longer than this. */
const UNRESPONSIVE_AFTER_MS = 1_000;
/** The acknowledgement timeout, the same for both clients. */
const ACK_TIMEOUT_MS = 30_000;
/** The page was blocked if updates are further apart than this. */
const BLOCKED_AFTER_MS = 2_500;
export const KEPT_MS = 60_000;

/**
 * @param {object} client
 * @param {object} client.socket  of either client: they have the same methods
 * @param {() => string | undefined} client.transport
 * @param {() => number} [now]
 */
export function watchClient({ socket, transport }, now = Date.now) {
  const counts = { sent: 0, acked: 0, lost: 0 };
  /** The send time of each unanswered number, oldest first. */
  const waiting = new Map();
  /** The states of the connection: `{ from, state }`, oldest first; each lasts until the next. */
  const history = [{ from: now(), state: 'disconnected' }];
  let fault;
  let updatedAt = now();

  const state = () => {
    if (!socket.connected) return 'disconnected';
    const [oldest] = waiting.values();
    if (oldest !== undefined && now() - oldest > UNRESPONSIVE_AFTER_MS) return 'unresponsive';
    return transport() === 'polling' ? 'polling' : 'websocket';
  };

  function update() {
    // Nothing arrived while the page was blocked.
    if (now() - updatedAt > BLOCKED_AFTER_MS) history.push({ from: updatedAt, state: 'disconnected' });
    updatedAt = now();
    const current = state();
    if (history.at(-1).state !== current) history.push({ from: now(), state: current });
    while (history.length > 1 && history[1].from < now() - KEPT_MS) history.shift();
    if (fault && (current === 'unresponsive' || current === 'disconnected')) interrupted();
  }

  function interrupted() {
    if (!fault.interrupted && fault.later) fault.since = now();
    fault.interrupted = true;
  }

  function answered(count) {
    const sentAt = waiting.get(count);
    waiting.delete(count);
    counts.acked += 1;
    if (fault && sentAt > fault.since && fault.backAt === undefined) fault.backAt = now();
    update();
  }

  function send() {
    counts.sent += 1;
    const count = counts.sent;
    waiting.set(count, now());
    socket.timeout(ACK_TIMEOUT_MS).emit('probe', count, (error) => {
      if (!error) return answered(count);
      waiting.delete(count);
      counts.lost += 1;
      return update();
    });
    update();
  }

  socket.on('connect', update);
  socket.on('disconnect', () => {
    if (fault) {
      fault.backAt = undefined;
      interrupted();
    }
    update();
  });
  const timer = setInterval(send, EVERY_MS);

  return {
    update,
    history,
    state,
    transport,
    counts: () => ({ ...counts, waiting: waiting.size }),
    /** The latest fault: the time from which recovery is measured, and when the first later number was answered. */
    fault: () => fault,
    faultStarted({ at, label, closed = false, later = false }) {
      fault = { label, at, since: at, closed, later, ended: !closed, interrupted: false, backAt: undefined };
    },
    /** If the fault blocked all traffic, recovery is measured from its end. */
    faultEnded({ at }) {
      if (!fault?.closed) return;
      fault.ended = true;
      fault.since = at;
      // An answer from before the end does not count as recovery.
      fault.backAt = undefined;
    },
    stop: () => clearInterval(timer),
  };
}
