import { backoffMs } from "../connection/backoff.js";

import { Connection } from "../connection/connection.js";

import { checkSignal, reasonOf } from "../platform/abort.js";

import { parseAddress } from "../platform/address.js";

import { DEFAULTS, SETTINGS } from "../platform/defaults.js";

import { Emitter, callAll } from "../platform/emitter.js";

import { systemEnvironment, pageLocation } from "../platform/environment.js";

import { HoldfastError } from "../platform/errors.js";

import { register } from "../platform/registry.js";

import { warnOnce, report } from "../platform/report.js";

import { show } from "../platform/show.js";

import { WeakCache } from "../platform/weak-cache.js";

import { adaptParser, createCodec } from "../protocol/codec.js";

import { Session } from "../session/session.js";

import { disconnected } from "../socket/failures.js";

import { isProbe } from "../socket/probe.js";

import { Socket } from "../socket/socket.js";

import { serverOf, transportClasses, sessionOptions } from "./next-session.js";

import { readerOf, namesOf } from "./read-options.js";

const NONE = [];

class Manager extends Emitter {
  constructor(uri, options, environment, preset = []) {
    super();
    this._eC = NONE;
    this._eN = [];
    this._tn = new WeakCache;
    this._eT = /* @__PURE__ */ new Set;
    this._nd = "idle,,";
    this._tM = !1;
    this._eX = [];
    const named = "object" == typeof uri ? void 0 : uri;
    void 0 !== named && parseAddress(named, pageLocation());
    this.uri = named;
    this._te = readerOf(preset);
    const checked = this._te("object" == typeof uri && uri || (options ?? {}));
    this.opts = {
      ...checked,
      path: checked.path || DEFAULTS.path
    };
    this._eI = {
      ...this.opts
    };
    const {useNativeTimers, autoUnref, signals, store, plugins = []} = checked;
    this._c = environment ?? systemEnvironment(useNativeTimers, autoUnref, signals, store);
    this._eY = plugins.length ? [ ...new Map([ ...preset, ...plugins ].map(one => [ one.name, one ])).values() ] : preset;
    const hooks = [];
    this._u = hooks;
    this._e = new Connection(this, this._ef());
    for (const plugin of this._eY) {
      const own = plugin.manager?.(this);
      if (own) {
        hooks.push(own);
        (own.chunk || own.event) && this._nn(own);
      }
    }
    this._u = [ ...hooks ];
    register(this);
    this._h("autoConnect") && this.open();
  }
  get status() {
    return this._s()._e._ng;
  }
  get transport() {
    return this._s()._e._m?.transport.name;
  }
  get retryInMs() {
    return this._s()._e._tA;
  }
  get latencyMs() {
    return this._s()._e._eq;
  }
  get bufferedAmount() {
    const self = this._s();
    let bytes = self._e._eO;
    for (const socket of self._eT) bytes += socket.bufferedAmount;
    return bytes;
  }
  async drained(options) {
    const self = this._s();
    const signal = checkSignal(options?.signal);
    const markBytes = self._h("highWaterMark");
    for (let enoughBytes = markBytes; ;enoughBytes = markBytes / 2) {
      if (signal?.aborted) return self._eR(reasonOf(signal));
      if ("closed" === self.status) return self._eR(disconnected());
      if (self.bufferedAmount <= enoughBytes) return self._e._I ? void 0 : self._nE();
      await self._nr();
    }
  }
  open(callback) {
    const self = this._s();
    const {status} = self;
    callback && "connected" !== status && "connecting" !== status && self._eX.push(callback);
    self._e._tR(void 0 !== callback);
    return this;
  }
  connect(callback) {
    return this.open(callback);
  }
  _close() {
    const self = this._s();
    for (const socket of [ ...self._eT ]) socket.active && socket.disconnect();
    self._e._close("forced close");
  }
  socket(nsp, options = {}) {
    const self = this._s();
    if ("string" != typeof nsp || !/^\/[^,]*$/.test(nsp)) throw new HoldfastError("BAD_ADDRESS", `namespace ${show(nsp)}`);
    let socket = self._tn.get(nsp);
    if (!socket) {
      const made = new Socket(self, nsp, self._te(options));
      socket = made;
      self._tn.set(nsp, made);
      self._eT.add(made);
      const own = (options.plugins ?? []).filter(({name, manager}) => !manager && !self._eY.some(one => one.name === name));
      made._u = [ ...[ ...self._eY, ...own ].flatMap(plugin => plugin.socket?.(made) ?? []) ];
    }
    !1 !== options.autoConnect && self._h("autoConnect") && !socket.active && socket.connect();
    return socket;
  }
  _h(name) {
    const {_eI: _good} = this;
    try {
      const value = this.opts?.[name];
      value !== _good[name] && (_good[name] = this._te({
        [name]: value
      })[name]);
    } catch (error) {
      warnOnce(`option ${name}`, `holdfast: ${error?.message}; the previous value stays`);
    }
    return _good[name] ?? DEFAULTS[name];
  }
  get _tx() {
    return this._u.every(hooks => hooks.online?.() ?? !0);
  }
  get _ra() {
    const online = this._tx;
    return {
      reconnection: this._h("reconnection"),
      maxAttempts: this._h("reconnectionAttempts"),
      online,
      offlineDelayMs: this._h("reconnectionDelayMax"),
      wakeDelayMs: () => 250 * this._c.random(),
      delayMs: ({failures, afterStable, ...context}) => {
        const {attempts = []} = context.error ?? {};
        const asked = attempts.map(({retryAfterMs = 0}) => retryAfterMs);
        const delayMs = Math.max(this._np(failures, afterStable), ...asked);
        try {
          const own = this._h("retryPolicy")?.({
            ...context,
            online,
            delayMs
          });
          if (null === own || own >= 0) return own;
        } catch (error) {
          report(error);
        }
        return delayMs;
      }
    };
  }
  _np(failures, afterStable = !1) {
    const shape = {
      baseMs: this._h("reconnectionDelay"),
      maxMs: this._h("reconnectionDelayMax"),
      jitter: this._h("randomizationFactor")
    };
    return backoffMs(shape, failures, afterStable, this._c.random);
  }
  _ef() {
    const {parser} = this.opts;
    return parser ? adaptParser(parser) : createCodec({
      maxAttachments: this._h("maxAttachments"),
      maxReceivedBytes: this._h("maxReceivedBytes"),
      maxSentAttachments: this._h("maxSentAttachments")
    });
  }
  _nY(host) {
    const options = {};
    for (const name of namesOf(this.opts ?? {})) options[name] = this._h(name);
    const address = serverOf(this.uri, options);
    const path = (options.path || DEFAULTS.path).replace(/\/$/, "");
    const classes = transportClasses(options, this._eY);
    this._eN = Object.keys(classes);
    const plan = {
      names: this._eN,
      headStartMs: 1 / 0,
      candidateDeadlineMs: 1 / 0,
      redialAfterMs: 1 / 0,
      _rl: [ address.origin, path ].join("")
    };
    for (const hooks of this._u) hooks.plan?.(plan);
    const {clock} = this._c;
    this.engine = new Session({
      clock,
      timeoutMs: this._h("timeout"),
      plan,
      unresponsive: plan.unresponsive ?? [],
      create: (name, given) => {
        const made = this._u.reduce((inner, hooks) => hooks.transport ? () => hooks.transport(name, inner) : inner, () => new classes[name](given))();
        this._eA("dialled", made);
        return made;
      },
      opts: {
        ...sessionOptions(options, address, path + (this._h("addTrailingSlash") ? "/" : "")),
        _i: clock,
        _eW: this._h("maxReceivedBytes")
      },
      told: event => this._o("attempt", event)
    }, host);
    return this.engine;
  }
  _nn(observer) {
    const self = this._s();
    self._eC = [ ...self._eC, observer ];
    return () => {
      self._eC = self._eC.filter(one => one !== observer);
    };
  }
  _eA(name, first, second, third) {
    for (const observer of this._eC) try {
      observer[name]?.(first, second, third);
    } catch (error) {
      report(error);
    }
  }
  _et(event, args) {
    this._eA("event", this, event, args);
    super._et(event, args);
  }
  _nb([event, ...args]) {
    "close" === event && (this._eX = []);
    this._et(event, args);
    if ("open" === event || "error" === event && !this._e._m) {
      const openers = this._eX;
      this._eX = [];
      callAll(void 0, openers, args);
    }
  }
  _rt(packet) {
    this.hasListeners("packet") && !isProbe(packet.nsp) && this._o("packet", packet);
  }
  _ew() {
    const {status, transport, latencyMs} = this;
    const shown = [ status, transport, latencyMs ].join();
    if (shown !== this._nd) if (this._tM) this._c.clock.soon(() => this._ew()); else {
      this._nd = shown;
      this._tM = !0;
      this._o("status", status);
      this._tM = !1;
    }
  }
  _nW(nsp) {
    const socket = this._tn.get(nsp);
    socket && !socket.hasListeners(void 0) && 0 === socket.bufferedAmount && this._eT.delete(socket);
  }
  _nE() {
    return new Promise(resolve => this._c.clock.soon(resolve));
  }
  async _eR(error) {
    await this._nE();
    throw error;
  }
  _nr() {
    return new Promise(resolve => {
      this._c.clock.after(this._e._m ? 5 : 250, resolve, !0);
    });
  }
}

for (const name of SETTINGS) Manager.prototype[name] = function(value) {
  const self = this._s();
  if (void 0 === value) return self._h(name);
  self.opts = Object.assign(self.opts ?? {}, self._te({
    [name]: value
  }));
  self._h("reconnection") || self._e._rh();
  return this;
};

export { Manager };
