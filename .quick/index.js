export { events } from "./helpers/event-stream.js";

export { keep } from "./helpers/keep.js";

export { listen, next } from "./helpers/listen.js";

export { store } from "./helpers/store.js";

export { Manager, io as connect, io as default, io } from "./io.js";

export { ConnectionError, HoldfastError } from "./platform/errors.js";

export { PROTOCOL as protocol } from "./protocol/packet.js";

export { FetchPolling as Fetch } from "./session/transports/polling.js";

export { WebTransport } from "./session/transports/web-transport.js";

export { Socket } from "./socket/socket.js";

export { WS as NodeWebSocket, WS as WebSocket } from "./packages/engine.io-client/transports/websocket.js";

export { XHR as NodeXHR, XHR } from "./packages/engine.io-client/transports/polling-xhr.js";
