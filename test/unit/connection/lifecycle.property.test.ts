import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  type Event,
  next,
  type Rules,
  type State,
  type Step,
  statusOf,
} from '../../../src/connection/lifecycle.js';
import type { Signal } from '../../../src/platform/signals.js';
import { afterSignal } from '../../../src/plugins/page.js';

type React = Extract<Event<number>, { type: 'plugin' }>['react'];

/** An event of the current epoch, or of one some steps away. */
type Draft = (epoch: number, atMs: number) => Event<number>;

const off = fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.integer({ min: -3, max: 3 }));
const draft: fc.Arbitrary<Draft> = fc.oneof(
  fc.boolean().map(
    (single): Draft =>
      (_epoch, atMs) => ({ type: 'open', single, atMs }),
  ),
  fc.tuple(off, fc.nat()).map(
    ([by, link]): Draft =>
      (epoch, atMs) => ({ type: 'won', epoch: epoch + by, link, atMs }),
  ),
  off.map(
    (by): Draft =>
      (epoch, atMs) => ({ type: 'exhausted', epoch: epoch + by, error: new Error('e'), atMs }),
  ),
  off.map(
    (by): Draft =>
      (epoch, atMs) => ({ type: 'lost', epoch: epoch + by, reason: 'r', atMs }),
  ),
  off.map(
    (by): Draft =>
      (epoch, atMs) => ({ type: 'due', epoch: epoch + by, atMs }),
  ),
  off.map(
    (by): Draft =>
      (epoch, atMs) => ({
        type: 'lost',
        reason: 'r',
        epoch: epoch + by,
        atMs,
      }),
  ),
  fc
    .constantFrom<Signal>(
      ...([
        'offline',
        'online',
        'moved',
        'hidden',
        'woken',
        'leaving',
        'stored',
        'left',
        'restored',
      ] as const),
    )
    .map(
      (signal): Draft =>
        (_epoch, atMs) => {
          const react: React = (state, steps) => afterSignal(signal, state, steps);
          return Object.assign({ type: 'plugin' as const, react, atMs }, { signal });
        },
    ),
  fc.constant<Draft>((_epoch, atMs) => ({ type: 'close', reason: 'c', atMs })),
  fc.constant<Draft>((_epoch, atMs) => ({ type: 'stop', atMs })),
);
const rules: fc.Arbitrary<Rules> = fc.record({
  reconnection: fc.boolean(),
  maxAttempts: fc.oneof(fc.nat(4), fc.constant(Number.POSITIVE_INFINITY)),
  online: fc.boolean(),
  delayMs: fc.constantFrom<Rules['delayMs']>(
    ({ failures, afterStable }) => (afterStable ? 0 : failures),
    ({ attempt }) => (attempt > 2 ? null : 1_000),
  ),
  wakeDelayMs: fc.constant(() => 200),
  offlineDelayMs: fc.constantFrom(5_000, Number.POSITIVE_INFINITY),
});
const steps = fc.array(fc.tuple(draft, fc.nat(10_000)), { maxLength: 40 });

it('keeps its invariants, whatever happens in whatever order', { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(steps, rules, (drafts, given) => {
      let state = { name: 'idle', epoch: 0 } as State<number>;
      let atMs = 0;
      let stored = 0;
      for (const [make, passed] of drafts) {
        atMs += passed;
        const before: State<number> = state;
        const event = make(before.epoch, atMs);
        if ('signal' in event && (event.signal === 'stored' || event.signal === 'left')) stored++;
        const step: Step<number> = next(before, event, given);
        state = step.state;

        // Epochs grow by one with each state, and only with it.
        if (state !== before) expect(state.epoch).toBe(before.epoch + 1);
        else if (event.type !== 'plugin') expect(step.notices).toEqual([]);
        // What belongs to another epoch changes nothing.
        if ('epoch' in event && event.epoch !== before.epoch) expect(state).toBe(before);
        // After a close it is closed, or was never opened.
        if (event.type === 'close') expect(['closed', 'idle']).toContain(state.name);
        const told = step.notices.map(([event]) => event);
        // Doubt alone changes no state; only its outcome does.
        if (state === before && told.length > 0)
          expect([before.name, told[0]]).toEqual(['connected', 'doubt']);
        // Without reconnection nothing waits; with a limit no attempt is beyond it.
        if (state !== before && (state.name === 'waiting' || state.name === 'offline')) {
          expect(given.reconnection).toBe(true);
          expect(state.outage.attempt).toBeGreaterThan(0);
          // The page may be left during the last attempt: that one is made again.
          expect(state.outage.attempt).toBeLessThanOrEqual(given.maxAttempts + stored);
          expect(state.dueAtMs).toBeGreaterThanOrEqual(atMs);
          expect(state.dueAtMs).toBeLessThan(Number.POSITIVE_INFINITY);
        }
        // `open` is fired when there is a link, and `close` when it is lost.
        expect(told.includes('open')).toBe(state !== before && state.name === 'connected');
        if (before.name === 'connected' && state !== before) expect(told[0]).toBe('close');
        const statuses = ['idle', 'connecting', 'connected', 'reconnecting', 'offline', 'closed'];
        expect(statuses).toContain(statusOf(state));
      }
      // Whatever has happened, it can be closed, and opened again.
      const closed = next(state, { type: 'close', reason: 'c', atMs }, given).state;
      expect(['closed', 'idle']).toContain(closed.name);
      expect(next(closed, { type: 'open', single: false, atMs }, given).state).toMatchObject({
        name: 'negotiating',
        outage: { attempt: 0, failures: 0 },
      });
    }),
    { numRuns: 500 },
  );
});

it('depends only on its arguments', () => {
  fc.assert(
    fc.property(steps, rules, (drafts, given) => {
      const run = (): State<number> => {
        let state: State<number> = { name: 'idle', epoch: 0 };
        for (const [make, atMs] of drafts)
          state = next(state, Object.freeze(make(state.epoch, atMs)), given).state;
        return state;
      };
      expect(run()).toEqual(run());
    }),
  );
});
