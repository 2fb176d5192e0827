/** One event on its way to the server: the same object in the outbox, in the session's write queue and, after a cut, back. */
import type { Chunk } from '../protocol/encode.js';
import { EVENT, type EventData, type EventPacket } from '../protocol/packet.js';
import type { Outgoing } from '../session/session.js';

/** What `socket.sendBuffer` holds. Programs may put packets of their own there. */
export interface BufferedPacket extends EventPacket {
  readonly options: { readonly compress?: boolean };
}

/** Who takes a message back that never reached the transport. */
export interface MessageSender {
  _giveBack(message: Message): void;
}

/**
 * How a message ends if the link is lost before the transport has it: it is kept for the next link, it is sent again by the
 * feature that sent it (`retry`), or, being volatile, it is dropped.
 */
export type OnLoss = 'keep' | 'retry' | 'drop';

export class Message implements BufferedPacket, Outgoing {
  readonly type: typeof EVENT = EVENT;
  readonly nsp: string;
  /** The event's name and its arguments: the program's own objects. */
  readonly data: EventData;
  readonly id: number | undefined;
  readonly options: { readonly compress: boolean };
  readonly _sender: MessageSender;
  readonly _onLoss: OnLoss;
  /** What it is on the wire. Left out while it waits in the outbox: its arguments may change. */
  _chunks: readonly Chunk[] = NO_CHUNKS;
  _bytes = 0;
  /** When it was emitted, on the monotonic clock. */
  _sinceMs = 0;
  /** Whether the listeners of all outgoing events have seen it. */
  _seen = false;
  /** Whether it was handed to the session, or waits in the outbox; neither for one that was dropped. */
  _place: 'sent' | 'kept' | undefined = undefined;

  constructor(
    sender: MessageSender,
    nsp: string,
    data: EventData,
    id: number | undefined,
    compress: boolean,
    onLoss: OnLoss,
  ) {
    this._sender = sender;
    this.nsp = nsp;
    this.data = data;
    this.id = id;
    this.options = compress ? COMPRESS : DO_NOT_COMPRESS;
    this._onLoss = onLoss;
  }
}

export const NO_CHUNKS: readonly Chunk[] = [];
const COMPRESS = { compress: true };
const DO_NOT_COMPRESS = { compress: false };
