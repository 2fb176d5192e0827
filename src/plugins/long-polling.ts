/** Long-polling by name, for the option `transports`. */
import type { Plugin } from '../manager/plugin.js';
import { polling } from '../session/transports/builtin.js';

export const longPolling = (): Plugin => ({ name: 'long-polling', transports: { polling } });
