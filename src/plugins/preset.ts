/** The features of `import { io } from 'holdfast'`. */
import type { Plugin } from '../manager/plugin.js';
import { liveness } from './liveness.js';
import { longPolling } from './long-polling.js';
import { memory } from './memory.js';
import { race } from './race.js';
import { recovery } from './recovery.js';
import { registry } from './registry.js';
import { retries } from './retries.js';
import { upgrade } from './upgrade.js';

export const preset = (): readonly Plugin[] => [
  longPolling(),
  memory(),
  race(),
  upgrade(),
  liveness(),
  retries(),
  recovery(),
  registry(),
];
