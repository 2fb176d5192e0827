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
    const failed = cause => this._tm(cause);
    try {
      const session = openWebTransport(this.createUri("https", {}), this.opts.transportOptions.webtransport);
      this._g = session;
      session.closed.then(() => this._ef(), failed);
      session.ready.then(() => session.createBidirectionalStream()).then(stream => this._tc(stream)).then(void 0, failed);
    } catch (error) {
      failed(error);
    }
  }
  _tc({readable, writable}) {
    if ("opening" !== this.readyState) return;
    this._eW = writable.getWriter();
    const {sid} = this.query;
    this._nu([ {
      type: "open",
      data: sid && JSON.stringify({
        sid
      })
    } ]);
    this._tx(readable.getReader()).then(() => this._ef(), cause => this._tm(cause));
    this.onOpen();
  }
  async _tx(reader) {
    const {_i: _clock, _eU: _maxReceivedBytes} = this.opts;
    const frames = new FrameReader(_maxReceivedBytes);
    let busyMs = 0;
    for (;;) {
      const {value} = await reader.read();
      if (!value || "closed" === this.readyState) return;
      busyMs -= _clock.now();
      frames._tx(value, payload => this.onData(payload));
      busyMs += _clock.now();
      if (busyMs > 100) {
        await new Promise(resolve => _clock.after(0, resolve));
        busyMs = 0;
      }
    }
  }
  _nu(packets, done) {
    this._eW?.write(framesOf(packets)).then(done, cause => this._tm(cause));
  }
  write(packets) {
    this.writable = !1;
    withoutBlobs(packets, this.opts._i, read => this._nu(read, () => {
      this.writable = !0;
      this.emitReserved("drain");
    }), () => this.onError("an attachment could not be read"));
  }
  _tm(cause) {
    "closed" !== this.readyState && this.onError("webtransport error", cause, {
      cause
    });
  }
  _ef() {
    if ("closed" !== this.readyState) {
      this.doClose();
      this.onClose({
        description: "webtransport connection closed"
      });
    }
  }
  doClose() {
    const {_g: _session, _eW: _output} = this;
    const end = () => {
      stop();
      attempt(() => _session?.close());
    };
    const stop = this.opts._i.after(1e4, end, !0);
    _output ? _output.close().then(end, end) : end();
  }
}

export { WebTransport };
