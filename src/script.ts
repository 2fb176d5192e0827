/** The script tag's global `io`: everything, including old servers and the early connection. */
import { createIo, type Io, withPlugins } from './create-io.js';
import type { Manager } from './manager/manager.js';
import type { Cancel } from './platform/clock.js';
import { early } from './plugins/early.js';
import { legacy } from './plugins/legacy/index.js';
import { preset } from './plugins/preset.js';
import { everyManager } from './plugins/registry.js';
import { webTransport } from './plugins/web-transport.js';

/** What the global `io` of a script tag has beside what the modules have. */
export interface ScriptIo extends Io {
  /**
   * Calls `listener` with each manager of the page: at once with those that exist, later with each new one.
   *
   * @returns ends it
   */
  everyManager(listener: (manager: Manager) => void): Cancel;
}

const features = [...preset(), webTransport(), legacy(), early()];

/** The script tag's global `io`. */
export default Object.assign(createIo(features, withPlugins(features)), { everyManager }) as ScriptIo;
