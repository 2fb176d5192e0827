import type { Behaviour } from '../../generations/behaviour.js';
import { binary } from './binary.js';
import { dropIn } from './drop-in.js';
import { input } from './input.js';
import { limits } from './limits.js';
import { opening } from './opening.js';
import { pageLife } from './page-life.js';
import { promises } from './promises.js';
import { webTransport } from './web-transport.js';
import { workers } from './workers.js';

/** Behaviours that depend on the browser, tested with the current server. */
export const inBrowsers: readonly Behaviour[] = [
  ...opening,
  ...binary,
  ...promises,
  ...limits,
  ...input,
  ...dropIn,
  ...workers,
  ...webTransport,
  ...pageLife,
];
