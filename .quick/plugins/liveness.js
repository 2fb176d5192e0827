import { nothing } from "../platform/clock.js";

import { probe } from "../socket/probe.js";

const verifyDeadlineMs = rttMs => void 0 === rttMs ? 2e3 : Math.min(3e3, Math.max(1e3, 4 * rttMs));

function watchSleep(clock, dateMs, woken) {
  let stop;
  const tick = () => {
    const startedMs = clock.now();
    const startedDateMs = dateMs();
    stop = clock.after(1e3, () => {
      const elapsedMs = Math.max(clock.now() - startedMs, dateMs() - startedDateMs);
      tick();
      elapsedMs > 2500 && woken();
    });
  };
  tick();
  return () => stop();
}

class LivenessHooks {
  constructor(_manager) {
    this._t = _manager;
    this._a = 0;
    this._d = nothing;
  }
  _ey(done) {
    const {_e: _connection, _c: _environment} = this._t;
    const {_T: _linkId} = _connection;
    const askedMs = _environment.clock.now();
    this._d();
    this._d = probe(_connection, answered => {
      if (answered) {
        this._a = _linkId;
        _connection._eq = void 0;
        _connection._tG(_environment.clock.now() - askedMs);
        done();
      }
    });
  }
  _f() {
    this._r?.();
    this._r = void 0;
  }
  doubt() {
    const {_t: _manager} = this;
    const {_e: _connection} = _manager;
    const session = _connection._m;
    if (!session || this._r || !_manager._h("verify")) return;
    const {clock} = _manager._c;
    const doubtedMs = clock.now();
    const wasOnline = _manager._tx;
    this._r = clock.after(verifyDeadlineMs(_connection._D.rttMs), () => {
      const alive = session._ep > doubtedMs;
      this._f();
      const telling = this._a === _connection._T || !wasOnline || !_manager._tx;
      !alive && telling && _connection._el("ping timeout");
    });
    this._ey(() => this._f());
  }
  used() {
    const {_t: _manager} = this;
    const {clock, dateMs} = _manager._c;
    const stopSleep = watchSleep(clock, dateMs, () => this.doubt());
    const stopFirst = clock.after(5e3, () => {
      const known = this._r || this._a === _manager._e._T;
      _manager._h("verify") && !known && this._ey(nothing);
    });
    return () => {
      stopSleep();
      stopFirst();
      this._d();
      this._f();
    };
  }
}

const liveness = () => ({
  name: "liveness",
  manager: manager => new LivenessHooks(manager)
});

export { liveness, verifyDeadlineMs, watchSleep };
