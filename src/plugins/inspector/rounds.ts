/** Groups observed events into attempts to open the connection, for the waterfall of the panel. */
import type { ObservedEvent, ObservedFailure } from './observed.js';
import { copy, cut } from './text.js';

/** A transport of an attempt, and when it reached each phase, in milliseconds on the clock of the events. */
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

/** One attempt to open the connection, with the upgrades of its session. */
export interface Round {
  readonly number: number;
  readonly startMs: number;
  readonly candidates: Candidate[];
  message?: string;
  hint?: string | undefined;
}

/** Candidates of a round: probes for an upgrade continue for as long as a session lives. */
const MAX_CANDIDATES = 12;
/** Cut: the events have the whole messages. */
const MAX_ERROR = 300;
const MAX_ROUND_MESSAGE = 500;

const shortened = (text: string, max: number): string => (text.length > max ? copy(cut(text, max)) : text);

/** Adds an event to the round that it belongs to. */
export function addToRound(round: Round, event: ObservedEvent): void {
  const { candidates } = round;
  const winner = candidates.find(({ outcome, probe }) => outcome === 'won' && !probe);
  switch (event.type) {
    case 'attempt':
      addToCandidate(candidates, event);
      break;
    case 'failure':
      round.message = shortened(event.message, MAX_ROUND_MESSAGE);
      round.hint = event.hint && shortened(event.hint, MAX_ROUND_MESSAGE);
      if (!event.lost) for (const failure of event.attempts) addDetails(candidates, failure);
      break;
    case 'packet':
      if (event.kind === 'connect' || event.kind === 'connect_error') {
        if (event.direction === 'out' && winner && !winner.connect) {
          winner.connect = { nsp: event.nsp, startMs: event.atMs };
        } else if (event.direction === 'in' && winner?.connect?.nsp === event.nsp && !winner.connect.endMs) {
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

function addToCandidate(candidates: Candidate[], event: ObservedEvent & { type: 'attempt' }): void {
  const { transport, probe, phase, atMs, error } = event;
  if (phase === 'start') {
    candidates.push({ transport, probe, startMs: atMs, outcome: 'trying' });
    if (candidates.length > MAX_CANDIDATES) candidates.splice(1, 1);
    return;
  }
  let candidate: Candidate | undefined;
  for (const one of candidates) {
    if (one.transport === transport && one.probe === probe && one.outcome === 'trying') candidate = one;
  }
  if (!candidate) return;
  if (phase === 'open') {
    candidate.openMs = atMs;
    return;
  }
  candidate.endMs = atMs;
  candidate.outcome = phase;
  if (error === 'slower') candidate.outcome = 'not needed';
  else if (error !== undefined) candidate.error = shortened(error, MAX_ERROR);
}

/** The error of the whole attempt has more about each transport: its message and the HTTP status. */
function addDetails(candidates: readonly Candidate[], { transport, message, status }: ObservedFailure): void {
  const candidate = candidates.find((one) => one.transport === transport && one.outcome === 'failed');
  if (candidate) Object.assign(candidate, { error: shortened(message, MAX_ERROR), status });
}
