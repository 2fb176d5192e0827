import { attempt } from "../platform/attempt.js";

const SID = /^[!-~]+$/;

const timeOf = value => "number" == typeof value && value > 0 && value < 1 / 0 ? Math.min(value, 1073741823) : 0;

function parseHandshake(json) {
  const told = attempt(() => JSON.parse(json) ?? {});
  if (!told) return "the handshake is invalid";
  const {sid, upgrades, maxPayload} = told;
  const pingInterval = timeOf(told.pingInterval);
  const pingTimeout = timeOf(told.pingTimeout);
  if ("string" != typeof sid || !SID.test(sid)) return "the handshake is invalid";
  if (!pingInterval || !pingTimeout) return "the handshake is invalid";
  const limit = timeOf(maxPayload);
  return limit > 0 && limit < 2 ? "the handshake is invalid" : {
    sid,
    upgrades: Array.isArray(upgrades) ? upgrades.filter(name => "string" == typeof name) : [],
    pingInterval,
    pingTimeout,
    ...limit > 0 && {
      maxPayload
    }
  };
}

export { parseHandshake };
