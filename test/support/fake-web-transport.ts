import { createPacketDecoderStream, createPacketEncoderStream } from 'engine.io-parser';
import { afterEach, beforeEach, vi } from 'vitest';
import type { EnginePacket } from '../../src/session/transports/transport.js';
import { settled } from './fake-transports.js';

/** A fake of the platform's WebTransport over in-memory streams, whose server the test controls. */

export interface FakeWebTransport {
  /** Sessions that were dialled, in order. */
  readonly sessions: readonly FakeSession[];
  readonly last: FakeSession;
}

/** Call it at the top of a test file: the global `WebTransport` is a fake one. */
export function useFakeWebTransport(): FakeWebTransport {
  let sessions: FakeSession[];
  beforeEach(() => {
    sessions = [];
    vi.stubGlobal(
      'WebTransport',
      class extends FakeSession {
        constructor(url: string, options?: object) {
          super(url, options);
          sessions.push(this);
        }
      },
    );
  });
  afterEach(() => {
    vi.unstubAllGlobals();
  });
  return {
    get sessions() {
      return sessions;
    },
    get last() {
      return sessions.at(-1) as FakeSession;
    },
  };
}

type Settle<T> = { resolve(value: T): void; reject(error: unknown): void };

export class FakeSession {
  readonly ready: Promise<void>;
  readonly closed: Promise<unknown>;
  /** How often the client has closed the session. */
  closes = 0;
  /** If set, the client's stream operations fail with this. */
  streamError: Error | undefined;
  /** The received packets, as `type:data`. */
  readonly packets: string[] = [];
  /** The same as packets of the parser. */
  readonly received: EnginePacket[] = [];
  /** Whether the client has ended its side of the stream. */
  finished = false;
  /** While true, the client's data is not accepted. */
  stalled = false;
  #resume: (() => void) | undefined;
  #ready!: Settle<void>;
  #closed!: Settle<unknown>;
  #toClient!: ReadableStreamDefaultController<Uint8Array>;

  constructor(
    readonly url: string,
    readonly options?: object,
  ) {
    this.ready = new Promise((resolve, reject) => {
      this.#ready = { resolve, reject };
    });
    this.closed = new Promise((resolve, reject) => {
      this.#closed = { resolve, reject };
    });
  }

  async createBidirectionalStream(): Promise<{ readable: ReadableStream; writable: WritableStream }> {
    if (this.streamError) throw this.streamError;
    // The server's own parser reads it.
    const decoder = createPacketDecoderStream(1e9, 'nodebuffer');
    const writer = decoder.writable.getWriter();
    const reader = decoder.readable.getReader();
    void (async () => {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        this.received.push(value);
        this.packets.push(value.data === undefined ? value.type : `${value.type}:${value.data}`);
      }
    })();
    return {
      readable: new ReadableStream<Uint8Array>({
        start: (controller) => {
          this.#toClient = controller;
        },
      }),
      writable: new WritableStream<Uint8Array>({
        write: async (chunk) => {
          if (this.stalled) {
            await new Promise<void>((resolve) => {
              this.#resume = resolve;
            });
          }
          if (this.streamError) throw this.streamError;
          await writer.write(chunk);
        },
        close: () => {
          if (this.stalled) return new Promise(() => {});
          this.finished = true;
          return undefined;
        },
      }),
    };
  }

  close(): void {
    this.closes += 1;
    this.#ready.reject(new Error('closed'));
    this.#closed.resolve({});
  }

  /** The server accepts the session. */
  async opens(): Promise<void> {
    this.#ready.resolve();
    await settled();
  }

  async refuses(error: Error): Promise<void> {
    this.#ready.reject(error);
    this.#closed.reject(error);
    await settled();
  }

  /** The session is lost, or closed by the server. */
  async ends(error?: Error): Promise<void> {
    if (error) this.#closed.reject(error);
    else this.#closed.resolve({ closeCode: 0 });
    await settled();
  }

  /** The server accepts the client's data again. */
  async goesOn(): Promise<void> {
    this.stalled = false;
    this.#resume?.();
    await settled();
  }

  /** The server ends its side of the stream. */
  async endsStream(error?: Error): Promise<void> {
    if (error) this.#toClient.error(error);
    else this.#toClient.close();
    await settled();
  }

  /** Bytes of the server. */
  async brings(...chunks: (Uint8Array | readonly number[])[]): Promise<void> {
    for (const chunk of chunks) this.#toClient.enqueue(Uint8Array.from(chunk));
    await settled();
  }

  /** Packets of the server, as its own parser writes them, in chunks of this many bytes. */
  async gives(
    packets: readonly EnginePacket[],
    chunkBytes: number = Number.POSITIVE_INFINITY,
  ): Promise<void> {
    const bytes = await encoded(packets);
    for (let at = 0; at < bytes.length; at += chunkBytes)
      this.#toClient.enqueue(new Uint8Array(bytes.subarray(at, at + chunkBytes)));
    await settled();
  }

  /** Opens, and delivers the server's handshake. */
  async shakes(handshake: object = {}): Promise<void> {
    await this.opens();
    const standard = { sid: 'engine1', upgrades: [], pingInterval: 25_000, pingTimeout: 20_000 };
    await this.gives([{ type: 'open', data: JSON.stringify({ ...standard, ...handshake }) }]);
  }
}

/** These packets in the server's encoding. */
export async function encoded(packets: readonly EnginePacket[]): Promise<Buffer> {
  const { readable, writable } = createPacketEncoderStream();
  const writer = writable.getWriter();
  const chunks: Uint8Array[] = [];
  const read = (async () => {
    for await (const chunk of readable as unknown as AsyncIterable<Uint8Array>) chunks.push(chunk);
  })();
  for (const packet of packets) await writer.write(packet);
  await writer.close();
  await read;
  return Buffer.concat(chunks);
}
