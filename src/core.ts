/** @packageDocumentation The composable core: `createIo` starts from WebSocket alone and adds the plugins that you pass. */

export { createIo, type Io } from './create-io.js';
export { Manager } from './manager/manager.js';
export type { AnyPlugin, ManagerHooks, Plugin } from './manager/plugin.js';
export { ConnectionError, HoldfastError } from './platform/errors.js';
export type { Options } from './platform/options.js';
export type { SocketHooks } from './socket/hooks.js';
export { Socket } from './socket/socket.js';
