/** The features of `import { io } from 'holdfast'`. */
import type { Plugin } from '../manager/plugin.js';
import { DEVELOPMENT } from '../platform/build.js';
import { checks } from './checks.js';
import { coach } from './coach/index.js';
import { liveness } from './liveness.js';
import { longPolling } from './long-polling.js';
import { memory } from './memory.js';
import { page } from './page.js';
import { race } from './race.js';
import { recovery } from './recovery.js';
import { retries } from './retries.js';
import { upgrade } from './upgrade.js';

export const preset = (): readonly Plugin[] => [
  checks(),
  // Before plugins that take events over.
  ...(DEVELOPMENT ? [coach()] : []),
  longPolling(),
  memory(),
  page(),
  race(),
  upgrade(),
  liveness(),
  retries(),
  recovery(),
];
