import { nothing } from "../platform/clock.js";

const NO_SERVER = /^unexpected/;

const TIMEOUT = {
  message: "timeout"
};

function negotiate({clock, plan, timeoutMs, dial, told, won, failed}) {
  const {names} = plan;
  const attempts = [];
  const running = /* @__PURE__ */ new Set;
  let started = 0;
  let over = !1;
  const end = () => {
    over = !0;
    stopTimeout();
    stopRedial();
    stopSoon();
    for (const {stop} of running) stop();
  };
  const drop = (runner, failure) => {
    const {name: transport, phase} = runner;
    const ms = Math.round(clock.now() - runner.startedAtMs);
    runner.stop();
    running.delete(runner);
    attempts.length < 50 && attempts.push({
      transport,
      phase,
      ms,
      ...failure
    });
    told({
      transport,
      phase: "failed",
      ms,
      error: failure.message
    });
  };
  const giveUp = failure => {
    end();
    for (const one of running) drop(one, TIMEOUT);
    failed(attempts, failure);
  };
  const hasOther = runner => [ ...running ].some(one => one !== runner && !one.fresh);
  const fail = (runner, failure) => {
    drop(runner, failure);
    over || (startNext() || hasOther(runner) ? over || stopSoon !== nothing || 404 !== failure.status && !NO_SERVER.test(failure.message) || (stopSoon = clock.after(5e3, () => giveUp(failure))) : giveUp(attempts.find(({transport}) => transport === names[names.length - 1]) ?? failure));
  };
  const start = (name, fresh) => {
    const runner = {
      name,
      startedAtMs: clock.now(),
      fresh,
      phase: "open",
      stop: nothing
    };
    running.add(runner);
    told({
      transport: name,
      phase: "start"
    });
    if (over) return;
    const stops = [];
    runner.stop = () => {
      for (const stop of stops.splice(0)) stop();
    };
    const ahead = ms => {
      const after = (delayMs, task) => {
        stops.push(clock.after(Math.max(0, delayMs - ms), task));
      };
      runner.stop();
      runner.startedAtMs -= ms;
      after(plan.headStartMs, startNext);
      after(plan.candidateDeadlineMs, () => {
        (started < names.length || hasOther(runner)) && fail(runner, TIMEOUT);
      });
    };
    ahead(0);
    stops.push(dial(name, {
      ahead,
      opened() {
        runner.phase = "handshake";
      },
      failed: failure => fail(runner, failure),
      shaken(dialled) {
        const ms = clock.now() - runner.startedAtMs;
        end();
        running.delete(runner);
        const slower = [ ...running ].map(loser => loser.name);
        const before = attempts.flatMap(({transport}) => slower.includes(transport) ? [] : transport);
        for (const loser of running) drop(loser, {
          message: "slower"
        });
        told({
          transport: name,
          phase: "won",
          ms
        });
        won({
          ...dialled,
          ms,
          failed: before,
          slower
        });
      }
    }));
  };
  const startNext = () => {
    const name = names[started];
    if (over || void 0 === name) return !1;
    started++;
    start(name, !1);
    return !0;
  };
  const redial = () => {
    stopRedial = clock.after(plan.redialAfterMs, redial);
    if (!(started < names.length)) for (const name of names) {
      const redials = [ ...running ].filter(one => one.fresh && one.name === name);
      const oldest = redials[0];
      if (oldest && redials.length >= 2) {
        oldest.fresh = "open" === oldest.phase;
        if (!oldest.fresh) continue;
        drop(oldest, TIMEOUT);
      }
      over || start(name, !0);
    }
  };
  let stopSoon = nothing;
  let stopRedial = clock.after(plan.redialAfterMs, redial);
  const stopTimeout = clock.after(!1 === timeoutMs ? 1 / 0 : timeoutMs, () => giveUp(TIMEOUT));
  clock.soon(startNext);
  return end;
}

export { negotiate };
