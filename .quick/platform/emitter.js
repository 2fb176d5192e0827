import ComponentEmitter from "../packages/component-emitter/index.js";

import { report } from "./report.js";

const keyOf = event => "symbol" == typeof event ? event : `${event}`;

const base = ComponentEmitter.prototype;

const NO_CALLBACKS = /* @__PURE__ */ new Map;

class RawEmitter {
  constructor() {
    this._s = () => this;
  }
  on(event, listener) {
    const self = this._s();
    self._callbacks === NO_CALLBACKS && (self._callbacks = /* @__PURE__ */ new Map);
    base.on.call(self, keyOf(event), listener);
    return this;
  }
  once(event, listener) {
    base.once.call(this._s(), keyOf(event), listener);
    return this;
  }
  off(...args) {
    const self = this._s();
    if (args.length < 2) base.off.call(self, ...args.map(keyOf)); else {
      const listeners = self.listeners(args[0]);
      for (let i = 0; i < listeners.length; i++) {
        const listener = listeners[i];
        if (listener === args[1] || listener.fn === args[1]) {
          listeners.splice(i, 1);
          break;
        }
      }
      0 === listeners.length && base.off.call(self, keyOf(args[0]));
    }
    return this;
  }
  listeners(event) {
    return base.listeners.call(this._s(), keyOf(event));
  }
  hasListeners(event) {
    return void 0 === event ? this._s().listenerCount() > 0 : this.listeners(event).length > 0;
  }
  _o(event, ...args) {
    this._et(event, args);
  }
  _et(event, args) {
    const listeners = base.listeners.call(this, event);
    listeners.length > 0 && callAll(this, listeners, args);
  }
}

Object.setPrototypeOf(RawEmitter.prototype, base);

const prototype = RawEmitter.prototype;

prototype._callbacks = NO_CALLBACKS;

prototype.addEventListener = RawEmitter.prototype.on;

prototype.removeListener = prototype.removeAllListeners = prototype.removeEventListener = RawEmitter.prototype.off;

const Emitter = RawEmitter;

function callAll(self, listeners, args) {
  for (const listener of listeners.slice()) try {
    listener.apply(self, args);
  } catch (error) {
    report(error);
  }
}

export { Emitter, callAll };
