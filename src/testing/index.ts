/** @packageDocumentation An in-memory Socket.IO server for tests of programs: no port, no network, and faults on demand. */

export type { BroadcastError, BroadcastOperator } from './broadcast.js';
export type { TestClock } from './clock.js';
export {
  type AnyContract,
  createTestServer,
  type FromServer,
  type TestBench,
  type TestContract,
  type TestIo,
  type ToServer,
} from './create.js';
export type { TestConnection } from './engine.js';
export type { RoutedWebSocket } from './entrance.js';
export type { Everyone } from './everyone.js';
export type { DropOptions, FaultClient, FaultOptions, RefuseOptions, RestartOptions } from './faults.js';
export type { AnyReceived, Expectation, ReceivedEvent } from './inspection.js';
export type {
  DynamicNamespace,
  Middleware,
  NamespaceMatcher,
  Refusal,
  TestNamespace,
  TestNamespaceEvents,
} from './namespace.js';
export type { TestServerOptions } from './options.js';
export type { TestRequest, TestResponse } from './request.js';
export type { OpenConnection, TestServer } from './server.js';
export type {
  Handshake,
  NamespaceOfSocket,
  ServerDisconnectReason,
  ServerOfSocket,
  SocketMiddleware,
  TestSocket,
  TestSocketOwnEvents,
} from './socket.js';
export type { AllowRequest, EngineMiddleware, TestConnectionError, TestEngine } from './test-engine.js';
