/** Folds repeated events: an outage of an hour is one line with a count, not a thousand lines. */
import type { EventRow } from './record.js';
import type { Candidate, Round } from './rounds.js';

/** A line of the journal. */
export interface Line {
  /** The newest event of the line. */
  event: EventRow;
  count: number;
  /** When its first event happened. */
  readonly sinceMs: number;
}

/** Trouble after the connection was up for this long, in milliseconds, starts a new line. */
const STABLE_MS = 10_000;

/** Fields that may differ between two otherwise equal events. */
const VOLATILE = new Set([
  'atMs',
  'ms',
  'round',
  'retryInMs',
  'retryAfterMs',
  'awayMs',
  'id',
  'responseText',
]);

const withoutTimes = (text: string): string => text.replace(/\d+(\.\d+)? m?s\b/g, '');

const keyOf = (event: EventRow): string =>
  withoutTimes(JSON.stringify(event, (name, value: unknown) => (VOLATILE.has(name) ? undefined : value)));

/** Only matters to the waterfall. */
const isUnlisted = (event: EventRow): boolean =>
  event.type === 'attempt' && event.phase !== 'failed' && event.phase !== 'won';

/** A failure that ends an attempt or a connection: a repetition also represents the events that led to it. */
const isEnd = (event: EventRow): boolean =>
  event.type === 'failure' ||
  (event.type === 'namespace' && (event.state === 'left' || event.state === 'refused'));

/** A step between one failure and the next. */
const isStep = (event: EventRow): boolean =>
  event.type === 'attempt' || event.type === 'state' || (event.type === 'namespace' && !isEnd(event));

/** A success is never folded by itself. */
const isTrouble = (event: EventRow): boolean =>
  isEnd(event) ||
  (event.type === 'attempt' && event.phase === 'failed') ||
  (event.type === 'state' && /waiting|reconnecting|offline/.test(event.state)) ||
  /gap|dropped|invalid/.test(event.type);

/** The lines of the journal, the newest first. */
export function journalOf(events: Iterable<EventRow>, most: number): Line[] {
  const lines: Line[] = [];
  /** The lines about trouble since the connection was last up for a while. */
  let recent = new Map<string, Line>();
  let upSinceMs: number | undefined;
  for (const event of events) {
    if (isUnlisted(event)) continue;
    const { atMs } = event;
    if (upSinceMs !== undefined && atMs - upSinceMs > STABLE_MS) {
      recent = new Map();
      upSinceMs = undefined;
    }
    if (event.type === 'state') upSinceMs = event.state === 'connected' ? atMs : undefined;
    const key = isTrouble(event) ? keyOf(event) : '';
    const known = recent.get(key);
    if (!known) {
      const line = { event, count: 1, sinceMs: atMs };
      lines.push(line);
      if (key) recent.set(key, line);
      continue;
    }
    // The latest event comes last.
    const place = lines.lastIndexOf(known);
    const later = lines.splice(place).slice(1);
    const kept = isEnd(event) ? later.filter((line) => !isStep(line.event)) : later;
    lines.push(...kept, known);
    known.event = event;
    known.count++;
    if (kept.length < later.length) {
      for (const [other, line] of recent)
        if (isStep(line.event) && later.includes(line)) recent.delete(other);
    }
  }
  return lines.slice(-most).reverse();
}

/** An attempt of the waterfall, with the number of equal ones before it. */
export interface FoldedRound {
  readonly round: Round;
  /** The number of the first of them. */
  readonly firstNumber: number;
  readonly count: number;
}

const endOf = ({ transport, probe, outcome, error, status }: Candidate): string =>
  JSON.stringify([transport, probe, outcome, error, status]);

/** How a round failed; empty if it did not, or is still running. */
function failureOf({ message, hint, candidates }: Round): string {
  if (message === undefined || candidates.some(({ outcome }) => outcome === 'trying' || outcome === 'won'))
    return '';
  return withoutTimes(JSON.stringify([message, hint, candidates.map(endOf)]));
}

/** The rounds, the newest first; consecutive equal failures are one. */
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
