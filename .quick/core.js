export { createIo } from "./create-io.js";

export { Manager } from "./manager/manager.js";

export { ConnectionError, HoldfastError } from "./platform/errors.js";

export { Socket } from "./socket/socket.js";
