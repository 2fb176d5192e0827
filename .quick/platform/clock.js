import { report } from "./report.js";

const nothing = () => {};

const nativeSetTimeout = globalThis.setTimeout;

const nativeClearTimeout = globalThis.clearTimeout;

const nativePerformance = watchOf();

const nativeNow = nativePerformance.now;

function watchOf() {
  const {performance} = globalThis;
  return performance?.now ? performance : Date;
}

let tasksInThisTurn = 0;

function soon(task) {
  if (0 === tasksInThisTurn++) {
    const timer = nativeSetTimeout(() => {
      tasksInThisTurn = 0;
    });
    unrefTimer(timer);
  }
  tasksInThisTurn < 100 ? Promise.resolve().then(task).then(void 0, report) : nativeSetTimeout(task);
}

const unrefTimer = timer => timer.unref?.();

class SystemClock {
  constructor(_native, _unref) {
    this._t = _native;
    this._r = _unref;
  }
  now() {
    return (this._t ? nativeNow.call(nativePerformance) : watchOf().now()) || 0;
  }
  after(delayMs, task, background = this._r) {
    const {_t: _native} = this;
    const set = _native ? nativeSetTimeout : globalThis.setTimeout;
    const clear = _native ? nativeClearTimeout : globalThis.clearTimeout;
    if (delayMs === 1 / 0) return nothing;
    const timer = set.call(globalThis, task, Math.min(Math.max(delayMs, 0), 2147483647));
    background && unrefTimer(timer);
    return () => clear.call(globalThis, timer);
  }
  soon(task) {
    soon(task);
  }
}

const systemClock = (native = !1, unref = !1) => new SystemClock(native, unref);

export { nothing, systemClock };
