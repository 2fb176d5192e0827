import { describe, expect, it } from 'vitest';
import {
  type Command,
  type Event,
  next,
  type Rules,
  STABLE_AFTER_MS,
  type State,
  statusOf,
} from '../../../src/connection/lifecycle.js';

type Name = State<string>['name'];
type Type = Event<string>['type'];

const EPOCH = 7;
const error = new Error('no way');

const rules = (given: Partial<Rules> = {}): Rules => ({
  reconnection: true,
  maxAttempts: Number.POSITIVE_INFINITY,
  delayMs: (failures, afterStable) => (afterStable ? 1 : 100 * (failures + 1)),
  ...given,
});

const states: { readonly [N in Name]: Extract<State<string>, { name: N }> } = {
  idle: { name: 'idle', epoch: EPOCH },
  negotiating: { name: 'negotiating', epoch: EPOCH, attempt: 2, failures: 3, single: false },
  connected: { name: 'connected', epoch: EPOCH, link: 'the link', sinceMs: 1_000, failures: 3 },
  waiting: { name: 'waiting', epoch: EPOCH, attempt: 2, failures: 3, dueAtMs: 5_000 },
  closed: { name: 'closed', epoch: EPOCH, reason: 'before' },
};

const events: { readonly [T in Type]: Extract<Event<string>, { type: T }> } = {
  open: { type: 'open', single: false },
  won: { type: 'won', epoch: EPOCH, link: 'a new link', atMs: 2_000 },
  exhausted: { type: 'exhausted', epoch: EPOCH, error, atMs: 2_000 },
  lost: { type: 'lost', epoch: EPOCH, reason: 'transport close', details: 'why', atMs: 2_000 },
  due: { type: 'due', epoch: EPOCH },
  close: { type: 'close', reason: 'forced close' },
};

const names = Object.keys(states) as Name[];
const types = Object.keys(events) as Type[];

/** Where each event leads from each state; nothing where it changes nothing. */
const table: Readonly<Record<Name, Partial<Record<Type, Name>>>> = {
  idle: { open: 'negotiating' },
  negotiating: { won: 'connected', exhausted: 'waiting', close: 'closed' },
  connected: { lost: 'waiting', close: 'closed' },
  waiting: { open: 'negotiating', due: 'negotiating', close: 'closed' },
  closed: { open: 'negotiating' },
};

const told = (commands: readonly Command[]): string[] =>
  commands.flatMap((command) => (command.do === 'tell' ? [command.notice.type] : []));

describe.each(names)('in the state %s', (name) => {
  it.each(types)('the event %s leads where the table says', (type) => {
    const state = states[name];
    const step = next(state, events[type], rules());
    const target = table[name][type];
    if (target === undefined) {
      expect(step.state).toBe(state);
      expect(step.commands).toEqual([]);
    } else {
      expect(step.state.name).toBe(target);
      expect(step.state.epoch).toBe(EPOCH + 1);
    }
  });

  it.each(types)('an event %s of another epoch changes nothing', (type) => {
    const event = events[type];
    if (!('epoch' in event)) return;
    for (const epoch of [EPOCH - 1, EPOCH + 1, 0]) {
      const step = next(states[name], { ...event, epoch }, rules());
      expect(step.state).toBe(states[name]);
      expect(step.commands).toEqual([]);
    }
  });
});

describe('opening', () => {
  it('negotiates, from idle and from closed as the first try of all', () => {
    for (const name of ['idle', 'closed'] as const) {
      expect(next(states[name], events.open, rules())).toEqual({
        state: { name: 'negotiating', epoch: EPOCH + 1, attempt: 0, failures: 0, single: false },
        commands: [{ do: 'negotiate', epoch: EPOCH + 1 }],
      });
    }
  });

  it('goes on counting where it cuts a wait short', () => {
    expect(next(states.waiting, events.open, rules()).state).toMatchObject({ attempt: 2, failures: 3 });
  });

  it('remembers that its caller asked for one try only', () => {
    expect(next(states.idle, { type: 'open', single: true }, rules()).state).toMatchObject({ single: true });
  });
});

describe('winning', () => {
  it('tells that it is open, and nothing else at the first try', () => {
    const { state, commands } = next({ ...states.negotiating, attempt: 0 }, events.won, rules());
    expect(state).toEqual({
      name: 'connected',
      epoch: EPOCH + 1,
      link: 'a new link',
      sinceMs: 2_000,
      failures: 3,
    });
    expect(told(commands)).toEqual(['opened']);
  });

  it('tells of the reconnect after that, and which try it was', () => {
    const { commands } = next(states.negotiating, events.won, rules());
    expect(commands).toEqual([
      { do: 'tell', notice: { type: 'opened' } },
      { do: 'tell', notice: { type: 'reconnected', attempt: 2 } },
    ]);
  });
});

describe('failing', () => {
  it('waits for the next try, longer each time', () => {
    const { state, commands } = next(states.negotiating, events.exhausted, rules());
    expect(state).toEqual({ name: 'waiting', epoch: EPOCH + 1, attempt: 3, failures: 4, dueAtMs: 2_400 });
    expect(commands).toContainEqual({ do: 'wait', epoch: EPOCH + 1, delayMs: 400 });
    expect(told(commands)).toEqual(['failed', 'retryFailed']);
  });

  it('is told without retryFailed at the first try', () => {
    const { commands } = next({ ...states.negotiating, attempt: 0 }, events.exhausted, rules());
    expect(told(commands)).toEqual(['failed']);
    expect(commands).toContainEqual({ do: 'tell', notice: { type: 'failed', error, final: false } });
  });

  it('is final where the caller asked for one try', () => {
    const { state, commands } = next(
      { ...states.negotiating, attempt: 0, single: true },
      events.exhausted,
      rules(),
    );
    expect(state.name).toBe('closed');
    expect(commands).toEqual([{ do: 'tell', notice: { type: 'failed', error, final: true } }]);
  });

  it('is final where there is no reconnection', () => {
    const { state, commands } = next(states.negotiating, events.exhausted, rules({ reconnection: false }));
    expect(state.name).toBe('closed');
    expect(commands).toContainEqual({ do: 'tell', notice: { type: 'failed', error, final: true } });
  });

  it('gives up after the attempts that it may make', () => {
    const last = next(states.negotiating, events.exhausted, rules({ maxAttempts: 2 }));
    expect(last.state).toMatchObject({ name: 'closed', reason: 'reconnect_failed' });
    expect(told(last.commands)).toEqual(['failed', 'gaveUp', 'retryFailed']);
    expect(next(states.negotiating, events.exhausted, rules({ maxAttempts: 3 })).state.name).toBe('waiting');
  });

  it('gives up at once where it may make none', () => {
    const step = next({ ...states.negotiating, attempt: 0 }, events.exhausted, rules({ maxAttempts: 0 }));
    expect(told(step.commands)).toEqual(['failed', 'gaveUp']);
  });
});

describe('losing the link', () => {
  const lostAfter = (ms: number): Event<string> => ({ ...events.lost, atMs: states.connected.sinceMs + ms });

  it('is told with its reason before the next try is waited for', () => {
    const { commands } = next(states.connected, events.lost, rules());
    expect(commands).toEqual([
      { do: 'tell', notice: { type: 'lost', reason: 'transport close', details: 'why' } },
      { do: 'wait', epoch: EPOCH + 1, delayMs: 400 },
    ]);
  });

  it('starts the attempts at 1', () => {
    expect(next(states.connected, events.lost, rules()).state).toMatchObject({ attempt: 1 });
  });

  it('forgets the failures only after it had proved stable', () => {
    expect(next(states.connected, lostAfter(STABLE_AFTER_MS - 1), rules()).state).toMatchObject({
      failures: 4,
    });
    const { state, commands } = next(states.connected, lostAfter(STABLE_AFTER_MS), rules());
    expect(state).toMatchObject({ name: 'waiting', attempt: 1, failures: 0 });
    expect(commands).toContainEqual({ do: 'wait', epoch: EPOCH + 1, delayMs: 1 });
  });

  it('ends the connection where there is no reconnection', () => {
    const { state, commands } = next(states.connected, events.lost, rules({ reconnection: false }));
    expect(state).toEqual({ name: 'closed', epoch: EPOCH + 1, reason: 'transport close' });
    expect(told(commands)).toEqual(['lost']);
  });

  it('gives up where no attempt may be made', () => {
    const { state, commands } = next(states.connected, events.lost, rules({ maxAttempts: 0 }));
    expect(state.name).toBe('closed');
    expect(told(commands)).toEqual(['lost', 'gaveUp']);
  });
});

describe('the time of a retry', () => {
  it('is announced, then negotiated', () => {
    expect(next(states.waiting, events.due, rules())).toEqual({
      state: { name: 'negotiating', epoch: EPOCH + 1, attempt: 2, failures: 3, single: false },
      commands: [
        { do: 'tell', notice: { type: 'retrying', attempt: 2 } },
        { do: 'negotiate', epoch: EPOCH + 1 },
      ],
    });
  });
});

it('closing tells why', () => {
  for (const name of ['negotiating', 'connected', 'waiting'] as const) {
    expect(next(states[name], events.close, rules())).toEqual({
      state: { name: 'closed', epoch: EPOCH + 1, reason: 'forced close' },
      commands: [{ do: 'tell', notice: { type: 'lost', reason: 'forced close' } }],
    });
  }
});

describe('the status that the program sees', () => {
  it.each([
    [states.idle, 'idle'],
    [{ ...states.negotiating, attempt: 0 }, 'connecting'],
    [states.negotiating, 'reconnecting'],
    [states.connected, 'connected'],
    [states.waiting, 'reconnecting'],
    [states.closed, 'closed'],
  ] as const)('of $name is its own', (state, status) => {
    expect(statusOf(state)).toBe(status);
  });
});
