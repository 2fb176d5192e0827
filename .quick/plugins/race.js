const headStartMs = rttMs => void 0 === rttMs ? 1e3 : Math.min(3e3, Math.max(300, 4 * rttMs + 200));

const answerMs = (rttMs = 0) => Math.min(8e3, 5e3 + 4 * rttMs);

function afterSilence(reason, {outage}, {tell, negotiate}) {
  tell("close", reason, void 0);
  return negotiate({
    ...outage,
    attempt: 0
  });
}

class RaceHooks {
  constructor(_connection) {
    this._e = _connection;
    this._t = [];
    this._r = !1;
    this._a = 0;
  }
  get _f() {
    const {_Q: link} = this._e;
    if (!link || this._e._tr("connected")) return;
    const {session, won} = link;
    return session._z.plan.names.some(name => name !== won.transport.name && !won.failed.includes(name)) ? link : void 0;
  }
  plan(plan) {
    this._r || (this._t = []);
    plan.unresponsive = this._t;
    for (const {transport} of this._t) plan.names = plan.names.filter(name => name !== transport);
    plan.inTurn || (plan.headStartMs = headStartMs(this._e._D.rttMs));
    plan.candidateDeadlineMs = 1e4;
    plan.redialAfterMs = 2e3;
  }
  used() {
    this._a = this._e._i.now();
  }
  answerDeadlineMs(ms) {
    return this._f ? Math.min(answerMs(this._e._D.rttMs), ms || 1 / 0) : ms;
  }
  unanswered(reason) {
    const {_e: _connection, _f: link} = this;
    if (!link) return !1;
    const ms = Math.round(_connection._i.now() - this._a);
    const message = "ping timeout" === reason ? "timeout" : reason;
    this._t = [ ...this._t, {
      transport: link.session.transport.name,
      phase: "connect",
      ms,
      message
    } ];
    this._r = !0;
    _connection._o({
      type: "plugin",
      react: (state, steps) => afterSilence(reason, state, steps)
    });
    this._r = !1;
    return !0;
  }
}

const race = () => ({
  name: "race",
  manager: ({_e: _connection}) => new RaceHooks(_connection)
});

export { afterSilence, headStartMs, race };
