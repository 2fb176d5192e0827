import { nothing } from "../platform/clock.js";

import { Emitter } from "../platform/emitter.js";

import { helpOf, ConnectionError } from "../platform/errors.js";

import { beacon } from "../platform/http.js";

import { sizeOf } from "../protocol/encode.js";

import { sizeOnWire } from "../protocol/size.js";

import { negotiate } from "./negotiate.js";

import { BINARY_TYPE, cookieJar } from "./transports/builtin.browser.js";

import { isTaking, webSocketBytes, failureOf, extrasOf, dial } from "./transports/transport.js";

const letGo = message => {
  Object.assign(message, {
    _y: [],
    data: []
  });
};

class Session extends Emitter {
  constructor(_setup, _host) {
    super();
    this._U = _setup;
    this._n = _host;
    this.id = null;
    this.readyState = "opening";
    this.binaryType = BINARY_TYPE;
    this.writeBuffer = [];
    this.upgrading = !1;
    this._tO = nothing;
    this._eV = 0;
    this._eq = 1 / 0;
    this._r = nothing;
    this._t = [];
    this._D = 0;
    this._f = 0;
    this._a = 0;
    this._no = 0;
    this._z = 1e5;
    this._d = 0;
    this._ts = !1;
    this._m = nothing;
    this._W = !1;
    this._Y = 0;
    const {opts, clock, plan, unresponsive} = _setup;
    this.opts = opts;
    this._i = clock;
    this._ec = clock.now();
    this._cookieJar = cookieJar(opts.withCredentials);
    this.transport = {
      name: plan.names[0] ?? ""
    };
    this._r = negotiate({
      ..._setup,
      dial: (name, on) => {
        this.transport = {
          name
        };
        return dial(() => this._tJ(name), clock, on);
      },
      won: won => this._nG(won),
      failed: (attempts, last) => {
        const error = new ConnectionError(last.message, [ ...unresponsive, ...attempts ], last.cause);
        this._b("transport error", error, error);
      }
    });
  }
  get _j() {
    return "open" === this.readyState;
  }
  get _rp() {
    return this._j && isTaking(this.transport);
  }
  get _tB() {
    return this._j && this.transport.writable;
  }
  get _eA() {
    return this._d + (webSocketBytes(this.transport) ?? this._f);
  }
  _nY(nowMs) {
    const overdue = nowMs - this._ec > this._eq;
    overdue && this._i.soon(() => this._es());
    return overdue;
  }
  _H(message, maxBytes) {
    const {_y: _chunks, options} = message;
    if (maxBytes > 0) for (const chunk of _chunks) {
      const bytes = sizeOnWire(chunk, this.transport.name, maxBytes);
      if (bytes > maxBytes) return {
        bytes,
        maxBytes
      };
    }
    for (const chunk of _chunks) this._to("message", chunk, message, options);
    this._B();
  }
  _ru(type, data) {
    this._to(type, data);
    this._B();
  }
  write(data, options) {
    const self = this._s();
    self._H({
      _y: [ data ],
      _l: self,
      options: {
        ...DEFAULT_OPTIONS,
        ...options
      }
    }, 0);
    return this;
  }
  send(data, options) {
    return this.write(data, options);
  }
  _to(type, data, message, options = DEFAULT_OPTIONS) {
    if (!this._j) return;
    const packet = {
      type,
      data,
      options
    };
    this._o("packetCreate", packet);
    this.writeBuffer.push(packet);
    this._t.push(message);
    this._d += sizeOf(packet.data);
  }
  _B() {
    const {transport, writeBuffer, _eV: _payloadLimit} = this;
    const {length} = writeBuffer;
    if (this._D > 0 || 0 === length || this.upgrading || this._ts || !transport.writable) return;
    let end = length;
    if ("polling" === transport.name) {
      const maxBytes = Math.min(_payloadLimit || 1 / 0, this._z);
      let bytes = -1;
      for (end = 0; end < length; end++) {
        bytes += sizeOnWire(writeBuffer[end]?.data ?? "", "polling", 0) + 1;
        if (end > 0 && bytes > maxBytes) break;
        this._a = bytes;
      }
      this._no = this._i.now();
    }
    const batch = writeBuffer.slice(0, end);
    this._D = end;
    this._ei = this._t[end - 1];
    for (const packet of batch) this._f += sizeOf(packet.data);
    this._d -= this._f;
    transport.send(batch);
    this._o("flush");
  }
  _nB() {
    const {writeBuffer, _a: _postBytes} = this;
    if (_postBytes > this._z / 2) {
      const carriedBytes = 1e4 * _postBytes / (this._i.now() - this._no);
      this._z = Math.min(carriedBytes, 2 * _postBytes);
    }
    writeBuffer.splice(0, this._D);
    for (const message of this._t.splice(0, this._D)) message && message !== this._t[0] && letGo(message);
    this._D = this._f = 0;
    if (writeBuffer.length > 0) this._B(); else {
      this._o("drain");
      this._ew();
    }
  }
  _tM(sender) {
    const {writeBuffer, _t: _messages} = this;
    const taken = /* @__PURE__ */ new Set;
    let kept = this._D;
    for (let i = kept; i < writeBuffer.length; i++) {
      const packet = writeBuffer[i];
      const message = _messages[i];
      if (!sender || message?._l === sender && message !== this._ei) {
        this._d -= sizeOf(packet.data);
        message && taken.add(message);
      } else {
        writeBuffer[kept] = packet;
        _messages[kept++] = message;
      }
    }
    writeBuffer.length = _messages.length = kept;
    return [ ...taken ];
  }
  _tJ(name) {
    const {opts, id} = this;
    const own = {
      ...opts,
      ...opts.transportOptions[name]
    };
    return this._U.create(name, {
      ...own,
      query: {
        ...opts.query,
        ...own.query,
        EIO: "4",
        transport: name,
        ...id && {
          sid: id
        }
      },
      extraHeaders: {
        ...own.extraHeaders
      },
      socket: this
    });
  }
  _nG(won) {
    const {transport, handshake} = won;
    if ("opening" === this.readyState) {
      this.id = handshake.sid;
      transport.query.sid = handshake.sid;
      this._eV = handshake.maxPayload ?? 0;
      this._eq = handshake.pingInterval + handshake.pingTimeout;
      this._em(transport);
      this._x({
        type: "open",
        data: JSON.stringify(handshake)
      });
      this._T();
      this._o("handshake", handshake);
      if ("opening" === this.readyState) {
        this.readyState = "open";
        this._r = nothing;
        this._n.opened(won);
        this._j && this._o("open");
        this._B();
      }
    } else transport.close();
  }
  _em(transport) {
    this.transport.removeAllListeners?.();
    this.transport = transport;
    transport.on("drain", () => this._nB());
    transport.on("packet", packet => this._eZ(packet));
    transport.on("error", error => this._M(error));
    transport.on("close", details => this._b("transport close", details));
  }
  _x(packet) {
    this._ec = this._i.now();
    this._o("packet", packet);
    this._o("heartbeat");
  }
  _eZ(packet) {
    const {type, data} = packet;
    this._x(packet);
    if ("message" === type) {
      this._o("data", data);
      this._o("message", data);
      this._n.message(data);
    } else if ("ping" === type) {
      if (this._rt()) return;
      this._ru("pong");
      this._o("ping");
      this._o("pong");
      this._j && this._n.pinged();
    } else "pong" === type ? this._o(type) : "open" === type ? this._M(new Error("unexpected handshake")) : "close" === type ? this._b("transport close", {
      description: "transport closed by the server"
    }) : "error" === type && this._M(Object.assign(new Error("server error"), {
      code: data
    }));
  }
  _rt() {
    const {writeBuffer} = this;
    const {length} = writeBuffer;
    if (length > this._D && "pong" === writeBuffer[length - 1]?.type) return !0;
    this._Y = webSocketBytes(this.transport) ?? length ? this._Y + 1 : 0;
    return this._Y > 1e3;
  }
  _T() {
    const leftMs = this._ec + this._eq - this._i.now();
    this._m();
    this._m = this._i.after(Math.max(0, leftMs), () => this._es());
  }
  _es() {
    if ("closed" === this.readyState || this._W) return;
    const doubtedMs = this._i.now();
    const lateMs = doubtedMs - this._ec - this._eq;
    if (lateMs < 0) this._T(); else if (lateMs < 500) this._b("ping timeout"); else {
      this._W = !0;
      this._m();
      this._m = this._i.after(1e3, () => {
        this._W = !1;
        if (this._ec < doubtedMs) this._b("ping timeout"); else {
          this._T();
          this._j && this._n.changed(!0);
        }
      });
    }
  }
  _M(error) {
    const cause = error.context?.cause;
    if (cause?._tD) this._b("parse error", cause); else {
      if ("number" == typeof error.description) {
        const attempts = [ {
          transport: this.transport.name,
          phase: "connect",
          ms: 0,
          ...failureOf(error),
          cause: void 0
        } ];
        const code = "TRANSPORT_FAILED";
        Object.assign(error, {
          code,
          help: helpOf(code),
          attempts
        });
      }
      this._j && this._n.troubled(error);
      this._o("error", error);
      this._b("transport error", error);
    }
  }
  close() {
    const self = this._s();
    if ("opening" === self.readyState) self._b("forced close"); else if (self._j) {
      self.readyState = "closing";
      self._r = self._i.after(1e4, () => self._b("forced close"));
      self._ew();
    }
    return this;
  }
  _ew() {
    "closing" !== this.readyState || this.upgrading || 0 !== this.writeBuffer.length || this._b("forced close");
  }
  _nM() {
    this._ts = void 0 !== extrasOf(this.transport).closeNow;
  }
  _nA() {
    const {transport, writeBuffer} = this;
    if (this._j || "closing" === this.readyState) {
      const extras = extrasOf(transport);
      const waiting = writeBuffer.slice(this._D);
      if (extras.closeNow || "polling" !== transport.name) {
        this._D = writeBuffer.length;
        extras.closeNow ? extras.closeNow(waiting) : transport.send(waiting);
      } else extras.uri && beacon(extras.uri(), "1");
    }
    this._b("transport close");
  }
  _b(reason, details, failure) {
    if ("closed" === this.readyState) return;
    this.readyState = "closed";
    this._r();
    this._m();
    const transport = this.transport;
    transport.removeAllListeners?.();
    transport.close?.();
    this.id = null;
    if (failure) {
      this._n.failed(failure);
      this._o("error", failure);
    } else this._n.closed(reason, details);
    this._o("close", reason, details);
    this._tO();
    this.writeBuffer = [];
    this._t = [];
    this._ei = void 0;
    this._d = this._D = this._f = 0;
  }
}

const DEFAULT_OPTIONS = {
  compress: !0
};

export { Session, letGo };
