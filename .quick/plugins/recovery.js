const FORMS = [ /^[O-Y][\w-]{6}(\.[\w-]{1,9})?$/, /^(1[6-9]|2[0-3])\d{11}-\d{1,9}$/, /^[6-8][\da-f]{23}$/ ];

const keyOf = (name, offset) => `${offset} ${`${name}`.slice(0, 64)}`;

class Recovery {
  constructor(_ofSocket) {
    this._P = _ofSocket;
    this._a = 0;
    this._r = !1;
    _ofSocket._lastOffset = void 0;
  }
  _f(event) {
    const text = event.length > 1 && event[event.length - 1];
    if (void 0 === this._eQ || "string" != typeof text) return;
    const found = FORMS.findIndex(one => one.test(text));
    found >= 0 && (void 0 === this._t || found < this._t && !this._r) && (this._t = found);
    return found === this._t ? text : void 0;
  }
  get _nt() {
    return this._P.io._c.clock.now();
  }
  connecting() {
    const {_eQ: pid, _P: _ofSocket} = this;
    return void 0 === pid ? void 0 : {
      pid,
      offset: _ofSocket._lastOffset
    };
  }
  connected(data) {
    const given = "string" == typeof data.pid ? data.pid : void 0;
    const recovered = void 0 !== given && given === this._eQ;
    this._eQ = given;
    if (recovered) {
      this._a = this._nt + 1e4;
      this._r = !0;
    } else {
      this._P._lastOffset = void 0;
      this._a = 0;
      this._x = void 0;
    }
    return recovered;
  }
  incoming(event) {
    const offset = this._f(event);
    return void 0 === offset ? event : this._nt < this._a && this._x?.has(keyOf(event[0], offset)) ? void 0 : this._P._G.hideOffset && (2 !== this._t || this._r) ? event.slice(0, -1) : event;
  }
  delivered(event) {
    const offset = this._f(event);
    if (void 0 === offset) return;
    this._P._lastOffset = offset;
    this._x ??= /* @__PURE__ */ new Set;
    const {_x: _seen} = this;
    _seen.add(keyOf(event[0], offset));
    _seen.size > 1e3 && _seen.delete(_seen.values().next().value);
  }
  gaveUp(byHand) {
    byHand && (this._eQ = void 0);
  }
}

const recovery = () => ({
  name: "recovery",
  socket: socket => new Recovery(socket)
});

export { recovery };
