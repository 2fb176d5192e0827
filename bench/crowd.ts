import { Manager } from 'socket.io-client';
import { Connection, type ConnectionOwner } from '../src/connection/connection.js';
import type { Link, LinkHandlers } from '../src/connection/link.js';
import type { Environment } from '../src/platform/environment.js';
import { createCodec } from '../src/protocol/codec.js';
import { rulesOf } from '../src/rules.js';
import { SimulatedClock } from '../test/support/simulated-clock.js';

/**
 * A server restarts and is away for a while, and all of its clients come back. Nothing is connected and nobody waits: each
 * client lives through it on a clock of its own, as the clients do not know of each other.
 *
 * holdfast's is the `Connection` of the product with the rules of its default options; the official one's is the `Backoff` that a
 * `Manager` of socket.io-client makes for its default options.
 */

export const clients = 100_000;
export const awayMs = 30_000;
/** Whoever calls while the server is away is refused after this time. */
const refusalMs = 1;
/** For how long the connection had stood that is lost. */
const stoodMs = 60_000;

/** When a client called the server, in milliseconds since the server went away; the last call was answered. */
export type Calls = readonly number[];

/** The same numbers for the same seed; uniform in [0, 1). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  // Mulberry32, by Tommy Ettinger; public domain.
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The life of one client of holdfast. */
export function holdfastCalls(random: () => number): Calls {
  const clock = new SimulatedClock(0);
  const environment: Environment = {
    clock,
    dateMs: () => clock.now(),
    random,
    signals: { online: true, watch: () => () => {} },
    store: { get: () => undefined, set: () => {} },
  };
  const calls: number[] = [];
  let handlers: LinkHandlers | undefined;
  let back = false;
  const owner: ConnectionOwner = {
    rules: rulesOf({}, environment),
    openLink(on) {
      const calledMs = clock.now() - stoodMs;
      const up = calledMs < 0 || calledMs >= awayMs;
      handlers = on;
      if (calledMs >= 0) calls.push(calledMs);
      if (up) on.won(idleLink(clock));
      else clock.after(refusalMs, () => on.exhausted(new Error('refused')));
      back = up && calledMs >= 0;
      return { abandon() {} };
    },
    notice() {},
    changed() {},
    receiver: () => undefined,
    packet() {},
    expectsAnswer: false,
    ask: undefined,
    rttMs: undefined,
  };
  const connection = new Connection(
    environment,
    createCodec({ maxAttachments: 0, maxReceivedBytes: 0, maxSentAttachments: 0 }),
    owner,
  );
  connection.open(false);
  clock.advance(stoodMs);
  handlers?.lost('transport close');
  while (!back) clock.advance(Math.min(...clock.waits));
  connection.close('forced close');
  return calls;
}

const idleLink = (clock: SimulatedClock): Link => ({
  transport: 'websocket',
  othersLeft: false,
  open: true,
  writable: true,
  bufferedAmount: 0,
  get lastSeenMs() {
    return clock.now();
  },
  overdue: () => false,
  maxPayload: 0,
  send() {},
  takeBack: () => new Set(),
  takeBackFrom: () => new Set(),
  improve() {},
  close() {},
  closeNow() {},
});

interface Backoff {
  duration(): number;
  reset(): void;
}

/** The life of one client of socket.io-client after the other. */
export function officialCrowd(random: () => number): () => Calls {
  const manager = new Manager('http://127.0.0.1', { autoConnect: false });
  const { backoff } = manager as unknown as { backoff: Backoff };
  return () => {
    // A connection that stands resets it.
    backoff.reset();
    const calls: number[] = [];
    const usual = Math.random;
    // It takes its chance from there, and from nowhere else.
    Math.random = random;
    for (let atMs = backoff.duration(); ; atMs += refusalMs + backoff.duration()) {
      calls.push(atMs);
      if (atMs >= awayMs) break;
    }
    Math.random = usual;
    return calls;
  };
}

/** How many calls fall into each span of time. */
export function histogram(crowd: readonly Calls[], spanMs: number, untilMs: number): number[] {
  const counts = new Array<number>(Math.ceil(untilMs / spanMs)).fill(0);
  for (const calls of crowd) {
    for (const atMs of calls) {
      const span = Math.floor(atMs / spanMs);
      if (span < counts.length) counts[span] = (counts[span] ?? 0) + 1;
    }
  }
  return counts;
}
