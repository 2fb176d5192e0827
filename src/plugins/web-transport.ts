/**
 * WebTransport by name, for the option `transports`. If it failed and another transport worked, it is tried last while that is
 * remembered: otherwise, networks that swallow UDP would delay every connection by its head start.
 */
import type { Manager } from '../manager/manager.js';
import type { ManagerHooks, Plugin } from '../manager/plugin.js';
import type { OpenPlan, Won } from '../session/negotiate.js';
import type { Session } from '../session/session.js';
import { webtransport } from '../session/transports/builtin.js';

const NAME = 'webtransport';

class WebTransportHooks implements ManagerHooks {
  constructor(private readonly _manager: Manager) {}

  private _learn(failed: boolean): void {
    this._manager._connection._learn({ [NAME]: failed });
  }

  plan(plan: OpenPlan): void {
    const { _connection, _listed, opts } = this._manager;
    const failed = _connection._known[NAME];
    const others = plan.names.filter((name) => name !== NAME);
    // The server may have stayed silent over it in this attempt.
    if (others.length === plan.names.length) return;
    const worked = opts.rememberUpgrade && failed === false;
    if (failed) plan.names = [...others, NAME];
    else if (worked || _listed[0] === NAME) plan.names = [NAME, ...others];
  }

  used(session: Session, { transport, failed, slower }: Won): undefined {
    if (transport.name === NAME) this._learn(false);
    else if ([...failed, ...slower].includes(NAME)) this._learn(true);
    if (session._setup.unresponsive.some((attempt) => attempt.transport === NAME)) {
      // The server answers here, and did not over WebTransport.
      session.once('message', () => this._learn(true));
    }
  }

  // Another network may let UDP through.
  improve(): void {
    if (this._manager._connection._known[NAME]) this._learn(false);
  }
}

export const webTransport = (): Plugin => ({
  name: NAME,
  transports: { [NAME]: () => webtransport },
  manager: (manager) => new WebTransportHooks(manager),
});
