// One client under observation: a number four times a second, which the server answers with the same number.
//
// Whether a client says that it is connected is one thing; whether answers come is another. Both are kept.

const EVERY_MS = 250;
/** An answer that takes longer is missed by a person, too. */
const MUTE_AFTER_MS = 1_000;
/** After this the program gives a number up: the same for both clients. */
const PATIENCE_MS = 30_000;
const STOOD_STILL_MS = 2_500;
export const KEPT_MS = 60_000;

/**
 * @param {object} client
 * @param {object} client.socket  of either client: they have the same methods
 * @param {() => string | undefined} client.transport
 * @param {() => number} [now]
 */
export function watchClient({ socket, transport }, now = Date.now) {
  const counts = { sent: 0, acked: 0, lost: 0 };
  /** When each number that is not answered yet was sent, oldest first. */
  const waiting = new Map();
  /** What the line was like: `{ from, state }`, oldest first; each until the next. */
  const history = [{ from: now(), state: 'away' }];
  let fault;
  let lookedAt = now();

  const state = () => {
    if (!socket.connected) return 'away';
    const [oldest] = waiting.values();
    if (oldest !== undefined && now() - oldest > MUTE_AFTER_MS) return 'mute';
    return transport() === 'polling' ? 'polling' : 'websocket';
  };

  function look() {
    // While the page stood still, nothing came.
    if (now() - lookedAt > STOOD_STILL_MS) history.push({ from: lookedAt, state: 'away' });
    lookedAt = now();
    const current = state();
    if (history.at(-1).state !== current) history.push({ from: now(), state: current });
    while (history.length > 1 && history[1].from < now() - KEPT_MS) history.shift();
    if (fault && (current === 'mute' || current === 'away')) interrupted();
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
    look();
  }

  function send() {
    counts.sent += 1;
    const count = counts.sent;
    waiting.set(count, now());
    socket.timeout(PATIENCE_MS).emit('probe', count, (error) => {
      if (!error) return answered(count);
      waiting.delete(count);
      counts.lost += 1;
      return look();
    });
    look();
  }

  socket.on('connect', look);
  socket.on('disconnect', () => {
    if (fault) {
      fault.backAt = undefined;
      interrupted();
    }
    look();
  });
  const timer = setInterval(send, EVERY_MS);

  return {
    look,
    history,
    state,
    transport,
    counts: () => ({ ...counts, waiting: waiting.size }),
    /** The newest fault: since when it counts, and when an answer came that was asked for after that. */
    fault: () => fault,
    struck({ at, label, closed = false, later = false }) {
      fault = { label, at, since: at, closed, later, ended: !closed, interrupted: false, backAt: undefined };
    },
    /** Where nobody came through, the time counts from here. */
    ended({ at }) {
      if (!fault?.closed) return;
      fault.ended = true;
      fault.since = at;
      // An answer from before the end is no recovery.
      fault.backAt = undefined;
    },
    stop: () => clearInterval(timer),
  };
}
