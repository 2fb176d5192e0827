import { provided } from './connection/generation.js';
import { io } from './io.js';
import { legacy } from './legacy/index.js';

// A script tag has everything in it: servers of long ago, too.
provided.legacy = legacy;

/** The script tag's global `io`. */
export default io;
