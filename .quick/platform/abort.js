import { HoldfastError } from "./errors.js";

import { show } from "./show.js";

const reasonOf = signal => signal?.reason || new HoldfastError("ABORTED", "the wait was aborted");

function onAbort(signal, aborted) {
  if (!signal) return () => {};
  const tell = () => aborted(reasonOf(signal));
  signal.aborted ? tell() : signal.addEventListener("abort", tell, {
    once: !0
  });
  return () => signal.removeEventListener("abort", tell);
}

function checkSignal(signal) {
  if (null != signal) {
    if ("boolean" != typeof signal.aborted || !signal.addEventListener) throw new HoldfastError("BAD_OPTION", `signal is ${show(signal)}; accepted: an AbortSignal`);
    return signal;
  }
}

export { checkSignal, onAbort, reasonOf };
