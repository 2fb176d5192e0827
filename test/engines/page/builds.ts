import type { Io } from '../../../src/io.js';

/** The page has both script files: behaviours run with the production build; this is the other one. */
export const developmentIo = (): Io => (globalThis as unknown as { ioDevelopment: Io }).ioDevelopment;
