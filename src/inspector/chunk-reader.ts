import type { CustomParser } from '../protocol/codec.js';
import type { Chunk } from '../protocol/encode.js';
import { sizeOnWire } from '../protocol/size.js';
import type { ObservedPacket, PacketKind } from './observed.js';

/** What the chunks of one packet tell. */
export type ReadPacket = Pick<
  ObservedPacket,
  'kind' | 'nsp' | 'event' | 'bytes' | 'attachments' | 'ackId' | 'payload'
>;

const KINDS: readonly PacketKind[] = [
  'connect',
  'disconnect',
  'event',
  'ack',
  'connect_error',
  'event',
  'ack',
];

/** Socket.IO protocol v5, "Packet encoding", up to the JSON. Servers of old put a query behind the namespace. */
const HEAD = /^([0-6])(?:(\d+)-)?(?:(\/[^,?]*)(?:\?[^,]*)?,?)?(\d+)?/;
const NAME = /\[\s*(?:"((?:[^"\\]|\\.){0,200})|(-?\d+))/y;

/** Reads the packets of one direction as far as they can be told apart: no JSON is parsed, nothing is copied. */
export class ChunkReader {
  private pending: { packet: ReadPacket; missing: number } | undefined;
  private decoder: ((chunk: Chunk) => unknown) | undefined;
  /** Of a packet that a custom parser has only seen a part of. */
  private partBytes = 0;

  constructor(
    private readonly transport: () => string,
    private readonly parser?: () => unknown,
  ) {}

  /** The connection is another one: what was begun will not be ended. */
  reset(): void {
    this.pending = undefined;
    this.decoder = undefined;
    this.partBytes = 0;
  }

  /** @returns the packet that is complete now */
  read(chunk: Chunk): ReadPacket | undefined {
    const bytes = sizeOnWire(chunk, this.transport(), 0);
    const { pending } = this;
    if (pending && typeof chunk !== 'string') {
      pending.packet = { ...pending.packet, bytes: pending.packet.bytes + bytes };
      pending.missing--;
      return this.complete();
    }
    const head = typeof chunk === 'string' ? HEAD.exec(chunk) : undefined;
    const parser = this.parser?.();
    if (parser || !head) return this.decoded(parser, chunk, bytes);
    const text = chunk as string;
    const [{ length }, type, attachments, nsp = '/', id] = head as unknown as [string, ...string[]];
    const kind = KINDS[Number(type)] ?? 'binary';
    NAME.lastIndex = length;
    const name = kind === 'event' ? NAME.exec(text) : undefined;
    const packet: ReadPacket = {
      kind,
      nsp,
      event: name ? (name[1] ?? name[2]) : undefined,
      bytes,
      attachments: Number(attachments ?? 0),
      ackId: id === undefined ? undefined : Number(id),
      payload: kind === 'connect' ? undefined : text.slice(length),
    };
    this.pending = { packet, missing: packet.attachments };
    return this.complete();
  }

  private complete(): ReadPacket | undefined {
    const { pending } = this;
    if (!pending || pending.missing > 0) return undefined;
    this.pending = undefined;
    return pending.packet;
  }

  /** A custom parser's packets are read by its own decoder, a second one. */
  private decoded(parser: unknown, chunk: Chunk, chunkBytes: number): ReadPacket | undefined {
    const bytes = this.partBytes + chunkBytes;
    try {
      this.decoder ??= decoderOf(parser as CustomParser);
      const packet = this.decoder(chunk) as Record<string, unknown> | undefined;
      this.partBytes = packet ? 0 : bytes;
      if (!packet) return undefined;
      const { type, nsp, data, id } = packet;
      const kind = KINDS[Number(type)] ?? 'binary';
      return {
        kind,
        nsp: String(nsp ?? '/'),
        event: kind === 'event' ? String((data as unknown[])[0]) : undefined,
        bytes,
        attachments: 0,
        ackId: id as number | undefined,
        payload: kind === 'connect' ? undefined : data,
      };
    } catch {
      this.partBytes = 0;
      return { kind: 'binary', nsp: '/', bytes, attachments: 0 };
    }
  }
}

function decoderOf(parser: CustomParser): (chunk: Chunk) => unknown {
  const decoder = new (parser.Decoder as unknown as new () => DecoderLike)();
  let decoded: unknown;
  decoder.on('decoded', (packet) => {
    decoded = packet;
  });
  return (chunk) => {
    decoded = undefined;
    decoder.add(chunk);
    return decoded;
  };
}

interface DecoderLike {
  on(event: 'decoded', listener: (packet: unknown) => void): unknown;
  add(chunk: unknown): void;
}
