import { Manager as OfficialManager } from 'socket.io-client';
import { Manager } from '../src/manager/manager.js';
import type { Environment } from '../src/platform/environment.js';
import { ConnectionError } from '../src/platform/errors.js';
import type { Won } from '../src/session/negotiate.js';
import type { Session } from '../src/session/session.js';
import type { Transport } from '../src/session/transports/transport.js';
import { SimulatedClock } from '../test/support/simulated-clock.js';

/**
 * Simulates a server that is down for a while, and all of its clients reconnecting. Nothing is really connected, and no time
 * passes: the clients are independent, so each runs on its own simulated clock.
 *
 * holdfast is represented by its real `Manager` with default options, over sessions that open or fail by the clock; the official client by the `Backoff` that a
 * `Manager` of socket.io-client creates with default options.
 */

export const clients = 100_000;
export const awayMs = 30_000;
/** While the server is down, an attempt is refused after this time. */
const refusalMs = 1;
/** How long the connection had been open when it was lost. */
const stoodMs = 60_000;

/** When a client tried to connect, in milliseconds since the server went down; the last attempt succeeded. */
export type Calls = readonly number[];

/** A seeded random number generator, uniform in [0, 1). */
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

/** Simulates one holdfast client. */
export function holdfastCalls(random: () => number): Calls {
  const clock = new SimulatedClock(0);
  const environment: Environment = {
    clock,
    dateMs: () => clock.now(),
    random,
    randomId: () => '',
    signals: { online: true, watch: () => () => {} },
    store: { get: () => undefined, set: () => {} },
  };
  const calls: number[] = [];
  let lose = (): void => {};
  let back = false;
  const manager = new Manager('http://127.0.0.1', { autoConnect: false }, environment);
  manager._openSession = (host) => {
    const calledMs = clock.now() - stoodMs;
    const up = calledMs < 0 || calledMs >= awayMs;
    if (calledMs >= 0) calls.push(calledMs);
    lose = () => host.closed('transport close', undefined);
    const failed = (): void => host.failed(new ConnectionError('refused', []));
    clock.after(up ? 0 : refusalMs, () => (up ? host.opened(won) : failed()));
    back = up && calledMs >= 0;
    return idleSession as unknown as Session;
  };
  manager.open();
  clock.advance(stoodMs);
  lose();
  while (!back) clock.advance(Math.min(...clock.waits));
  return calls;
}

const transport = { name: 'websocket' } as Transport;
const idleSession = { readyState: 'open', transport, _names: ['websocket'], _takeBack: () => [], close() {} };
const won: Won = {
  transport,
  handshake: { sid: 'a', upgrades: [], pingInterval: 25_000, pingTimeout: 20_000 },
  ms: 0,
  failed: [],
  slower: [],
};

interface Backoff {
  duration(): number;
  reset(): void;
}

/** Simulates the clients of socket.io-client, one per call. */
export function officialCrowd(random: () => number): () => Calls {
  const manager = new OfficialManager('http://127.0.0.1', { autoConnect: false });
  const { backoff } = manager as unknown as { backoff: Backoff };
  return () => {
    // An open connection resets it.
    backoff.reset();
    const calls: number[] = [];
    const usual = Math.random;
    // Its only source of randomness.
    Math.random = random;
    for (let atMs = backoff.duration(); ; atMs += refusalMs + backoff.duration()) {
      calls.push(atMs);
      if (atMs >= awayMs) break;
    }
    Math.random = usual;
    return calls;
  };
}

/** Counts the attempts in each span of time. */
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
