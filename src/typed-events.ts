/** What `socket.io-client/build/typed-events` and its neighbours are imported for: types of events, under the names that they have there. */

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
