/** The drop-in `io` and `Manager`: everything that the package does by default. */
import { createIo, type Io, withPlugins } from './create-io.js';
import type { Manager as BaseManager } from './manager/manager.js';
import type { DefaultEventsMap, EventsMap } from './platform/event-map.js';
import { preset } from './plugins/preset.js';

export type { Io };

const features = /* @__PURE__ */ preset();

/** One connection to one server, shared by the sockets of its namespaces. */
export const Manager: typeof BaseManager = /* @__PURE__ */ withPlugins(features);
export type Manager<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
> = BaseManager<ListenEvents, EmitEvents>;

export const io: Io = /* @__PURE__ */ createIo(features, Manager);
