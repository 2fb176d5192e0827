import type { Io } from '../../../src/io.js';

/** Replaces the library's sources in pages: exports the script-tag build, which includes legacy support. */

export const io: Io = (globalThis as unknown as { io: Io }).io;
export const legacy: undefined = undefined;
