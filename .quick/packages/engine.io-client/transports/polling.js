import { Transport } from "../transport.js";

import { randomString } from "../util.js";

import { decodePayload, encodePayload } from "../../engine.io-parser/index.js";

class Polling extends Transport {
  constructor() {
    super(...arguments);
    this._polling = !1;
  }
  get name() {
    return "polling";
  }
  doOpen() {
    this._poll();
  }
  pause(onPause) {
    this.readyState = "pausing";
    const pause = () => {
      this.readyState = "paused";
      onPause();
    };
    if (this._polling || !this.writable) {
      let total = 0;
      if (this._polling) {
        total++;
        this.once("pollComplete", function() {
          --total || pause();
        });
      }
      if (!this.writable) {
        total++;
        this.once("drain", function() {
          --total || pause();
        });
      }
    } else pause();
  }
  _poll() {
    this._polling = !0;
    this.doPoll();
    this.emitReserved("poll");
  }
  onData(data) {
    decodePayload(data, this.socket.binaryType).forEach(packet => {
      "opening" === this.readyState && "open" === packet.type && this.onOpen();
      if ("close" === packet.type) {
        this.onClose({
          description: "transport closed by the server"
        });
        return !1;
      }
      this.onPacket(packet);
    });
    if ("closed" !== this.readyState) {
      this._polling = !1;
      this.emitReserved("pollComplete");
      "open" === this.readyState && this._poll();
    }
  }
  doClose() {
    const close = () => {
      this.write([ {
        type: "close"
      } ]);
    };
    "open" === this.readyState ? close() : this.once("open", close);
  }
  write(packets) {
    this.writable = !1;
    encodePayload(packets, data => {
      this.doWrite(data, () => {
        this.writable = !0;
        this.emitReserved("drain");
      });
    });
  }
  uri() {
    const schema = this.opts.secure ? "https" : "http";
    const query = this.query || {};
    !1 !== this.opts.timestampRequests && (query[this.opts.timestampParam] = randomString());
    this.supportsBinary || query.sid || (query.b64 = 1);
    return this.createUri(schema, query);
  }
}

export { Polling };
