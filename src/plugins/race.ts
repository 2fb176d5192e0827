/** Opens transports side by side: the next one starts when the one before is slow, and one that hangs is dialled afresh. */
import type { Plugin } from '../manager/plugin.js';

/** How long the first candidate stays alone, in milliseconds, where nothing is known of the network. */
const HEAD_START_MS = 1_000;

/** A candidate that has not finished its handshake by then, in milliseconds, is given up while another one is left. */
const CANDIDATE_DEADLINE_MS = 10_000;

/** When every candidate hangs, a fresh dial starts after so many milliseconds: the network may have recovered. */
const REDIAL_AFTER_MS = 2_000;

/** The head start that fits a round-trip time. */
export const headStartMs = (rttMs: number | undefined): number =>
  rttMs === undefined ? HEAD_START_MS : Math.min(3_000, Math.max(300, 4 * rttMs + 200));

export const race = (): Plugin => ({
  name: 'race',
  manager: ({ _connection }) => ({
    plan(plan) {
      plan.headStartMs = headStartMs(_connection._known.rttMs);
      plan.candidateDeadlineMs = CANDIDATE_DEADLINE_MS;
      plan.redialAfterMs = REDIAL_AFTER_MS;
    },
  }),
});
