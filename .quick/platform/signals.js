import { attempt } from "./attempt.js";

import { systemClock } from "./clock.js";

import { callAll } from "./emitter.js";

const watchers = /* @__PURE__ */ new Set;

let listening = !1;

let parting;

const systemSignals = {
  get online() {
    return !1 !== attempt(() => navigator.onLine);
  },
  watch(listener) {
    const watcher = signal => listener(signal);
    watchers.add(watcher);
    listening || forEach("addEventListener");
    listening = !0;
    return () => {
      if (watchers.delete(watcher) && !(watchers.size > 0)) {
        parting = void 0;
        part();
        forEach("removeEventListener");
        listening = !attempt(() => globalThis.removeEventListener);
      }
    };
  }
};

function forEach(what) {
  const change = (source, ...names) => {
    for (const name of names) attempt(() => source()?.[what](name, tell, "pagehide" === name));
  };
  change(() => globalThis, "online", "offline", "pageswap", "pagehide", "pageshow");
  change(() => document, "visibilitychange", "freeze", "resume");
  change(() => navigator.connection, "change");
}

const SIGNALS = {
  online: "online",
  offline: "offline",
  change: "moved",
  resume: "woken",
  visible: "woken",
  hidden: "hidden"
};

function tell({type, persisted}) {
  if ("pageswap" === type || "pagehide" === type) {
    attempt(() => addEventListener("pagehide", part, {
      once: !0
    }));
    if ("pageswap" === type) return;
    parting = persisted ? "stored" : "left";
    tellAll("leaving");
    systemClock(!0, !0).after(0, part);
    return;
  }
  const seen = "visibilitychange" === type && attempt(() => document.visibilityState);
  "hidden" !== seen && "freeze" !== type && "pageshow" !== type || part();
  tellAll(persisted ? "restored" : SIGNALS[seen || type]);
}

function part() {
  const signal = parting;
  parting = void 0;
  attempt(() => removeEventListener("pagehide", part));
  tellAll(signal);
}

function tellAll(signal) {
  signal && callAll(void 0, [ ...watchers ], [ signal ]);
}

export { systemSignals };
