import { Transport } from "../transport.js";

import { randomString } from "../util.js";

import { encodePacket } from "../../engine.io-parser/encodePacket.browser.js";

import { globalThisShim, nextTick } from "../globals.js";

const isReactNative = "undefined" != typeof navigator && "string" == typeof navigator.product && "reactnative" === navigator.product.toLowerCase();

class BaseWS extends Transport {
  get name() {
    return "websocket";
  }
  doOpen() {
    const uri = this.uri();
    const protocols = this.opts.protocols;
    const opts = {};
    this.opts.extraHeaders && (opts.headers = this.opts.extraHeaders);
    try {
      this.ws = this.createSocket(uri, protocols, opts);
    } catch (err) {
      return this.emitReserved("error", err);
    }
    this.ws.binaryType = this.socket.binaryType;
    this.addEventListeners();
  }
  addEventListeners() {
    this.ws.onopen = () => {
      this.opts.autoUnref && this.ws._rw.unref();
      this.onOpen();
    };
    this.ws.onclose = closeEvent => this.onClose({
      description: "websocket connection closed",
      context: closeEvent
    });
    this.ws.onmessage = ev => this.onData(ev.data);
    this.ws.onerror = e => this.onError("websocket error", e);
  }
  write(packets) {
    this.writable = !1;
    for (let i = 0; i < packets.length; i++) {
      const packet = packets[i];
      const lastPacket = i === packets.length - 1;
      encodePacket(packet, this.supportsBinary, data => {
        try {
          this.doWrite(packet, data);
        } catch (e) {}
        lastPacket && nextTick(() => {
          this.writable = !0;
          this.emitReserved("drain");
        }, this.setTimeoutFn);
      });
    }
  }
  doClose() {
    if (void 0 !== this.ws) {
      this.ws.onerror = () => {};
      this.ws.close();
      this.ws = null;
    }
  }
  uri() {
    const schema = this.opts.secure ? "wss" : "ws";
    const query = this.query || {};
    this.opts.timestampRequests && (query[this.opts.timestampParam] = randomString());
    this.supportsBinary || (query.b64 = 1);
    return this.createUri(schema, query);
  }
}

const WebSocketCtor = globalThisShim.WebSocket || globalThisShim.MozWebSocket;

class WS extends BaseWS {
  createSocket(uri, protocols, opts) {
    return isReactNative ? new WebSocketCtor(uri, protocols, opts) : protocols ? new WebSocketCtor(uri, protocols) : new WebSocketCtor(uri);
  }
  doWrite(_packet, data) {
    this.ws.send(data);
  }
}

export { BaseWS, WS };
