import { describe, expect, it } from 'vitest';
import {
  type Event,
  next,
  type RetryContext,
  type Rules,
  STABLE_AFTER_MS,
  type State,
  type Step,
  statusOf,
} from '../../../src/connection/lifecycle.js';
import type { Signal } from '../../../src/platform/signals.js';
import { afterSignal } from '../../../src/plugins/page.js';

type Name = State<string>['name'];
type Between = Extract<State<string>, { dueAtMs: number }>;
type Type = Event<string>['type'];

const EPOCH = 7;
const error = new Error('refused');

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

const states: {
  readonly [N in Name]: N extends 'waiting' | 'offline' ? Between : Extract<State<string>, { name: N }>;
} = {
  idle: { name: 'idle', epoch: EPOCH },
  negotiating: {
    name: 'negotiating',
    epoch: EPOCH,
    outage,
    single: false,
    restarted: false,
    sinceMs: 1_751,
  },
  connected: {
    name: 'connected',
    epoch: EPOCH,
    outage,
    link: 'the link',
    sinceMs: 1_000,
  },
  waiting: { name: 'waiting', epoch: EPOCH, outage, dueAtMs: 5_000 },
  offline: { name: 'offline', epoch: EPOCH, outage, dueAtMs: 7_000 },
  closed: { name: 'closed', epoch: EPOCH, reason: 'before' },
};

const signalled = (signal: Signal): Extract<Event<string>, { type: 'plugin' }> => ({
  type: 'plugin',
  react: (state, steps) => afterSignal(signal, state, steps),
  atMs: 2_000,
});

const events: { readonly [T in Type]: Extract<Event<string>, { type: T }> } = {
  open: { type: 'open', single: false, atMs: 2_000 },
  won: { type: 'won', epoch: EPOCH, link: 'a new link', atMs: 2_000 },
  exhausted: { type: 'exhausted', epoch: EPOCH, error, atMs: 2_000 },
  lost: { type: 'lost', epoch: EPOCH, reason: 'transport close', details: 'why', atMs: 2_000 },
  due: { type: 'due', epoch: EPOCH, atMs: 2_000 },
  // What each signal leads to has a table of its own.
  plugin: signalled('woken'),
  stop: { type: 'stop', atMs: 2_000 },
  close: { type: 'close', reason: 'forced close', atMs: 2_000 },
};

const names = Object.keys(states) as Name[];
const types = Object.keys(events) as Type[];

/** The next state for each event in each state; omitted if the event changes nothing. */
const table: Readonly<Record<Name, Partial<Record<Type, Name>>>> = {
  idle: { open: 'negotiating' },
  negotiating: { won: 'connected', exhausted: 'waiting', close: 'closed' },
  connected: { lost: 'waiting', close: 'closed' },
  waiting: { open: 'negotiating', due: 'negotiating', plugin: 'waiting', stop: 'closed', close: 'closed' },
  offline: { open: 'negotiating', due: 'negotiating', plugin: 'waiting', stop: 'closed', close: 'closed' },
  closed: { open: 'negotiating' },
};

const told = ({ notices }: Step<unknown>): string[] => notices.map(([event]) => event);

/** The same state at its first attempt. */
const first = { ...outage, attempt: 0 };

describe.each(names)('in the state %s', (name) => {
  it.each(types)('the event %s leads to the state in the table', (type) => {
    const state = states[name];
    const step = next(state, events[type], rules());
    const target = table[name][type];
    if (target === undefined) {
      expect(step.state).toBe(state);
      if (type !== 'plugin') expect(step.notices).toEqual([]);
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
      expect(step.notices).toEqual([]);
    }
  });
});

describe('opening', () => {
  it('negotiates, from idle and from closed as the first attempt', () => {
    for (const name of ['idle', 'closed'] as const) {
      expect(next(states[name], events.open, rules())).toEqual({
        state: {
          name: 'negotiating',
          epoch: EPOCH + 1,
          outage: { attempt: 0, failures: 0, startedAtMs: 2_000 },
          sinceMs: 2_000,
          single: false,
          restarted: false,
        },
        notices: [],
      });
    }
  });

  it('keeps counting attempts when it cuts a wait short', () => {
    for (const name of ['waiting', 'offline'] as const) {
      expect(next(states[name], events.open, rules()).state).toMatchObject({ outage });
    }
  });

  it('remembers that its caller asked for one attempt only', () => {
    expect(next(states.idle, { ...events.open, single: true }, rules()).state).toMatchObject({
      single: true,
    });
  });
});

describe('winning', () => {
  it('fires `open`, and nothing else, at the first attempt', () => {
    const step = next({ ...states.negotiating, outage: first }, events.won, rules());
    expect(step.state).toEqual({
      name: 'connected',
      epoch: EPOCH + 1,
      link: 'a new link',
      sinceMs: 2_000,
      outage: first,
    });
    expect(told(step)).toEqual(['open']);
  });

  it('fires `reconnect` with the number of the attempt after that, unless a listener has changed the state', () => {
    const step = next(states.negotiating, events.won, rules());
    expect(step.notices).toEqual([['open'], ['reconnect', 2]]);
  });
});

describe('failing', () => {
  it('waits for the next attempt, longer each time', () => {
    const step = next(states.negotiating, events.exhausted, rules());
    expect(step.state).toEqual({
      name: 'waiting',
      epoch: EPOCH + 1,
      outage: { attempt: 3, failures: 4, startedAtMs: 500 },
      dueAtMs: 2_400,
    });
    expect(step.state).toMatchObject({ dueAtMs: 2_400 });
    expect(told(step)).toEqual(['error', 'reconnect_error']);
  });

  it('is reported without `reconnect_error` at the first attempt', () => {
    const step = next({ ...states.negotiating, outage: first }, events.exhausted, rules());
    expect(told(step)).toEqual(['error']);
    expect(step.notices).toContainEqual(['error', error]);
  });

  it('is final if the caller asked for one attempt', () => {
    const step = next({ ...states.negotiating, outage: first, single: true }, events.exhausted, rules());
    expect(step.state.name).toBe('closed');
    expect(step.notices).toEqual([['error', error]]);
  });

  it('is final if reconnection is off', () => {
    const step = next(states.negotiating, events.exhausted, rules({ reconnection: false }));
    expect(step.state.name).toBe('closed');
    expect(step.notices).toContainEqual(['error', error]);
  });

  it('gives up after `maxAttempts` retries', () => {
    const last = next(states.negotiating, events.exhausted, rules({ maxAttempts: 2 }));
    expect(last.state).toMatchObject({ name: 'closed', reason: 'reconnect_failed' });
    expect(told(last)).toEqual(['error', 'reconnect_failed', 'reconnect_error']);
    expect(next(states.negotiating, events.exhausted, rules({ maxAttempts: 3 })).state.name).toBe('waiting');
  });

  it('gives up at once if no retry is allowed', () => {
    const step = next({ ...states.negotiating, outage: first }, events.exhausted, rules({ maxAttempts: 0 }));
    expect(told(step)).toEqual(['error', 'reconnect_failed']);
  });
});

describe('losing the link', () => {
  const lostAfter = (ms: number): Event<string> => ({ ...events.lost, atMs: states.connected.sinceMs + ms });

  it('is reported with its reason before the wait for the next attempt', () => {
    const step = next(states.connected, events.lost, rules());
    expect(step.notices).toEqual([['close', 'transport close', 'why']]);
  });

  it('starts counting attempts at 1', () => {
    expect(next(states.connected, events.lost, rules()).state).toMatchObject({ outage: { attempt: 1 } });
  });

  it('forgets earlier failures only if it had proved stable', () => {
    expect(next(states.connected, lostAfter(STABLE_AFTER_MS - 1), rules()).state).toMatchObject({
      outage: { failures: 4 },
    });
    const step = next(states.connected, lostAfter(STABLE_AFTER_MS), rules());
    // The first retry is an attempt like the others: the wait after it is longer.
    expect(step.state).toMatchObject({ name: 'waiting', outage: { attempt: 1, failures: 1 } });
    expect(step.state).toMatchObject({ dueAtMs: 6_001 });
  });

  it('closes the connection if reconnection is off', () => {
    const step = next(states.connected, events.lost, rules({ reconnection: false }));
    expect(step.state).toEqual({ name: 'closed', epoch: EPOCH + 1, reason: 'transport close' });
    expect(told(step)).toEqual(['close']);
  });

  it('gives up if no retry is allowed', () => {
    const step = next(states.connected, events.lost, rules({ maxAttempts: 0 }));
    expect(step.state.name).toBe('closed');
    expect(told(step)).toEqual(['close', 'reconnect_failed']);
  });
});

describe('the time of a retry', () => {
  it('is announced, then negotiated', () => {
    expect(next(states.waiting, events.due, rules())).toEqual({
      state: {
        name: 'negotiating',
        epoch: EPOCH + 1,
        outage,
        single: false,
        restarted: false,
        sinceMs: 2_000,
      },
      notices: [['reconnect_attempt', 2]],
    });
  });

  it('comes even while the browser reports no network, because it can be wrong', () => {
    const step = next(states.offline, events.due, rules({ online: false }));
    expect(step.state.name).toBe('negotiating');
    expect(told(step)).toEqual(['reconnect_attempt']);
  });
});

describe('the wait for the next attempt', () => {
  it('is computed from everything that is known of the outage', () => {
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
      { attempt: 3, failures: 3, afterStable: false, elapsedMs: 1_500, reason: 'refused', error },
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

  it('ends with `reconnect_failed` if the policy returns null', () => {
    const given = rules({ delayMs: () => null });
    for (const [state, event, notices] of [
      [states.negotiating, events.exhausted, ['error', 'reconnect_failed', 'reconnect_error']],
      [states.connected, events.lost, ['close', 'reconnect_failed']],
    ] as const) {
      const step = next<string>(state, event, given);
      expect(step.state).toMatchObject({ name: 'closed', reason: 'reconnect_failed' });
      expect(told(step)).toEqual(notices);
    }
  });

  it('is `offlineDelayMs` while the browser reports no network, and each attempt counts', () => {
    const given = rules({ online: false });
    const failed = next(states.negotiating, events.exhausted, given);
    expect(failed.state).toMatchObject({
      name: 'offline',
      outage: { attempt: 3, failures: 4 },
      dueAtMs: 7_000,
    });
    const lost = next(states.connected, events.lost, given);
    expect(lost.state).toMatchObject({
      name: 'offline',
      outage: { attempt: 1, failures: 4 },
      dueAtMs: 7_000,
    });
  });

  it('ends after `maxAttempts` retries without a network, too', () => {
    const given = rules({ online: false, maxAttempts: 2 });
    const step = next(states.negotiating, events.exhausted, given);
    expect([step.state.name, told(step)]).toEqual([
      'closed',
      ['error', 'reconnect_failed', 'reconnect_error'],
    ]);
  });

  it('is the usual one without a network if `offlineDelayMs` is infinite', () => {
    const given = rules({ online: false, offlineDelayMs: Number.POSITIVE_INFINITY });
    const step = next(states.negotiating, events.exhausted, given);
    expect(step.state).toMatchObject({ name: 'offline', dueAtMs: 2_400 });
    expect(step.state).toMatchObject({ dueAtMs: 2_400 });
  });

  it('ends silently when the program turns reconnection off', () => {
    for (const name of ['waiting', 'offline'] as const) {
      expect(next(states[name], events.stop, rules())).toEqual({
        state: { name: 'closed', epoch: EPOCH + 1, reason: 'stopped' },
        notices: [],
      });
    }
  });
});

describe('a signal of the page', () => {
  const signals = [
    ...['offline', 'online', 'moved', 'hidden', 'woken'],
    ...['leaving', 'stored', 'left', 'restored'],
  ] as Signal[];
  const returning = ['online', 'moved', 'woken', 'restored'] as const;
  const hear = (state: State<string>, signal: Signal, given: Partial<Rules> = {}): Step<string> =>
    next(state, signalled(signal), rules(given));

  it.each(signals)('%s has no effect on a connection that is not wanted', (signal) => {
    for (const name of ['idle', 'closed'] as const) {
      expect(hear(states[name], signal)).toEqual({ state: states[name], notices: [] });
    }
  });

  it.each(['hidden', 'leaving'] as const)('%s changes nothing in any state', (signal) => {
    for (const name of names) {
      expect(hear(states[name], signal)).toEqual({ state: states[name], notices: [] });
    }
  });

  it.each(signals.filter((signal) => signal !== 'stored' && signal !== 'left'))(
    '%s neither drops a link nor interrupts an attempt',
    (signal) => {
      expect(hear(states.connected, signal).state).toBe(states.connected);
      expect(hear(states.negotiating, signal)).toEqual({ state: states.negotiating, notices: [] });
    },
  );

  it.each(returning)('%s restarts an attempt that hangs, with the same number', (signal) => {
    const hanging = { ...states.negotiating, sinceMs: 1_750, single: true };
    const step = hear(hanging, signal);
    expect(step.state).toEqual({
      ...hanging,
      epoch: EPOCH + 1,
      sinceMs: 2_000,
      restarted: true,
    });
    expect(step.notices).toEqual([]);
  });

  it.each(returning)('%s restarts an attempt only once, however long it hangs', (signal) => {
    const again = { ...states.negotiating, sinceMs: 0, restarted: true };
    expect(hear(again, signal)).toEqual({ state: again, notices: [] });
  });

  it('offline leaves an attempt that hangs alone, because a browser can be wrong', () => {
    const hanging = { ...states.negotiating, sinceMs: 0 };
    expect(hear(hanging, 'offline')).toEqual({ state: hanging, notices: [] });
    expect(hear(hanging, 'stored', { reconnection: false })).toEqual({ state: hanging, notices: [] });
  });

  it.each([
    ['offline', ['doubt']],
    ['woken', ['doubt']],
    ['restored', ['doubt']],
    ['online', ['doubt', 'improve']],
    ['moved', ['doubt', 'improve']],
  ] as const)('%s has the link verified, and a new network has it improved', (signal, asked) => {
    const step = hear(states.connected, signal);
    expect(told(step)).toEqual(asked);
  });

  it.each(['stored', 'left'] as const)('%s closes the link, and waits for the page to return', (signal) => {
    const step = hear(states.connected, signal);
    expect(step.state).toEqual({
      name: 'offline',
      epoch: EPOCH + 1,
      outage: { attempt: 1, failures: 0, startedAtMs: 2_000 },
      dueAtMs: 7_000,
    });
    expect(step.notices).toEqual([['close', 'transport close', undefined]]);
  });

  it.each(['stored', 'left'] as const)('%s abandons the running attempt', (signal) => {
    const step = hear(states.negotiating, signal);
    expect(step.state).toMatchObject({
      name: 'offline',
      outage: { attempt: 3, startedAtMs: 500 },
      dueAtMs: 7_000,
    });
    expect(told(step)).toEqual([]);
  });

  it('stored leaves everything alone if reconnection is off', () => {
    const given = { reconnection: false };
    expect(hear(states.connected, 'stored', given).state).toBe(states.connected);
    expect(hear(states.negotiating, 'stored', given).state).toBe(states.negotiating);
  });

  it.each(['offline', 'stored', 'left'] as const)(
    '%s, between two attempts, waits for its opposite',
    (signal) => {
      const step = hear(states.waiting, signal);
      expect(step.state).toEqual({ name: 'offline', epoch: EPOCH + 1, outage, dueAtMs: 7_000 });
      expect(step.notices).toEqual([]);
      expect(hear(states.offline, signal)).toEqual({ state: states.offline, notices: [] });
    },
  );

  it('offline, between two attempts, waits as before if `offlineDelayMs` is infinite', () => {
    const given = { offlineDelayMs: Number.POSITIVE_INFINITY };
    const step = hear(states.waiting, 'offline', given);
    expect(step.state).toMatchObject({ name: 'offline', dueAtMs: 5_000 });
    expect(step.notices).toEqual([]);
  });

  it('stored waits a finite time for the page to return if `offlineDelayMs` is infinite', () => {
    const given = { offlineDelayMs: Number.POSITIVE_INFINITY };
    for (const name of ['connected', 'negotiating'] as const) {
      expect(hear(states[name], 'stored', given).state).toMatchObject({ name: 'offline', dueAtMs: 7_000 });
    }
  });

  it.each(returning)('%s, between two attempts, ends the wait soon', (signal) => {
    for (const name of ['waiting', 'offline'] as const) {
      const step = hear(states[name], signal);
      expect(step.state).toEqual({ name: 'waiting', epoch: EPOCH + 1, outage, dueAtMs: 2_050 });
      expect(step.notices).toEqual([]);
    }
  });

  it('never makes a wait longer', () => {
    const soon = { ...states.waiting, dueAtMs: 2_010 };
    expect(hear(soon, 'online').state).toMatchObject({ dueAtMs: 2_010 });
    const overdue = { ...states.waiting, dueAtMs: 1_000 };
    expect(hear(overdue, 'woken').state).toMatchObject({ dueAtMs: 2_000 });
  });
});

it('closing reports why', () => {
  for (const name of ['negotiating', 'connected', 'waiting', 'offline'] as const) {
    expect(next(states[name], events.close, rules())).toEqual({
      state: { name: 'closed', epoch: EPOCH + 1, reason: 'forced close' },
      notices: [['close', 'forced close', undefined]],
    });
  }
});

describe('the status that the program sees', () => {
  it.each([
    [states.idle, 'idle'],
    [{ ...states.negotiating, outage: first }, 'connecting'],
    [states.negotiating, 'reconnecting'],
    [states.connected, 'connected'],
    [states.waiting, 'reconnecting'],
    [states.offline, 'offline'],
    [states.closed, 'closed'],
  ] as const)('of $name is unique', (state, status) => {
    expect(statusOf(state)).toBe(status);
  });
});
