/**
 * Hears what the browser tells of the page and its network: a lost connection returns with the network, and a page that is left says what
 * it has to say, and may go into the back/forward cache.
 */
import type { Plugin } from '../manager/plugin.js';
import { systemSignals } from '../platform/signals.js';

export const page = (): Plugin => ({
  name: 'page',
  manager: ({ _environment }) => ({ signals: _environment.signals ?? systemSignals }),
});
