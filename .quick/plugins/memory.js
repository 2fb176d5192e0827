import { attempt } from "../platform/attempt.js";

import { nothing } from "../platform/clock.js";

import { DEFAULTS } from "../platform/defaults.js";

import { systemStore } from "../platform/storage.js";

const FACTS = {
  websocket: "boolean",
  webtransport: "boolean",
  rttMs: "number",
  legacy: "boolean"
};

class TransportMemory {
  constructor(_store, _dateMs, _key) {
    this._em = _store;
    this._t = _dateMs;
    this._N = _key;
  }
  recall() {
    const stored = this._r();
    const known = {};
    for (const name in FACTS) {
      const value = stored[name]?.[0];
      const ageMs = this._t() - stored[name]?.[1];
      const good = typeof value === FACTS[name] && Number(value) >= 0 && ageMs >= 0 && ageMs < 18e5;
      known[name] = good ? value : void 0;
    }
    return known;
  }
  remember(news) {
    const stored = this._r();
    const facts = {};
    for (const name in FACTS) facts[name] = name in news ? [ news[name], this._t() ] : stored[name];
    attempt(() => Promise.resolve(this._em.set(this._N, JSON.stringify(facts))).catch(nothing));
  }
  _r() {
    return {
      ...attempt(() => {
        const text = this._em.get(this._N);
        return text.length < 500 && JSON.parse(text);
      })
    };
  }
}

class MemoryHooks {
  constructor(_manager) {
    this._t = _manager;
  }
  plan(plan) {
    const {_t: _manager} = this;
    const {store = systemStore, dateMs} = _manager._c;
    this._r = new TransportMemory(store, dateMs, `holdfast:${plan._rl}`);
    const {websocket: webSocketFailed, rttMs} = Object.assign(_manager._e._D, this._r.recall());
    const own = _manager._h("transports") === DEFAULTS.transports && !_manager._h("transportImplementations");
    const worked = _manager._h("rememberUpgrade") && !webSocketFailed && void 0 !== rttMs;
    plan.inTurn = own && !!_manager._h("extraHeaders");
    const first = own && (webSocketFailed || plan.inTurn) ? "polling" : worked && "websocket";
    first && plan.names.includes(first) && (plan.names = [ first, ...plan.names.filter(name => name !== first) ]);
  }
  used(session, {transport, failed, slower, ms}) {
    const {_e: _connection} = this._t;
    const {name} = transport;
    const webSocketFailed = "polling" === name && [ ...failed, ...slower ].includes("websocket");
    ("websocket" === name || webSocketFailed) && _connection._C({
      websocket: webSocketFailed
    });
    void 0 === _connection._D.rttMs && _connection._C({
      rttMs: ms / 2
    });
    session._z.unresponsive.some(({transport: transport2}) => "websocket" === transport2) && session.once("message", () => _connection._C({
      websocket: !0
    }));
  }
  learned(news) {
    this._r?.remember(news);
  }
}

const memory = () => ({
  name: "memory",
  manager: manager => new MemoryHooks(manager)
});

export { TransportMemory, memory };
