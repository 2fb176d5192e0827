import type { Connection } from './connection/connection.js';
import type { Wire, WireEnd } from './namespace/wire.js';
import type { Environment } from './platform/environment.js';

/** The namespaces that want to be connected or still wait for an answer, by name. */
export type Ends = Map<string, WireEnd>;

/**
 * Ties the namespaces of a manager to its connection.
 *
 * @param answerDeadlineMs how long the server may take to answer CONNECT; `false` for no limit
 */
export function wireOver(
  connection: Connection,
  ends: Ends,
  { clock, dateMs }: Environment,
  answerDeadlineMs: () => number | false,
): Wire {
  const some = (wanted: (end: WireEnd) => boolean): boolean => [...ends.values()].some(wanted);
  return {
    clock,
    dateMs,
    get link() {
      return connection.link;
    },
    get live() {
      return connection.link?.overdue() === false;
    },
    get writable() {
      return connection.link?.writable ?? false;
    },
    get answerDeadlineMs() {
      return answerDeadlineMs();
    },
    encode: (packet) => connection.encode(packet),
    write: (chunks, compress) => connection.write(chunks, compress),
    register: (nsp, end) => ends.set(nsp, end),
    release: (nsp) => ends.delete(nsp),
    want() {
      // Between two tries, the retry loop decides when.
      if (!connection.waiting) connection.open(false);
    },
    unwant() {
      if (!some(({ active }) => active)) connection.close('forced close');
    },
    unanswered() {
      if (!some(({ connected }) => connected)) connection.drop('ping timeout');
    },
  };
}
