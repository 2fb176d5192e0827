import type { Connection } from './connection/connection.js';
import type { TransportMemory } from './connection/transport-memory.js';
import type { Wire, WireEnd } from './namespace/wire.js';
import type { Environment } from './platform/environment.js';
import { type Options, settings } from './platform/options.js';

/** The namespaces that want to be connected or still wait for an answer, by name. */
export type Ends = Map<string, WireEnd>;

/** Browsers do not tell when a WebSocket has sent what it was given: one has to look. */
const LOOK_AGAIN_MS = 5;
const LOOK_AGAIN_AWAY_MS = 250;

/** Ties the namespaces of a manager to its connection. */
export function wireOver(
  connection: Connection,
  ends: Ends,
  { clock, dateMs, random }: Environment,
  options: Options,
  memory: TransportMemory,
  manager: Pick<Wire, 'measured' | 'retryDelayMs'> & { released(nsp: string): void },
): Wire {
  const some = (wanted: (end: WireEnd) => boolean): boolean => [...ends.values()].some(wanted);
  const timeoutMs = (): number | false => settings(options)('timeout');

  /** Whether another transport could be tried in place of the present one, over which the server has never answered. */
  const mayFallBack = (): boolean => {
    return connection.link?.othersLeft === true && !some(({ connected }) => connected);
  };
  const fallBackMs = (): number => Math.min(8_000, 5_000 + 4 * (memory.recall().rttMs ?? 0));

  return {
    clock,
    dateMs,
    get link() {
      return connection.link;
    },
    get live() {
      return connection.live;
    },
    get bufferedAmount() {
      return connection.link?.bufferedAmount ?? 0;
    },
    pause: () =>
      new Promise((resolve) => {
        clock.after(connection.link ? LOOK_AGAIN_MS : LOOK_AGAIN_AWAY_MS, resolve);
      }),
    uniqueId: () => Array.from({ length: 4 }, () => Math.floor(random() * 2 ** 32).toString(36)).join(''),
    get writable() {
      const { link } = connection;
      return link?.writable === true && link.bufferedAmount <= settings(options)('highWaterMark');
    },
    get timeoutMs() {
      return timeoutMs();
    },
    get answerDeadlineMs() {
      const limitMs = timeoutMs();
      return mayFallBack() ? Math.min(fallBackMs(), limitMs || Number.POSITIVE_INFINITY) : limitMs;
    },
    encode: (packet) => connection.encode(packet),
    write: (chunks, ticket) => connection.write(chunks, ticket),
    measured: manager.measured,
    retryDelayMs: manager.retryDelayMs,
    register: (nsp, end) => ends.set(nsp, end),
    release(nsp) {
      ends.delete(nsp);
      manager.released(nsp);
    },
    want() {
      // Between two tries, the retry loop decides when.
      if (!connection.between) connection.open(false);
    },
    unwant() {
      if (!some(({ active }) => active)) connection.close('forced close');
    },
    fallBack() {
      if (!mayFallBack()) return false;
      connection.fallBack('timeout');
      return true;
    },
    unanswered() {
      if (!some(({ connected }) => connected)) connection.drop('ping timeout');
    },
  };
}
