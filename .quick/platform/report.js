import { attempt } from "./attempt.js";

const nativeSetTimeout = globalThis.setTimeout;

function report(error) {
  const {reportError} = globalThis;
  "function" == typeof reportError ? reportError(error) : nativeSetTimeout(() => {
    throw error;
  });
}

const warned = /* @__PURE__ */ new Set;

function warnOnce(kind, text) {
  if (!warned.has(kind)) {
    warned.add(kind);
    attempt(() => {
      const {process} = globalThis;
      "function" == typeof process?.emitWarning ? process.emitWarning(text, "HoldfastWarning") : console.warn(text);
    });
  }
}

export { report, warnOnce };
