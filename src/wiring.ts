import type { Connection } from './connection/connection.js';
import type { Wire, WireEnd } from './namespace/wire.js';
import type { Environment } from './platform/environment.js';

/** The namespaces that want to be connected or still wait for an answer, by name. */
export type Ends = Map<string, WireEnd>;

/** What the manager's options say about waiting for an answer to CONNECT. */
export interface Patience {
  /** In milliseconds; `false` for no limit. */
  readonly timeoutMs: number | false;
  /** The same while another transport is left that could be tried instead. */
  readonly fallBackMs: number;
  readonly transportsLeft: boolean;
}

/** Ties the namespaces of a manager to its connection. */
export function wireOver(
  connection: Connection,
  ends: Ends,
  { clock, dateMs }: Environment,
  patience: () => Patience,
): Wire {
  const some = (wanted: (end: WireEnd) => boolean): boolean => [...ends.values()].some(wanted);
  // A server that has answered once over a link is not deaf on it.
  const mayFallBack = (): boolean => patience().transportsLeft && !some(({ connected }) => connected);
  return {
    clock,
    dateMs,
    get link() {
      return connection.link;
    },
    get live() {
      return connection.live;
    },
    get writable() {
      return connection.link?.writable ?? false;
    },
    get answerDeadlineMs() {
      const { timeoutMs, fallBackMs } = patience();
      return mayFallBack() ? Math.min(fallBackMs, timeoutMs || fallBackMs) : timeoutMs;
    },
    encode: (packet) => connection.encode(packet),
    write: (chunks, compress) => connection.write(chunks, compress),
    register: (nsp, end) => ends.set(nsp, end),
    release: (nsp) => ends.delete(nsp),
    want() {
      // Between two tries, the retry loop decides when.
      if (!connection.between) connection.open(false);
    },
    unwant() {
      if (!some(({ active }) => active)) connection.close('forced close');
    },
    fallBack() {
      if (!mayFallBack()) return false;
      connection.fallBack();
      return true;
    },
    unanswered() {
      if (!some(({ connected }) => connected)) connection.drop('ping timeout');
    },
  };
}
