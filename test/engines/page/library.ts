import type { Io } from '../../../src/io.js';

/** In pages, what behaviours import as the library: what the page has loaded by a script tag, which speaks to old servers by itself. */

export const io: Io = (globalThis as unknown as { io: Io }).io;
export const legacy: undefined = undefined;
