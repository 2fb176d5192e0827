/** The script tag's global `io`. */
export { io as default } from './io.js';
