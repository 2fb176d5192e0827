/** Checks options when they are given or changed, and converts strings from configuration files. */
import { checkOptions } from '../manager/check-options.js';
import type { Plugin } from '../manager/plugin.js';

export const checks = (): Plugin => ({ name: 'checks', options: checkOptions });
