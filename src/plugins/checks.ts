/** Checks options when they are given and when they are changed, and reads them as configuration files write them. */
import { checkOptions } from '../manager/check-options.js';
import type { Plugin } from '../manager/plugin.js';

export const checks = (): Plugin => ({ name: 'checks', options: checkOptions });
