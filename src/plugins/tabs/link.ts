/** A tab's transport: in place of a WebSocket to the server, a way to the tab or worker that has one. */
import { Emitter } from '../../platform/emitter.js';
import type { EnginePacket, Transport } from '../../session/transports/transport.js';
import type { Down } from './wire.js';

/** The heartbeat is the leader's: the longest that a handshake can tell, in milliseconds. */
const NEVER_MS = 2 ** 30 - 1;

/** While the leader has owed its word for less than this, in milliseconds, what is given goes along with the next batch: volatile events, too. */
const SOON_MS = 100;

/** What a link needs of its tab. */
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
  /** The epoch of the leader that has given it a seat. */
  _epoch: number | undefined;
  /** Whether the tab says nothing after this: what it has sent is to go to the server. */
  _parting = false;
  /** The namespaces that the tab has joined. */
  readonly _joined: Set<string> = new Set();
  /** What was handed over last; not all of it is taken. */
  _batch: unknown[] = [];
  /** When the leader was last given leave to hand something over, by the date. */
  _agreedAtMs = 0;
  private _sent = 0;
  private _sentAtMs = 0;
  /** How many packets the leader has handed over, or dealt with; and how many it has leave to. */
  _taken = 0;
  _agreed = 0;

  constructor(
    readonly _key: string,
    private readonly _host: LinkHost,
  ) {
    super();
  }

  /** Whether something was handed over that is not known to be taken. */
  get _waits(): boolean {
    return this._taken < this._sent;
  }

  get writable(): boolean {
    return this.readyState === 'open' && !(this._waits && this._host._nowMs - this._sentAtMs > SOON_MS);
  }

  /** How many packets of the last batch the server may have. */
  get _handed(): number {
    return this._batch.length - (this._sent - Math.max(this._taken, this._agreed));
  }

  /** Nobody will say any more what becomes of it. */
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
      // DISCONNECT (Socket.IO v5, "Packet encoding"): what still comes for this namespace is not for this tab.
      const [, nsp] = (typeof chunk === 'string' && /^1(\/[^,]*)?,?$/.exec(chunk)) || [chunk, 0];
      if (nsp !== 0) this._joined.delete((nsp as string | undefined) ?? '/');
    }
    this._host._sends(this, this._batch);
  }

  /** The page is left: nobody will be there to agree. */
  closeNow(packets: readonly EnginePacket[]): void {
    this.send(packets);
    this._parting = true;
  }

  pause(done: () => void): void {
    done();
  }

  /** Takes what the leader says of the connection. */
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

/** Compilers see that it is a transport. */
export const asTransport = (link: Link): Transport => link as unknown as Transport;
