import { HttpPolling } from "./polling.js";

import { WS } from "../../packages/engine.io-client/transports/websocket.js";

const websocket = WS;

const polling = _ownSettings => HttpPolling;

const cookieJar = _wanted => {};

const BINARY_TYPE = "arraybuffer";

export { BINARY_TYPE, cookieJar, polling, websocket };
