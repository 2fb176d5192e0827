import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import {
  advance,
  newRace,
  type Race,
  type RaceCommand,
  type RaceEvent,
} from '../../../src/connection/negotiate.js';

// Many runs, and the machine may have other things to do.
vi.setConfig({ testTimeout: 60_000 });

/** Plays the events in turn; `commands` are those of the last one. */
function play(
  transports: readonly string[],
  ...events: RaceEvent[]
): { race: Race; commands: readonly RaceCommand[] } {
  let step: { race: Race; commands: readonly RaceCommand[] } = { race: newRace(transports), commands: [] };
  for (const event of events) step = advance(step.race, event);
  return step;
}

const BOTH = ['websocket', 'polling'];
const start: RaceEvent = { type: 'start', atMs: 100 };
const headStartOver = (index: number, atMs = 1_100): RaceEvent => ({ type: 'headStartOver', index, atMs });
const failed = (index: number, message: string, atMs = 150): RaceEvent => ({
  type: 'failed',
  index,
  failure: { message },
  atMs,
});
const overdue = (index: number, atMs = 10_100): RaceEvent => ({ type: 'overdue', index, atMs });
const handshake = (index: number): RaceEvent => ({ type: 'handshake', index });

describe('the start', () => {
  it('is for the first candidate alone', () => {
    const { race, commands } = play(BOTH, start);
    expect(commands).toEqual([{ do: 'start', index: 0 }]);
    expect(race.candidates).toEqual([
      { transport: 'websocket', status: 'trying', phase: 'open', startedAtMs: 100 },
      { transport: 'polling', status: 'queued' },
    ]);
  });

  it('obeys the order of the list', () => {
    expect(play(['polling', 'websocket'], start).race.candidates[0]).toMatchObject({ transport: 'polling' });
  });
});

describe('the next candidate', () => {
  it('starts when the head start is over, beside the first', () => {
    const { race, commands } = play(BOTH, start, headStartOver(0));
    expect(commands).toEqual([{ do: 'start', index: 1 }]);
    expect(race.candidates.map(({ status }) => status)).toEqual(['trying', 'trying']);
  });

  it('starts at once when the one before has failed', () => {
    const { race, commands } = play(BOTH, start, failed(0, 'websocket error'));
    expect(commands).toEqual([{ do: 'start', index: 1 }]);
    expect(race.candidates[1]).toMatchObject({ startedAtMs: 150 });
    expect(race.over).toBe(false);
  });

  it('is the one after the next, where the next has failed, too', () => {
    const all = ['webtransport', 'websocket', 'polling'];
    expect(play(all, start, failed(0, 'a'), failed(1, 'b')).commands).toEqual([{ do: 'start', index: 2 }]);
  });

  it('is nobody where all were started', () => {
    expect(play(BOTH, start, headStartOver(0), headStartOver(1)).commands).toEqual([]);
  });
});

describe('a candidate that failed', () => {
  it('leaves the others to go on', () => {
    const { race, commands } = play(BOTH, start, headStartOver(0), failed(0, 'websocket error'));
    expect(commands).toEqual([]);
    expect(race.over).toBe(false);
  });

  it('fails once', () => {
    const once = play(BOTH, start, failed(0, 'a'));
    expect(advance(once.race, failed(0, 'b')).race).toBe(once.race);
  });

  it('is remembered with what it was about, and how long it took', () => {
    const cause = new Error('inner');
    const { race } = play(
      BOTH,
      start,
      { type: 'opened', index: 0 },
      {
        type: 'failed',
        index: 0,
        failure: { message: 'no handshake', status: 403, cause },
        atMs: 350.4,
      },
    );
    expect(race.attempts).toEqual([
      { transport: 'websocket', phase: 'handshake', ms: 250, message: 'no handshake', status: 403, cause },
    ]);
  });
});

describe('when all have failed', () => {
  it('it gives up, and names each attempt in its order', () => {
    const { race, commands } = play(
      BOTH,
      start,
      failed(0, 'websocket error'),
      failed(1, 'xhr poll error', 250),
    );
    expect(race.over).toBe(true);
    expect(commands).toEqual([{ do: 'giveUp', message: 'xhr poll error', cause: undefined }]);
    expect(race.attempts).toEqual([
      { transport: 'websocket', phase: 'open', ms: 50, message: 'websocket error' },
      { transport: 'polling', phase: 'open', ms: 100, message: 'xhr poll error' },
    ]);
  });

  it('it takes the words of the last of the list, even if that one failed earlier', () => {
    const { commands } = play(
      BOTH,
      start,
      headStartOver(0),
      failed(1, 'xhr poll error', 1_200),
      failed(0, 'websocket error', 1_300),
    );
    expect(commands).toMatchObject([{ do: 'giveUp', message: 'xhr poll error' }]);
  });

  it('it gives up after the one candidate there was', () => {
    expect(play(['websocket'], start, failed(0, 'websocket error')).commands).toMatchObject([
      { do: 'giveUp', message: 'websocket error' },
    ]);
  });
});

describe('a handshake', () => {
  it('drops the losers before it wins', () => {
    const { race, commands } = play(BOTH, start, headStartOver(0), handshake(1));
    expect(commands).toEqual([
      { do: 'drop', index: 0 },
      { do: 'win', index: 1 },
    ]);
    expect(race.over).toBe(true);
  });

  it('wins alone where nobody else was started', () => {
    expect(play(BOTH, start, handshake(0)).commands).toEqual([{ do: 'win', index: 0 }]);
  });

  it('does not drop who has failed already', () => {
    expect(play(BOTH, start, failed(0, 'a'), handshake(1)).commands).toEqual([{ do: 'win', index: 1 }]);
  });

  it.each([
    start,
    headStartOver(0),
    failed(1, 'late'),
    overdue(1),
    handshake(1),
    { type: 'opened', index: 1 },
    { type: 'timeout', atMs: 20_100 },
  ] satisfies RaceEvent[])('ends the race: after it, $type changes nothing', (event) => {
    const won = play(BOTH, start, headStartOver(0), handshake(0));
    expect(advance(won.race, event)).toEqual({ race: won.race, commands: [] });
  });
});

describe('a candidate that has been silent for too long', () => {
  it('is dropped while another one is on its way', () => {
    const { race, commands } = play(BOTH, start, headStartOver(0), overdue(0));
    expect(commands).toEqual([{ do: 'drop', index: 0 }]);
    expect(race.attempts).toMatchObject([{ transport: 'websocket', ms: 10_000, message: 'timeout' }]);
    expect(race.over).toBe(false);
  });

  it('makes way for one that still waits for its turn', () => {
    const { commands } = play(BOTH, start, overdue(0));
    expect(commands).toEqual([
      { do: 'drop', index: 0 },
      { do: 'start', index: 1 },
    ]);
  });

  it('has the whole time where it is the last one standing', () => {
    const { race, commands } = play(BOTH, start, failed(0, 'a'), overdue(1));
    expect(commands).toEqual([]);
    expect(race.candidates[1]).toMatchObject({ status: 'trying' });
  });

  it('has the whole time where there is no other', () => {
    expect(play(['polling'], start, overdue(0)).commands).toEqual([]);
  });
});

describe('the time-out of the race', () => {
  it('drops whoever is on its way, and gives up', () => {
    const { race, commands } = play(BOTH, start, headStartOver(0), { type: 'timeout', atMs: 20_100 });
    expect(commands).toEqual([
      { do: 'drop', index: 0 },
      { do: 'drop', index: 1 },
      { do: 'giveUp', message: 'timeout' },
    ]);
    expect(race.attempts).toMatchObject([
      { transport: 'websocket', ms: 20_000, message: 'timeout' },
      { transport: 'polling', ms: 19_000, message: 'timeout' },
    ]);
  });

  it('starts nobody on its way out', () => {
    const { race, commands } = play(BOTH, start, { type: 'timeout', atMs: 20_100 });
    expect(commands.filter((command) => command.do === 'start')).toEqual([]);
    expect(race.over).toBe(true);
    expect(race.attempts).toHaveLength(1);
  });
});

it('never loses a candidate, whatever happens in whatever order', () => {
  const event = (count: number): fc.Arbitrary<RaceEvent> => {
    const index = fc.nat(count - 1);
    const atMs = fc.nat(30_000);
    return fc.oneof(
      fc.record({ type: fc.constant('headStartOver' as const), index, atMs }),
      fc.record({ type: fc.constant('opened' as const), index }),
      fc.record({
        type: fc.constant('failed' as const),
        index,
        atMs,
        failure: fc.constant({ message: 'm' }),
      }),
      fc.record({ type: fc.constant('overdue' as const), index, atMs }),
      { weight: 1, arbitrary: fc.record({ type: fc.constant('handshake' as const), index }) },
      { weight: 1, arbitrary: fc.record({ type: fc.constant('timeout' as const), atMs }) },
    );
  };
  const plays = fc
    .integer({ min: 1, max: 4 })
    .chain((count) => fc.tuple(fc.constant(count), fc.array(event(count), { maxLength: 20 })));
  fc.assert(
    fc.property(plays, ([count, events]) => {
      const running = new Set<number>();
      let ends = 0;
      let { race, commands } = advance(newRace(Array.from({ length: count }, (_, i) => `t${i}`)), start);
      const obey = (event: RaceEvent): void => {
        if (event.type === 'failed') running.delete(event.index);
        for (const command of commands) {
          if (command.do === 'start') running.add(command.index);
          if (command.do === 'drop') expect(running.delete(command.index)).toBe(true);
          if (command.do === 'giveUp') expect(running.size).toBe(0);
          if (command.do === 'win') expect([...running]).toEqual([command.index]);
          if (command.do === 'win' || command.do === 'giveUp') ends++;
        }
      };
      obey(start);
      for (const event of events) {
        // Only who runs can do something: the race's runners hear nothing of the others.
        if ('index' in event && !running.has(event.index)) continue;
        if (race.over) break;
        ({ race, commands } = advance(race, event));
        obey(event);
        const trying = race.candidates.flatMap(({ status }, index) => (status === 'trying' ? [index] : []));
        if (!race.over) {
          expect(trying).toEqual([...running].sort());
          // Somebody is always on the way: a race that nobody runs would never end.
          expect(running.size).toBeGreaterThan(0);
        }
      }
      expect(ends).toBe(race.over ? 1 : 0);
    }),
    { numRuns: 500 },
  );
});
