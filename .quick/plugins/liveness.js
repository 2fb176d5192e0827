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
    this._f = 0;
    this._d = nothing;
  }
  _eg(done) {
    const {_e: _connection, _c: _environment} = this._t;
    const {_C: _linkId} = _connection;
    const askedMs = _environment.clock.now();
    this._d();
    this._d = probe(_connection, answered => {
      if (answered) {
        this._f = _linkId;
        _connection._eF = void 0;
        _connection._tK(_environment.clock.now() - askedMs);
        done();
      }
    });
  }
  _a() {
    this._r?.();
    this._r = void 0;
  }
  doubt() {
    const {_t: _manager} = this;
    const {_e: _connection} = _manager;
    const session = _connection._g;
    if (!session || this._r || !_manager._h("verify")) return;
    const {clock} = _manager._c;
    const doubtedMs = clock.now();
    this._r = clock.after(verifyDeadlineMs(_connection._N.rttMs), () => {
      const alive = session._ec > doubtedMs;
      this._a();
      const telling = this._f === _connection._C || !_manager._nt;
      !alive && telling && _connection._ea("ping timeout");
    });
    this._eg(() => this._a());
  }
  used() {
    const {_t: _manager} = this;
    const {clock, dateMs} = _manager._c;
    const stopSleep = watchSleep(clock, dateMs, () => this.doubt());
    const stopFirst = clock.after(5e3, () => {
      const known = this._r || this._f === _manager._e._C;
      _manager._h("verify") && !known && this._eg(nothing);
    });
    return () => {
      stopSleep();
      stopFirst();
      this._d();
      this._a();
    };
  }
}

const liveness = () => ({
  name: "liveness",
  manager: manager => new LivenessHooks(manager)
});

export { liveness, verifyDeadlineMs, watchSleep };
