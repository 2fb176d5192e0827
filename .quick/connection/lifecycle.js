const STABLE_AFTER_MS = 5e3;

function next(state, event, rules) {
  const notices = [];
  return {
    state: after(state, event, rules, (...notice) => notices.push(notice)),
    notices
  };
}

function after(state, event, rules, tell) {
  if ("epoch" in event && event.epoch !== state.epoch) return state;
  const {atMs} = event;
  const enter = entered => ({
    ...entered,
    epoch: state.epoch + 1
  });
  const negotiate = (outage, {single = !1, restarted = !1} = {}) => enter({
    name: "negotiating",
    outage,
    sinceMs: atMs,
    single,
    restarted
  });
  const wait = (outage, delayMs, online = rules.online) => {
    const {offlineDelayMs} = rules;
    return enter({
      name: online ? "waiting" : "offline",
      outage,
      dueAtMs: atMs + (online || offlineDelayMs === 1 / 0 ? delayMs : offlineDelayMs)
    });
  };
  const close = reason => enter({
    name: "closed",
    reason
  });
  const retry = (outage, afterStable, reason, error) => {
    const {attempt, failures, startedAtMs} = outage;
    const elapsedMs = atMs - startedAtMs;
    const delayMs = attempt > rules.maxAttempts ? null : rules.delayMs({
      attempt,
      failures,
      afterStable,
      elapsedMs,
      reason,
      error
    });
    if (null !== delayMs) return wait({
      ...outage,
      failures: afterStable ? 1 : failures + 1
    }, delayMs);
    tell("reconnect_failed");
    return close("reconnect_failed");
  };
  switch (event.type) {
   case "open":
    if ("dueAtMs" in state) return negotiate(state.outage);
    if ("outage" in state) break;
    return negotiate({
      attempt: 0,
      failures: 0,
      startedAtMs: atMs
    }, event);

   case "won":
    {
      if ("negotiating" !== state.name) break;
      const {outage} = state;
      tell("open");
      outage.attempt > 0 && tell("reconnect", outage.attempt);
      return enter({
        name: "connected",
        outage,
        sinceMs: atMs,
        link: event.link
      });
    }

   case "exhausted":
    {
      if ("negotiating" !== state.name) break;
      const {error} = event;
      const {outage, single} = state;
      tell("error", error);
      const entered = rules.reconnection && !single ? retry(again(outage), !1, error.message, error) : close("failed");
      outage.attempt > 0 && tell("reconnect_error", error);
      return entered;
    }

   case "lost":
    {
      if ("connected" !== state.name) break;
      const {reason, details} = event;
      const {outage, sinceMs} = state;
      tell("close", reason, details);
      return rules.reconnection ? retry({
        ...outage,
        attempt: 1,
        startedAtMs: atMs
      }, atMs - sinceMs >= 5e3, reason) : close(reason);
    }

   case "due":
    if (!("dueAtMs" in state)) break;
    tell("reconnect_attempt", state.outage.attempt);
    return negotiate(state.outage);

   case "stop":
    return "dueAtMs" in state ? close("stopped") : state;

   case "close":
    if (!("outage" in state)) break;
    tell("close", event.reason, void 0);
    return close(event.reason);

   case "plugin":
    if ("outage" in state) return event.react(state, {
      atMs,
      rules,
      tell,
      wait,
      negotiate
    });
  }
  return state;
}

const again = outage => ({
  ...outage,
  attempt: outage.attempt + 1
});

function statusOf(state) {
  const {name} = state;
  return "negotiating" === name ? state.outage.attempt > 0 ? "reconnecting" : "connecting" : "waiting" === name ? "reconnecting" : name;
}

export { STABLE_AFTER_MS, again, next, statusOf };
