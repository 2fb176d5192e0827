/** A tab's transport: instead of a WebSocket to the server, a channel to the tab or worker that has the connection. */
import { Emitter } from '../../platform/emitter.js';
import type { Channel } from '../../platform/tabs.js';
import type { EnginePacket, Transport } from '../../session/transports/transport.js';
import type { Down } from './wire.js';

/** The leader alone has a heartbeat. This is the longest interval that a handshake can state, in milliseconds. */
const NEVER_MS = 2 ** 30 - 1;

/** If the leader's answer has been pending for less than this, in milliseconds, further messages join the next batch: volatile events, too. */
const SOON_MS = 100;

/** What a link needs from its tab. */
export interface LinkHost {
  readonly _nowMs: number;
  _opening(link: Link): void;
  _sends(link: Link, chunks: readonly unknown[]): void;
  _closed(link: Link): void;
}

interface LinkEvents {
  open: () => void;
  packet: (packet: EnginePacket) => void;
  drain: () => void;
  error: (error: Error) => void;
  close: () => void;
}

export class Link extends Emitter<LinkEvents> {
  readonly name = 'tabs';
  readonly query: { [name: string]: unknown } = {};
  readyState: 'opening' | 'open' | 'closed' = 'opening';
  /** To the leader; undefined if a worker or this tab itself leads. */
  _pipe: Channel | undefined;
  /** The epoch of the leader that has accepted this tab. */
  _epoch: number | undefined;
  /** Whether the tab is leaving: the leader must send everything it has received to the server. */
  _parting = false;
  /** The namespaces that the tab has joined. */
  readonly _joined: Set<string> = new Set();
  /** The last batch; the leader has not handled all of it yet. */
  _batch: unknown[] = [];
  private _sent = 0;
  private _sentAtMs = 0;
  /** The number of packets that the leader has handled, and the number that it is permitted to send. */
  _taken = 0;
  _agreed = 0;

  constructor(
    readonly _key: string,
    private readonly _host: LinkHost,
  ) {
    super();
  }

  /** Whether the leader has not confirmed everything. */
  get _waits(): boolean {
    return this._taken < this._sent;
  }

  get writable(): boolean {
    return this.readyState === 'open' && !(this._waits && this._host._nowMs - this._sentAtMs > SOON_MS);
  }

  /** The number of packets of the last batch that the server may have received. */
  get _handed(): number {
    return this._batch.length - (this._sent - Math.max(this._taken, this._agreed));
  }

  /** Counts everything as handled: no further answer will come. */
  _assumeTaken(): void {
    this._taken = this._sent;
  }

  open(): void {
    this._host._opening(this);
  }

  close(): void {
    if (this.readyState === 'closed') return;
    this.readyState = 'closed';
    this._host._closed(this);
  }

  send(packets: readonly EnginePacket[]): void {
    this._sentAtMs = this._host._nowMs;
    this._batch = packets.map(({ data }) => data);
    this._sent += packets.length;
    for (const chunk of this._batch) {
      // DISCONNECT (Socket.IO v5, "Packet encoding"): further packets of this namespace are not for this tab.
      const [, nsp] = (typeof chunk === 'string' && /^1(\/[^,]*)?,?$/.exec(chunk)) || [chunk, 0];
      if (nsp !== 0) this._joined.delete((nsp as string | undefined) ?? '/');
    }
    this._host._sends(this, this._batch);
  }

  /** The page is being left: it can no longer give permission. */
  closeNow(packets: readonly EnginePacket[]): void {
    this.send(packets);
    this._parting = true;
  }

  pause(done: () => void): void {
    done();
  }

  /** Handles a message of the leader about the connection. */
  _hear(message: Down): void {
    const opening = this.readyState === 'opening';
    const [what] = message;
    if (this.readyState === 'closed') return;
    if (what === 'up' && opening) {
      const [, , , sid] = message;
      this.readyState = 'open';
      this._dispatch('open');
      const handshake = { sid, upgrades: [], pingInterval: NEVER_MS, pingTimeout: NEVER_MS };
      this._dispatch('packet', { type: 'open', data: JSON.stringify(handshake) });
    } else if (what === 'fail' && opening)
      this._dispatch('error', Object.assign(new Error(message[3]), { attempts: message[4] }));
    else if (what === 'taken' && message[3] > this._taken) {
      this._taken = message[3];
      if (!this._waits) this._dispatch('drain');
    } else if (what === 'packet') {
      const [, , key, nsp, chunks] = message;
      // CONNECT and DISCONNECT (Socket.IO v5, "Packet encoding").
      const type = `${chunks[0]}`[0];
      if (type === '0') this._joined.add(nsp);
      if (key === undefined && !this._joined.has(nsp)) return;
      if (type === '1') this._joined.delete(nsp);
      for (const data of chunks) this._dispatch('packet', { type: 'message', data });
    }
  }
}

/** Makes the compiler check that a link is a transport. */
export const asTransport = (link: Link): Transport => link as unknown as Transport;
