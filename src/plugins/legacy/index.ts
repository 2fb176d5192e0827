/** @packageDocumentation Servers of Socket.IO 1 and 2: `io(url, { plugins: [legacy()] })`. */

export { legacy } from './legacy.js';
