import type { CustomParser } from '../../protocol/codec.js';
import type { Chunk } from '../../protocol/encode.js';
import { BINARY_EVENT } from '../../protocol/packet.js';
import { sizeOnWire } from '../../protocol/size.js';
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

const ZERO = 48;
const SLASH = 47;
/** An event's name that is a number, or has an escape in it. */
const RARE_NAME = /\[\s*(?:"((?:[^"\\]|\\.){0,200})|(-?\d+))/y;
const MAX_NAME = 200;

interface Head {
  readonly kind: PacketKind;
  readonly nsp: string;
  readonly attachments: number;
  readonly ackId: number | undefined;
  /** Where the JSON begins. */
  readonly length: number;
}

/**
 * Socket.IO protocol v5, "Packet encoding", up to the JSON: read by hand, for thousands come in a second. Servers of old put a
 * query behind the namespace.
 */
function headOf(text: string): Head | undefined {
  const type = text.charCodeAt(0) - ZERO;
  const kind = KINDS[type];
  if (kind === undefined) return undefined;
  let at = 1;
  let attachments = 0;
  if (type >= BINARY_EVENT) {
    const end = text.indexOf('-');
    attachments = Number(text.slice(1, end));
    at = end + 1;
  }
  let nsp = '/';
  if (text.charCodeAt(at) === SLASH) {
    const comma = text.indexOf(',', at);
    const end = comma < 0 ? text.length : comma;
    nsp = text.slice(at, end).split('?', 1)[0] as string;
    at = comma < 0 ? end : end + 1;
  }
  const idAt = at;
  let id = 0;
  for (let digit = text.charCodeAt(at) - ZERO; digit >= 0 && digit <= 9; digit = text.charCodeAt(at) - ZERO) {
    id = id * 10 + digit;
    at++;
  }
  return { kind, nsp, attachments, ackId: at > idAt ? id : undefined, length: at };
}

function nameOf(text: string, at: number): string | undefined {
  if (text.startsWith('["', at)) {
    const end = text.indexOf('"', at + 2);
    const name = text.slice(at + 2, Math.min(end, at + 2 + MAX_NAME));
    if (end > 0 && !name.includes('\\')) return name;
  }
  RARE_NAME.lastIndex = at;
  const found = RARE_NAME.exec(text);
  return found?.[1] ?? found?.[2];
}

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
    const parser = this.parser?.();
    const head = parser || typeof chunk !== 'string' ? undefined : headOf(chunk);
    if (!head) return this.decoded(parser, chunk, bytes);
    const text = chunk as string;
    const { kind, nsp, attachments, ackId, length } = head;
    const packet: ReadPacket = {
      kind,
      nsp,
      event: kind === 'event' ? nameOf(text, length) : undefined,
      bytes,
      attachments,
      ackId,
      payload: kind === 'connect' ? undefined : text.slice(length),
    };
    if (attachments === 0) return packet;
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
