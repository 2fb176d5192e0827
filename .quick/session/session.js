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
    _g: [],
    data: []
  });
};

class Session extends Emitter {
  constructor(_setup, _host) {
    super();
    this._z = _setup;
    this._n = _host;
    this.id = null;
    this.readyState = "opening";
    this.binaryType = BINARY_TYPE;
    this.writeBuffer = [];
    this.upgrading = !1;
    this._tD = nothing;
    this._eK = 0;
    this._eU = 1 / 0;
    this._r = nothing;
    this._t = [];
    this._M = 0;
    this._a = 0;
    this._f = 0;
    this._nu = 0;
    this._W = 1e5;
    this._d = 0;
    this._tu = !1;
    this._b = nothing;
    this._X = !1;
    this._Z = 0;
    const {opts, clock, plan, unresponsive} = _setup;
    this.opts = opts;
    this._i = clock;
    this._ep = clock.now();
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
        return dial(() => this._tQ(name), clock, on);
      },
      won: won => this._nZ(won),
      failed: (attempts, last) => {
        const error = new ConnectionError(last.message, [ ...unresponsive, ...attempts ], last.cause);
        this._y("transport error", error, error);
      }
    });
  }
  get _F() {
    return "open" === this.readyState;
  }
  get _rv() {
    return this._F && isTaking(this.transport);
  }
  get _tF() {
    return this._F && this.transport.writable;
  }
  get _eO() {
    return this._d + (webSocketBytes(this.transport) ?? this._a);
  }
  _re(nowMs) {
    const overdue = nowMs - this._ep > this._eU;
    overdue && this._i.soon(() => this._eu());
    return overdue;
  }
  _H(message, maxBytes) {
    const {_g: _chunks, options} = message;
    if (maxBytes > 0) for (const chunk of _chunks) {
      const bytes = sizeOnWire(chunk, this.transport.name, maxBytes);
      if (bytes > maxBytes) return {
        bytes,
        maxBytes
      };
    }
    for (const chunk of _chunks) this._ta("message", chunk, message, options);
    this._j();
  }
  _rf(type, data) {
    this._ta(type, data);
    this._j();
  }
  write(data, options) {
    const self = this._s();
    self._H({
      _g: [ data ],
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
  _ta(type, data, message, options = DEFAULT_OPTIONS) {
    if (!this._F) return;
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
  _j() {
    const {transport, writeBuffer, _eK: _payloadLimit} = this;
    const {length} = writeBuffer;
    if (this._M > 0 || 0 === length || this.upgrading || this._tu || !transport.writable) return;
    let end = length;
    if ("polling" === transport.name) {
      const maxBytes = Math.min(_payloadLimit || 1 / 0, this._W);
      let bytes = -1;
      for (end = 0; end < length; end++) {
        bytes += sizeOnWire(writeBuffer[end]?.data ?? "", "polling", 0) + 1;
        if (end > 0 && bytes > maxBytes) break;
        this._f = bytes;
      }
      this._nu = this._i.now();
    }
    const batch = writeBuffer.slice(0, end);
    this._M = end;
    this._eo = this._t[end - 1];
    for (const packet of batch) this._a += sizeOf(packet.data);
    this._d -= this._a;
    transport.send(batch);
    this._o("flush");
  }
  _nj() {
    const {writeBuffer, _f: _postBytes} = this;
    if (_postBytes > this._W / 2) {
      const carriedBytes = 1e4 * _postBytes / (this._i.now() - this._nu);
      this._W = Math.min(carriedBytes, 2 * _postBytes);
    }
    writeBuffer.splice(0, this._M);
    for (const message of this._t.splice(0, this._M)) message && message !== this._t[0] && letGo(message);
    this._M = this._a = 0;
    if (writeBuffer.length > 0) this._j(); else {
      this._o("drain");
      this._eE();
    }
  }
  _tP(sender) {
    const {writeBuffer, _t: _messages} = this;
    const taken = /* @__PURE__ */ new Set;
    let kept = this._M;
    for (let i = kept; i < writeBuffer.length; i++) {
      const packet = writeBuffer[i];
      const message = _messages[i];
      if (!sender || message?._l === sender && message !== this._eo) {
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
  _tQ(name) {
    const {opts, id} = this;
    const own = {
      ...opts,
      ...opts.transportOptions[name]
    };
    return this._z.create(name, {
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
  _nZ(won) {
    const {transport, handshake} = won;
    if ("opening" === this.readyState) {
      this.id = handshake.sid;
      transport.query.sid = handshake.sid;
      this._eK = handshake.maxPayload ?? 0;
      this._eU = handshake.pingInterval + handshake.pingTimeout;
      this._eg(transport);
      this._x({
        type: "open",
        data: JSON.stringify(handshake)
      });
      this._B();
      this._o("handshake", handshake);
      if ("opening" === this.readyState) {
        this.readyState = "open";
        this._r = nothing;
        this._n.opened(won);
        this._F && this._o("open");
        this._j();
      }
    } else transport.close();
  }
  _eg(transport) {
    this.transport.removeAllListeners?.();
    this.transport = transport;
    transport.on("drain", () => this._nj());
    transport.on("packet", packet => this._tt(packet));
    transport.on("error", error => this._O(error));
    transport.on("close", details => this._y("transport close", details));
  }
  _x(packet) {
    this._ep = this._i.now();
    this._o("packet", packet);
    this._o("heartbeat");
  }
  _tt(packet) {
    const {type, data} = packet;
    this._x(packet);
    if ("message" === type) {
      this._o("data", data);
      this._o("message", data);
      this._n.message(data);
    } else if ("ping" === type) {
      if (this._rr()) return;
      this._rf("pong");
      this._o("ping");
      this._o("pong");
      this._F && this._n.pinged();
    } else "pong" === type ? this._o(type) : "open" === type ? this._O(new Error("unexpected handshake")) : "close" === type ? this._y("transport close", {
      description: "transport closed by the server"
    }) : "error" === type && this._O(Object.assign(new Error("server error"), {
      code: data
    }));
  }
  _rr() {
    const {writeBuffer} = this;
    const {length} = writeBuffer;
    if (length > this._M && "pong" === writeBuffer[length - 1]?.type) return !0;
    this._Z = webSocketBytes(this.transport) ?? length ? this._Z + 1 : 0;
    return this._Z > 1e3;
  }
  _B() {
    const leftMs = this._ep + this._eU - this._i.now();
    this._b();
    this._b = this._i.after(Math.max(0, leftMs), () => this._eu());
  }
  _eu() {
    if ("closed" === this.readyState || this._X) return;
    const doubtedMs = this._i.now();
    const lateMs = doubtedMs - this._ep - this._eU;
    if (lateMs < 0) this._B(); else if (lateMs < 500) this._y("ping timeout"); else {
      this._X = !0;
      this._b();
      this._b = this._i.after(1e3, () => {
        this._X = !1;
        if (this._ep < doubtedMs) this._y("ping timeout"); else {
          this._B();
          this._F && this._n.changed(!0);
        }
      });
    }
  }
  _O(error) {
    const cause = error.context?.cause;
    if (cause?._tH) this._y("parse error", cause); else {
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
      this._F && this._n.troubled(error);
      this._o("error", error);
      this._y("transport error", error);
    }
  }
  close() {
    const self = this._s();
    if ("opening" === self.readyState) self._y("forced close"); else if (self._F) {
      self.readyState = "closing";
      self._r = self._i.after(1e4, () => self._y("forced close"));
      self._eE();
    }
    return this;
  }
  _eE() {
    "closing" !== this.readyState || this.upgrading || 0 !== this.writeBuffer.length || this._y("forced close");
  }
  _nD() {
    this._tu = void 0 !== extrasOf(this.transport).closeNow;
  }
  _nO() {
    const {transport, writeBuffer} = this;
    if (this._F || "closing" === this.readyState) {
      const extras = extrasOf(transport);
      const waiting = writeBuffer.slice(this._M);
      if (extras.closeNow || "polling" !== transport.name) {
        this._M = writeBuffer.length;
        extras.closeNow ? extras.closeNow(waiting) : transport.send(waiting);
      } else extras.uri && beacon(extras.uri(), "1");
    }
    this._y("transport close");
  }
  _y(reason, details, failure) {
    if ("closed" === this.readyState) return;
    this.readyState = "closed";
    this._r();
    this._b();
    const transport = this.transport;
    transport.removeAllListeners?.();
    transport.close?.();
    this.id = null;
    if (failure) {
      this._n.failed(failure);
      this._o("error", failure);
    } else this._n.closed(reason, details);
    this._o("close", reason, details);
    this._tD();
    this.writeBuffer = [];
    this._t = [];
    this._eo = void 0;
    this._d = this._M = this._a = 0;
  }
}

const DEFAULT_OPTIONS = {
  compress: !0
};

export { Session, letGo };
