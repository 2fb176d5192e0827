/**
 * Connection state recovery: after a cut the server restores the session, with the events that were missed. The server appends an offset, a
 * string, to the arguments of each event that it can restore; this file finds it, and removes it on request.
 */
import type { Plugin } from '../manager/plugin.js';
import { ProtocolError } from '../protocol/packet.js';
import type { SocketHooks } from '../socket/hooks.js';
import type { Socket } from '../socket/socket.js';

/**
 * The offsets of the in-memory adapter, of Redis streams, and of MongoDB: all begin with the server's time, which lies between 2022, when
 * servers began to add offsets, and 2045. The clock of the page is not used. The last one looks like any id of a MongoDB document, so it
 * counts only if no offset of another form has been seen.
 */
const FORMS: readonly RegExp[] = [
  // Milliseconds in base 64, with the digits 0-9, A-Z, a-z, - and _.
  /^[O-Y][\w-]{6}(\.[\w-]{1,9})?$/,
  /^(1[6-9]|2[0-3])\d{11}-\d{1,9}$/,
  // Seconds in hexadecimal digits.
  /^[6-8][\da-f]{23}$/,
];
const OBJECT_ID = 2;

/** For this long after a recovery, in milliseconds, a server may repeat events. */
const REPLAY_MS = 10_000;

/** How many offsets are remembered; each is at most 90 characters long with its event's name. */
const MAX_SEEN = 1_000;

/** Names may have any length; only a part is remembered. */
const keyOf = (name: unknown, offset: string): string => `${offset} ${`${name}`.slice(0, 64)}`;

class Recovery implements SocketHooks {
  /** The session's private id: having it means that the server keeps this session. */
  private _pid: string | undefined;
  /** The events of the session that have already arrived. */
  private _seen: Set<string> | undefined;
  private _replayEndsMs = 0;
  /** The server's form of offsets, if known. */
  private _form: number | undefined;
  /** Whether a recovery has confirmed that form. */
  private _proved = false;

  /** @param _ofSocket has the last offset of the session, where programs read it from the official client */
  constructor(private readonly _ofSocket: Socket & { _lastOffset?: string | undefined }) {
    _ofSocket._lastOffset = undefined;
  }

  _offsetOf(event: readonly unknown[]): string | undefined {
    const text = event.length > 1 && event[event.length - 1];
    if (this._pid === undefined || typeof text !== 'string') return undefined;
    const found = FORMS.findIndex((one) => one.test(text));
    if (found >= 0 && (this._form === undefined || (found < this._form && !this._proved))) this._form = found;
    return found === this._form ? text : undefined;
  }

  private get _nowMs(): number {
    return this._ofSocket.io._environment.clock.now();
  }

  connecting(): object | undefined {
    const { _ofSocket } = this;
    // The server would repeat the events that could not be read: only a new session ends that.
    if (_ofSocket._lastError instanceof ProtocolError) this._pid = undefined;
    const { _pid: pid } = this;
    return pid === undefined ? undefined : { pid, offset: _ofSocket._lastOffset };
  }

  connected(data: Readonly<Record<string, unknown>>): boolean {
    const given = typeof data.pid === 'string' ? data.pid : undefined;
    const recovered = given !== undefined && given === this._pid;
    this._pid = given;
    if (recovered) {
      // The server begins with the missed events, and may begin too early.
      this._replayEndsMs = this._nowMs + REPLAY_MS;
      this._proved = true;
    } else {
      this._ofSocket._lastOffset = undefined;
      this._replayEndsMs = 0;
      this._seen = undefined;
    }
    return recovered;
  }

  incoming(event: unknown[]): unknown[] | undefined {
    const offset = this._offsetOf(event);
    if (offset === undefined) return event;
    if (this._nowMs < this._replayEndsMs && this._seen?.has(keyOf(event[0], offset))) return undefined;
    // An id of a document must stay, unless the server is known to use such offsets.
    const hides = this._ofSocket._options.hideOffset && (this._form !== OBJECT_ID || this._proved);
    return hides ? event.slice(0, -1) : event;
  }

  // Only now: an event counts as received after its listeners have been called.
  delivered(event: unknown[]): void {
    const offset = this._offsetOf(event);
    if (offset === undefined) return;
    this._ofSocket._lastOffset = offset;
    this._seen ??= new Set();
    const { _seen } = this;
    _seen.add(keyOf(event[0], offset));
    if (_seen.size > MAX_SEEN) _seen.delete(_seen.values().next().value as string);
  }

  // `disconnect()` ends the session: a later one is new.
  gaveUp(byHand: boolean): void {
    if (byHand) this._pid = undefined;
  }
}

export const recovery = (): Plugin => ({
  name: 'recovery',
  socket: (socket) => new Recovery(socket),
});
