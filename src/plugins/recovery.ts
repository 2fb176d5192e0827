/**
 * Connection state recovery: after a cut the server brings back the session, with the events that were missed. The server adds
 * an offset, a string, to the end of each event that it could bring back; this is how it is found, and taken away on request.
 */
import type { Plugin } from '../manager/plugin.js';

const YEAST = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_';

function yeastMs(digits: string): number {
  let ms = 0;
  for (let i = 0; i < digits.length; i++) ms = ms * 64 + YEAST.indexOf(digits.charAt(i));
  return ms;
}

/**
 * The offsets of the in-memory adapter, of Redis streams, and of MongoDB: all are made from the server's time. The last one
 * looks like any id of a MongoDB document, so it counts only where no offset of another form has come.
 */
const FORMS: readonly (readonly [form: RegExp, timeMs: (digits: string) => number])[] = [
  [/^([\w-]{7})(?:\.[\w-]{1,9})?$/, yeastMs],
  [/^(\d{13})-\d{1,9}$/, Number],
  [/^([\da-f]{8})[\da-f]{16}$/, (digits) => Number.parseInt(digits, 16) * 1_000],
];
const OBJECT_ID = 2;

/** Servers' clocks lie between these: 2023, when servers began to add offsets, and 2045. The clock of the page has no say. */
const EARLIEST_MS = 1_672_531_200_000;
const LATEST_MS = 2_366_841_600_000;

/** So long after a recovery, in milliseconds, a server may give again what it gave before. */
const REPLAY_MS = 10_000;

/** How many offsets are remembered; each is at most 90 characters long with its event's name. */
const MAX_SEEN = 1_000;

/** Which form of an offset `text` has; undefined if it has none. */
export function formOf(text: unknown): number | undefined {
  if (typeof text !== 'string' || text.length > 24) return undefined;
  for (let i = 0; i < FORMS.length; i++) {
    const [form, timeMs] = FORMS[i] as (typeof FORMS)[number];
    const digits = form.exec(text)?.[1];
    const ms = digits === undefined ? 0 : timeMs(digits);
    if (ms > EARLIEST_MS && ms < LATEST_MS) return i;
  }
  return undefined;
}

/** The offsets of one session: the last one, and which events have come already. */
export class Offsets {
  last: string | undefined;
  private readonly _seen: Set<string> = new Set();
  private _replayEndsMs = Number.NEGATIVE_INFINITY;
  /** The server's form, as far as it is known. */
  private _form: number | undefined;
  /** Whether a recovery has proved that form. */
  private _proved = false;

  /** The offset that an event ends in, if it does. */
  read(event: readonly unknown[]): string | undefined {
    const last = event.length > 1 ? event[event.length - 1] : undefined;
    const form = formOf(last);
    if (form === undefined) return undefined;
    if (this._form === undefined || (form < this._form && !this._proved)) this._form = form;
    return form === this._form ? (last as string) : undefined;
  }

  /** Whether an offset may be taken away: an id of a document must stay, unless the server is known to use such offsets. */
  get certain(): boolean {
    return this._form !== OBJECT_ID || this._proved;
  }

  /** The session goes on after a cut: the server begins with what was missed, and may begin too early. */
  replay(nowMs: number): void {
    this._replayEndsMs = nowMs + REPLAY_MS;
    this._proved = true;
  }

  /** Another session begins: the offsets of the one before say nothing about it. */
  forget(): void {
    this.last = undefined;
    this._replayEndsMs = Number.NEGATIVE_INFINITY;
    this._seen.clear();
  }

  /** Whether the server repeats an event that came before the cut. */
  repeated(name: unknown, offset: string, nowMs: number): boolean {
    return nowMs < this._replayEndsMs && this._seen.has(keyOf(name, offset));
  }

  add(name: unknown, offset: string): void {
    const { _seen } = this;
    this.last = offset;
    _seen.add(keyOf(name, offset));
    if (_seen.size <= MAX_SEEN) return;
    for (const oldest of _seen) {
      _seen.delete(oldest);
      return;
    }
  }
}

/** Of a name of any length, a part is remembered. */
const keyOf = (name: unknown, offset: string): string => `${offset} ${`${name}`.slice(0, 64)}`;

export const recovery = (): Plugin => ({
  name: 'recovery',
  socket(socket) {
    const { clock } = socket.io._environment;
    /** The session's private id; the server's word for "I keep this session". */
    let pid: string | undefined;
    let offsets: Offsets | undefined;
    // Programs read it from the official client.
    Object.defineProperty(socket, '_lastOffset', { get: () => offsets?.last, configurable: true });
    return {
      connecting: () => (pid === undefined ? undefined : { pid, offset: offsets?.last }),
      connected(data) {
        const given = typeof data.pid === 'string' ? data.pid : undefined;
        const recovered = given !== undefined && given === pid;
        pid = given;
        if (given !== undefined) offsets ??= new Offsets();
        if (recovered) offsets?.replay(clock.now());
        else offsets?.forget();
        return recovered;
      },
      incoming(event) {
        const offset = pid === undefined ? undefined : offsets?.read(event);
        if (offset === undefined || !offsets) return event;
        if (offsets.repeated(event[0], offset, clock.now())) return undefined;
        return socket._options.hideOffset && offsets.certain ? event.slice(0, -1) : event;
      },
      // Only now: an event counts as received when the program has had it.
      delivered(event) {
        const offset = pid === undefined ? undefined : offsets?.read(event);
        if (offset !== undefined) offsets?.add(event[0], offset);
      },
      // Leaving by hand ends the session: a later one is another.
      gaveUp(byHand) {
        if (byHand) pid = undefined;
      },
    };
  },
});
