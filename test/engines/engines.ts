import type { Driver } from './drivers/driver.js';
import { driveChromium, driveFirefox, drivePlaywrightWebKit } from './drivers/playwright.js';
import { driveWebKitGtk } from './drivers/webkit-gtk.js';

/** The three browser engines; `scripts/browsers.mjs` finds them and passes their paths in environment variables. */

export interface Engine {
  readonly name: 'Chromium' | 'Firefox' | 'WebKit';
  /** `undefined` if the engine is not installed. */
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
