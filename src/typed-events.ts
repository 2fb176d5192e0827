/** The event types that programs import from `socket.io-client/build/typed-events` and nearby files, under the same names. */

export type {
  DefaultEventsMap,
  EventNames,
  EventParams,
  EventsMap,
  ReservedOrUserEventNames,
  ReservedOrUserListener,
} from './platform/event-map.js';
export type {
  AllButLast,
  ErrorFirstAcks as DecorateAcknowledgements,
  FirstArg,
  Last,
} from './socket/typing.js';
