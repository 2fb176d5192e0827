/** One event on its way to the server: the same object in the outbox, in the session's write queue and, after a cut, back. */
import type { Cancel } from '../platform/clock.js';
import type { Listener } from '../platform/emitter.js';
import type { EventPacket } from '../protocol/packet.js';
import type { Outgoing } from '../session/session.js';

/** An entry of `socket.sendBuffer`. Programs may add their own packets. */
export interface BufferedPacket extends EventPacket {
  readonly options: { readonly compress?: boolean };
}

/**
 * What happens to a message if the link is lost before the transport has taken it: it is kept for the next link, resent by the feature that
 * sent it (`retry`), or dropped because it is volatile.
 */
export type OnLoss = 'keep' | 'retry' | 'drop';

export interface Message extends BufferedPacket, Outgoing {
  readonly options: { readonly compress: boolean };
  readonly _onLoss: OnLoss;
  /** Its encoded form. Absent while it waits in the outbox: its arguments may change. */
  _chunks: Outgoing['_chunks'];
  _bytes: number;
  /** When it was emitted, on the monotonic clock. */
  readonly _sinceMs: number;
  /** Whether the listeners of all outgoing events have seen it. */
  _seen: boolean;
  /** Whether it was handed to the session or waits in the outbox; undefined if it was dropped. */
  _place: 'sent' | 'kept' | undefined;
  /** For the acknowledgement. */
  readonly _callback: Listener | undefined;
  /** Whether the callback takes an error first, so that it can be called if no answer comes. */
  readonly _errorFirst: boolean;
  /** Whether it belongs to a Promise, which has to settle even if the program gives up the connection. */
  readonly _awaited: boolean;
  /** Cancels its timeout, and stops listening to its signal. */
  _stop: Cancel;
}
