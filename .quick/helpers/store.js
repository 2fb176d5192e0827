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

const snapshotOf = (status, transport, latencyMs, retryInMs, error) => Object.freeze({
  status,
  transport,
  latencyMs,
  retryInMs,
  error
});

const CONNECTING = /* @__PURE__ */ snapshotOf("connecting");

function store(of) {
  const self = of._s();
  const {io} = self;
  self._em ??= storeOf((io ?? of)._s(), io && self);
  return self._em;
}

function storeOf(manager, socket) {
  const {clock} = manager._c;
  let last = CONNECTING;
  let known = "connecting,,,,";
  const snapshot = () => {
    const {status: link, latencyMs} = manager;
    const {connected = "connected" === link, active = "idle" !== link, _nI: _fresh, _ej: _endedAtMs, _er: _lastError} = socket ?? {};
    const transport = connected ? manager.transport : void 0;
    const retryInMs = active ? manager.retryInMs : void 0;
    const joining = _endedAtMs ? "reconnecting" : "connecting";
    const status = connected ? "connected" : _fresh ? joining : active ? "connected" === link ? joining : link : _lastError ? "refused" : "closed";
    const now = [ status, transport, latencyMs, retryInMs && Math.ceil(retryInMs / 1e3), _lastError ].join();
    if (now !== known) {
      known = now;
      last = snapshotOf(status, transport, latencyMs, retryInMs, _lastError);
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
    const ignore = manager._nn({
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
