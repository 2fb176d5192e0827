import { attempt } from "../../platform/attempt.js";

import { openWebTransport } from "../../platform/web-transport.js";

import { withoutBlobs } from "./blobs.js";

import { EngineTransport } from "./engine-transport.js";

import { FrameReader, framesOf } from "./frames.js";

class WebTransport extends EngineTransport {
  get name() {
    return "webtransport";
  }
  doOpen() {
    const failed = cause => this._tg(cause);
    try {
      const session = openWebTransport(this.createUri("https", {}), this.opts.transportOptions.webtransport);
      this._m = session;
      session.closed.then(() => this._ec(), failed);
      session.ready.then(() => session.createBidirectionalStream()).then(stream => this._tp(stream)).then(void 0, failed);
    } catch (error) {
      failed(error);
    }
  }
  _tp({readable, writable}) {
    if ("opening" !== this.readyState) return;
    this._eV = writable.getWriter();
    const {sid} = this.query;
    this._na([ {
      type: "open",
      data: sid && JSON.stringify({
        sid
      })
    } ]);
    this._tN(readable.getReader()).then(() => this._ec(), cause => this._tg(cause));
    this.onOpen();
  }
  async _tN(reader) {
    const {_i: _clock, _eW: _maxReceivedBytes} = this.opts;
    const frames = new FrameReader(_maxReceivedBytes);
    let busyMs = 0;
    for (;;) {
      const {value} = await reader.read();
      if (!value || "closed" === this.readyState) return;
      busyMs -= _clock.now();
      frames._tN(value, payload => this.onData(payload));
      busyMs += _clock.now();
      if (busyMs > 100) {
        await new Promise(resolve => _clock.after(0, resolve));
        busyMs = 0;
      }
    }
  }
  _na(packets, done) {
    this._eV?.write(framesOf(packets)).then(done, cause => this._tg(cause));
  }
  write(packets) {
    this.writable = !1;
    withoutBlobs(packets, this.opts._i, read => this._na(read, () => {
      this.writable = !0;
      this.emitReserved("drain");
    }), () => this.onError("an attachment could not be read"));
  }
  _tg(cause) {
    "closed" !== this.readyState && this.onError("webtransport error", cause, {
      cause
    });
  }
  _ec() {
    if ("closed" !== this.readyState) {
      this.doClose();
      this.onClose({
        description: "webtransport connection closed"
      });
    }
  }
  doClose() {
    const {_m: _session, _eV: _output} = this;
    const end = () => {
      stop();
      attempt(() => _session?.close());
    };
    const stop = this.opts._i.after(1e4, end, !0);
    _output ? _output.close().then(end, end) : end();
  }
}

export { WebTransport };
