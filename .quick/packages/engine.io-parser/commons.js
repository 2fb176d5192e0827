const PACKET_TYPES = /* @__PURE__ */ Object.create(null);

PACKET_TYPES.open = "0";

PACKET_TYPES.close = "1";

PACKET_TYPES.ping = "2";

PACKET_TYPES.pong = "3";

PACKET_TYPES.message = "4";

PACKET_TYPES.upgrade = "5";

PACKET_TYPES.noop = "6";

const PACKET_TYPES_REVERSE = /* @__PURE__ */ Object.create(null);

Object.keys(PACKET_TYPES).forEach(key => {
  PACKET_TYPES_REVERSE[PACKET_TYPES[key]] = key;
});

const ERROR_PACKET = {
  type: "error",
  data: "parser error"
};

export { ERROR_PACKET, PACKET_TYPES, PACKET_TYPES_REVERSE };
