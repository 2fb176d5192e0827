import { Polling } from "./polling.js";

import { Emitter } from "../../emitter.js";

import { installTimerFunctions, pick } from "../util.js";

import { globalThisShim } from "../globals.js";

import { hasCORS } from "../contrib/has-cors.js";

function empty() {}

class BaseXHR extends Polling {
  constructor(opts) {
    super(opts);
    if ("undefined" != typeof location) {
      const isSSL = "https:" === location.protocol;
      let port = location.port;
      port || (port = isSSL ? "443" : "80");
      this.xd = "undefined" != typeof location && opts.hostname !== location.hostname || port !== opts.port;
    }
  }
  doWrite(data, fn) {
    const req = this.request({
      method: "POST",
      data
    });
    req.on("success", fn);
    req.on("error", (xhrStatus, context) => {
      this.onError("xhr post error", xhrStatus, context);
    });
  }
  doPoll() {
    const req = this.request();
    req.on("data", this.onData.bind(this));
    req.on("error", (xhrStatus, context) => {
      this.onError("xhr poll error", xhrStatus, context);
    });
    this.pollXhr = req;
  }
}

class Request extends Emitter {
  constructor(createRequest, uri, opts) {
    super();
    this.createRequest = createRequest;
    installTimerFunctions(this, opts);
    this._L = opts;
    this._tZ = opts.method || "GET";
    this._rm = uri;
    this._nH = void 0 !== opts.data ? opts.data : null;
    this._nP();
  }
  _nP() {
    var _a;
    const opts = pick(this._L, "agent", "pfx", "key", "passphrase", "cert", "ca", "ciphers", "rejectUnauthorized", "autoUnref");
    opts.xdomain = !!this._L.xd;
    const xhr = this._es = this.createRequest(opts);
    try {
      xhr.open(this._tZ, this._rm, !0);
      try {
        if (this._L.extraHeaders) {
          xhr.setDisableHeaderCheck && xhr.setDisableHeaderCheck(!0);
          for (let i in this._L.extraHeaders) this._L.extraHeaders.hasOwnProperty(i) && xhr.setRequestHeader(i, this._L.extraHeaders[i]);
        }
      } catch (e) {}
      if ("POST" === this._tZ) try {
        xhr.setRequestHeader("Content-type", "text/plain;charset=UTF-8");
      } catch (e) {}
      try {
        xhr.setRequestHeader("Accept", "*/*");
      } catch (e) {}
      null === (_a = this._L.cookieJar) || void 0 === _a || _a.addCookies(xhr);
      "withCredentials" in xhr && (xhr.withCredentials = this._L.withCredentials);
      this._L.requestTimeout && (xhr.timeout = this._L.requestTimeout);
      xhr.onreadystatechange = () => {
        var _a2;
        3 === xhr.readyState && (null === (_a2 = this._L.cookieJar) || void 0 === _a2 || _a2.parseCookies(xhr.getResponseHeader("set-cookie")));
        4 === xhr.readyState && (200 === xhr.status || 1223 === xhr.status ? this._nQ() : this.setTimeoutFn(() => {
          this._ek("number" == typeof xhr.status ? xhr.status : 0);
        }, 0));
      };
      xhr.send(this._nH);
    } catch (e) {
      this.setTimeoutFn(() => {
        this._ek(e);
      }, 0);
      return;
    }
    if ("undefined" != typeof document) {
      this._tJ = Request.requestsCount++;
      Request.requests[this._tJ] = this;
    }
  }
  _ek(err) {
    this.emitReserved("error", err, this._es);
    this._tv(!0);
  }
  _tv(fromError) {
    if (void 0 !== this._es && null !== this._es) {
      this._es.onreadystatechange = empty;
      if (fromError) try {
        this._es.abort();
      } catch (e) {}
      "undefined" != typeof document && delete Request.requests[this._tJ];
      this._es = null;
    }
  }
  _nQ() {
    const data = this._es.responseText;
    if (null !== data) {
      this.emitReserved("data", data);
      this.emitReserved("success");
      this._tv();
    }
  }
  abort() {
    this._tv();
  }
}

Request.requestsCount = 0;

Request.requests = {};

"undefined" != typeof document && ("function" == typeof attachEvent ? attachEvent("onunload", unloadHandler) : "function" == typeof addEventListener && addEventListener("onpagehide" in globalThisShim ? "pagehide" : "unload", unloadHandler, !1));

function unloadHandler() {
  for (let i in Request.requests) Request.requests.hasOwnProperty(i) && Request.requests[i].abort();
}

const hasXHR2 = function() {
  const xhr = newRequest({
    xdomain: !1
  });
  return xhr && null !== xhr.responseType;
}();

class XHR extends BaseXHR {
  constructor(opts) {
    super(opts);
    const forceBase64 = opts && opts.forceBase64;
    this.supportsBinary = hasXHR2 && !forceBase64;
  }
  request(opts = {}) {
    Object.assign(opts, {
      xd: this.xd
    }, this.opts);
    return new Request(newRequest, this.uri(), opts);
  }
}

function newRequest(opts) {
  const xdomain = opts.xdomain;
  try {
    if ("undefined" != typeof XMLHttpRequest && (!xdomain || hasCORS)) return new XMLHttpRequest;
  } catch (e) {}
  if (!xdomain) try {
    return new (globalThisShim[[ "Active" ].concat("Object").join("X")])("Microsoft.XMLHTTP");
  } catch (e) {}
}

export { BaseXHR, Request, XHR };
