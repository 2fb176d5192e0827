import { backoffMs } from "../connection/backoff.js";

import { Connection } from "../connection/connection.js";

import { checkSignal, reasonOf } from "../platform/abort.js";

import { parseAddress, parseQuery } from "../platform/address.js";

import { DEFAULTS } from "../platform/defaults.js";

import { Emitter, callAll } from "../platform/emitter.js";

import { systemEnvironment, pageLocation } from "../platform/environment.js";

import { HoldfastError } from "../platform/errors.js";

import { register } from "../platform/registry.js";

import { warnOnce, report } from "../platform/report.js";

import { show } from "../platform/show.js";

import { WeakCache } from "../platform/weak-cache.js";

import { adaptParser, createCodec } from "../protocol/codec.js";

import { Session } from "../session/session.js";

import { websocket } from "../session/transports/builtin.browser.js";

import { disconnected } from "../socket/failures.js";

import { isProbe } from "../socket/probe.js";

import { Socket } from "../socket/socket.js";

import { readerOf, namesOf } from "./read-options.js";

const BUILTIN = {
  websocket: () => websocket
};

const NONE = [];

const SETTINGS = [ "reconnection", "reconnectionAttempts", "reconnectionDelay", "reconnectionDelayMax", "randomizationFactor", "timeout" ];

class Manager extends Emitter {
  constructor(uri, options, environment, preset = []) {
    super();
    this._eN = NONE;
    this._eT = [];
    this._te = new WeakCache;
    this._ex = /* @__PURE__ */ new Set;
    this._np = "idle,,";
    this._tA = !1;
    this._ez = [];
    const named = "object" == typeof uri ? void 0 : uri;
    void 0 !== named && parseAddress(named, pageLocation());
    this.uri = named;
    this._eY = readerOf(preset);
    const checked = this._eY("object" == typeof uri && uri || (options ?? {}));
    this.opts = {
      ...checked,
      path: checked.path || DEFAULTS.path
    };
    this._eB = {
      ...this.opts
    };
    const {useNativeTimers, autoUnref, signals, store, plugins = []} = checked;
    this._c = environment ?? systemEnvironment(useNativeTimers, autoUnref, signals, store);
    this._eQ = plugins.length ? [ ...new Map([ ...preset, ...plugins ].map(one => [ one.name, one ])).values() ] : preset;
    const hooks = [];
    this._u = hooks;
    this._e = new Connection(this, this._eu());
    for (const plugin of this._eQ) {
      const own = plugin.manager?.(this);
      if (own) {
        hooks.push(own);
        (own.chunk || own.event) && this._ne(own);
      }
    }
    this._u = [ ...hooks ];
    register(this);
    this._h("autoConnect") && this.open();
  }
  get status() {
    return this._s()._e._nm;
  }
  get transport() {
    return this._s()._e._g?.transport.name;
  }
  get retryInMs() {
    return this._s()._e._tk;
  }
  get latencyMs() {
    return this._s()._e._eF;
  }
  get bufferedAmount() {
    const self = this._s();
    let bytes = self._e._eA;
    for (const socket of self._ex) bytes += socket.bufferedAmount;
    return bytes;
  }
  async drained(options) {
    const self = this._s();
    const signal = checkSignal(options?.signal);
    const markBytes = self._h("highWaterMark");
    for (let enoughBytes = markBytes; ;enoughBytes = markBytes / 2) {
      if (signal?.aborted) return self._eI(reasonOf(signal));
      if ("closed" === self.status) return self._eI(disconnected());
      if (self.bufferedAmount <= enoughBytes) return self._e._F ? void 0 : self._nw();
      await self._nn();
    }
  }
  open(callback) {
    const self = this._s();
    const {status} = self;
    callback && "connected" !== status && "connecting" !== status && self._ez.push(callback);
    self._e._tI(void 0 !== callback);
    return this;
  }
  connect(callback) {
    return this.open(callback);
  }
  _close() {
    const self = this._s();
    for (const socket of [ ...self._ex ]) socket.active && socket.disconnect();
    self._e._close("forced close");
  }
  socket(nsp, options = {}) {
    const self = this._s();
    if ("string" != typeof nsp || !/^\/[^,]*$/.test(nsp)) throw new HoldfastError("BAD_ADDRESS", `namespace ${show(nsp)}`);
    let socket = self._te.get(nsp);
    if (!socket) {
      const made = new Socket(self, nsp, self._eY(options));
      socket = made;
      self._te.set(nsp, made);
      self._ex.add(made);
      const own = (options.plugins ?? []).filter(({name, manager}) => !manager && !self._eQ.some(one => one.name === name));
      made._u = [ ...[ ...self._eQ, ...own ].flatMap(plugin => plugin.socket?.(made) ?? []) ];
    }
    !1 !== options.autoConnect && self._h("autoConnect") && !socket.active && socket.connect();
    return socket;
  }
  _h(name) {
    const {_eB: _good} = this;
    try {
      const value = this.opts?.[name];
      value !== _good[name] && (_good[name] = this._eY({
        [name]: value
      })[name]);
    } catch (error) {
      warnOnce(`option ${name}`, `holdfast: ${error?.message}; the previous value stays`);
    }
    return _good[name] ?? DEFAULTS[name];
  }
  get _nt() {
    return this._u.every(hooks => hooks.online?.() ?? !0);
  }
  get _ro() {
    const online = this._nt;
    return {
      reconnection: this._h("reconnection"),
      maxAttempts: this._h("reconnectionAttempts"),
      online,
      offlineDelayMs: this._h("reconnectionDelayMax"),
      wakeDelayMs: () => 250 * this._c.random(),
      delayMs: ({failures, afterStable, ...context}) => {
        const {attempts = []} = context.error ?? {};
        const asked = attempts.map(({retryAfterMs = 0}) => retryAfterMs);
        const delayMs = Math.max(this._nh(failures, afterStable), ...asked);
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
  _nh(failures, afterStable = !1) {
    const shape = {
      baseMs: this._h("reconnectionDelay"),
      maxMs: this._h("reconnectionDelayMax"),
      jitter: this._h("randomizationFactor")
    };
    return backoffMs(shape, failures, afterStable, this._c.random);
  }
  _eu() {
    const {parser} = this.opts;
    return parser ? adaptParser(parser) : createCodec({
      maxAttachments: this._h("maxAttachments"),
      maxReceivedBytes: this._h("maxReceivedBytes"),
      maxSentAttachments: this._h("maxSentAttachments")
    });
  }
  _nQ(host) {
    const options = {};
    for (const name of namesOf(this.opts ?? {})) options[name] = this._h(name);
    const {query} = options;
    const address = serverOf(this.uri, options);
    const path = (options.path || DEFAULTS.path).replace(/\/$/, "");
    const listed = options.transportImplementations ?? options.transports ?? DEFAULTS.transports;
    const known = Object.assign({}, BUILTIN, ...this._eQ.map(({transports}) => transports));
    const classes = {};
    for (const entry of listed) "function" == typeof entry ? classes[entry.prototype.name] = entry : known[entry] && (classes[entry] = known[entry](options));
    this._eT = Object.keys(classes);
    if (0 === this._eT.length) throw new HoldfastError("BAD_OPTION", `option "transports" is ${show(listed)}, none of which is available`);
    const plan = {
      names: this._eT,
      headStartMs: 1 / 0,
      candidateDeadlineMs: 1 / 0,
      redialAfterMs: 1 / 0,
      _ra: [ address.origin, path ].join("")
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
        this._eL("dialled", made);
        return made;
      },
      opts: {
        ...DEFAULTS,
        ...options,
        hostname: address.hostname,
        port: address.port,
        secure: address.secure,
        path: path + (this._h("addTrailingSlash") ? "/" : ""),
        query: address.query || "string" == typeof query ? parseQuery(address.query || `${query}`) : {
          ...query
        },
        transportOptions: {
          ...options.transportOptions
        },
        _i: clock,
        _eU: this._h("maxReceivedBytes")
      },
      told: event => this._o("attempt", event)
    }, host);
    return this.engine;
  }
  _ne(observer) {
    const self = this._s();
    self._eN = [ ...self._eN, observer ];
    return () => {
      self._eN = self._eN.filter(one => one !== observer);
    };
  }
  _eL(name, first, second, third) {
    for (const observer of this._eN) try {
      observer[name]?.(first, second, third);
    } catch (error) {
      report(error);
    }
  }
  _ee(event, args) {
    this._eL("event", this, event, args);
    super._ee(event, args);
  }
  _ny([event, ...args]) {
    "close" === event && (this._ez = []);
    this._ee(event, args);
    if ("open" === event || "error" === event && !this._e._g) {
      const openers = this._ez;
      this._ez = [];
      callAll(void 0, openers, args);
    }
  }
  _nZ(packet) {
    this.hasListeners("packet") && !isProbe(packet.nsp) && this._o("packet", packet);
  }
  _eb() {
    const {status, transport, latencyMs} = this;
    const shown = [ status, transport, latencyMs ].join();
    if (shown !== this._np) if (this._tA) this._c.clock.soon(() => this._eb()); else {
      this._np = shown;
      this._tA = !0;
      this._o("status", status);
      this._tA = !1;
    }
  }
  _nU(nsp) {
    const socket = this._te.get(nsp);
    socket && !socket.hasListeners(void 0) && 0 === socket.bufferedAmount && this._ex.delete(socket);
  }
  _nw() {
    return new Promise(resolve => this._c.clock.soon(resolve));
  }
  async _eI(error) {
    await this._nw();
    throw error;
  }
  _nn() {
    return new Promise(resolve => {
      this._c.clock.after(this._e._g ? 5 : 250, resolve, !0);
    });
  }
}

for (const name of SETTINGS) Manager.prototype[name] = function(value) {
  const self = this._s();
  if (void 0 === value) return self._h(name);
  self.opts = Object.assign(self.opts ?? {}, self._eY({
    [name]: value
  }));
  self._h("reconnection") || self._e._rl();
  return this;
};

function serverOf(uri, options) {
  const page = pageLocation();
  if (void 0 !== uri) return parseAddress(uri, page);
  const {host, hostname = host, port = "", secure = "https:" === page?.protocol} = options;
  const name = hostname || (port ? page?.hostname : page?.host) || "localhost";
  const bracketed = /^[^[].*:.*:/.test(name) ? `[${name}]` : name;
  return parseAddress(`http${secure ? "s" : ""}://${bracketed}:${port}`, page);
}

export { Manager };
