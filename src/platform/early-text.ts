import { openEarly } from './early-snippet.js';

/** The snippet as text, a function without its arguments. The build has the shortened text in place of this module. */
export const EARLY_TEXT: string = `(${openEarly})`;
