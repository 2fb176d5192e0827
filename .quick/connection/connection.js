import { nothing } from "../platform/clock.js";

import { report } from "../platform/report.js";

import { sizeOf } from "../protocol/encode.js";

import { ProtocolError } from "../protocol/packet.js";

import { statusOf, next } from "./lifecycle.js";

class Connection {
  constructor(_host, _codec) {
    this._n = _host;
    this._eu = _codec;
    this._q = /* @__PURE__ */ new Map;
    this._N = {};
    this._eX = 0;
    this._nc = !1;
    this._t = {
      name: "idle",
      epoch: 0
    };
    this._r = nothing;
    this._f = packet => {
      try {
        this._q.get(packet.nsp)?.receive(packet);
        this._n._nZ(packet);
      } catch (error) {
        error instanceof ProtocolError ? this._ea("parse error", error) : report(error);
      } finally {
        this._eX = 0;
      }
    };
    this._c = _host._c;
    this._i = this._c.clock;
  }
  get _nm() {
    return statusOf(this._t);
  }
  get _K() {
    return "link" in this._t ? this._t.link : void 0;
  }
  get _g() {
    return this._K?.session;
  }
  get _C() {
    return "link" in this._t ? this._t.epoch : 0;
  }
  get _F() {
    const session = this._g;
    return !0 === session?._rp && !session._nY(this._i.now());
  }
  get _tB() {
    const session = this._g;
    return !0 === session?._tB && session._eA <= this._n._h("highWaterMark");
  }
  get _eA() {
    return this._g?._eA ?? 0;
  }
  get _tk() {
    const state = this._t;
    return "dueAtMs" in state ? Math.ceil(Math.max(0, state.dueAtMs - this._i.now())) : void 0;
  }
  _tI(single) {
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
  _ea(reason, details) {
    this._o({
      type: "lost",
      epoch: this._t.epoch,
      reason,
      details
    });
  }
  _rl() {
    if (void 0 !== this._tk) {
      this._o({
        type: "stop"
      });
      for (const one of this._eO()) one.giveUp(!1);
    }
  }
  _nT(nsp, handler) {
    this._q.set(nsp, handler);
    void 0 === this._tk && this._tI(!1);
  }
  _tT() {
    this._tt("active") || this._close("forced close");
  }
  _et(packet) {
    return (this._K?.codec ?? this._eu).encode(packet);
  }
  _H(message) {
    const session = this._g;
    if (!session) return;
    const limited = this._n._h("maxPayloadTransports")?.includes(session.transport.name) ?? !0;
    const {_y: _chunks} = message;
    const oversize = session._H(message, limited ? session._eV : 0);
    if (!oversize) for (const chunk of _chunks) this._n._eL("chunk", "out", chunk);
    return oversize;
  }
  _td(packet) {
    return this._H({
      _y: this._et(packet),
      _l: this
    });
  }
  _rc(sender) {
    return this._g?._tM(sender) ?? [];
  }
  _tR(reason = "ping timeout") {
    return this._n._u.some(hooks => hooks.unanswered?.(reason));
  }
  get _nN() {
    let ms = this._n._h("timeout");
    for (const hooks of this._n._u) ms = hooks.answerDeadlineMs?.(ms) ?? ms;
    return ms;
  }
  _tr() {
    this._tt("connected") || this._ea("ping timeout");
  }
  _tK(ms) {
    const wholeMs = Math.ceil(ms);
    if (!(void 0 !== this._eF && this._eF <= wholeMs)) {
      this._eF = wholeMs;
      this._eh({
        rttMs: wholeMs
      });
      this._n._eb();
    }
  }
  _eh(change) {
    Object.assign(this._N, change);
    for (const hooks of this._n._u) hooks.learned?.(change);
  }
  _tt(what) {
    return this._eO().some(one => one[what]);
  }
  _eO() {
    return [ ...this._q.values() ];
  }
  _o(event) {
    const before = this._t;
    const timed = {
      ...event,
      atMs: this._i.now()
    };
    const {state, notices} = next(before, timed, this._n._ro);
    const {epoch} = state;
    state !== before && this._w(state);
    for (const notice of notices) "link" in state && this._C !== epoch || this._tY(notice);
    if (state !== before) {
      this._t.epoch === epoch && this._tc(state);
      this._n._eb();
    }
  }
  _w(state) {
    const leave = this._r;
    this._t = state;
    this._r = "link" in state ? this._em(state.link) : nothing;
    leave();
    this._nE();
  }
  _tc(state) {
    const {epoch} = state;
    if ("dueAtMs" in state) {
      const delayMs = state.dueAtMs - this._i.now();
      this._r = this._i.after(delayMs, () => this._o({
        type: "due",
        epoch
      }));
    }
    if ("negotiating" !== state.name) return;
    const closing = this._eM;
    this._eM = void 0;
    if (closing) {
      giveBack(closing._tM());
      closing._ew();
    }
    this._nc = "reconnecting" === this._nm;
    const abandon = this._n._u.reduce((inner, hooks) => hooks.begin ? () => hooks.begin?.(inner) ?? nothing : inner, () => this._m(epoch))();
    epoch === this._t.epoch ? this._r = abandon : abandon();
  }
  _nE() {
    if ("outage" in this._t || "closing" === this._eM?.readyState) this._a ??= this._n._u.map(hooks => hooks.wanted?.()); else {
      for (const stop of this._a ?? []) stop?.();
      this._a = void 0;
    }
  }
  _em({session, codec, stops}) {
    codec.reset();
    return () => {
      for (const stop of stops) stop();
      const state = this._t;
      "reason" in state && "forced close" === state.reason ? this._eM = session : giveBack(session._tM());
      session.close();
    };
  }
  _tY(notice) {
    const [event, about, details] = notice;
    if ("doubt" === event || "improve" === event) {
      for (const hooks of this._n._u) hooks[event]?.();
      return;
    }
    const error = "error" === event ? about : void 0;
    const closed = "closed" === this._t.name;
    for (const one of this._eO()) {
      const joining = !one.connected;
      "open" === event && one.linkUp();
      "close" === event && one.linkDown(about, details);
      error && one.failed(error);
      "parse error" === about && joining && one.failed(details);
      closed && one.giveUp("reconnect_failed" === event, error);
    }
    this._n._ny(notice);
  }
  _m(epoch) {
    const attempt = new ConnectionAttempt(this, epoch);
    try {
      attempt._g = this._n._nQ(attempt);
    } catch (error) {
      return this._i.after(0, () => attempt.failed(error));
    }
    return () => attempt._nx();
  }
  _eZ(data) {
    this._n._eL("chunk", "in", data);
    this._eX += sizeOf(data);
    this._d ??= this._n._u.reduce((inner, hooks) => hooks.deliver ? packet => hooks.deliver?.(packet, inner) : inner, this._f);
    try {
      this._K?.codec.decode(data, this._d);
    } catch (error) {
      this._ea("parse error", error);
    }
  }
}

class ConnectionAttempt {
  constructor(_connection, _epoch) {
    this._e = _connection;
    this._eS = _epoch;
    this._a = !1;
    this._f = [];
    this._r = 0;
  }
  get _t() {
    return this._e._C === this._eS + 1;
  }
  _nx() {
    this._K || this._g.close();
  }
  opened(won) {
    const {_e: _connection, _g: session} = this;
    const {_u: hooks} = _connection._n;
    let codec = _connection._eu;
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
      this._K = link;
      _connection._o({
        type: "won",
        epoch: this._eS,
        link
      });
      this._t || session.close();
      for (const one of hooks) {
        const stop = this._t && one.used?.(session, won);
        stop && stops.push(stop);
      }
      for (const data of this._f.splice(0)) this._t && _connection._eZ(data);
    };
    for (const one of hooks) if (one.opened) {
      waiting++;
      one.opened(session, won, proceed);
    }
    proceed();
  }
  message(data) {
    this._a = !0;
    if (this._t) this._e._eZ(data); else if (!this._K) {
      this._f.push(data);
      this._r += 100 + sizeOf(data);
      this._r > 16777216 && this._g._b("transport error", new Error("too many early messages"));
    }
  }
  pinged() {
    this._e._n._ny([ "ping" ]);
  }
  changed(revived) {
    const {_e: _connection} = this;
    if (this._t) {
      if (revived) for (const one of _connection._eO()) one.linkUp();
      _connection._n._eb();
    }
  }
  troubled(error) {
    this._t && this._e._tY([ "error", error ]);
  }
  closed(reason, details) {
    this._e._n._u.reduce((inner, hooks) => hooks.ended ? () => hooks.ended?.(inner) : inner, () => {
      const {_e: _connection} = this;
      this._K ? this._t ? !this._a && "forced close" !== reason && _connection._tt("active") && _connection._tR(reason) || _connection._ea(reason, details) : _connection._nE() : this.failed(details instanceof Error ? details : new Error(reason));
    })();
  }
  failed(error) {
    this._e._o({
      type: "exhausted",
      epoch: this._eS,
      error
    });
  }
}

function giveBack(messages) {
  for (const message of messages) message._l._tz?.(message);
}

export { Connection };
