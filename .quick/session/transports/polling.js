import { LEGACY } from "../../platform/errors.js";

import { request, isSuccess } from "../../platform/http.js";

import { randomId } from "../../platform/random.js";

import { withoutBlobs } from "./blobs.js";

import { EngineTransport } from "./engine-transport.js";

import { encode } from "./packets.js";

const LEGACY_PAYLOAD = /^(\d+:0|\0)/;

class HttpPolling extends EngineTransport {
  get name() {
    return "polling";
  }
  doOpen() {
    this._poll();
  }
  _poll() {
    this._polling = !0;
    this._rn = this._nl("poll", void 0, ({text, bytes}) => this.onData(this._nL && bytes || text));
  }
  doWrite(body, done) {
    this._no = this._nl("post", body, done);
  }
  _nl(what, body, use) {
    const {extraHeaders, requestTimeout, withCredentials, _i: _clock, _eW: _maxReceivedBytes} = this.opts;
    return request({
      url: this.uri(),
      body,
      headers: extraHeaders,
      jar: this.socket._cookieJar,
      binary: this._nL,
      withCredentials,
      timeoutMs: requestTimeout,
      maxBytes: _maxReceivedBytes,
      keepalive: this._tK
    }, (cause, response) => {
      if (response && isSuccess(response.status)) use(response); else {
        const {status = 0, text: responseText = "", header} = response ?? {};
        this.onError(this._tU(what), status, {
          status,
          responseText,
          header,
          cause
        });
      }
    }, _clock);
  }
  _tU(what) {
    return `xhr ${what} error`;
  }
  uri() {
    const {opts, query} = this;
    const {timestampParam, timestampRequests, secure} = opts;
    timestampParam && !1 !== timestampRequests && (query[timestampParam] = randomId().slice(-9));
    this.supportsBinary || query.sid || (query.b64 = 1);
    return this.createUri(secure ? "https" : "http", query);
  }
  onData(data) {
    const text = data;
    const packets = text.split("\x1e", 100001);
    !this.socket.id && LEGACY_PAYLOAD.test(text) ? this.onError(LEGACY) : packets.length > 1e5 ? this.onError("more than 100000 packets in one answer") : this._tV(packets, 0);
  }
  _tV(packets, from) {
    const end = from + 2e3;
    for (let i = from; i < end && i < packets.length && "closed" !== this.readyState; i++) super.onData(packets[i]);
    if (end < packets.length) this.opts._i.after(0, () => this._tV(packets, end)); else {
      this._polling = !1;
      "open" === this.readyState && this._poll();
      this._tL();
    }
  }
  onPacket(packet) {
    const {type} = packet;
    if ("close" === type) this.onClose({
      description: "transport closed by the server"
    }); else {
      "open" === type && "opening" === this.readyState && this.onOpen();
      super.onPacket(packet);
    }
  }
  write(packets) {
    this.writable = !1;
    const unlessClosed = act => {
      ("closed" !== this.readyState || this._tK) && act();
    };
    withoutBlobs(packets, this.opts._i, read => unlessClosed(() => this.doWrite(read.map(encode).join("\x1e"), () => {
      this.writable = !0;
      this.emitReserved("drain");
      this._tL();
    })), () => unlessClosed(() => this.onError("an attachment could not be read")));
  }
  pause(done) {
    this.readyState = "pausing";
    this._rg = done;
    this._tL();
  }
  _tL() {
    if ("pausing" === this.readyState && !this._polling && this.writable) {
      this.readyState = "paused";
      this._rg?.();
    }
  }
  doClose() {
    const abort = () => {
      stop();
      this._rn?.();
      this._no?.();
    };
    const stop = this.opts._i.after(1e4, abort, !0);
    this._no?.();
    "opening" === this.readyState ? abort() : this.doWrite(encode({
      type: "close"
    }), abort);
  }
  closeNow(packets) {
    this._tK = !0;
    const events = packets.filter(packet => !isDisconnect(packet));
    for (const group of [ events, packets.filter(isDisconnect), [ {
      type: "close"
    } ] ]) group.length > 0 && this.write(group);
    this.onClose();
  }
}

const isDisconnect = ({data}) => "string" == typeof data && "1" === data[0];

class FetchPolling extends HttpPolling {
  _tU(what) {
    return `fetch ${"poll" === what ? "read" : "write"} error`;
  }
}

export { FetchPolling, HttpPolling };
