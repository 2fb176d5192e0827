import { decodePacket } from "../engine.io-parser/decodePacket.browser.js";

import { Emitter } from "../emitter.js";

import { installTimerFunctions } from "./util.js";

import { encode } from "./contrib/parseqs.js";

class TransportError extends Error {
  constructor(reason, description, context) {
    super(reason);
    this.description = description;
    this.context = context;
    this.type = "TransportError";
  }
}

class Transport extends Emitter {
  constructor(opts) {
    super();
    this.writable = !1;
    installTimerFunctions(this, opts);
    this.opts = opts;
    this.query = opts.query;
    this.socket = opts.socket;
    this.supportsBinary = !opts.forceBase64;
  }
  onError(reason, description, context) {
    super.emitReserved("error", new TransportError(reason, description, context));
    return this;
  }
  open() {
    this.readyState = "opening";
    this.doOpen();
    return this;
  }
  close() {
    if ("opening" === this.readyState || "open" === this.readyState) {
      this.doClose();
      this.onClose();
    }
    return this;
  }
  send(packets) {
    "open" === this.readyState && this.write(packets);
  }
  onOpen() {
    this.readyState = "open";
    this.writable = !0;
    super.emitReserved("open");
  }
  onData(data) {
    const packet = decodePacket(data, this.socket.binaryType);
    this.onPacket(packet);
  }
  onPacket(packet) {
    super.emitReserved("packet", packet);
  }
  onClose(details) {
    this.readyState = "closed";
    super.emitReserved("close", details);
  }
  pause(onPause) {}
  createUri(schema, query = {}) {
    return schema + "://" + this._nz() + this._ri() + this.opts.path + this._query(query);
  }
  _nz() {
    const hostname = this.opts.hostname;
    return -1 === hostname.indexOf(":") ? hostname : "[" + hostname + "]";
  }
  _ri() {
    return this.opts.port && (this.opts.secure && 443 !== Number(this.opts.port) || !this.opts.secure && 80 !== Number(this.opts.port)) ? ":" + this.opts.port : "";
  }
  _query(query) {
    const encodedQuery = encode(query);
    return encodedQuery.length ? "?" + encodedQuery : "";
  }
}

export { Transport, TransportError };
