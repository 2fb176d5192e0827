import { Transport } from "../../packages/engine.io-client/transport.js";

const EngineTransport = Transport;

export { EngineTransport };
