import { createRequire } from 'node:module';

/** A packet of socket.io-parser. */
export interface OfficialPacket {
  type: number;
  nsp: string;
  data?: unknown;
  id?: number;
}

interface OfficialDecoder {
  on(event: 'decoded', listener: (packet: OfficialPacket) => void): unknown;
  add(chunk: unknown): void;
}

export interface OfficialParser {
  Encoder: new () => { encode(packet: OfficialPacket): unknown[] };
  Decoder: new (options?: { maxAttachments: number }) => OfficialDecoder;
}

/** The parser of the official client and server: the same copy. */
export function officialParser(): OfficialParser {
  const require = createRequire(import.meta.url);
  return createRequire(require.resolve('socket.io'))('socket.io-parser') as OfficialParser;
}
