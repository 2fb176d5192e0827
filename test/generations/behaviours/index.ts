import type { Behaviour } from '../behaviour.js';
import { acks, binary } from './acks.js';
import { connecting } from './connecting.js';
import { leaving } from './disconnecting.js';
import { messages } from './messages.js';
import { namespaces } from './namespaces.js';
import { staying } from './reconnecting.js';
import { rooms } from './rooms.js';

/** What holdfast does with every server. */
export const behaviours: readonly Behaviour[] = [
  ...connecting,
  ...messages,
  ...acks,
  ...binary,
  ...namespaces,
  ...rooms,
  ...leaving,
  ...staying,
];
