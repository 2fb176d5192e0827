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
    this._eu = 0;
    this._eh = !1;
    this._d = [];
    this._X = nothing;
    this._a = 0;
    this._t = 0;
    this._i = _connection._c.clock;
    const {outbox} = _host._G;
    this._K = outbox ? {
      ...OUTBOX_DEFAULTS,
      ...outbox
    } : OUTBOX_DEFAULTS;
  }
  get _I() {
    return this._n.connected && this._e._I;
  }
  get _p() {
    let bytes = this._ee();
    for (const hooks of this._n._u) bytes += hooks.bytes ?? 0;
    return bytes;
  }
  _nw(event, onLoss = lossOf(event.flags)) {
    const {_e: _connection, _E: _pending} = this;
    const {ackTimeout, maxPendingAcks = DEFAULTS.maxPendingAcks} = this._n._G;
    const {data, flags, callback, awaited} = event;
    const {timeout = ackTimeout, signal} = flags;
    const errorFirst = awaited || void 0 !== (timeout ?? signal);
    this._v.length > 0 && this._I && this._j();
    const id = callback && this._eu++;
    const message = this._tY(data, id, flags.compress, onLoss, callback, errorFirst, awaited);
    message._g = _connection._en(message);
    message._p = weigh(message._g);
    const live = this._I;
    if (callback) {
      const many = _pending.size >= maxPendingAcks;
      _pending.set(message.id, message);
      if (many) {
        const why = `${maxPendingAcks} acknowledgements are waited for`;
        this._U(message, notSent("TOO_MANY_ACKS", data[0], why));
        return message;
      }
      errorFirst && this._eo(message, timeout, signal);
    }
    if (!("drop" !== onLoss || live && _connection._tF)) {
      void 0 === timeout && this._O(message, volatileDropped());
      letGo(message);
      return message;
    }
    if (live && ("retry" === onLoss || !this._eh) && this._H(message)) return message;
    "retry" === onLoss ? this._U(message, disconnected()) : this._nV(message);
    return message;
  }
  _j() {
    if (!this._eh) {
      this._eh = !0;
      try {
        do {
          this._Z();
        } while (this._v.length > 0 && this._I);
      } finally {
        this._eh = !1;
      }
      for (const hooks of this._n._u) hooks.flushed?.();
    }
  }
  _tX(message) {
    message._S = void 0;
    this._d.push(message);
  }
  _nf() {
    const returned = this._d.filter(one => this._B(one));
    this._d = [];
    this._W(returned.filter(({_eL: _onLoss}) => "keep" === _onLoss));
    for (const message of returned) "keep" !== message._eL && this._O(message, "retry" === message._eL ? disconnected() : volatileDropped());
  }
  _nB() {
    this._f(({_S: _place}) => "sent" === _place, disconnected(!0));
  }
  _nR() {
    this._f(({_eb: _awaited, _S: _place}) => _awaited && "sent" !== _place, disconnected());
    this._tk(packet => !this._B(packet));
  }
  _nA() {
    const gone = [];
    for (const packet of this._ny()) {
      this._O(packet, cleared());
      gone.push(packet.data);
    }
    for (const hooks of this._n._u) for (const data of hooks.clear?.() ?? []) gone.push(data);
    return gone;
  }
  _tY(data, id, compress = !0, _onLoss = "keep", _callback, _errorFirst = !1, _awaited = !1) {
    return {
      type: EVENT,
      nsp: this._n.nsp,
      data,
      id,
      options: {
        compress
      },
      _l: this,
      _eL: _onLoss,
      _g: NO_CHUNKS,
      _p: 0,
      _nv: this._i.now(),
      _x: !1,
      _S: void 0,
      _td: _callback,
      _eF: _errorFirst,
      _eb: _awaited,
      _A: nothing
    };
  }
  _eo(message, timeoutMs = 1 / 0, signal) {
    const end = error => {
      if ("kept" === message._S) {
        this._tk(one => one === message);
        message._S = void 0;
      }
      this._O(message, error);
    };
    const ignore = onAbort(signal, end);
    const stop = this._i.after(timeoutMs, () => end(unanswered("ACK_TIMEOUT", "operation has timed out", "sent" === message._S)));
    message._A = () => {
      ignore();
      stop();
    };
  }
  _Z() {
    this._nf();
    const kept = this._ny();
    for (let i = 0; i < kept.length; i++) {
      const packet = kept[i];
      const message = isMessage(packet) ? packet : this._tY(packet.data, packet.id, packet.options?.compress);
      kept[i] = message;
      if (!this._n.connected || !this._H(message)) {
        this._W(kept.slice(i));
        break;
      }
    }
    if (0 === this._E.size) return;
    const there = new Set(this._v);
    this._f(message => "kept" === message._S && !there.has(message), cleared());
  }
  _H(message) {
    const {_n: _host, _e: _connection} = this;
    const {data} = message;
    try {
      message._g === NO_CHUNKS && (message._g = _connection._en(message));
    } catch (error) {
      this._U(message, error);
      return !0;
    }
    if (!message._x) {
      message._x = !0;
      _host._rc(data);
      if (!_host.connected) return !1;
    }
    message._S = "sent";
    const oversize = _connection._H(message);
    oversize && this._U(message, tooLarge(`"${data[0]}"`, oversize));
    return !0;
  }
  _nV(message) {
    const {_v: _list, _K: _limits} = this;
    _list.length !== this._a && this._ee();
    const gone = makeRoom(_list, one => this._b(one), this._t, message._p, _limits);
    if (gone) {
      message._S = "kept";
      message._g = NO_CHUNKS;
      this._a = _list.push(message);
      this._t += message._p;
      for (const one of gone) this._t -= this._b(one);
      this._r();
    }
    for (const one of gone ?? [ message ]) this._U(one, full(one.data[0], _limits.whenFull));
  }
  _W(messages) {
    for (const message of messages) isMessage(message) && (message._S = "kept");
    this._v = messages.concat(this._v);
    this._r();
  }
  _ny() {
    const {_v: _list} = this;
    this._v = [];
    this._r();
    return _list;
  }
  _tk(chosen) {
    const {_v: _list} = this;
    const gone = [];
    let kept = 0;
    for (const packet of _list) chosen(packet) ? gone.push(packet) : _list[kept++] = packet;
    _list.length = kept;
    return gone;
  }
  _r() {
    const {_i: _clock} = this;
    const {maxAgeMs} = this._K;
    const [oldest] = this._v;
    const leftMs = ({_nv: _sinceMs = _clock.now()}) => Math.max(0, _sinceMs + maxAgeMs - _clock.now());
    this._X();
    oldest && (this._X = _clock.after(leftMs(oldest), () => {
      const old = this._tk(one => 0 === leftMs(one));
      this._r();
      for (const one of old) this._U(one, expired(one.data[0], maxAgeMs));
    }, !0));
  }
  _ee() {
    this._a = this._v.length;
    this._t = 0;
    for (const packet of this._v) this._t += this._b(packet);
    return this._t;
  }
  _b(packet) {
    if (isMessage(packet)) return packet._p;
    try {
      return weigh(this._e._en({
        type: EVENT,
        nsp: this._n.nsp,
        data: packet.data
      }));
    } catch {
      return 0;
    }
  }
  _B({id}) {
    return void 0 === id || this._E.has(id);
  }
  _U(packet, error) {
    this._O(packet, error) || this._n._eB(error, packet.data);
  }
  _O({id}, error) {
    return this._y(id, error);
  }
  _f(chosen, error) {
    for (const message of [ ...this._E.values() ].filter(chosen)) this._O(message, error);
  }
  _y(id, error, answer = []) {
    const message = this._E.get(id);
    if (!message) return !1;
    const {_td: _callback, _eF: _errorFirst, _eb: _awaited} = message;
    this._E.delete(id);
    message._A();
    const told = _errorFirst || !error;
    let args = answer;
    _awaited ? args = [ error, answer[0], answer[1], answer ] : _errorFirst && (args = [ error, ...answer ]);
    told && callAll(void 0, [ _callback ], args);
    return told;
  }
}

const NO_CHUNKS = [];

const lossOf = ({_tf: _again, volatile}) => _again ? "retry" : volatile ? "drop" : "keep";

const isMessage = packet => void 0 !== packet._g;

const volatileDropped = () => new HoldfastError("DROPPED", "a volatile event was dropped");

export { Sender };
