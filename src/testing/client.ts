/** One client's connection on the server: reads its packets, and passes each to its namespace. */
import { type Cancel, type Clock, nothing } from '../platform/clock.js';
import { nodeBuffer } from '../platform/node-buffer.js';
import type { Codec } from '../protocol/codec.js';
import type { Chunk } from '../protocol/encode.js';
import { CONNECT, CONNECT_ERROR, EVENT, type EventPacket, type Packet } from '../protocol/packet.js';
import type { TestConnection } from './engine.js';
import type { Frame } from './link.js';
import type { AnySocket } from './namespace.js';
import type { TestRequest } from './request.js';
import type { ClientPort } from './socket.js';

/** The parts of the server that a client uses. */
export interface ClientHost {
  readonly clock: Clock;
  readonly connectTimeoutMs: number;
  codec(): Codec;
  /** A client wants to join a namespace. */
  join(
    client: TestClient,
    name: string,
    auth: Readonly<Record<string, unknown>>,
    admitted: (socket: AnySocket) => void,
  ): void;
  /** Called with an event that arrived. Returns whether it is passed to the handlers. */
  received(socket: AnySocket, packet: EventPacket): boolean;
  closed(client: TestClient): void;
}

export class TestClient implements ClientPort {
  /** @internal The sockets of this connection, by namespace. */
  readonly _sockets: Map<string, AnySocket> = new Map();
  private readonly _codec: Codec;
  private _stopTimeout: Cancel = nothing;

  constructor(
    readonly conn: TestConnection,
    private readonly _host: ClientHost,
  ) {
    this._codec = _host.codec();
    // A connection without a namespace is useless.
    this._stopTimeout = _host.clock.after(
      _host.connectTimeoutMs,
      () => {
        if (this._sockets.size === 0) this.conn.close();
      },
      true,
    );
  }

  get id(): string {
    return this.conn.id;
  }

  get request(): TestRequest {
    return this.conn.request;
  }

  /** @internal */
  _put(chunks: readonly Chunk[]): void {
    for (const chunk of chunks) this.conn._message(typeof chunk === 'string' ? chunk : bytesOf(chunk));
  }

  /** @internal */
  _disconnect(): void {
    for (const socket of [...this._sockets.values()]) socket.disconnect();
    this.conn._end('forced server close');
  }

  /** @internal */
  _left(nsp: string): void {
    this._sockets.delete(nsp);
  }

  /** @internal Called with each message. */
  _message(data: unknown): void {
    const chunk = data instanceof Uint8Array ? nodeBuffer(data) : data;
    try {
      this._codec.decode(chunk, (packet) => this._packet(packet));
    } catch {
      this.conn.close();
    }
  }

  /** @internal Called when the connection has ended. */
  _closed(reason: string, description: unknown): void {
    this._stopTimeout();
    this._codec.reset();
    for (const socket of [...this._sockets.values()]) socket._closed(reason, description);
    this._sockets.clear();
    this._host.closed(this);
  }

  private _packet(packet: Packet): void {
    const { type, nsp } = packet;
    if (type === CONNECT) {
      this._host.join(this, nsp, { ...packet.data }, (socket) => {
        this._stopTimeout();
        this._sockets.set(socket.nsp.name, socket);
      });
      return;
    }
    const socket = this._sockets.get(nameOf(nsp));
    // A client sends to a namespace that it has not joined, or sends a CONNECT_ERROR: like a real server, close the connection.
    if (!socket || type === CONNECT_ERROR) {
      this.conn.close();
      return;
    }
    if (packet.type === EVENT && !this._host.received(socket, packet)) return;
    // In its own turn, so that the handlers of earlier packets have run.
    this._host.clock.soon(() => socket._receive(packet));
  }
}

/** The namespace without a query. */
const nameOf = (nsp: string): string => nsp.split('?', 1)[0] as string;

function bytesOf(chunk: Exclude<Chunk, string>): Frame {
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  return new Uint8Array(chunk as ArrayBuffer);
}
