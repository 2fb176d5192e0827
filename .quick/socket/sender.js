import { onAbort } from "../platform/abort.js";

import { nothing } from "../platform/clock.js";

import { OUTBOX_DEFAULTS, DEFAULTS } from "../platform/defaults.js";

import { callAll } from "../platform/emitter.js";

import { HoldfastError } from "../platform/errors.js";

import { weigh } from "../protocol/encode.js";

import { EVENT } from "../protocol/packet.js";

import { letGo } from "../session/session.js";

import { notSent, disconnected, cleared, unanswered, tooLarge, full, expired } from "./failures.js";

import { makeRoom } from "./outbox.js";

class Sender {
  constructor(_host, _connection) {
    this._n = _host;
    this._e = _connection;
    this._v = [];
    this._E = /* @__PURE__ */ new Map;
    this._es = 0;
    this._el = !1;
    this._d = [];
    this._W = nothing;
    this._f = 0;
    this._t = 0;
    this._i = _connection._c.clock;
    const {outbox} = _host._Q;
    this._J = outbox ? {
      ...OUTBOX_DEFAULTS,
      ...outbox
    } : OUTBOX_DEFAULTS;
  }
  get _F() {
    return this._n.connected && this._e._F;
  }
  get _p() {
    let bytes = this._Z();
    for (const hooks of this._n._u) bytes += hooks.bytes ?? 0;
    return bytes;
  }
  _nb(event, onLoss = lossOf(event.flags)) {
    const {_e: _connection, _E: _pending} = this;
    const {ackTimeout, maxPendingAcks = DEFAULTS.maxPendingAcks} = this._n._Q;
    const {data, flags, callback, awaited} = event;
    const {timeout = ackTimeout, signal} = flags;
    const errorFirst = awaited || void 0 !== (timeout ?? signal);
    this._v.length > 0 && this._F && this._B();
    const id = callback && this._es++;
    const message = this._tQ(data, id, flags.compress, onLoss, callback, errorFirst, awaited);
    message._y = _connection._et(message);
    message._p = weigh(message._y);
    const live = this._F;
    if (callback) {
      const many = _pending.size >= maxPendingAcks;
      _pending.set(message.id, message);
      if (many) {
        const why = `${maxPendingAcks} acknowledgements are waited for`;
        this._R(message, notSent("TOO_MANY_ACKS", data[0], why));
        return message;
      }
      errorFirst && this._ei(message, timeout, signal);
    }
    if (!("drop" !== onLoss || live && _connection._tB)) {
      void 0 === timeout && this._M(message, volatileDropped());
      letGo(message);
      return message;
    }
    if (live && ("retry" === onLoss || !this._el) && this._H(message)) return message;
    "retry" === onLoss ? this._R(message, disconnected()) : this._nW(message);
    return message;
  }
  _B() {
    if (!this._el) {
      this._el = !0;
      try {
        do {
          this._Y();
        } while (this._v.length > 0 && this._F);
      } finally {
        this._el = !1;
      }
      for (const hooks of this._n._u) hooks.flushed?.();
    }
  }
  _tz(message) {
    message._S = void 0;
    this._d.push(message);
  }
  _na() {
    const returned = this._d.filter(one => this._T(one));
    this._d = [];
    this._z(returned.filter(({_ek: _onLoss}) => "keep" === _onLoss));
    for (const message of returned) "keep" !== message._ek && this._M(message, "retry" === message._ek ? disconnected() : volatileDropped());
  }
  _nH() {
    this._a(({_S: _place}) => "sent" === _place, disconnected(!0));
  }
  _nI() {
    this._a(({_ey: _awaited, _S: _place}) => _awaited && "sent" !== _place, disconnected());
    this._tN(packet => !this._T(packet));
  }
  _nL() {
    const gone = [];
    for (const packet of this._ng()) {
      this._M(packet, cleared());
      gone.push(packet.data);
    }
    for (const hooks of this._n._u) for (const data of hooks.clear?.() ?? []) gone.push(data);
    return gone;
  }
  _tQ(data, id, compress = !0, _onLoss = "keep", _callback, _errorFirst = !1, _awaited = !1) {
    return {
      type: EVENT,
      nsp: this._n.nsp,
      data,
      id,
      options: {
        compress
      },
      _l: this,
      _ek: _onLoss,
      _y: NO_CHUNKS,
      _p: 0,
      _nd: this._i.now(),
      _x: !1,
      _S: void 0,
      _th: _callback,
      _eH: _errorFirst,
      _ey: _awaited,
      _O: nothing
    };
  }
  _ei(message, timeoutMs = 1 / 0, signal) {
    const end = error => {
      if ("kept" === message._S) {
        this._tN(one => one === message);
        message._S = void 0;
      }
      this._M(message, error);
    };
    const ignore = onAbort(signal, end);
    const stop = this._i.after(timeoutMs, () => end(unanswered("ACK_TIMEOUT", "operation has timed out", "sent" === message._S)));
    message._O = () => {
      ignore();
      stop();
    };
  }
  _Y() {
    this._na();
    const kept = this._ng();
    for (let i = 0; i < kept.length; i++) {
      const packet = kept[i];
      const message = isMessage(packet) ? packet : this._tQ(packet.data, packet.id, packet.options?.compress);
      kept[i] = message;
      if (!this._n.connected || !this._H(message)) {
        this._z(kept.slice(i));
        break;
      }
    }
    if (0 === this._E.size) return;
    const there = new Set(this._v);
    this._a(message => "kept" === message._S && !there.has(message), cleared());
  }
  _H(message) {
    const {_n: _host, _e: _connection} = this;
    const {data} = message;
    try {
      message._y === NO_CHUNKS && (message._y = _connection._et(message));
    } catch (error) {
      this._R(message, error);
      return !0;
    }
    if (!message._x) {
      message._x = !0;
      _host._rf(data);
      if (!_host.connected) return !1;
    }
    message._S = "sent";
    const oversize = _connection._H(message);
    oversize && this._R(message, tooLarge(`"${data[0]}"`, oversize));
    return !0;
  }
  _nW(message) {
    const {_v: _list, _J: _limits} = this;
    _list.length !== this._f && this._Z();
    const gone = makeRoom(_list, one => this._m(one), this._t, message._p, _limits);
    if (gone) {
      message._S = "kept";
      message._y = NO_CHUNKS;
      this._f = _list.push(message);
      this._t += message._p;
      for (const one of gone) this._t -= this._m(one);
      this._r();
    }
    for (const one of gone ?? [ message ]) this._R(one, full(one.data[0], _limits.whenFull));
  }
  _z(messages) {
    for (const message of messages) isMessage(message) && (message._S = "kept");
    this._v = messages.concat(this._v);
    this._r();
  }
  _ng() {
    const {_v: _list} = this;
    this._v = [];
    this._r();
    return _list;
  }
  _tN(chosen) {
    const {_v: _list} = this;
    const gone = [];
    let kept = 0;
    for (const packet of _list) chosen(packet) ? gone.push(packet) : _list[kept++] = packet;
    _list.length = kept;
    return gone;
  }
  _r() {
    const {_i: _clock} = this;
    const {maxAgeMs} = this._J;
    const [oldest] = this._v;
    const leftMs = ({_nd: _sinceMs = _clock.now()}) => Math.max(0, _sinceMs + maxAgeMs - _clock.now());
    this._W();
    oldest && (this._W = _clock.after(leftMs(oldest), () => {
      const old = this._tN(one => 0 === leftMs(one));
      this._r();
      for (const one of old) this._R(one, expired(one.data[0], maxAgeMs));
    }, !0));
  }
  _Z() {
    this._f = this._v.length;
    this._t = 0;
    for (const packet of this._v) this._t += this._m(packet);
    return this._t;
  }
  _m(packet) {
    if (isMessage(packet)) return packet._p;
    try {
      return weigh(this._e._et({
        type: EVENT,
        nsp: this._n.nsp,
        data: packet.data
      }));
    } catch {
      return 0;
    }
  }
  _T({id}) {
    return void 0 === id || this._E.has(id);
  }
  _R(packet, error) {
    this._M(packet, error) || this._n._eP(error, packet.data);
  }
  _M({id}, error) {
    return this._b(id, error);
  }
  _a(chosen, error) {
    for (const message of [ ...this._E.values() ].filter(chosen)) this._M(message, error);
  }
  _b(id, error, answer = []) {
    const message = this._E.get(id);
    if (!message) return !1;
    const {_th: _callback, _eH: _errorFirst, _ey: _awaited} = message;
    this._E.delete(id);
    message._O();
    const told = _errorFirst || !error;
    let args = answer;
    _awaited ? args = [ error, answer[0], answer[1], answer ] : _errorFirst && (args = [ error, ...answer ]);
    told && callAll(void 0, [ _callback ], args);
    return told;
  }
}

const NO_CHUNKS = [];

const lossOf = ({_tu: _again, volatile}) => _again ? "retry" : volatile ? "drop" : "keep";

const isMessage = packet => void 0 !== packet._y;

const volatileDropped = () => new HoldfastError("DROPPED", "a volatile event was dropped");

export { Sender };
