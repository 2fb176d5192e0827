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
    this._tc = [];
    this._r = 0;
    this.io = io;
    this.nsp = nsp;
    this.id = void 0;
    this.auth = options.auth;
    this._G = options;
    this._e = io._e;
    this._i = io._c.clock;
    this._l = new Sender(this, io._e);
    this._q = new Namespace(this, io._e);
  }
  get connected() {
    return this._s()._q.connected;
  }
  set connected(_connected) {}
  get disconnected() {
    return !this.connected;
  }
  get active() {
    return this._s()._q.active;
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
    return this._s()._l._nA();
  }
  connect(options) {
    const self = this._s();
    const signal = checkSignal(options?.signal);
    if (signal?.aborted) return this;
    signal && self._d(signal).catch(() => {
      signal.aborted && !self.connected && self.disconnect();
    });
    self._q.join();
    self.connected && self._f();
    return this;
  }
  open(options) {
    return this.connect(options);
  }
  async ready(options) {
    const self = this._s();
    const ready = self._d(checkSignal(options?.signal));
    options?.signal?.aborted || self.connect();
    await ready.catch(error => self.io._eR(error));
    return this;
  }
  _d(signal) {
    this._b ??= /* @__PURE__ */ new Set;
    const waiters = this._b;
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
  _f(error) {
    for (const end of this._b ?? []) end(error);
  }
  disconnect() {
    this._s()._q.leave();
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
    const flags = self._ty ?? NO_FLAGS;
    self._ty = void 0;
    const data = [ event, ...args ];
    const callback = "function" == typeof data[data.length - 1] ? data.pop() : void 0;
    void 0 !== flags._N && data.push({
      idempotencyKey: flags._N
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
    self._rd(outgoing, self._u.length) || self._l._nw(outgoing);
    self._q.connected || self.io._eT.add(self);
    return this;
  }
  _rd(event, count) {
    for (;count > 0; ) if (this._u[--count]?.outgoing?.(event)) return !0;
    return !1;
  }
  emitWithAck(event, ...args) {
    const self = this._s();
    return new Promise((resolve, reject) => {
      this._ey([ event, ...args ], (error, answer) => {
        error ? reject(error) : resolve(answer);
      });
    }).catch(error => self.io._eR(error));
  }
  _ey(event, done) {
    const {errorFirstAcks} = this._s()._G;
    const settle = (error, first, second) => {
      errorFirstAcks ? done(error ?? first, second) : done(error, first);
    };
    errorFirst.add(settle);
    this.emit(...event, settle);
  }
  timeout(ms) {
    if (null == ms) return this;
    if (!(ms >= 0)) throw new HoldfastError("BAD_OPTION", "bad timeout");
    this._ed().timeout = ms;
    return this;
  }
  signal(signal) {
    this._ed().signal = checkSignal(signal);
    return this;
  }
  idempotent(key) {
    this._ed()._N = key ?? this._s()._e._c.randomId();
    return this;
  }
  compress(compress) {
    this._ed().compress = compress;
    return this;
  }
  get volatile() {
    this._ed().volatile = !0;
    return this;
  }
  _ed() {
    const self = this._s();
    self._ty ??= {};
    return self._ty;
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
    return this._s()._tc;
  }
  onevent(packet) {
    const self = this._s();
    const {data, id} = packet;
    const event = data;
    void 0 !== id && event.push(self.ack(id));
    if (self.connected) self._eH(event); else {
      self.receiveBuffer.push(event);
      self._r += self._e._eJ;
      if (self.receiveBuffer.length > 1e3 || self._r > 16777216) throw new ProtocolError("too many early messages");
    }
  }
  onpacket(packet) {
    this._s()._q.receive(packet);
  }
  ack(id) {
    const self = this._s();
    const {_Y: _sessionNo} = self._q;
    let answered = !1;
    return (...answer) => {
      const isDue = () => !answered && self._t(_sessionNo);
      if (!isDue()) return;
      const chunks = self._e._en({
        type: ACK,
        nsp: self.nsp,
        id,
        data: answer
      });
      if (!isDue()) return;
      answered = !0;
      const oversize = self._e._H({
        _g: chunks,
        _l: self
      });
      oversize && self._eB(tooLarge(`the acknowledgement ${id}`, oversize), answer);
    };
  }
  get acks() {
    const {_l: _transmitter} = this._s();
    const acks = {};
    for (const id of _transmitter._E.keys()) acks[`${id}`] = (...answer) => _transmitter._y(id, null, answer);
    return acks;
  }
  set acks(_acks) {}
  destroy() {
    this.disconnect();
  }
  _et(event, args) {
    const {io} = this;
    io._eA("event", this, event, args);
    super._et(event, args);
  }
  _t(no) {
    return this.connected && this._q._Y === no;
  }
  _eH(event) {
    let shown = event;
    for (const hooks of this._u) shown && hooks.incoming && (shown = hooks.incoming(shown));
    if (void 0 !== shown) {
      shown && this._nU(shown);
      for (const hooks of this._u) hooks.delivered?.(event);
    }
  }
  _nU(event) {
    this._a.length > 0 && callAll(this, this._a, event);
    const [name, ...args] = event;
    this._et(`${name}`, args);
  }
  _rc(data) {
    this._tc.length > 0 && callAll(this, this._tc, data);
  }
  _eB(error, data) {
    const heard = this.hasListeners("dropped");
    this._o("dropped", error, data);
    if (!heard) {
      const {code = "DROPPED"} = error;
      const hint = "";
      warnOnce(`dropped ${code}`, `holdfast: ${error.message}${hint}`);
    }
  }
  _nm() {
    this.receiveBuffer = [];
    this._r = 0;
  }
  get _nk() {
    let {auth} = this;
    for (const hooks of this._u) hooks.auth && (auth = hooks.auth(auth));
    return auth;
  }
  _nM() {
    let data;
    for (const hooks of this._u) data = hooks.connecting?.() ?? data;
    return data;
  }
  _ro(packet) {
    packet.type === EVENT ? this.onevent(packet) : this._l._y(packet.id, null, packet.data);
  }
  _nX(data) {
    this.id = data.sid;
    this.recovered = !1;
    for (const hooks of this._u) hooks.connected?.(data) && (this.recovered = !0);
    this._er = void 0;
    const {_Y: _sessionNo} = this._q;
    const early = this.receiveBuffer;
    this._nm();
    for (const event of early) this._t(_sessionNo) && this._eH(event);
    this._l._j();
    if (this._t(_sessionNo)) {
      this._f();
      this._o("connect");
      void 0 !== this._ej && !this.recovered && this._t(_sessionNo) && this._o("gap", {
        awayMs: this._i.now() - this._ej
      });
    }
  }
  _ru(error, attempt) {
    try {
      const again = this._G.reconnectOnReject?.(error, attempt) ?? !1;
      if (!0 === again) return 1 === attempt ? 0 : this.io._np(attempt - 2);
      if (!1 === again) return;
      if (again >= 0) return Number(again);
      throw new HoldfastError("BAD_OPTION", `reconnectOnReject returned ${show(again)}`);
    } catch (thrown) {
      report(thrown);
      return;
    }
  }
  _eS(error) {
    this._er = error;
    this._o("connect_error", error);
  }
  _tb(error, byHand) {
    this._l._nR();
    for (const hooks of this._u) hooks.gaveUp?.(byHand);
    this._f(error ?? this._er ?? disconnected());
    this._er = byHand ? void 0 : error;
  }
  _ec(reason, details) {
    this.id = void 0;
    this._ej = this._i.now();
    if ("io server disconnect" === reason) for (const message of this._e._rp(this._l)) this._l._tX(message);
    this._l._nf();
    this._o("disconnect", reason, details);
    this._l._nB();
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
    for (;self.connected && self.io._e._eO > 0; ) await self.io._nr();
    self.disconnect();
  }
});

function remove(listeners, listener) {
  listener || (listeners.length = 0);
  const index = listener ? listeners.indexOf(listener) : -1;
  index >= 0 && listeners.splice(index, 1);
}

export { Socket };
