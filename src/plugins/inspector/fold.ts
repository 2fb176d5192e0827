/** Folds what repeats: an outage of an hour is a line with a count, and not a thousand lines. */
import type { EventRow } from './record.js';
import type { Candidate, Round } from './rounds.js';

/** A line of the journal. */
export interface Line {
  /** The newest of those that it stands for. */
  event: EventRow;
  count: number;
  /** When the first of them happened. */
  readonly sinceMs: number;
  readonly key: string;
}

/** What follows after the connection was up for so long, in milliseconds, is another story. */
const STABLE_MS = 10_000;

/** What differs between two events that are otherwise the same. */
const VOLATILE = new Set(['atMs', 'ms', 'round', 'retryInMs', 'retryAfterMs', 'awayMs', 'id', 'responseText']);

const withoutTimes = (text: string): string => text.replace(/\d+(\.\d+)? m?s\b/g, '');

const keyOf = (event: EventRow): string =>
  withoutTimes(JSON.stringify(event, (name, value: unknown) => (VOLATILE.has(name) ? undefined : value)));

/** Only matters to the waterfall. */
const isUnlisted = (event: EventRow): boolean =>
  event.type === 'attempt' && event.phase !== 'failed' && event.phase !== 'won';

/** A step on the way to the next failure, which says the same in one line. */
const isStep = ({ event, count }: Line): boolean =>
  (event.type === 'attempt' && event.phase === 'failed') ||
  (count > 1 && event.type === 'state' && event.state !== 'connected');

/** The lines of the journal, the newest first. */
export function journalOf(events: Iterable<EventRow>, most: number): Line[] {
  const lines = new Set<Line>();
  /** The lines since the connection was last up for a while. */
  let recent = new Map<string, Line>();
  let upSinceMs: number | undefined;
  for (const event of events) {
    if (isUnlisted(event)) continue;
    if (upSinceMs !== undefined && event.atMs - upSinceMs > STABLE_MS) {
      recent = new Map();
      upSinceMs = undefined;
    }
    if (event.type === 'state') upSinceMs = event.state === 'connected' ? event.atMs : undefined;
    const key = keyOf(event);
    const known = recent.get(key);
    const line = known ?? { event, count: 0, sinceMs: event.atMs, key };
    line.event = event;
    line.count++;
    // What happened last stands last.
    lines.delete(line);
    lines.add(line);
    recent.set(key, line);
    if (!known || event.type !== 'failure') continue;
    for (const step of recent.values()) {
      if (!isStep(step)) continue;
      lines.delete(step);
      recent.delete(step.key);
    }
  }
  return [...lines].slice(-most).reverse();
}

/** An attempt of the waterfall, and how many before it ended in the same way. */
export interface FoldedRound {
  readonly round: Round;
  /** The number of the first of them. */
  readonly firstNumber: number;
  readonly count: number;
}

const endOf = ({ transport, probe, outcome, error, status }: Candidate): string =>
  JSON.stringify([transport, probe, outcome, error, status]);

/** How a round failed; empty where it did not, or goes on. */
function failureOf({ message, hint, candidates }: Round): string {
  if (message === undefined || candidates.some(({ outcome }) => outcome === 'trying' || outcome === 'won'))
    return '';
  return withoutTimes(JSON.stringify([message, hint, candidates.map(endOf)]));
}

/** The rounds, the newest first; those that failed alike, one after the other, are one. */
export function foldRounds(rounds: readonly Round[]): FoldedRound[] {
  const folded: FoldedRound[] = [];
  let before = '';
  for (const round of rounds) {
    const failure = failureOf(round);
    const last = failure && failure === before ? folded.pop() : undefined;
    folded.push({
      round,
      firstNumber: last?.firstNumber ?? round.number,
      count: (last?.count ?? 0) + 1,
    });
    before = failure;
  }
  return folded.reverse();
}
