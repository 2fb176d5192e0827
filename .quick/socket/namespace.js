import { nothing } from "../platform/clock.js";

import { HoldfastError, LEGACY } from "../platform/errors.js";

import { DISCONNECT, CONNECT, CONNECT_ERROR, isRecord } from "../protocol/packet.js";

import { disconnected, tooLarge } from "./failures.js";

import { probe } from "./probe.js";

class Namespace {
  constructor(_host, _connection) {
    this._n = _host;
    this._e = _connection;
    this._Y = 0;
    this._t = {
      _ei: "inactive",
      _A: nothing
    };
    this._a = 0;
    this._f = 0;
    this._tI = 0;
    this._b = 0;
    this._i = _connection._c.clock;
  }
  get active() {
    return !this._r("inactive", "gaveUp", "leaving");
  }
  get connected() {
    return "joined" === this._t._ei;
  }
  join() {
    this._r("leaving") ? this._d("rejoining", this._i.now()) : this._r("inactive", "gaveUp", "backoff", "away") && this._B();
  }
  leave() {
    const {connected} = this;
    this._n._tb(disconnected(), !0);
    if (!this._r("inactive")) {
      this._f = 0;
      connected && this._eu();
      this._w(this._r("joining", "leaving", "rejoining") ? "leaving" : "inactive");
      this._e._tC();
      connected && this._n._ec("io client disconnect");
    }
  }
  linkUp() {
    this.connected && this._n._l._j();
    this._r("gaveUp") && this._w("away");
    this._X();
  }
  linkDown(reason, details) {
    const {connected} = this;
    if (!this._r("inactive", "gaveUp")) {
      this._w(this.active ? "away" : "inactive");
      connected && this._n._ec(reason, details);
    }
  }
  giveUp(forGood, error) {
    if (this.active) {
      forGood && this._w("gaveUp");
      this._n._tb(error, !1);
    }
  }
  failed(error) {
    this.active && !this.connected && this._n._eS(error);
  }
  receive(packet) {
    if ("id" in packet) (this.connected || this._r("joining", "authenticating")) && this._n._ro(packet); else {
      this._a = 0;
      if (this.connected) {
        if (packet.type !== DISCONNECT) return;
        const reason = "io server disconnect";
        this._eo(new HoldfastError("CONNECT_REJECTED", reason));
        this._n._ec(reason);
      } else {
        if (packet.type !== CONNECT && packet.type !== CONNECT_ERROR) return;
        if (this._r("joining")) if (packet.type === CONNECT) this._tu(packet.data ?? {}); else {
          const {message, data} = packet.data;
          this._U(Object.assign(new HoldfastError("CONNECT_REJECTED", message), {
            data
          }));
        } else if (this._r("leaving", "rejoining")) {
          packet.type === CONNECT && this._eu();
          if (this.active) this._B(); else {
            this._w("inactive");
            this._e._tC();
          }
        }
      }
    }
  }
  _B() {
    this._w("away");
    this._e._nN(this._n.nsp, this);
    this._X();
  }
  _X() {
    const {_e: _connection} = this;
    const {_T: _linkId} = _connection;
    this._r("away") && 0 !== _linkId && (this._b !== _linkId ? this._tq() : this._w("awaitingLeave", probe(_connection, () => this._tq())));
  }
  _tq() {
    const {_n: _host} = this;
    this._b = 0;
    _host._nm();
    const timeoutMs = this._e._n._h("timeout") || 1 / 0;
    const state = this._w("authenticating", this._i.after(timeoutMs, () => _host._eS(new HoldfastError("AUTH_FAILED", "auth did not answer in time"))));
    askAuth(_host._nk, _host, data => {
      this._t === state && this._ta(data);
    }, cause => {
      this._t === state && this._Z(cause);
    });
  }
  _ta(auth) {
    const {_e: _connection, _n: _host, _t: _condition} = this;
    try {
      if (null != auth && !isRecord(auth)) throw new TypeError("auth must be an object");
      const own = auth ?? void 0;
      this._Y++;
      const recovery = _host._nM();
      const plain = recovery && "function" == typeof own?.toJSON ? own.toJSON("") : own;
      const data = recovery ? {
        ...recovery,
        ...plain
      } : own;
      const chunks = _connection._en({
        type: CONNECT,
        nsp: _host.nsp,
        data
      });
      if (this._t !== _condition) return;
      this._d("joining", this._i.now());
      const oversize = _connection._H({
        _g: chunks,
        _l: this
      });
      if (!oversize) return;
      if (!(oversize.maxBytes < 1e3)) throw tooLarge("auth", oversize);
      _connection._el("parse error", tooLarge("CONNECT", oversize));
    } catch (error) {
      this._Z(error);
    }
  }
  _tu(data) {
    if ("string" != typeof data.sid) {
      const error = new HoldfastError("LEGACY_SERVER", LEGACY);
      this._W(error);
      this._n._eS(error);
      return;
    }
    this._e._tG(this._i.now() - this._tI);
    this._w("joined", this._f ? this._i.after(5e3, () => {
      this._f = 0;
    }) : nothing);
    this._n._nX(data);
  }
  _d(name, askedAtMs) {
    const {_e: _connection, _i: _clock} = this;
    this._tI = askedAtMs;
    const leftMs = (_connection._nC || 1 / 0) * 2 ** this._a - (_clock.now() - askedAtMs);
    if (leftMs > 0) {
      const look = () => {
        _connection._tz() || this._d(name, askedAtMs);
      };
      this._w(name, _clock.after(leftMs, look));
      return;
    }
    this._a = Math.min(this._a + 1, 3);
    this._n._eS(new HoldfastError("CONNECT_TIMEOUT", "timeout"));
    this.active && _connection._ts();
  }
  _Z(cause) {
    this._U(new HoldfastError("AUTH_FAILED", cause?.message ?? String(cause), cause));
  }
  _U(error) {
    this._eo(error);
    this._n._eS(error);
  }
  _eo(error) {
    const delayMs = this._n._ru(error, ++this._f);
    void 0 === delayMs ? this._W(error) : this._w("backoff", this._i.after(delayMs, () => this._B()));
  }
  _W(error) {
    this._w("inactive");
    this._e._tC();
    this._n._tb(error, !1);
  }
  _eu() {
    this._b = this._e._T;
    this._e._tm({
      type: DISCONNECT,
      nsp: this._n.nsp
    });
  }
  _r(...names) {
    return names.includes(this._t._ei);
  }
  _w(_name, _stop = nothing) {
    const before = this._t;
    const state = {
      _ei: _name,
      _A: _stop
    };
    this._t = state;
    before._A();
    if ("inactive" === _name && before._ei !== _name) {
      this._e._R.delete(this._n.nsp);
      this._e._n._nW(this._n.nsp);
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
