const refTo = value => "function" == typeof WeakRef ? new WeakRef(value) : {
  deref: () => value
};

let registry;

class WeakCache {
  constructor() {
    this._t = /* @__PURE__ */ new Map;
  }
  get(key) {
    return this._t.get(key)?.deref();
  }
  set(key, value) {
    this._t.set(key, refTo(value));
    if ("function" == typeof FinalizationRegistry) {
      registry ??= new FinalizationRegistry(([refs, gone]) => {
        refs.get(gone)?.deref() || refs.delete(gone);
      });
      registry.register(value, [ this._t, key ]);
    }
  }
}

export { WeakCache, refTo };
