/** Reads Engine.IO handshakes. */

/** Engine.IO protocol v4, "Handshake": the server's `open` packet. Times are in milliseconds. */
export interface Handshake {
  readonly sid: string;
  readonly upgrades: readonly string[];
  readonly pingInterval: number;
  readonly pingTimeout: number;
  /** The largest message that the server takes, in bytes. Older and non-Node servers leave it out. */
  readonly maxPayload?: number;
}

/** Printable ASCII: it goes into a query unescaped. */
const SID = /^[!-~]+$/;

/** Longer than any heartbeat, and short enough that the sum of two is a timer. */
const LONGEST_MS = 2 ** 30 - 1;

const isDuration = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value > 0;

/** Reads the payload of an `open` packet. Returns a message if it is not a handshake. */
export function parseHandshake(json: unknown): Handshake | string {
  let value: Record<string, unknown> | null;
  try {
    value = JSON.parse(json as string);
  } catch {
    return 'the handshake is not JSON';
  }
  const { sid, upgrades, pingInterval, pingTimeout, maxPayload } = value ?? {};
  if (typeof sid !== 'string' || !SID.test(sid)) return 'the handshake has no sid';
  if (!isDuration(pingInterval) || !isDuration(pingTimeout)) return 'the handshake has no heartbeat times';
  return {
    sid,
    upgrades: Array.isArray(upgrades) ? upgrades.filter((name) => typeof name === 'string') : [],
    pingInterval: Math.min(pingInterval, LONGEST_MS),
    pingTimeout: Math.min(pingTimeout, LONGEST_MS),
    ...(isDuration(maxPayload) && { maxPayload }),
  };
}
