/** @packageDocumentation A browser client for Socket.IO servers. */

export { NodeWebSocket, NodeXHR, WebSocket, XHR } from 'engine.io-client';
export type { Status } from './connection/lifecycle.js';
export { type EventIterator, type EventsOptions, events } from './helpers/event-stream.js';
export { type KeepOptions, type Kept, keep } from './helpers/keep.js';
export { listen, next } from './helpers/listen.js';
export {
  type ConnectionSnapshot,
  type ConnectionStatus,
  type Store,
  store,
} from './helpers/store.js';
export { io, io as connect, io as default, Manager } from './io.js';
export type { ManagerOwnEvents, ManagerReservedEvents } from './manager/manager-events.js';
export type { AnyPlugin, ManagerHooks, Plugin } from './manager/plugin.js';
export { type Attempt, ConnectionError, type ErrorCode, HoldfastError } from './platform/errors.js';
export type {
  Auth,
  ManagerOptions,
  Options,
  OptionsFor,
  OutboxOptions,
  PlatformSignal,
  PlatformSignals,
  PlatformStore,
  RetryPolicy,
  RetryPolicyContext,
  SocketOptions,
  TransportName,
  TypedPlugin,
} from './platform/options.js';
export { type AnyPacket, PROTOCOL as protocol } from './protocol/packet.js';
export type { OpenPlan, TransportAttemptEvent } from './session/negotiate.js';
export { FetchPolling as Fetch } from './session/transports/polling.js';
export { WebTransport } from './session/transports/web-transport.js';
export type {
  ConnectError,
  ConnectError as ExtendedError,
  ContractViolation,
  DisconnectDescription,
  SocketDisconnectReason as DisconnectReason,
  SocketOwnEvents,
  SocketReservedEvents,
} from './socket/events.js';
export type { SocketHooks } from './socket/hooks.js';
export { type ErrorFirstSocket, Socket } from './socket/socket.js';
