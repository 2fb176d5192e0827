/** Long-polling and WebTransport by name, for the option `transports`. */
import type { Plugin } from '../manager/plugin.js';
import { polling, webtransport } from '../session/transports/builtin.js';

export const longPolling = (): Plugin => ({ name: 'long-polling', transports: { polling } });

export const webTransport = (): Plugin => ({
  name: 'webtransport',
  transports: { webtransport: () => webtransport },
});
