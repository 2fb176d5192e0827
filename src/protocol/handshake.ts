/** Reads Engine.IO handshakes. */

import { attempt } from '../platform/attempt.js';
import { DEVELOPMENT } from '../platform/build.js';

/** Engine.IO protocol v4, "Handshake": the server's `open` packet. Times are in milliseconds. */
export interface Handshake {
  readonly sid: string;
  readonly upgrades: readonly string[];
  readonly pingInterval: number;
  readonly pingTimeout: number;
  /** The largest message that the server accepts, in bytes. Older and non-Node servers omit it. */
  readonly maxPayload?: number;
}

/** Printable ASCII: it goes into the query unescaped. */
const SID = /^[!-~]+$/;

/** Longer than any heartbeat, and short enough that the sum of two is still a valid timer. */
const LONGEST_MS = 2 ** 30 - 1;

const timeOf = (value: unknown): number =>
  typeof value === 'number' && value > 0 && value < Number.POSITIVE_INFINITY
    ? Math.min(value, LONGEST_MS)
    : 0;

/** The shortest CONNECT. */
const LEAST_PAYLOAD = '40'.length;

const invalid = (how: string): string => `the handshake ${DEVELOPMENT ? how : 'is invalid'}`;

/** Reads the payload of an `open` packet. Returns a message if it is not a handshake. */
export function parseHandshake(json: unknown): Handshake | string {
  const told = attempt(() => (JSON.parse(json as string) ?? {}) as Record<string, unknown>);
  if (!told) return invalid('is not JSON');
  const { sid, upgrades, maxPayload } = told;
  const pingInterval = timeOf(told.pingInterval);
  const pingTimeout = timeOf(told.pingTimeout);
  if (typeof sid !== 'string' || !SID.test(sid)) return invalid('has no sid');
  if (!pingInterval || !pingTimeout) return invalid('has no heartbeat times');
  const limit = timeOf(maxPayload);
  if (limit > 0 && limit < LEAST_PAYLOAD) return invalid('has a maxPayload too small for any message');
  return {
    sid,
    upgrades: Array.isArray(upgrades) ? upgrades.filter((name) => typeof name === 'string') : [],
    pingInterval,
    pingTimeout,
    ...(limit > 0 && { maxPayload: maxPayload as number }),
  };
}
