import { checkSignal, onAbort, reasonOf } from "../platform/abort.js";

import { nothing } from "../platform/clock.js";

import { ASYNC_DISPOSE, DISPOSE } from "../platform/dispose.js";

import { Emitter, callAll } from "../platform/emitter.js";

import { HoldfastError } from "../platform/errors.js";

import { warnOnce, report } from "../platform/report.js";

import { show } from "../platform/show.js";

import { ProtocolError, ACK, EVENT } from "../protocol/packet.js";

import { checkEventName } from "./event-name.js";

import { tooLarge, disconnected } from "./failures.js";

import { Namespace } from "./namespace.js";

import { Sender } from "./sender.js";

const errorFirst = /* @__PURE__ */ new WeakSet;

class Socket extends Emitter {
  constructor(io, nsp, options = {}) {
    super();
    this.recovered = !1;
    this.receiveBuffer = [];
    this._u = NO_HOOKS;
    this._a = [];
    this._tf = [];
    this._r = 0;
    this.io = io;
    this.nsp = nsp;
    this.id = void 0;
    this.auth = options.auth;
    this._Q = options;
    this._e = io._e;
    this._i = io._c.clock;
    this._l = new Sender(this, io._e);
    this._I = new Namespace(this, io._e);
  }
  get connected() {
    return this._s()._I.connected;
  }
  set connected(_connected) {}
  get disconnected() {
    return !this.connected;
  }
  get active() {
    return this._s()._I.active;
  }
  get sendBuffer() {
    return this._s()._l._v;
  }
  set sendBuffer(packets) {
    this._s()._l._v = packets;
  }
  get bufferedAmount() {
    return this._s()._l._p;
  }
  clearBuffer() {
    return this._s()._l._nL();
  }
  connect(options) {
    const self = this._s();
    const signal = checkSignal(options?.signal);
    if (signal?.aborted) return this;
    signal && self._m(signal).catch(() => {
      signal.aborted && !self.connected && self.disconnect();
    });
    self._I.join();
    self.connected && self._d();
    return this;
  }
  open(options) {
    return this.connect(options);
  }
  async ready(options) {
    const self = this._s();
    const ready = self._m(checkSignal(options?.signal));
    options?.signal?.aborted || self.connect();
    await ready.catch(error => self.io._eI(error));
    return this;
  }
  _m(signal) {
    this._T ??= /* @__PURE__ */ new Set;
    const waiters = this._T;
    return new Promise((resolve, reject) => {
      let ignore = nothing;
      const end = error => {
        waiters.delete(end);
        ignore();
        error ? reject(error) : resolve();
      };
      waiters.add(end);
      ignore = onAbort(signal, end);
    });
  }
  _d(error) {
    for (const end of this._T ?? []) end(error);
  }
  disconnect() {
    this._s()._I.leave();
    return this;
  }
  close() {
    return this.disconnect();
  }
  send(...args) {
    this.emit("message", ...args);
    return this;
  }
  emit(event, ...args) {
    const self = this._s();
    const flags = self._tg ?? NO_FLAGS;
    self._tg = void 0;
    const data = [ event, ...args ];
    const callback = "function" == typeof data[data.length - 1] ? data.pop() : void 0;
    void 0 !== flags._k && data.push({
      idempotencyKey: flags._k
    });
    checkEventName(event);
    const {signal} = flags;
    if (signal?.aborted && callback) {
      callAll(void 0, [ callback ], [ reasonOf(signal) ]);
      return this;
    }
    const outgoing = {
      data,
      flags,
      callback,
      awaited: errorFirst.has(callback)
    };
    self._rh(outgoing, self._u.length) || self._l._nb(outgoing);
    self._I.connected || self.io._ex.add(self);
    return this;
  }
  _rh(event, count) {
    for (;count > 0; ) if (this._u[--count]?.outgoing?.(event)) return !0;
    return !1;
  }
  emitWithAck(event, ...args) {
    const self = this._s();
    return new Promise((resolve, reject) => {
      this._eg([ event, ...args ], (error, answer) => {
        error ? reject(error) : resolve(answer);
      });
    }).catch(error => self.io._eI(error));
  }
  _eg(event, done) {
    const {errorFirstAcks} = this._s()._Q;
    const settle = (error, first, second) => {
      errorFirstAcks ? done(error ?? first, second) : done(error, first);
    };
    errorFirst.add(settle);
    this.emit(...event, settle);
  }
  timeout(ms) {
    if (null == ms) return this;
    if (!(ms >= 0)) throw new HoldfastError("BAD_OPTION", "bad timeout");
    this._ep().timeout = ms;
    return this;
  }
  signal(signal) {
    this._ep().signal = checkSignal(signal);
    return this;
  }
  idempotent(key) {
    this._ep()._k = key ?? this._s()._e._c.randomId();
    return this;
  }
  compress(compress) {
    this._ep().compress = compress;
    return this;
  }
  get volatile() {
    this._ep().volatile = !0;
    return this;
  }
  _ep() {
    const self = this._s();
    self._tg ??= {};
    return self._tg;
  }
  onAny(listener) {
    this.listenersAny().push(listener);
    return this;
  }
  prependAny(listener) {
    this.listenersAny().unshift(listener);
    return this;
  }
  offAny(listener) {
    remove(this.listenersAny(), listener);
    return this;
  }
  listenersAny() {
    return this._s()._a;
  }
  onAnyOutgoing(listener) {
    this.listenersAnyOutgoing().push(listener);
    return this;
  }
  prependAnyOutgoing(listener) {
    this.listenersAnyOutgoing().unshift(listener);
    return this;
  }
  offAnyOutgoing(listener) {
    remove(this.listenersAnyOutgoing(), listener);
    return this;
  }
  listenersAnyOutgoing() {
    return this._s()._tf;
  }
  onevent(packet) {
    const self = this._s();
    const {data, id} = packet;
    const event = data;
    void 0 !== id && event.push(self.ack(id));
    if (self.connected) self._f(event); else {
      self.receiveBuffer.push(event);
      self._r += self._e._eX;
      if (self.receiveBuffer.length > 1e3 || self._r > 16777216) throw new ProtocolError("too many early messages");
    }
  }
  onpacket(packet) {
    this._s()._I.receive(packet);
  }
  ack(id) {
    const self = this._s();
    const {_G: _sessionNo} = self._I;
    let answered = !1;
    return (...answer) => {
      const isDue = () => !answered && self._t(_sessionNo);
      if (!isDue()) return;
      const chunks = self._e._et({
        type: ACK,
        nsp: self.nsp,
        id,
        data: answer
      });
      if (!isDue()) return;
      answered = !0;
      const oversize = self._e._H({
        _y: chunks,
        _l: self
      });
      oversize && self._eP(tooLarge(`the acknowledgement ${id}`, oversize), answer);
    };
  }
  get acks() {
    const {_l: _transmitter} = this._s();
    const acks = {};
    for (const id of _transmitter._E.keys()) acks[`${id}`] = (...answer) => _transmitter._b(id, null, answer);
    return acks;
  }
  set acks(_acks) {}
  destroy() {
    this.disconnect();
  }
  _ee(event, args) {
    const {io} = this;
    io._eL("event", this, event, args);
    super._ee(event, args);
  }
  _t(no) {
    return this.connected && this._I._G === no;
  }
  _f(event) {
    let shown = event;
    for (const hooks of this._u) shown && hooks.incoming && (shown = hooks.incoming(shown));
    if (void 0 !== shown) {
      shown && this._nq(shown);
      for (const hooks of this._u) hooks.delivered?.(event);
    }
  }
  _nq(event) {
    this._a.length > 0 && callAll(this, this._a, event);
    const [name, ...args] = event;
    this._ee(`${name}`, args);
  }
  _rf(data) {
    this._tf.length > 0 && callAll(this, this._tf, data);
  }
  _eP(error, data) {
    const heard = this.hasListeners("dropped");
    this._o("dropped", error, data);
    if (!heard) {
      const {code = "DROPPED"} = error;
      const hint = "";
      warnOnce(`dropped ${code}`, `holdfast: ${error.message}${hint}`);
    }
  }
  _nv() {
    this.receiveBuffer = [];
    this._r = 0;
  }
  get _nC() {
    let {auth} = this;
    for (const hooks of this._u) hooks.auth && (auth = hooks.auth(auth));
    return auth;
  }
  _nO() {
    let data;
    for (const hooks of this._u) data = hooks.connecting?.() ?? data;
    return data;
  }
  _ri(packet) {
    packet.type === EVENT ? this.onevent(packet) : this._l._b(packet.id, null, packet.data);
  }
  _nz(data) {
    this.id = data.sid;
    this.recovered = !1;
    for (const hooks of this._u) hooks.connected?.(data) && (this.recovered = !0);
    this._ej = void 0;
    const {_G: _sessionNo} = this._I;
    const early = this.receiveBuffer;
    this._nv();
    for (const event of early) this._t(_sessionNo) && this._f(event);
    this._l._B();
    if (this._t(_sessionNo)) {
      this._d();
      this._o("connect");
      void 0 !== this._tv && !this.recovered && this._t(_sessionNo) && this._o("gap", {
        awayMs: this._i.now() - this._tv
      });
    }
  }
  _rs(error, attempt) {
    try {
      const again = this._Q.reconnectOnReject?.(error, attempt) ?? !1;
      if (!0 === again) return 1 === attempt ? 0 : this.io._nh(attempt - 2);
      if (!1 === again) return;
      if (again >= 0) return Number(again);
      throw new HoldfastError("BAD_OPTION", `reconnectOnReject returned ${show(again)}`);
    } catch (thrown) {
      report(thrown);
      return;
    }
  }
  _eE(error) {
    this._ej = error;
    this._o("connect_error", error);
  }
  _ty(error, byHand) {
    this._l._nI();
    for (const hooks of this._u) hooks.gaveUp?.(byHand);
    this._d(error ?? this._ej ?? disconnected());
    this._ej = byHand ? void 0 : error;
  }
  _ef(reason, details) {
    this.id = void 0;
    this._tv = this._i.now();
    if ("io server disconnect" === reason) for (const message of this._e._rc(this._l)) this._l._tz(message);
    this._l._na();
    this._o("disconnect", reason, details);
    this._l._nH();
  }
}

const NO_HOOKS = [];

const NO_FLAGS = {};

Object.assign(Socket.prototype, {
  [DISPOSE]() {
    this.disconnect();
  },
  async [ASYNC_DISPOSE]() {
    const self = this._s();
    for (;self.connected && self.io._e._eA > 0; ) await self.io._nn();
    self.disconnect();
  }
});

function remove(listeners, listener) {
  listener || (listeners.length = 0);
  const index = listener ? listeners.indexOf(listener) : -1;
  index >= 0 && listeners.splice(index, 1);
}

export { Socket };
