import type { Behaviour } from '../behaviour.js';
import { acks, binary } from './acks.js';
import { connecting } from './connecting.js';
import { disconnecting } from './disconnecting.js';
import { messages } from './messages.js';
import { namespaces } from './namespaces.js';
import { reconnecting } from './reconnecting.js';
import { rooms } from './rooms.js';

/** The behaviours that holdfast shows with every server. */
export const behaviours: readonly Behaviour[] = [
  ...connecting,
  ...messages,
  ...acks,
  ...binary,
  ...namespaces,
  ...rooms,
  ...disconnecting,
  ...reconnecting,
];
