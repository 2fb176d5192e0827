import type { Attempt } from '../../platform/errors.js';
import type { Observed } from './observed.js';

/** A transport in a round, and when it came how far; all in milliseconds on the clock of the stream. */
export interface Candidate {
  readonly transport: string;
  readonly probe: boolean;
  readonly startMs: number;
  openMs?: number;
  endMs?: number;
  outcome: 'trying' | 'won' | 'failed' | 'not needed';
  error?: string | undefined;
  status?: number | undefined;
  /** From the first CONNECT to its answer, over this transport. */
  connect?: { readonly nsp: string; readonly startMs: number; endMs?: number; answered?: boolean };
}

/** One try to open the connection, with the upgrades of its session. */
export interface Round {
  readonly number: number;
  readonly startMs: number;
  readonly candidates: Candidate[];
  message?: string;
  hint?: string | undefined;
}

/** A round keeps so many candidates: probes go on for as long as a session lives. */
const MAX_CANDIDATES = 12;

/** Adds what happened to the round that it belongs to. */
export function follow(round: Round, event: Observed): void {
  const { candidates } = round;
  const winner = candidates.find(({ outcome, probe }) => outcome === 'won' && !probe);
  switch (event.type) {
    case 'attempt':
      followCandidate(candidates, event);
      break;
    case 'failure':
      round.message = event.message;
      round.hint = event.hint;
      if (!event.lost) for (const attempt of event.attempts) explain(candidates, attempt);
      break;
    case 'packet':
      if (event.kind === 'connect' || event.kind === 'connect_error') {
        if (event.way === 'out' && winner && !winner.connect) {
          winner.connect = { nsp: event.nsp, startMs: event.atMs };
        } else if (event.way === 'in' && winner?.connect?.nsp === event.nsp && !winner.connect.endMs) {
          Object.assign(winner.connect, { endMs: event.atMs, answered: true });
        }
      }
      break;
    case 'state':
      if (event.state !== 'connected' && winner?.connect && !winner.connect.endMs) {
        winner.connect.endMs = event.atMs;
      }
  }
}

function followCandidate(candidates: Candidate[], event: Observed & { type: 'attempt' }): void {
  const { transport, probe, phase, atMs, error } = event;
  if (phase === 'start') {
    candidates.push({ transport, probe, startMs: atMs, outcome: 'trying' });
    if (candidates.length > MAX_CANDIDATES) candidates.splice(1, 1);
    return;
  }
  const candidate = [...candidates]
    .reverse()
    .find((one) => one.transport === transport && one.probe === probe && one.outcome === 'trying');
  if (!candidate) return;
  if (phase === 'open') {
    candidate.openMs = atMs;
    return;
  }
  candidate.endMs = atMs;
  candidate.outcome = phase;
  if (error === 'slower') candidate.outcome = 'not needed';
  else if (error !== undefined) candidate.error = error;
}

/** The error of the whole try knows more of each: how far it came, and by which HTTP status it was refused. */
function explain(candidates: readonly Candidate[], { transport, message, status }: Attempt): void {
  const candidate = candidates.find((one) => one.transport === transport && one.outcome === 'failed');
  if (candidate) Object.assign(candidate, { error: message, status });
}
