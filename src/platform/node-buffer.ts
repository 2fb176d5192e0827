/** Bytes as Node's own modules hand them out. */

interface NodeGlobals {
  readonly Buffer?: { from(memory: ArrayBufferLike, offset: number, length: number): Uint8Array };
}

/** The same memory as a `Buffer`, where the runtime has that class; as it is elsewhere. */
export function nodeBuffer(bytes: Uint8Array): Uint8Array {
  const { Buffer } = globalThis as NodeGlobals;
  return Buffer ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) : bytes;
}
