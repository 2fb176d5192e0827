import { expect, test } from 'vitest';
import { check } from './check.js';
import type { Setting } from './ops.js';

/**
 * A client, a server and a network that act at random, checked against a model: every emit ends once, the emits of a
 * namespace arrive in order, acknowledged ones have arrived, and none arrives twice without `retries`.
 *
 * HOLDFAST_MODEL: the number of runs, 5,000 by default; HOLDFAST_MODEL_SEED: the seed, a number or `random`. By default,
 * every run of the suite is the same, so that a difference shows a change. It has four files, because files run in parallel.
 */
const { HOLDFAST_MODEL, HOLDFAST_MODEL_SEED } = process.env;
const runs = Math.ceil(Number(HOLDFAST_MODEL ?? 5_000) / 4);
const seed =
  HOLDFAST_MODEL_SEED === 'random' ? Math.floor(Math.random() * 2 ** 31) : Number(HOLDFAST_MODEL_SEED ?? 1);

/** Events that must occur in some runs, or the runs are useless. */
const EXPECTED: readonly string[] = [
  'acknowledged',
  'aborted',
  'sent again',
  'ACK_TIMEOUT',
  'CLEARED',
  'DISCONNECTED',
  'DROPPED',
  'EXPIRED',
  'OUTBOX_FULL',
  'TOO_LARGE',
  'TOO_MANY_ACKS',
];

export function testDelivery(...transports: Setting['transports']): void {
  const over = transports.join(', then ');
  test(`keeps its delivery guarantees over ${over}, in ${runs.toLocaleString('en')} runs`, {
    timeout: runs * 50 + 60_000,
  }, async () => {
    const started = performance.now();
    const tally = await check({ runs, seed, transports });
    const seconds = ((performance.now() - started) / 1_000).toFixed(1);
    console.log(`Over ${over}, with seed ${seed}, ${seconds} s:`, tally);
    const wanted = [
      ...EXPECTED,
      // A WebSocket takes everything at once.
      ...(transports.includes('polling') ? ['came back from the connection'] : []),
      ...(transports.length > 1 ? ['moves to WebSocket'] : []),
    ];
    if (runs >= 1_000) expect(wanted.filter((what) => !tally[what])).toEqual([]);
  });
}
