import { describe, expect, it } from 'vitest';
import {
  type Command,
  type Event,
  next,
  type RetryContext,
  type Rules,
  STABLE_AFTER_MS,
  type State,
  type Step,
  statusOf,
} from '../../../src/connection/lifecycle.js';
import type { Attempt } from '../../../src/platform/errors.js';
import type { Signal } from '../../../src/platform/signals.js';

type Name = State<string>['name'];
type Type = Event<string>['type'];

const EPOCH = 7;
const error = new Error('no way');

const rules = (given: Partial<Rules> = {}): Rules => ({
  reconnection: true,
  maxAttempts: Number.POSITIVE_INFINITY,
  online: true,
  delayMs: ({ failures, afterStable }) => (afterStable ? 1 : 100 * (failures + 1)),
  wakeDelayMs: () => 50,
  offlineDelayMs: 5_000,
  ...given,
});

const outage = { attempt: 2, failures: 3, startedAtMs: 500 };
const earlier: Attempt = { transport: 'websocket', phase: 'connect', ms: 3_000, message: 'timeout' };

const states: { readonly [N in Name]: Extract<State<string>, { name: N }> } = {
  idle: { name: 'idle', epoch: EPOCH },
  negotiating: {
    name: 'negotiating',
    epoch: EPOCH,
    ...outage,
    single: false,
    sinceMs: 1_751,
    deaf: [earlier],
  },
  connected: {
    name: 'connected',
    epoch: EPOCH,
    ...outage,
    link: 'the link',
    sinceMs: 1_000,
    deaf: [earlier],
  },
  waiting: { name: 'waiting', epoch: EPOCH, ...outage, dueAtMs: 5_000 },
  offline: { name: 'offline', epoch: EPOCH, ...outage, dueAtMs: 7_000 },
  closed: { name: 'closed', epoch: EPOCH, reason: 'before' },
};

const events: { readonly [T in Type]: Extract<Event<string>, { type: T }> } = {
  open: { type: 'open', single: false, atMs: 2_000 },
  won: { type: 'won', epoch: EPOCH, link: 'a new link', atMs: 2_000 },
  exhausted: { type: 'exhausted', epoch: EPOCH, error, atMs: 2_000 },
  lost: { type: 'lost', epoch: EPOCH, reason: 'transport close', details: 'why', atMs: 2_000 },
  deaf: { type: 'deaf', epoch: EPOCH, attempt: { ...earlier, transport: 'webtransport' }, atMs: 2_000 },
  due: { type: 'due', epoch: EPOCH, atMs: 2_000 },
  // What each signal leads to has a table of its own.
  signal: { type: 'signal', signal: 'woken', atMs: 2_000 },
  close: { type: 'close', reason: 'forced close', atMs: 2_000 },
};

const names = Object.keys(states) as Name[];
const types = Object.keys(events) as Type[];

/** Where each event leads from each state; nothing where it changes nothing. */
const table: Readonly<Record<Name, Partial<Record<Type, Name>>>> = {
  idle: { open: 'negotiating' },
  negotiating: { won: 'connected', exhausted: 'waiting', close: 'closed' },
  connected: { lost: 'waiting', deaf: 'negotiating', close: 'closed' },
  waiting: { open: 'negotiating', due: 'negotiating', signal: 'waiting', close: 'closed' },
  offline: { open: 'negotiating', due: 'negotiating', signal: 'waiting', close: 'closed' },
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
      if (type !== 'signal') expect(step.commands).toEqual([]);
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
        state: {
          name: 'negotiating',
          epoch: EPOCH + 1,
          attempt: 0,
          failures: 0,
          startedAtMs: 2_000,
          sinceMs: 2_000,
          single: false,
          deaf: [],
        },
        commands: [{ do: 'negotiate', epoch: EPOCH + 1, deaf: [] }],
      });
    }
  });

  it('goes on counting where it cuts a wait short', () => {
    for (const name of ['waiting', 'offline'] as const) {
      expect(next(states[name], events.open, rules()).state).toMatchObject({ ...outage, deaf: [] });
    }
  });

  it('remembers that its caller asked for one try only', () => {
    expect(next(states.idle, { ...events.open, single: true }, rules()).state).toMatchObject({
      single: true,
    });
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
      attempt: 0,
      startedAtMs: 500,
      deaf: [earlier],
    });
    expect(told(commands)).toEqual(['opened']);
  });

  it('tells of the reconnect after that, and which try it was, unless all has changed by then', () => {
    const { commands } = next(states.negotiating, events.won, rules());
    expect(commands).toEqual([
      { do: 'tell', notice: { type: 'opened' } },
      { do: 'tell', notice: { type: 'reconnected', attempt: 2 }, epoch: EPOCH + 1 },
    ]);
  });
});

describe('failing', () => {
  it('waits for the next try, longer each time', () => {
    const { state, commands } = next(states.negotiating, events.exhausted, rules());
    expect(state).toEqual({
      name: 'waiting',
      epoch: EPOCH + 1,
      attempt: 3,
      failures: 4,
      startedAtMs: 500,
      dueAtMs: 2_400,
    });
    expect(commands).toContainEqual({ do: 'wait', epoch: EPOCH + 1, delayMs: 400 });
    expect(told(commands)).toEqual(['failed', 'retryFailed']);
  });

  it('is told without retryFailed at the first try', () => {
    const { commands } = next({ ...states.negotiating, attempt: 0 }, events.exhausted, rules());
    expect(told(commands)).toEqual(['failed']);
    expect(commands).toContainEqual({ do: 'tell', notice: { type: 'failed', error } });
  });

  it('is final where the caller asked for one try', () => {
    const { state, commands } = next(
      { ...states.negotiating, attempt: 0, single: true },
      events.exhausted,
      rules(),
    );
    expect(state.name).toBe('closed');
    expect(commands).toEqual([{ do: 'tell', notice: { type: 'failed', error } }]);
  });

  it('is final where there is no reconnection', () => {
    const { state, commands } = next(states.negotiating, events.exhausted, rules({ reconnection: false }));
    expect(state.name).toBe('closed');
    expect(commands).toContainEqual({ do: 'tell', notice: { type: 'failed', error } });
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
    // The first retry is a try like another: the wait behind it is a longer one.
    expect(state).toMatchObject({ name: 'waiting', attempt: 1, failures: 1 });
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
      state: {
        name: 'negotiating',
        epoch: EPOCH + 1,
        ...outage,
        single: false,
        sinceMs: 2_000,
        deaf: [],
      },
      commands: [
        { do: 'tell', notice: { type: 'retrying', attempt: 2 } },
        { do: 'negotiate', epoch: EPOCH + 1, deaf: [] },
      ],
    });
  });

  it('comes while the browser believes that there is no network, too: it can be wrong', () => {
    const { state, commands } = next(states.offline, events.due, rules({ online: false }));
    expect(state.name).toBe('negotiating');
    expect(told(commands)).toEqual(['retrying']);
  });
});

describe('the wait for the next try', () => {
  it('is decided from everything that is known of the outage', () => {
    const contexts: RetryContext[] = [];
    const given = rules({
      delayMs(context) {
        contexts.push(context);
        return 10;
      },
    });
    next(states.negotiating, events.exhausted, given);
    next(states.connected, events.lost, given);
    next(states.connected, { ...events.lost, atMs: 9_000 }, given);
    expect(contexts).toEqual([
      { attempt: 3, failures: 3, afterStable: false, elapsedMs: 1_500, reason: 'no way', error },
      {
        attempt: 1,
        failures: 3,
        afterStable: false,
        elapsedMs: 0,
        reason: 'transport close',
        error: undefined,
      },
      {
        attempt: 1,
        failures: 3,
        afterStable: true,
        elapsedMs: 0,
        reason: 'transport close',
        error: undefined,
      },
    ]);
  });

  it('may be refused: then there is none, and the program is told', () => {
    const given = rules({ delayMs: () => null });
    for (const [state, event, notices] of [
      [states.negotiating, events.exhausted, ['failed', 'gaveUp', 'retryFailed']],
      [states.connected, events.lost, ['lost', 'gaveUp']],
    ] as const) {
      const step = next<string>(state, event, given);
      expect(step.state).toMatchObject({ name: 'closed', reason: 'reconnect_failed' });
      expect(told(step.commands)).toEqual(notices);
    }
  });

  it('is one for the network where the browser believes that there is none', () => {
    const given = rules({ online: false });
    const failed = next(states.negotiating, events.exhausted, given);
    expect(failed.state).toMatchObject({ name: 'offline', attempt: 2, failures: 4, dueAtMs: 7_000 });
    expect(failed.commands).toContainEqual({ do: 'wait', epoch: EPOCH + 1, delayMs: 5_000 });
    const lost = next(states.connected, events.lost, given);
    expect(lost.state).toMatchObject({ name: 'offline', attempt: 1, failures: 4, dueAtMs: 7_000 });
  });

  it('is no attempt where it only looks whether the network is back; the first retry is the first in any case', () => {
    const offline = rules({ online: false });
    const attempt = (state: object): unknown => (state as { attempt?: number }).attempt;
    expect(attempt(next(states.negotiating, events.exhausted, offline).state)).toBe(2);
    expect(attempt(next(states.negotiating, events.exhausted, rules()).state)).toBe(3);
    const first = { ...states.negotiating, attempt: 0 };
    expect(attempt(next(first, events.exhausted, offline).state)).toBe(1);
    expect(attempt(next(first, events.exhausted, rules()).state)).toBe(1);
  });
});

describe('a server that does not answer over the link', () => {
  it('is tried at once over the transports that are left, in a try that is no retry', () => {
    const { state, commands } = next(states.connected, events.deaf, rules());
    const deaf = [earlier, events.deaf.attempt];
    expect(state).toEqual({
      name: 'negotiating',
      epoch: EPOCH + 1,
      ...outage,
      attempt: 0,
      single: false,
      sinceMs: 2_000,
      deaf,
    });
    expect(commands).toEqual([
      { do: 'tell', notice: { type: 'lost', reason: 'ping timeout' } },
      { do: 'negotiate', epoch: EPOCH + 1, deaf },
    ]);
  });

  it('is told lost for the true reason', () => {
    const attempt = { ...events.deaf.attempt, message: 'transport close' };
    const { commands } = next(states.connected, { ...events.deaf, attempt }, rules());
    expect(commands[0]).toEqual({ do: 'tell', notice: { type: 'lost', reason: 'transport close' } });
  });

  it('is tried anew over all of them in the next try', () => {
    const waiting = next(states.negotiating, events.exhausted, rules()).state;
    const { state } = next(waiting, { ...events.due, epoch: EPOCH + 1 }, rules());
    expect(state).toMatchObject({ name: 'negotiating', deaf: [] });
  });
});

describe('a signal of the page', () => {
  const signals = ['offline', 'online', 'moved', 'woken', 'stored', 'restored'] as const;
  const hear = (state: State<string>, signal: Signal, given: Partial<Rules> = {}): Step<string> =>
    next(state, { type: 'signal', signal, atMs: 2_000 }, rules(given));
  const doing = ({ commands }: Step<string>): string[] => commands.map((command) => command.do);

  it.each(signals)('%s means nothing to a connection that nobody wants', (signal) => {
    for (const name of ['idle', 'closed'] as const) {
      expect(hear(states[name], signal)).toEqual({ state: states[name], commands: [] });
    }
  });

  it.each(signals.filter((signal) => signal !== 'stored'))('%s ends no link, and no try', (signal) => {
    expect(hear(states.connected, signal).state).toBe(states.connected);
    expect(hear(states.negotiating, signal)).toEqual({ state: states.negotiating, commands: [] });
  });

  it.each(['online', 'moved', 'woken', 'restored'] as const)(
    '%s starts a try that hangs anew, as the same one',
    (signal) => {
      const hanging = { ...states.negotiating, sinceMs: 1_750, single: true };
      const { state, commands } = hear(hanging, signal);
      expect(state).toEqual({ ...hanging, epoch: EPOCH + 1, sinceMs: 2_000, deaf: [] });
      expect(commands).toEqual([{ do: 'negotiate', epoch: EPOCH + 1, deaf: [] }]);
    },
  );

  it('offline lets a try that hangs go on: a browser can be wrong', () => {
    const hanging = { ...states.negotiating, sinceMs: 0 };
    expect(hear(hanging, 'offline')).toEqual({ state: hanging, commands: [] });
    expect(hear(hanging, 'stored', { reconnection: false })).toEqual({ state: hanging, commands: [] });
  });

  it.each([
    ['offline', ['verify']],
    ['woken', ['verify']],
    ['restored', ['verify']],
    ['online', ['verify', 'improve']],
    ['moved', ['verify', 'improve']],
  ] as const)('%s puts a link in doubt: it is verified, and a new network is used', (signal, commands) => {
    const step = hear(states.connected, signal);
    expect(doing(step)).toEqual(commands);
    for (const command of step.commands) expect(command).toMatchObject({ epoch: EPOCH });
  });

  it('stored closes the link, so that the page can be kept, and waits for the page to come back', () => {
    const { state, commands } = hear(states.connected, 'stored');
    expect(state).toEqual({
      name: 'offline',
      epoch: EPOCH + 1,
      attempt: 1,
      failures: 0,
      startedAtMs: 2_000,
      dueAtMs: 7_000,
    });
    expect(commands).toEqual([
      { do: 'tell', notice: { type: 'lost', reason: 'transport close' } },
      { do: 'wait', epoch: EPOCH + 1, delayMs: 5_000 },
    ]);
  });

  it('stored gives up the try that is under way', () => {
    const { state, commands } = hear(states.negotiating, 'stored');
    expect(state).toMatchObject({ name: 'offline', attempt: 3, startedAtMs: 500, dueAtMs: 7_000 });
    expect(doing({ state, commands })).toEqual(['wait']);
  });

  it('stored leaves everything alone where there is no reconnection', () => {
    const given = { reconnection: false };
    expect(hear(states.connected, 'stored', given).state).toBe(states.connected);
    expect(hear(states.negotiating, 'stored', given).state).toBe(states.negotiating);
  });

  it.each(['offline', 'stored'] as const)('%s, between two tries, waits for its opposite', (signal) => {
    const { state, commands } = hear(states.waiting, signal);
    expect(state).toEqual({ name: 'offline', epoch: EPOCH + 1, ...outage, dueAtMs: 7_000 });
    expect(commands).toEqual([{ do: 'wait', epoch: EPOCH + 1, delayMs: 5_000 }]);
    expect(hear(states.offline, signal)).toEqual({ state: states.offline, commands: [] });
  });

  it.each(['online', 'moved', 'woken', 'restored'] as const)(
    '%s, between two tries, ends the wait soon',
    (signal) => {
      for (const name of ['waiting', 'offline'] as const) {
        const { state, commands } = hear(states[name], signal);
        expect(state).toEqual({ name: 'waiting', epoch: EPOCH + 1, ...outage, dueAtMs: 2_050 });
        expect(commands).toEqual([{ do: 'wait', epoch: EPOCH + 1, delayMs: 50 }]);
      }
    },
  );

  it('never makes a wait longer than it was', () => {
    const soon = { ...states.waiting, dueAtMs: 2_010 };
    expect(hear(soon, 'online').commands).toEqual([{ do: 'wait', epoch: EPOCH + 1, delayMs: 10 }]);
    const overdue = { ...states.waiting, dueAtMs: 1_000 };
    expect(hear(overdue, 'woken').commands).toEqual([{ do: 'wait', epoch: EPOCH + 1, delayMs: 0 }]);
  });
});

it('closing tells why', () => {
  for (const name of ['negotiating', 'connected', 'waiting', 'offline'] as const) {
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
    [states.offline, 'offline'],
    [states.closed, 'closed'],
  ] as const)('of $name is its own', (state, status) => {
    expect(statusOf(state)).toBe(status);
  });
});
