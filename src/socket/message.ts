/** One event on its way to the server: the same object in the outbox, in the session's write queue and, after a cut, back. */
import type { Cancel } from '../platform/clock.js';
import type { Listener } from '../platform/emitter.js';
import type { EventPacket } from '../protocol/packet.js';
import type { Outgoing } from '../session/session.js';

/** What `socket.sendBuffer` holds. Programs may put packets of their own there. */
export interface BufferedPacket extends EventPacket {
  readonly options: { readonly compress?: boolean };
}

/**
 * How a message ends if the link is lost before the transport has it: it is kept for the next link, it is sent again by the
 * feature that sent it (`retry`), or, being volatile, it is dropped.
 */
export type OnLoss = 'keep' | 'retry' | 'drop';

export interface Message extends BufferedPacket, Outgoing {
  readonly options: { readonly compress: boolean };
  readonly _onLoss: OnLoss;
  /** What it is on the wire. Left out while it waits in the outbox: its arguments may change. */
  _chunks: Outgoing['_chunks'];
  _bytes: number;
  /** When it was emitted, on the monotonic clock. */
  readonly _sinceMs: number;
  /** Whether the listeners of all outgoing events have seen it. */
  _seen: boolean;
  /** Whether it was handed to the session, or waits in the outbox; neither for one that was dropped. */
  _place: 'sent' | 'kept' | undefined;
  /** For the acknowledgement. */
  readonly _callback: Listener | undefined;
  /** Whether the callback takes an error first, and so is told when no answer comes. */
  readonly _errorFirst: boolean;
  /** Whether a Promise stands behind it: it has to end, even if the program gives up the connection. */
  readonly _awaited: boolean;
  /** Stops waiting for the end of its time, and for its signal. */
  _stop: Cancel;
}
