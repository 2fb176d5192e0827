import { describe, expect, it } from 'vitest';
import { foldRounds, journalOf } from '../../../src/plugins/inspector/fold.js';
import type { EventRow } from '../../../src/plugins/inspector/record.js';
import type { Round } from '../../../src/plugins/inspector/rounds.js';

type WithoutTime<Row = EventRow> = Row extends EventRow ? Omit<Row, 'atMs'> : never;

/** Events a second apart. */
const inTurn = (...events: WithoutTime[]): EventRow[] =>
  events.map((event, i) => ({ ...event, atMs: 1_000 * i }) as EventRow);

const failed = (round: number, message = 'websocket error', ms = round): WithoutTime[] => [
  { type: 'state', state: 'reconnecting' },
  { type: 'attempt', round, transport: 'websocket', probe: false, phase: 'start', ms: 0 },
  { type: 'attempt', round, transport: 'websocket', probe: false, phase: 'failed', ms, error: message },
  {
    type: 'failure',
    round,
    lost: false,
    message,
    attempts: [{ transport: 'websocket', phase: 'open', ms, message }],
  },
  { type: 'state', state: 'waiting', retryInMs: 100 * round, reason: message },
];

const namespace = (state: 'joining' | 'joined' | 'left' | 'refused', reason?: string): WithoutTime => ({
  type: 'namespace',
  nsp: '/',
  state,
  reason,
});

const shown = (events: readonly EventRow[]): string[] =>
  journalOf(events, 100)
    .map(({ event, count }) => {
      const what = 'state' in event ? event.state : 'phase' in event ? event.phase : '';
      return `${event.type}${what && ` ${what}`}${count > 1 ? ` ×${count}` : ''}`;
    })
    .reverse();

describe('the journal', () => {
  it('folds an outage into one line with a count', () => {
    const events = inTurn(...[1, 2, 3, 4, 5, 6].flatMap((round) => failed(round)));
    expect(shown(events)).toEqual(['failure ×6', 'state waiting']);
    const failure = journalOf(events, 100).find(({ event }) => event.type === 'failure');
    expect(failure).toMatchObject({ sinceMs: 3_000, event: { round: 6, atMs: 28_000 } });
  });

  it('keeps different failures apart', () => {
    const events = inTurn(...failed(1), ...failed(2, 'xhr poll error'), ...failed(3), ...failed(4));
    expect(shown(events).filter((line) => line.startsWith('failure'))).toEqual(['failure', 'failure ×3']);
  });

  it('ignores the duration when it compares failures', () => {
    const events = inTurn(...failed(1, 'timeout after 1000 ms'), ...failed(2, 'timeout after 1001.5 ms'));
    expect(shown(events)).toContain('failure ×2');
  });

  it('folds a server that accepts the page and disconnects it again', () => {
    const stay = (round: number): WithoutTime[] => [
      { type: 'attempt', round, transport: 'websocket', probe: false, phase: 'won', ms: 1 },
      { type: 'state', state: 'connected', transport: 'websocket' },
      namespace('joining'),
      namespace('joined'),
      namespace('left', 'transport close'),
    ];
    const events = inTurn(...stay(1), ...stay(2), ...stay(3), ...stay(4));
    expect(shown(events)).toEqual([
      'attempt won',
      'state connected',
      'namespace joining',
      'namespace joined',
      'namespace left ×4',
    ]);
  });

  it('folds repeated refusals, and dropped events', () => {
    const dropped: WithoutTime = { type: 'dropped', nsp: '/', event: 'say', message: 'the outbox is full' };
    const asked = [namespace('joining'), namespace('refused', 'not today')];
    expect(shown(inTurn(...asked, ...asked, dropped, dropped, ...asked, dropped))).toEqual([
      'namespace joining',
      'namespace refused ×3',
      'dropped ×3',
    ]);
  });

  it('starts again after the connection was up for a while', () => {
    const up: WithoutTime = { type: 'state', state: 'connected', transport: 'websocket' };
    const events = inTurn(...failed(1), up);
    const later = inTurn(...failed(2)).map((event) => ({ ...event, atMs: event.atMs + 60_000 }));
    expect(shown([...events, ...later]).filter((line) => line.startsWith('failure'))).toEqual([
      'failure',
      'failure',
    ]);
  });
});

describe('the waterfall', () => {
  const round = (number: number, more: Partial<Round> = {}): Round => ({
    number,
    startMs: number,
    candidates: [{ transport: 'websocket', probe: false, startMs: 1, outcome: 'failed', error: 'refused' }],
    message: 'websocket error',
    ...more,
  });

  it('folds consecutive rounds that failed alike', () => {
    const folded = foldRounds([round(1), round(2), round(3, { message: 'other' }), round(4), round(5)]);
    expect(folded.map(({ round, firstNumber, count }) => [firstNumber, round.number, count])).toEqual([
      [4, 5, 2],
      [3, 3, 1],
      [1, 2, 2],
    ]);
  });

  it('keeps rounds apart that are still running, or led to a connection that was lost later', () => {
    const candidates = (outcome: 'won' | 'trying'): Round['candidates'] => [
      { transport: 'websocket', probe: false, startMs: 1, outcome },
    ];
    const rounds = (['won', 'trying'] as const).flatMap((outcome) =>
      [1, 2].map((number) => round(number, { candidates: candidates(outcome) })),
    );
    expect(foldRounds(rounds)).toHaveLength(4);
  });
});
