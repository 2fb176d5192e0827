/**
 * WebTransport by name, for the option `transports`. If it failed and another transport worked, it is tried last while that is
 * remembered: otherwise, networks that swallow UDP would delay every connection by its head start.
 */
import type { Plugin } from '../manager/plugin.js';
import { webtransport } from '../session/transports/builtin.js';

const NAME = 'webtransport';

export const webTransport = (): Plugin => ({
  name: NAME,
  transports: { [NAME]: () => webtransport },
  manager(manager) {
    const { _connection } = manager;
    const { _known } = _connection;
    const learn = (failed: boolean): void => _connection._learn({ [NAME]: failed });
    return {
      plan(plan) {
        const others = plan.names.filter((name) => name !== NAME);
        // The server may have stayed silent over it in this attempt.
        if (others.length === plan.names.length) return;
        const worked = manager.opts.rememberUpgrade && _known[NAME] === false;
        if (_known[NAME]) plan.names = [...others, NAME];
        else if (worked || manager._listed[0] === NAME) plan.names = [NAME, ...others];
      },
      used(session, { transport, failed, slower }) {
        if (transport.name === NAME) learn(false);
        else if ([...failed, ...slower].includes(NAME)) learn(true);
        if (session._setup.unresponsive.some((attempt) => attempt.transport === NAME)) {
          // The server answers here, and did not over WebTransport.
          session.once('message', () => learn(true));
        }
        return undefined;
      },
      // Another network may let UDP through.
      improve() {
        if (_known[NAME]) learn(false);
      },
    };
  },
});
