import type { Driver } from './drivers/driver.js';
import { driveChromium, driveFirefox, drivePlaywrightWebKit } from './drivers/playwright.js';
import { driveWebKitGtk } from './drivers/webkit-gtk.js';

/** The three engines, as `scripts/browsers.mjs` has found them: it names them to the tests by the environment. */

export interface Engine {
  readonly name: 'Chromium' | 'Firefox' | 'WebKit';
  /** Nothing where it is not on this machine. */
  readonly start: (() => Promise<Driver>) | undefined;
}

const {
  HOLDFAST_FIREFOX: firefox,
  HOLDFAST_WEBKIT: webkit,
  HOLDFAST_WEBKIT_DRIVER: webkitDriver,
} = process.env;

export const engines: readonly Engine[] = [
  { name: 'Chromium', start: driveChromium },
  { name: 'Firefox', start: firefox ? () => driveFirefox(firefox) : undefined },
  {
    name: 'WebKit',
    start: webkit
      ? () => (webkitDriver ? driveWebKitGtk(webkitDriver, webkit) : drivePlaywrightWebKit(webkit))
      : undefined,
  },
];
