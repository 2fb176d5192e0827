const known = Symbol;

const DISPOSE = known.dispose ?? /* @__PURE__ */ Symbol.for("Symbol.dispose");

const ASYNC_DISPOSE = known.asyncDispose ?? /* @__PURE__ */ Symbol.for("Symbol.asyncDispose");

export { ASYNC_DISPOSE, DISPOSE };
