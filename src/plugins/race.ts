/**
 * Opens transports side by side: the next one starts when the previous one is slow, and a fresh attempt starts beside one that hangs. A
 * transport over which the server does not answer counts as failed while another is left.
 */
import type { Connection } from '../connection/connection.js';
import type { State, Steps, Wanted } from '../connection/lifecycle.js';
import type { ManagerHooks, Plugin } from '../manager/plugin.js';
import type { Attempt } from '../platform/errors.js';
import type { OpenPlan } from '../session/negotiate.js';

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

/** A class: its objects take less memory than closures, and every connection has one. */
class RaceHooks implements ManagerHooks {
  /** Transports that opened in this attempt, but over which the server did not answer. */
  private _unresponsive: readonly Attempt[] = [];
  private _falling = false;
  private _openedAtMs = 0;

  constructor(private readonly _connection: Connection) {}

  /** The link in use, while the server has answered nothing over it and another transport is left. */
  private get _silentLink(): Connection['_link'] {
    const { _link: link } = this._connection;
    if (!link || this._connection._some('connected')) return undefined;
    const { session, won } = link;
    return session._setup.plan.names.some((name) => name !== won.transport.name && !won.failed.includes(name))
      ? link
      : undefined;
  }

  plan(plan: OpenPlan): void {
    if (!this._falling) this._unresponsive = [];
    plan.unresponsive = this._unresponsive;
    for (const { transport } of this._unresponsive)
      plan.names = plan.names.filter((name) => name !== transport);
    if (!plan.inTurn) plan.headStartMs = headStartMs(this._connection._known.rttMs);
    plan.candidateDeadlineMs = CANDIDATE_DEADLINE_MS;
    plan.redialAfterMs = REDIAL_AFTER_MS;
  }

  used(): undefined {
    this._openedAtMs = this._connection._clock.now();
  }

  answerDeadlineMs(ms: number | false): number | false {
    return this._silentLink
      ? Math.min(answerMs(this._connection._known.rttMs), ms || Number.POSITIVE_INFINITY)
      : ms;
  }

  unanswered(reason: string): boolean {
    const { _connection, _silentLink: link } = this;
    if (!link) return false;
    const ms = Math.round(_connection._clock.now() - this._openedAtMs);
    const message = reason === 'ping timeout' ? 'timeout' : reason;
    this._unresponsive = [
      ...this._unresponsive,
      { transport: link.session.transport.name, phase: 'connect', ms, message },
    ];
    this._falling = true;
    _connection._dispatch({
      type: 'plugin',
      react: (state, steps) => afterSilence(reason, state, steps),
    });
    this._falling = false;
    return true;
  }
}

export const race = (): Plugin => ({
  name: 'race',
  manager: ({ _connection }) => new RaceHooks(_connection),
});
