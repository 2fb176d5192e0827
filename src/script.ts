/** The script tag's global `io`: everything, including old servers and the early connection. */
import { createIo, type Io, withPlugins } from './create-io.js';
import { events } from './helpers/event-stream.js';
import { keep } from './helpers/keep.js';
import { listen, next } from './helpers/listen.js';
import { store } from './helpers/store.js';
import { everyManager } from './manager/every-manager.js';
import type { Manager } from './manager/manager.js';
import type { Cancel } from './platform/clock.js';
import { earlySocket } from './plugins/early-socket.js';
import { legacy } from './plugins/legacy/index.js';
import { preset } from './plugins/preset.js';
import { webTransport } from './plugins/web-transport.js';

/** The properties that the script tag's global `io` has in addition to those of the module. */
export interface ScriptIo extends Io {
  readonly events: typeof events;
  readonly keep: typeof keep;
  readonly listen: typeof listen;
  readonly next: typeof next;
  readonly store: typeof store;

  /**
   * Calls `listener` with each manager of the page: at once with the existing ones, later with each new one.
   *
   * @returns ends it
   */
  everyManager(listener: (manager: Manager) => void): Cancel;
}

const features = [...preset(), webTransport(), legacy(), earlySocket];

/** The script tag's global `io`. */
export default Object.assign(createIo(features, withPlugins(features)), {
  everyManager,
  events,
  keep,
  listen,
  next,
  store,
}) as ScriptIo;
