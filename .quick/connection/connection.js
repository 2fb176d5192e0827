import { nothing } from "../platform/clock.js";

import { report } from "../platform/report.js";

import { sizeOf } from "../protocol/encode.js";

import { ProtocolError } from "../protocol/packet.js";

import { statusOf, next } from "./lifecycle.js";

class Connection {
  constructor(_host, _codec) {
    this._n = _host;
    this._ef = _codec;
    this._R = /* @__PURE__ */ new Map;
    this._D = {};
    this._eJ = 0;
    this._nh = !1;
    this._t = {
      name: "idle",
      epoch: 0
    };
    this._r = nothing;
    this._eH = packet => {
      try {
        this._R.get(packet.nsp)?.receive(packet);
        this._n._rt(packet);
      } catch (error) {
        error instanceof ProtocolError ? this._el("parse error", error) : report(error);
      } finally {
        this._eJ = 0;
      }
    };
    this._c = _host._c;
    this._i = this._c.clock;
  }
  get _ng() {
    return statusOf(this._t);
  }
  get _Q() {
    return "link" in this._t ? this._t.link : void 0;
  }
  get _m() {
    return this._Q?.session;
  }
  get _T() {
    return "link" in this._t ? this._t.epoch : 0;
  }
  get _I() {
    const session = this._m;
    return !0 === session?._rv && !session._re(this._i.now());
  }
  get _tF() {
    const session = this._m;
    return !0 === session?._tF && session._eO <= this._n._h("highWaterMark");
  }
  get _eO() {
    return this._m?._eO ?? 0;
  }
  get _tA() {
    const state = this._t;
    return "dueAtMs" in state ? Math.ceil(Math.max(0, state.dueAtMs - this._i.now())) : void 0;
  }
  _tR(single) {
    this._o({
      type: "open",
      single
    });
  }
  _close(reason) {
    this._o({
      type: "close",
      reason
    });
  }
  _el(reason, details) {
    this._o({
      type: "lost",
      epoch: this._t.epoch,
      reason,
      details
    });
  }
  _rh() {
    if (void 0 !== this._tA) {
      this._o({
        type: "stop"
      });
      for (const one of this._eM()) one.giveUp(!1);
    }
  }
  _nN(nsp, handler) {
    this._R.set(nsp, handler);
    void 0 === this._tA && this._tR(!1);
  }
  _tC() {
    this._tr("active") || this._close("forced close");
  }
  _en(packet) {
    return (this._Q?.codec ?? this._ef).encode(packet);
  }
  _H(message) {
    const session = this._m;
    if (!session) return;
    const limited = this._n._h("maxPayloadTransports")?.includes(session.transport.name) ?? !0;
    const {_g: _chunks} = message;
    const oversize = session._H(message, limited ? session._eK : 0);
    if (!oversize) for (const chunk of _chunks) this._n._eA("chunk", "out", chunk);
    return oversize;
  }
  _tm(packet) {
    return this._H({
      _g: this._en(packet),
      _l: this
    });
  }
  _rp(sender) {
    return this._m?._tP(sender) ?? [];
  }
  _tz(reason = "ping timeout") {
    return this._n._u.some(hooks => hooks.unanswered?.(reason));
  }
  get _nC() {
    let ms = this._n._h("timeout");
    for (const hooks of this._n._u) ms = hooks.answerDeadlineMs?.(ms) ?? ms;
    return ms;
  }
  _ts() {
    this._tr("connected") || this._el("ping timeout");
  }
  _tG(ms) {
    const wholeMs = Math.ceil(ms);
    if (!(void 0 !== this._eq && this._eq <= wholeMs)) {
      this._eq = wholeMs;
      this._C({
        rttMs: wholeMs
      });
      this._n._ew();
    }
  }
  _C(change) {
    Object.assign(this._D, change);
    for (const hooks of this._n._u) hooks.learned?.(change);
  }
  _tr(what) {
    return this._eM().some(one => one[what]);
  }
  _eM() {
    return [ ...this._R.values() ];
  }
  _o(event) {
    const before = this._t;
    const timed = {
      ...event,
      atMs: this._i.now()
    };
    const {state, notices} = next(before, timed, this._n._ra);
    const {epoch} = state;
    state !== before && this._w(state);
    for (const notice of notices) "link" in state && this._T !== epoch || this._ne(notice);
    if (state !== before) {
      this._t.epoch === epoch && this._tp(state);
      this._n._ew();
    }
  }
  _w(state) {
    const leave = this._r;
    this._t = state;
    this._r = "link" in state ? this._eg(state.link) : nothing;
    leave();
    this._nS();
  }
  _tp(state) {
    const {epoch} = state;
    if ("dueAtMs" in state) {
      const delayMs = state.dueAtMs - this._i.now();
      this._r = this._i.after(delayMs, () => this._o({
        type: "due",
        epoch
      }));
    }
    if ("negotiating" !== state.name) return;
    const closing = this._eD;
    this._eD = void 0;
    if (closing) {
      giveBack(closing._tP());
      closing._eE();
    }
    this._nh = "reconnecting" === this._ng;
    const abandon = this._n._u.reduce((inner, hooks) => hooks.begin ? () => hooks.begin?.(inner) ?? nothing : inner, () => this._d(epoch))();
    epoch === this._t.epoch ? this._r = abandon : abandon();
  }
  _nS() {
    if ("outage" in this._t || "closing" === this._eD?.readyState) this._a ??= this._n._u.map(hooks => hooks.wanted?.()); else {
      for (const stop of this._a ?? []) stop?.();
      this._a = void 0;
    }
  }
  _eg({session, codec, stops}) {
    codec.reset();
    return () => {
      for (const stop of stops) stop();
      const state = this._t;
      "reason" in state && "forced close" === state.reason ? this._eD = session : giveBack(session._tP());
      session.close();
    };
  }
  _ne(notice) {
    const [event, about, details] = notice;
    if ("doubt" === event || "improve" === event) {
      for (const hooks of this._n._u) hooks[event]?.();
      return;
    }
    const error = "error" === event ? about : void 0;
    const closed = "closed" === this._t.name;
    for (const one of this._eM()) {
      const joining = !one.connected;
      "open" === event && one.linkUp();
      "close" === event && one.linkDown(about, details);
      error && one.failed(error);
      "parse error" === about && joining && one.failed(details);
      closed && one.giveUp("reconnect_failed" === event, error);
    }
    this._n._nb(notice);
  }
  _d(epoch) {
    const attempt = new ConnectionAttempt(this, epoch);
    try {
      attempt._m = this._n._nY(attempt);
    } catch (error) {
      return this._i.after(0, () => attempt.failed(error));
    }
    return () => attempt._nT();
  }
  _tt(data) {
    this._n._eA("chunk", "in", data);
    this._eJ += sizeOf(data);
    this._f ??= this._n._u.reduce((inner, hooks) => hooks.deliver ? packet => hooks.deliver?.(packet, inner) : inner, this._eH);
    try {
      this._Q?.codec.decode(data, this._f);
    } catch (error) {
      this._el("parse error", error);
    }
  }
}

class ConnectionAttempt {
  constructor(_connection, _epoch) {
    this._e = _connection;
    this._ex = _epoch;
    this._f = !1;
    this._a = [];
    this._r = 0;
  }
  get _t() {
    return this._e._T === this._ex + 1;
  }
  _nT() {
    this._Q || this._m.close();
  }
  opened(won) {
    const {_e: _connection, _m: session} = this;
    const {_u: hooks} = _connection._n;
    let codec = _connection._ef;
    let waiting = 1;
    const proceed = (chosen = codec) => {
      codec = chosen;
      if (--waiting > 0 || "open" !== session.readyState) return;
      const stops = [];
      const link = {
        session,
        won,
        codec,
        stops
      };
      this._Q = link;
      _connection._o({
        type: "won",
        epoch: this._ex,
        link
      });
      this._t || session.close();
      for (const one of hooks) {
        const stop = this._t && one.used?.(session, won);
        stop && stops.push(stop);
      }
      for (const data of this._a.splice(0)) this._t && _connection._tt(data);
    };
    for (const one of hooks) if (one.opened) {
      waiting++;
      one.opened(session, won, proceed);
    }
    proceed();
  }
  message(data) {
    this._f = !0;
    if (this._t) this._e._tt(data); else if (!this._Q) {
      this._a.push(data);
      this._r += 100 + sizeOf(data);
      this._r > 16777216 && this._m._y("transport error", new Error("too many early messages"));
    }
  }
  pinged() {
    this._e._n._nb([ "ping" ]);
  }
  changed(revived) {
    const {_e: _connection} = this;
    if (this._t) {
      if (revived) for (const one of _connection._eM()) one.linkUp();
      _connection._n._ew();
    }
  }
  troubled(error) {
    this._t && this._e._ne([ "error", error ]);
  }
  closed(reason, details) {
    this._e._n._u.reduce((inner, hooks) => hooks.ended ? () => hooks.ended?.(inner) : inner, () => {
      const {_e: _connection} = this;
      this._Q ? this._t ? !this._f && "forced close" !== reason && _connection._tr("active") && _connection._tz(reason) || _connection._el(reason, details) : _connection._nS() : this.failed(details instanceof Error ? details : new Error(reason));
    })();
  }
  failed(error) {
    this._e._o({
      type: "exhausted",
      epoch: this._ex,
      error
    });
  }
}

function giveBack(messages) {
  for (const message of messages) message._l._tX?.(message);
}

export { Connection };
