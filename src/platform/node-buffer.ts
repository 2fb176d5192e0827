/** Bytes in the form that Node's own modules use. */

interface NodeGlobals {
  readonly Buffer?: { from(memory: ArrayBufferLike, offset: number, length: number): Uint8Array };
}

/** The same memory as a `Buffer` if the runtime has that class; otherwise unchanged. */
export function nodeBuffer(bytes: Uint8Array): Uint8Array {
  const { Buffer } = globalThis as NodeGlobals;
  return Buffer ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) : bytes;
}
