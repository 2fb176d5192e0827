import { HoldfastError } from "../platform/errors.js";

import { RESERVED_EVENTS } from "../protocol/packet.js";

function checkEventName(name) {
  if ("string" != typeof name && !Number.isFinite(name)) throw new HoldfastError("BAD_EVENT", "bad event name");
  if (RESERVED_EVENTS.has(name)) throw new HoldfastError("RESERVED_EVENT", `"${name}" is a reserved event name`);
}

export { checkEventName };
