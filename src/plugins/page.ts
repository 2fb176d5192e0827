/**
 * Handles the browser's signals about the page and its network: a lost connection returns with the network, and a page that is left sends
 * its last messages and may enter the back/forward cache.
 */
import { again, type State, type Steps, type Wanted } from '../connection/lifecycle.js';
import type { Plugin } from '../manager/plugin.js';
import { attempt } from '../platform/attempt.js';
import type { Cancel } from '../platform/clock.js';
import { callAll } from '../platform/emitter.js';
import { type Signal, systemSignals } from '../platform/signals.js';

/** An attempt that has lasted this long, in milliseconds, hangs. */
const HANGING_AFTER_MS = 250;

/** How long a page that was left waits before it retries by itself, in milliseconds, if there is no longest delay. */
const PAGE_AWAY_MS = 5_000;

/** The page enters the back/forward cache, or is gone: an open connection would keep it out of the cache, or die there. */
const leaves = (signal: Signal): boolean => signal === 'stored' || signal === 'left';

/** What a signal means for a connection that is wanted. */
export function afterSignal<Link>(
  signal: Signal,
  state: Wanted<Link>,
  { atMs, rules, tell, wait, negotiate }: Steps<Link>,
): State<Link> {
  if (signal === 'hidden' || signal === 'leaving') return state;
  const { outage } = state;
  const closes = leaves(signal) && rules.reconnection;
  const returns = !leaves(signal) && signal !== 'offline';
  switch (state.name) {
    case 'negotiating':
      if (closes) return wait(again(outage), PAGE_AWAY_MS, false);
      // The attempt began on the old network: restart it, but only once.
      if (!returns || state.restarted || atMs - state.sinceMs < HANGING_AFTER_MS) return state;
      return negotiate(outage, { single: state.single, restarted: true });
    case 'connected':
      if (closes) {
        tell('close', 'transport close', undefined);
        return wait({ attempt: 1, failures: 0, startedAtMs: atMs }, PAGE_AWAY_MS, false);
      }
      tell('doubt');
      if (signal === 'moved' || signal === 'online') tell('improve');
      return state;
    default: {
      const leftMs = Math.max(0, state.dueAtMs - atMs);
      if (returns) return wait(outage, Math.min(leftMs, rules.wakeDelayMs()), true);
      return state.name === 'offline' ? state : wait(outage, leftMs, false);
    }
  }
}

export const page = (): Plugin => ({
  name: 'page',
  manager({ _connection, _environment }) {
    const signals = _environment.signals ?? systemSignals;
    const hear = (signal: Signal): void => {
      const session = _connection._session ?? _connection._closing;
      if (signal === 'leaving') session?._cork();
      // Messages sent while the page is being left go in one last request, with the end of the session.
      if (leaves(signal)) session?._closeNow();
      _connection._dispatch({ type: 'plugin', react: (state, steps) => afterSignal(signal, state, steps) });
    };
    return {
      // A platform's own signals may throw: the error is reported, and the connection continues.
      online: () => attempt(() => signals.online) !== false,
      wanted() {
        let stop: Cancel;
        callAll(undefined, [() => (stop = signals.watch(hear))], []);
        return () => callAll(undefined, [() => stop()], []);
      },
    };
  },
});
