/**
 * Opens transports side by side: the next one starts when the previous one is slow, and a fresh attempt starts beside one that hangs. A
 * transport over which the server does not answer counts as failed while another is left.
 */
import type { State, Steps, Wanted } from '../connection/lifecycle.js';
import type { Plugin } from '../manager/plugin.js';
import type { Attempt } from '../platform/errors.js';

/** The first candidate's head start on an unknown network, in milliseconds. */
const HEAD_START_MS = 1_000;

/** While other transports are left, a candidate fails if its handshake takes longer than this, in milliseconds. */
const CANDIDATE_DEADLINE_MS = 10_000;

/** When every candidate hangs, a fresh attempt starts after this many milliseconds: the network may have recovered. */
const REDIAL_AFTER_MS = 2_000;

/** The head start for a round-trip time. */
export const headStartMs = (rttMs: number | undefined): number =>
  rttMs === undefined ? HEAD_START_MS : Math.min(3_000, Math.max(300, 4 * rttMs + 200));

/** How long a server may take to answer CONNECT while another transport is left, in milliseconds. */
const answerMs = (rttMs = 0): number => Math.min(8_000, 5_000 + 4 * rttMs);

/** What to do when the server has answered nothing over a link. Pure. */
export function afterSilence<Link>(
  reason: string,
  { outage }: Wanted<Link>,
  { tell, negotiate }: Steps<Link>,
): State<Link> {
  tell('close', reason, undefined);
  // Its opening was announced already: this is a new attempt, not a retry.
  return negotiate({ ...outage, attempt: 0 });
}

export const race = (): Plugin => ({
  name: 'race',
  manager({ _connection }) {
    const { _clock, _known } = _connection;
    /** Transports that opened in this attempt, but over which the server did not answer. */
    let unresponsive: readonly Attempt[] = [];
    let falling = false;
    let openedAtMs = 0;

    /** The link in use, while the server has answered nothing over it and another transport is left. */
    const silent = (): typeof _connection._link => {
      const link = _connection._link;
      if (!link || _connection._some('connected')) return undefined;
      const { session, won } = link;
      return session._setup.plan.names.some(
        (name) => name !== won.transport.name && !won.failed.includes(name),
      )
        ? link
        : undefined;
    };

    return {
      plan(plan) {
        if (!falling) unresponsive = [];
        plan.unresponsive = unresponsive;
        for (const { transport } of unresponsive)
          plan.names = plan.names.filter((name) => name !== transport);
        if (!plan.inTurn) plan.headStartMs = headStartMs(_known.rttMs);
        plan.candidateDeadlineMs = CANDIDATE_DEADLINE_MS;
        plan.redialAfterMs = REDIAL_AFTER_MS;
      },
      used() {
        openedAtMs = _clock.now();
        return undefined;
      },
      answerDeadlineMs(ms) {
        return silent() ? Math.min(answerMs(_known.rttMs), ms || Number.POSITIVE_INFINITY) : ms;
      },
      unanswered(reason) {
        const link = silent();
        if (!link) return false;
        const ms = Math.round(_clock.now() - openedAtMs);
        const message = reason === 'ping timeout' ? 'timeout' : reason;
        unresponsive = [
          ...unresponsive,
          { transport: link.session.transport.name, phase: 'connect', ms, message },
        ];
        falling = true;
        _connection._dispatch({
          type: 'plugin',
          react: (state, steps) => afterSilence(reason, state, steps),
        });
        falling = false;
        return true;
      },
    };
  },
});
