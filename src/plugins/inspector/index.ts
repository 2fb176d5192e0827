/** @packageDocumentation Shows what a connection does, in the page and in the console. */

export { type DebugOptions, debug } from './debug.js';
export { LogError } from './fields.js';
export { type InspectOptions, type Inspector, inspect, openLog } from './inspect.js';
export type { Log, LoggedConnection } from './log.js';
export { type ObserveOptions, observe } from './observe.js';
export type {
  ObservedEvent,
  ObservedFailure,
  ObservedPacket,
  ObservedState,
  PacketKind,
} from './observed.js';
export type { EventRow, PacketRow, Sample } from './record.js';
export type { Watchable } from './watch.js';
