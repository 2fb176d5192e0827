import { HoldfastError } from "../platform/errors.js";

function unanswered(code, message, maybeDelivered = !1) {
  const error = new HoldfastError(code, message);
  error.maybeDelivered = maybeDelivered;
  return error;
}

const disconnected = maybeDelivered => unanswered("DISCONNECTED", "socket has been disconnected", maybeDelivered);

const cleared = () => unanswered("CLEARED", "the event was removed from the outbox");

const notSent = (code, name, why) => new HoldfastError(code, `"${name}" was not sent: ${why}`);

const full = (name, whenFull) => notSent("OUTBOX_FULL", name, "the outbox is full");

const expired = (name, maxAgeMs) => notSent("EXPIRED", name, `it waited for ${maxAgeMs} ms`);

const tooLarge = (what, {bytes, maxBytes}) => new HoldfastError("TOO_LARGE", `${what} is ${bytes} bytes; the server accepts at most ${maxBytes}`);

export { cleared, disconnected, expired, full, notSent, tooLarge, unanswered };
