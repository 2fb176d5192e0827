import { nothing } from "../platform/clock.js";

import { callAll } from "../platform/emitter.js";

function audience(watch) {
  const all = /* @__PURE__ */ new Set;
  let stop = nothing;
  return {
    tell: () => callAll(void 0, [ ...all ], []),
    subscribe(changed) {
      const one = () => {
        all.has(one) && changed();
      };
      all.size || (stop = watch());
      all.add(one);
      return () => {
        all.delete(one) && !all.size && stop();
      };
    }
  };
}

function hook(socket, hooks) {
  socket._u = [ ...socket._u, hooks ];
  return () => {
    socket._u = socket._u.filter(one => one !== hooks);
  };
}

const snapshotOf = (status, transport, latencyMs, retryInMs) => Object.freeze({
  status,
  transport,
  latencyMs,
  retryInMs
});

const CONNECTING = /* @__PURE__ */ snapshotOf("connecting");

function store(of) {
  const self = of._s();
  self._ev ??= "io" in self ? storeOf(self.io._s(), self) : storeOf(self);
  return self._ev;
}

function storeOf(manager, socket) {
  const {clock} = manager._c;
  let last = CONNECTING;
  let known = "connecting,,,";
  const statusNow = () => {
    const {status} = manager;
    return socket?.connected ? "connected" : socket?._rg ? "connecting" : socket && !socket.active ? socket._ej ? "refused" : "closed" : "idle" === status ? "closed" : socket && "connected" === status ? socket._tv ? "reconnecting" : "connecting" : status;
  };
  const snapshot = () => {
    const status = statusNow();
    const transport = "connected" === status ? manager.transport : void 0;
    const {latencyMs} = manager;
    const retryInMs = /ed$/.test(status) ? void 0 : manager.retryInMs;
    const now = [ status, transport, latencyMs, retryInMs && Math.ceil(retryInMs / 1e3) ].join();
    if (now !== known) {
      known = now;
      last = snapshotOf(status, transport, latencyMs, retryInMs);
    }
    return last;
  };
  const {subscribe, tell} = audience(() => {
    let stopWaiting = nothing;
    const changed = () => {
      const before = last;
      stopWaiting();
      snapshot().retryInMs && (stopWaiting = clock.after(manager.retryInMs % 1e3 || 1e3, changed, !0));
      last !== before && tell();
    };
    const hooks = {
      gaveUp: () => clock.soon(changed)
    };
    const ignore = manager._ne({
      event(_source, name) {
        /connect|status/.test(name) && changed();
      }
    });
    const unhook = socket ? hook(socket, hooks) : nothing;
    changed();
    return () => {
      ignore();
      stopWaiting();
      unhook();
    };
  });
  return {
    snapshot,
    subscribe
  };
}

export { CONNECTING, audience, hook, snapshotOf, store };
