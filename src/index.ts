/** @packageDocumentation A browser client for Socket.IO servers. */

export { Fetch, NodeWebSocket, NodeXHR, WebSocket, WebTransport, XHR } from './connection/engine.js';
export type { Status } from './connection/lifecycle.js';
export type { CandidateNews } from './connection/race.js';
export { type EventIterator, type EventsOptions, events } from './event-stream.js';
export { io, io as connect, io as default } from './io.js';
export { Manager } from './manager.js';
export type { ManagerOwnEvents, ManagerReservedEvents } from './manager-events.js';
export type {
  ConnectError,
  ConnectError as ExtendedError,
  DisconnectDescription,
  SocketDisconnectReason as DisconnectReason,
  SocketOwnEvents,
  SocketReservedEvents,
} from './namespace/events.js';
export { type Attempt, ConnectionError, type ErrorCode, HoldfastError } from './platform/errors.js';
export type {
  Auth,
  ManagerOptions,
  Options,
  OutboxOptions,
  RetryPolicy,
  RetryPolicyContext,
  SocketOptions,
  TransportName,
} from './platform/options.js';
export { type AnyPacket, PROTOCOL as protocol } from './protocol/packet.js';
export { type ErrorFirstSocket, Socket } from './socket.js';
