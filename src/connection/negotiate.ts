import type { Attempt, AttemptPhase } from '../platform/errors.js';

/**
 * A candidate that has not finished its handshake by then is given up while another one is left, in milliseconds.
 * The last one standing has the whole connection time-out.
 */
export const CANDIDATE_DEADLINE_MS = 10_000;

/** A transport on its way to a handshake. */
export type Candidate = { readonly transport: string } & (
  | { readonly status: 'queued' }
  | { readonly status: 'trying'; readonly phase: AttemptPhase; readonly startedAtMs: number }
  | { readonly status: 'failed' }
);

/** What is known of a failure at the moment it happens. */
export interface Failure {
  readonly message: string;
  readonly status?: number;
  readonly words?: string;
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

export interface Race {
  readonly candidates: readonly Candidate[];
  readonly attempts: readonly Attempt[];
  readonly over: boolean;
}

export type RaceEvent =
  | { readonly type: 'start'; readonly atMs: number }
  | { readonly type: 'opened'; readonly index: number }
  | { readonly type: 'headStartOver'; readonly index: number; readonly atMs: number }
  | { readonly type: 'failed'; readonly index: number; readonly failure: Failure; readonly atMs: number }
  | { readonly type: 'overdue'; readonly index: number; readonly atMs: number }
  | { readonly type: 'handshake'; readonly index: number }
  | { readonly type: 'timeout'; readonly atMs: number };

export type RaceCommand =
  | { readonly do: 'start'; readonly index: number }
  | { readonly do: 'drop'; readonly index: number }
  | { readonly do: 'win'; readonly index: number }
  | { readonly do: 'giveUp'; readonly message: string; readonly cause?: unknown };

export interface RaceStep {
  readonly race: Race;
  readonly commands: readonly RaceCommand[];
}

export function newRace(transports: readonly string[]): Race {
  return {
    candidates: transports.map((transport) => ({ transport, status: 'queued' })),
    attempts: [],
    over: false,
  };
}

/** Who gets tried when: decides, and does nothing. */
export function advance(race: Race, event: RaceEvent): RaceStep {
  if (race.over) return { race, commands: [] };
  switch (event.type) {
    case 'start':
    case 'headStartOver':
      return startNext(race, event.atMs);

    case 'opened':
      return { race: replace(race, event.index, { phase: 'handshake' }), commands: [] };

    case 'failed':
      return fail(race, event.index, event.failure, event.atMs);

    case 'overdue': {
      const alone = race.candidates.every(
        ({ status }, index) => index === event.index || status === 'failed',
      );
      if (alone) return { race, commands: [] };
      const step = fail(race, event.index, { message: 'timeout' }, event.atMs);
      return { race: step.race, commands: [{ do: 'drop', index: event.index }, ...step.commands] };
    }

    case 'handshake': {
      const losers = trying(race).filter((index) => index !== event.index);
      return {
        race: { ...race, over: true },
        // Losers first: the server's application is to see one connection.
        commands: [
          ...losers.map((index) => ({ do: 'drop', index }) as const),
          { do: 'win', index: event.index },
        ],
      };
    }

    case 'timeout': {
      const open = trying(race);
      let ended = race;
      for (const index of open) ended = fail(ended, index, { message: 'timeout' }, event.atMs).race;
      return {
        race: { ...ended, over: true },
        commands: [
          ...open.map((index) => ({ do: 'drop', index }) as const),
          { do: 'giveUp', message: 'timeout' },
        ],
      };
    }
  }
}

const trying = ({ candidates }: Race): number[] =>
  candidates.flatMap(({ status }, index) => (status === 'trying' ? [index] : []));

function replace(race: Race, index: number, change: Partial<Candidate>): Race {
  const candidates = race.candidates.map((old, i) =>
    i === index ? ({ ...old, ...change } as Candidate) : old,
  );
  return { ...race, candidates };
}

function startNext(race: Race, atMs: number): RaceStep {
  const index = race.candidates.findIndex(({ status }) => status === 'queued');
  if (index < 0) return { race, commands: [] };
  return {
    race: replace(race, index, { status: 'trying', phase: 'open', startedAtMs: atMs }),
    commands: [{ do: 'start', index }],
  };
}

function fail(race: Race, index: number, failure: Failure, atMs: number): RaceStep {
  const candidate = race.candidates[index];
  if (candidate?.status !== 'trying') return { race, commands: [] };
  const { transport, phase, startedAtMs } = candidate;
  const attempts = [...race.attempts, { transport, phase, ms: Math.round(atMs - startedAtMs), ...failure }];
  const left = { ...replace(race, index, { status: 'failed' }), attempts };
  const step = startNext(left, atMs);
  if (step.commands.length > 0 || trying(left).length > 0) return step;
  // The words of the transport that was listed last: where all fail, the plainest one says most.
  const last = attempts.find((attempt) => attempt.transport === race.candidates.at(-1)?.transport) ?? failure;
  return {
    race: { ...left, over: true },
    commands: [{ do: 'giveUp', message: last.message, cause: last.cause }],
  };
}
