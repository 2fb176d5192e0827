const PROTOCOL = 5;

const CONNECT = 0;

const DISCONNECT = 1;

const EVENT = 2;

const ACK = 3;

const CONNECT_ERROR = 4;

const BINARY_EVENT = 5;

const BINARY_ACK = 6;

const RESERVED_EVENTS = /* @__PURE__ */ new Set([ "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener" ]);

class ProtocolError extends Error {}

const invalid = why => new ProtocolError(why || "invalid packet");

const isObject = value => "object" == typeof value && null !== value;

const isRecord = value => isObject(value) && !Array.isArray(value);

function checkPacket(packet) {
  const {type, nsp: name, id, data} = packet ?? {};
  const nsp = name ?? "/";
  const list = Array.isArray(data) ? data : void 0;
  const idIsSound = void 0 === id || Number.isSafeInteger(id);
  if ("string" != typeof nsp) throw invalid();
  if (0 === type && (void 0 === data || isRecord(data))) return {
    type,
    nsp,
    data
  };
  if (1 === type && void 0 === data) return {
    type,
    nsp
  };
  if ((2 === type || 5 === type) && idIsSound && list && isEventName(list[0])) return {
    type: 2,
    nsp,
    data: list,
    id
  };
  if ((3 === type || 6 === type) && idIsSound && (list || void 0 === data)) return {
    type: 3,
    nsp,
    data: list ?? [],
    id: id ?? -1
  };
  if (4 === type) {
    const {message, data: details} = isRecord(data) ? data : {
      message: data
    };
    return {
      type,
      nsp,
      data: {
        message: "string" == typeof message ? message : "rejected by the server",
        data: details
      }
    };
  }
  throw invalid("");
}

const isEventName = name => "string" == typeof name ? !RESERVED_EVENTS.has(name) : "number" == typeof name;

export { ACK, BINARY_ACK, BINARY_EVENT, CONNECT, CONNECT_ERROR, DISCONNECT, EVENT, PROTOCOL, ProtocolError, RESERVED_EVENTS, checkPacket, invalid, isObject, isRecord };
