import { again } from "../connection/lifecycle.js";

import { attempt } from "../platform/attempt.js";

import { callAll } from "../platform/emitter.js";

import { systemSignals } from "../platform/signals.js";

const leaves = signal => "stored" === signal || "left" === signal;

function afterSignal(signal, state, {atMs, rules, tell, wait, negotiate}) {
  if ("hidden" === signal || "leaving" === signal) return state;
  const {outage} = state;
  const closes = leaves(signal) && rules.reconnection;
  const returns = !leaves(signal) && "offline" !== signal;
  switch (state.name) {
   case "negotiating":
    return closes ? wait(again(outage), 5e3, !1) : !returns || state.restarted || atMs - state.sinceMs < 250 ? state : negotiate(outage, {
      single: state.single,
      restarted: !0
    });

   case "connected":
    if (closes) {
      tell("close", "transport close", void 0);
      return wait({
        attempt: 1,
        failures: 0,
        startedAtMs: atMs
      }, 5e3, !1);
    }
    tell("doubt");
    "moved" !== signal && "online" !== signal || tell("improve");
    return state;

   default:
    {
      const leftMs = Math.max(0, state.dueAtMs - atMs);
      return returns ? wait(outage, Math.min(leftMs, rules.wakeDelayMs()), !0) : "offline" === state.name ? state : wait(outage, leftMs, !1);
    }
  }
}

const page = () => ({
  name: "page",
  manager({_e: _connection, _c: _environment}) {
    const signals = _environment.signals ?? systemSignals;
    const hear = signal => {
      const session = _connection._m ?? _connection._eD;
      "leaving" === signal && session?._nD();
      leaves(signal) && session?._nO();
      _connection._o({
        type: "plugin",
        react: (state, steps) => afterSignal(signal, state, steps)
      });
    };
    return {
      online: () => !1 !== attempt(() => signals.online),
      wanted() {
        let stop;
        callAll(void 0, [ () => stop = signals.watch(hear) ], []);
        return () => callAll(void 0, [ () => stop() ], []);
      }
    };
  }
});

export { afterSignal, page };
