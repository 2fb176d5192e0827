import { nothing } from "../platform/clock.js";

import { HoldfastError, LEGACY } from "../platform/errors.js";

import { DISCONNECT, CONNECT, CONNECT_ERROR, isRecord } from "../protocol/packet.js";

import { disconnected, tooLarge } from "./failures.js";

import { probe } from "./probe.js";

class Namespace {
  constructor(_host, _connection) {
    this._n = _host;
    this._e = _connection;
    this._G = 0;
    this._t = {
      _en: "inactive",
      _O: nothing
    };
    this._f = 0;
    this._a = 0;
    this._tj = 0;
    this._m = 0;
    this._i = _connection._c.clock;
  }
  get active() {
    return !this._r("inactive", "gaveUp", "leaving");
  }
  get connected() {
    return "joined" === this._t._en;
  }
  join() {
    this._r("leaving") ? this._d("rejoining", this._i.now()) : this._r("inactive", "gaveUp", "backoff", "away") && this._T();
  }
  leave() {
    const {connected} = this;
    this._n._ty(disconnected(), !0);
    if (!this._r("inactive")) {
      this._a = 0;
      connected && this._es();
      this._w(this._r("joining", "leaving", "rejoining") ? "leaving" : "inactive");
      this._e._tT();
      connected && this._n._ef("io client disconnect");
    }
  }
  linkUp() {
    this.connected && this._n._l._B();
    this._r("gaveUp") && this._w("away");
    this._W();
  }
  linkDown(reason, details) {
    const {connected} = this;
    if (!this._r("inactive", "gaveUp")) {
      this._w(this.active ? "away" : "inactive");
      connected && this._n._ef(reason, details);
    }
  }
  giveUp(forGood, error) {
    if (this.active) {
      forGood && this._w("gaveUp");
      this._n._ty(error, !1);
    }
  }
  failed(error) {
    this.active && !this.connected && this._n._eE(error);
  }
  receive(packet) {
    if ("id" in packet) (this.connected || this._r("joining", "authenticating")) && this._n._ri(packet); else {
      this._f = 0;
      if (this.connected) {
        if (packet.type !== DISCONNECT) return;
        const reason = "io server disconnect";
        this._ei(new HoldfastError("CONNECT_REJECTED", reason));
        this._n._ef(reason);
      } else {
        if (packet.type !== CONNECT && packet.type !== CONNECT_ERROR) return;
        if (this._r("joining")) if (packet.type === CONNECT) this._ts(packet.data ?? {}); else {
          const {message, data} = packet.data;
          this._R(Object.assign(new HoldfastError("CONNECT_REJECTED", message), {
            data
          }));
        } else if (this._r("leaving", "rejoining")) {
          packet.type === CONNECT && this._es();
          if (this.active) this._T(); else {
            this._w("inactive");
            this._e._tT();
          }
        }
      }
    }
  }
  _T() {
    this._w("away");
    this._e._nT(this._n.nsp, this);
    this._W();
  }
  _W() {
    const {_e: _connection} = this;
    const {_C: _linkId} = _connection;
    this._r("away") && 0 !== _linkId && (this._m !== _linkId ? this._tF() : this._w("awaitingLeave", probe(_connection, () => this._tF())));
  }
  _tF() {
    const {_n: _host} = this;
    this._m = 0;
    _host._nv();
    const timeoutMs = this._e._n._h("timeout") || 1 / 0;
    const state = this._w("authenticating", this._i.after(timeoutMs, () => _host._eE(new HoldfastError("AUTH_FAILED", "auth did not answer in time"))));
    askAuth(_host._nC, _host, data => {
      this._t === state && this._to(data);
    }, cause => {
      this._t === state && this._Y(cause);
    });
  }
  _to(auth) {
    const {_e: _connection, _n: _host, _t: _condition} = this;
    try {
      if (null != auth && !isRecord(auth)) throw new TypeError("auth must be an object");
      const own = auth ?? void 0;
      this._G++;
      const recovery = _host._nO();
      const plain = recovery && "function" == typeof own?.toJSON ? own.toJSON("") : own;
      const data = recovery ? {
        ...recovery,
        ...plain
      } : own;
      const chunks = _connection._et({
        type: CONNECT,
        nsp: _host.nsp,
        data
      });
      if (this._t !== _condition) return;
      this._d("joining", this._i.now());
      const oversize = _connection._H({
        _y: chunks,
        _l: this
      });
      if (!oversize) return;
      if (!(oversize.maxBytes < 1e3)) throw tooLarge("auth", oversize);
      _connection._ea("parse error", tooLarge("CONNECT", oversize));
    } catch (error) {
      this._Y(error);
    }
  }
  _ts(data) {
    if ("string" != typeof data.sid) {
      const error = new HoldfastError("LEGACY_SERVER", LEGACY);
      this._z(error);
      this._n._eE(error);
      return;
    }
    this._e._tK(this._i.now() - this._tj);
    this._w("joined", this._a ? this._i.after(5e3, () => {
      this._a = 0;
    }) : nothing);
    this._n._nz(data);
  }
  _d(name, askedAtMs) {
    const {_e: _connection, _i: _clock} = this;
    this._tj = askedAtMs;
    const leftMs = (_connection._nN || 1 / 0) * 2 ** this._f - (_clock.now() - askedAtMs);
    if (leftMs > 0) {
      const look = () => {
        _connection._tR() || this._d(name, askedAtMs);
      };
      this._w(name, _clock.after(leftMs, look));
      return;
    }
    this._f = Math.min(this._f + 1, 3);
    this._n._eE(new HoldfastError("CONNECT_TIMEOUT", "timeout"));
    this.active && _connection._tr();
  }
  _Y(cause) {
    this._R(new HoldfastError("AUTH_FAILED", cause?.message ?? String(cause), cause));
  }
  _R(error) {
    this._ei(error);
    this._n._eE(error);
  }
  _ei(error) {
    const delayMs = this._n._rs(error, ++this._a);
    void 0 === delayMs ? this._z(error) : this._w("backoff", this._i.after(delayMs, () => this._T()));
  }
  _z(error) {
    this._w("inactive");
    this._e._tT();
    this._n._ty(error, !1);
  }
  _es() {
    this._m = this._e._C;
    this._e._td({
      type: DISCONNECT,
      nsp: this._n.nsp
    });
  }
  _r(...names) {
    return names.includes(this._t._en);
  }
  _w(_name, _stop = nothing) {
    const before = this._t;
    const state = {
      _en: _name,
      _O: _stop
    };
    this._t = state;
    before._O();
    if ("inactive" === _name && before._en !== _name) {
      this._e._q.delete(this._n.nsp);
      this._e._n._nU(this._n.nsp);
    }
    return state;
  }
}

function askAuth(auth, self, answer, fail) {
  if ("function" != typeof auth) {
    answer(auth);
    return;
  }
  const takesCallback = auth.length > 0;
  try {
    const result = auth.call(self, answer);
    "function" == typeof result?.then ? result.then(data => {
      void 0 === data && takesCallback || answer(data);
    }, fail) : void 0 === result || takesCallback || answer(result);
  } catch (error) {
    fail(error);
  }
}

export { Namespace, askAuth };
