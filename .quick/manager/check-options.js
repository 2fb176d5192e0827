import { DEFAULTS, OUTBOX_DEFAULTS } from "../platform/defaults.js";

import { HoldfastError } from "../platform/errors.js";

import { show } from "../platform/show.js";

import { isRecord } from "../protocol/packet.js";

import { copyOf } from "./read-options.js";

const isFunction = value => "function" == typeof value;

const isString = value => "string" == typeof value;

const FLAGS = /^(autoUnref|closeOnBeforeunload|coach|errorFirstAcks|force(Base64|New)|hideOffset|multiplex|secure|timestampRequests|tryAllTransports|useNativeTimers|withCredentials)$/;

const SWITCHES = {
  0: !1,
  1: !0,
  false: !1,
  true: !0
};

const transports = v => Array.isArray(v) && v.length > 0 && v.every(one => isFunction(one) || isString(one) && /^(websocket|polling|webtransport)$/.test(one));

const RULES = {
  transports,
  transportImplementations: transports,
  path: v => isString(v) && /^(\/|$)/.test(v),
  parser: ((...names) => v => names.every(name => isFunction(v[name])))("Encoder", "Decoder"),
  "outbox.whenFull": v => isString(v) && /^(refuse|drop-(oldest|newest))$/.test(v)
};

function checkOptions(options) {
  if (!isRecord(options)) throw new HoldfastError("BAD_OPTION", `options are ${show(options)}`);
  return check(copyOf(options), DEFAULTS, "");
}

function check(copy, defaults, prefix) {
  for (const name of Object.keys(copy)) {
    let value = copy[name];
    const type = typeof defaults[name];
    const whole = prefix + name;
    let good = !0;
    if ("number" === type) {
      isString(value) && /^(\d+(\.\d+)?|Infinity)$/.test(value) && (value = Number(value));
      "timeout" === name && "false" === value && (value = !1);
      good = "number" == typeof value && value >= ("retryWindow" === name ? 1 : 0) && (value <= 1 || "randomizationFactor" !== name) || "timeout" === name && !1 === value;
    } else "boolean" === type || !prefix && FLAGS.test(name) ? "object" != typeof value && (value = SWITCHES[String(value)] ?? value) : Object.hasOwn(RULES, whole) && (good = RULES[whole](value));
    if (!good) throw new HoldfastError("BAD_OPTION", `option "${whole}" is ${show(value)}`);
    "outbox" === name && check(value, OUTBOX_DEFAULTS, "outbox.");
    copy[name] = value;
  }
  return copy;
}

export { checkOptions };
