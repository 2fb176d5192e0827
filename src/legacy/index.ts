/** @packageDocumentation Servers of Socket.IO 1 and 2: `io(url, { legacy })`. */

import type { Legacy } from '../connection/generation.js';
import { meet, prepare } from './meet.js';
import { adopt } from './transports.js';

/** Lets a connection speak to servers of Socket.IO 1 and 2, too: `io(url, { legacy })`. */
export const legacy: Legacy = { adopt, meet, prepare };
