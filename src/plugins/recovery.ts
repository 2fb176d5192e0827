/**
 * Connection state recovery: after a cut the server brings back the session, with the events that were missed. The server adds
 * an offset, a string, to the end of each event that it could bring back; this is how it is found, and taken away on request.
 */
import type { Plugin } from '../manager/plugin.js';

/**
 * The offsets of the in-memory adapter, of Redis streams, and of MongoDB: all begin with the server's time, which lies between 2022, when
 * servers began to add offsets, and 2045. The clock of the page has no say. The last one looks like any id of a MongoDB document, so it
 * counts only where no offset of another form has come.
 */
const FORMS: readonly RegExp[] = [
  // Milliseconds to the base of 64, in the digits 0-9, A-Z, a-z, - and _.
  /^[O-Y][\w-]{6}(\.[\w-]{1,9})?$/,
  /^(1[6-9]|2[0-3])\d{11}-\d{1,9}$/,
  // Seconds in hexadecimal digits.
  /^[6-8][\da-f]{23}$/,
];
const OBJECT_ID = 2;

/** So long after a recovery, in milliseconds, a server may give again what it gave before. */
const REPLAY_MS = 10_000;

/** How many offsets are remembered; each is at most 90 characters long with its event's name. */
const MAX_SEEN = 1_000;

/** Of a name of any length, a part is remembered. */
const keyOf = (name: unknown, offset: string): string => `${offset} ${`${name}`.slice(0, 64)}`;

export const recovery = (): Plugin => ({
  name: 'recovery',
  socket(socket) {
    const { clock } = socket.io._environment;
    /** The session's private id; the server's word for "I keep this session". */
    let pid: string | undefined;
    /** The last offset of the session. */
    let last: string | undefined;
    /** Which events of the session have come already. */
    const seen = new Set<string>();
    let replayEndsMs = 0;
    /** The server's form of an offset, as far as it is known. */
    let form: number | undefined;
    /** Whether a recovery has proved that form. */
    let proved = false;

    /** The offset that an event ends in, if it does. */
    const offsetOf = (event: readonly unknown[]): string | undefined => {
      const text = event.length > 1 && event[event.length - 1];
      if (pid === undefined || typeof text !== 'string') return undefined;
      const found = FORMS.findIndex((one) => one.test(text));
      if (found >= 0 && (form === undefined || (found < form && !proved))) form = found;
      return found === form ? text : undefined;
    };

    // Programs read it from the official client.
    Object.defineProperty(socket, '_lastOffset', { get: () => last, configurable: true });
    return {
      connecting: () => (pid === undefined ? undefined : { pid, offset: last }),
      connected(data) {
        const given = typeof data.pid === 'string' ? data.pid : undefined;
        const recovered = given !== undefined && given === pid;
        pid = given;
        if (recovered) {
          // The server begins with what was missed, and may begin too early.
          replayEndsMs = clock.now() + REPLAY_MS;
          proved = true;
        } else {
          last = undefined;
          replayEndsMs = 0;
          seen.clear();
        }
        return recovered;
      },
      incoming(event) {
        const offset = offsetOf(event);
        if (offset === undefined) return event;
        if (clock.now() < replayEndsMs && seen.has(keyOf(event[0], offset))) return undefined;
        // An id of a document must stay, unless the server is known to use such offsets.
        return socket._options.hideOffset && (form !== OBJECT_ID || proved) ? event.slice(0, -1) : event;
      },
      // Only now: an event counts as received when the program has had it.
      delivered(event) {
        const offset = offsetOf(event);
        if (offset === undefined) return;
        last = offset;
        seen.add(keyOf(event[0], offset));
        if (seen.size > MAX_SEEN) seen.delete(seen.values().next().value as string);
      },
      // Leaving by hand ends the session: a later one is another.
      gaveUp(byHand) {
        if (byHand) pid = undefined;
      },
    };
  },
});
