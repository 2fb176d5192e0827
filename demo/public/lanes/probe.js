// Observes one client. Four times a second it sends a question, which asks for an answer, and a note, which does not.
//
// Records both whether the client reports to be connected, and whether answers arrive; and what became of each message.

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
  const counts = { sent: 0, told: 0, silent: 0 };
  /** How many notes and questions have arrived. */
  const arrived = { notes: 0, questions: 0 };
  let notes = 0;
  /** The notes of which the client has told that they were not sent. Only holdfast has this event. */
  let dropped = 0;
  /** The send time of each unanswered question, oldest first. */
  const waiting = new Map();
  /** The states of the connection: `{ from, state }`, oldest first; each lasts until the next. */
  const history = [{ from: now(), state: 'disconnected' }];
  const startedAt = now();
  let fault;
  let updatedAt = now();
  let questions = 0;

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

  /** A note that is missing below one that arrived was lost: they leave in order. It may still arrive late over an old connection. */
  function countSilent({ highest, received }) {
    counts.silent = Math.max(0, highest - received - dropped);
    arrived.notes = received;
  }

  function answered(question, seen) {
    const sentAt = waiting.get(question);
    waiting.delete(question);
    arrived.questions += 1;
    countSilent(seen);
    if (fault && sentAt > fault.since && fault.backAt === undefined) fault.backAt = now();
    update();
  }

  function send() {
    notes += 1;
    socket.emit('note', notes);
    questions += 1;
    const question = questions;
    counts.sent += 2;
    waiting.set(question, now());
    socket.timeout(ACK_TIMEOUT_MS).emit('probe', (error, seen) => {
      if (!error) return answered(question, seen);
      waiting.delete(question);
      counts.told += 1;
      return update();
    });
    update();
  }

  socket.on('connect', update);
  socket.on('dropped', (_error, [name]) => {
    if (name !== 'note') return;
    dropped += 1;
    counts.told += 1;
  });
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
    /** What became of everything that was sent. */
    counts() {
      const { sent, told, silent } = counts;
      const acked = arrived.notes + arrived.questions;
      return { sent, acked, waiting: Math.max(0, sent - acked - told - silent), told, silent };
    },
    /** For how long the client has been watched, in milliseconds. */
    age: () => now() - startedAt,
    /** The latest fault: the time from which recovery is measured, and when the first later question was answered. */
    fault: () => fault,
    faultStarted({ at, label, closed = false, later = false }) {
      const { silent, told } = counts;
      fault = {
        ...{ label, at, since: at, closed, later, ended: !closed, interrupted: false, backAt: undefined },
        before: { silent, told },
      };
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
