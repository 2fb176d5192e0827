/** Reads the packets of one direction from their chunks, as far as the inspector needs: no JSON is parsed. */
import type { CustomParser } from '../../protocol/codec.js';
import type { Chunk } from '../../protocol/encode.js';
import { BINARY_EVENT } from '../../protocol/packet.js';
import { sizeOnWire } from '../../protocol/size.js';
import { cleanName, MAX_NAME } from './clean.js';
import type { ObservedPacket, PacketKind } from './observed.js';

/** The content of the chunks of one packet. */
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
/** Matches an event name that is a number or contains an escape. */
const RARE_NAME = /\[\s*(?:"((?:[^"\\]|\\.){0,200})|(-?\d{1,20}))/y;

interface Header {
  readonly kind: PacketKind;
  readonly nsp: string;
  readonly attachments: number;
  readonly ackId: number | undefined;
  /** Where the JSON begins. */
  readonly length: number;
}

/**
 * Reads Socket.IO protocol v5, "Packet encoding", up to the JSON. It is written by hand because thousands of packets may arrive in a second.
 * Servers of version 1 and 2 write a query after the namespace.
 */
function headerOf(text: string): Header | undefined {
  const type = text.charCodeAt(0) - ZERO;
  const kind = KINDS[type];
  if (kind === undefined) return undefined;
  let at = 1;
  let attachments = 0;
  if (type >= BINARY_EVENT) {
    const end = text.indexOf('-');
    const digits = text.slice(1, Math.min(end, 12));
    attachments = /^\d+$/.test(digits) ? Number(digits) : 0;
    at = end + 1;
  }
  let nsp = '/';
  if (text.charCodeAt(at) === SLASH) {
    const comma = text.indexOf(',', at);
    const end = comma < 0 ? text.length : comma;
    // One character more than is kept shows that the name was longer.
    nsp = text.slice(at, Math.min(end, at + MAX_NAME + 1)).split('?', 1)[0] as string;
    at = comma < 0 ? end : end + 1;
  }
  const idAt = at;
  let id = 0;
  for (let digit = text.charCodeAt(at) - ZERO; digit >= 0 && digit <= 9; digit = text.charCodeAt(at) - ZERO) {
    id = id * 10 + digit;
    at++;
  }
  const ackId = at > idAt && Number.isSafeInteger(id) ? id : undefined;
  return { kind, nsp: cleanName(nsp), attachments, ackId, length: at };
}

function unescaped(text: string): string {
  try {
    return JSON.parse(`"${text}"`);
  } catch {
    return text;
  }
}

function eventNameOf(text: string, at: number): string | undefined {
  let name: string | undefined;
  if (text.startsWith('["', at)) {
    const end = text.indexOf('"', at + 2);
    const found = text.slice(at + 2, Math.min(end, at + 2 + MAX_NAME + 1));
    if (end > 0 && !found.includes('\\')) name = found;
  }
  if (name === undefined) {
    RARE_NAME.lastIndex = at;
    const found = RARE_NAME.exec(text);
    name = found?.[1] === undefined ? found?.[2] : unescaped(found[1]);
  }
  return name === undefined ? undefined : cleanName(name);
}

/** One for each direction of a connection. */
export class ChunkReader {
  private pending: { packet: ReadPacket; missing: number } | undefined;
  private decoder: ((chunk: Chunk) => unknown) | undefined;
  /** The size of the chunks of a packet that a custom parser has only partly read, in bytes. */
  private partBytes = 0;

  constructor(
    private readonly transport: () => string,
    private readonly parser: () => unknown = () => undefined,
    private readonly payloads: () => boolean = () => true,
  ) {}

  /** Begins a new connection: a half-read packet of the old one will never be completed. */
  reset(): void {
    this.pending = undefined;
    this.decoder = undefined;
    this.partBytes = 0;
  }

  /** @returns the packet that this chunk completes */
  read(chunk: Chunk): ReadPacket | undefined {
    const bytes = sizeOnWire(chunk, this.transport(), 0);
    const { pending } = this;
    if (pending && typeof chunk !== 'string') {
      pending.packet = { ...pending.packet, bytes: pending.packet.bytes + bytes };
      pending.missing--;
      return this.complete();
    }
    const parser = this.parser();
    const header = parser || typeof chunk !== 'string' ? undefined : headerOf(chunk);
    if (!header) return this.decode(parser, chunk, bytes);
    const text = chunk as string;
    const { kind, nsp, attachments, ackId, length } = header;
    const packet: ReadPacket = {
      kind,
      nsp,
      event: kind === 'event' ? eventNameOf(text, length) : undefined,
      bytes,
      attachments,
      ackId,
      payload: kind === 'connect' || !this.payloads() ? undefined : text.slice(length),
    };
    if (attachments === 0) return packet;
    this.pending = { packet, missing: attachments };
    return this.complete();
  }

  private complete(): ReadPacket | undefined {
    const { pending } = this;
    if (!pending || pending.missing > 0) return undefined;
    this.pending = undefined;
    return pending.packet;
  }

  /** Reads a custom parser's packets with a separate decoder. */
  private decode(parser: unknown, chunk: Chunk, chunkBytes: number): ReadPacket | undefined {
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
        nsp: cleanName(nsp ?? '/'),
        event: kind === 'event' ? cleanName((data as unknown[])[0]) : undefined,
        bytes,
        attachments: 0,
        ackId: Number.isSafeInteger(id) ? (id as number) : undefined,
        payload: kind === 'connect' || !this.payloads() ? undefined : data,
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
