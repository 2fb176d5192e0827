import { io } from '../../src/index.js';
import type { Options } from '../../src/platform/options.js';

/**
 * A client of a hostile server and one of an honest server, in a separate process with a small heap. Sends its parent the
 * client's log, and at the end a report with the peak memory use.
 */

export interface Task {
  readonly hostile: string;
  readonly honest: string;
  readonly options: Options;
}

export interface Report {
  readonly log: readonly string[];
  /** The peak growth since before the hostile server was contacted, in bytes. */
  readonly grown: number;
  /** The honest server's answer. */
  readonly answers: number;
  readonly uncaught: readonly string[];
}

const { hostile, honest, options } = JSON.parse(process.env.HOLDFAST_TASK ?? '') as Task;
const log: string[] = [];
const uncaught: string[] = [];
const addUncaught = (error: unknown): void => void uncaught.push(String((error as Error)?.stack ?? error));
process.on('uncaughtException', addUncaught);
process.on('unhandledRejection', addUncaught);

const used = (): number => {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

const honestClient = io(honest, { forceNew: true });
await honestClient.ready();
globalThis.gc?.();
const before = used();
let peak = before;
const measure = (): void => {
  peak = Math.max(peak, used());
};
setInterval(measure, 20);

const socket = io(hostile, { forceNew: true, reconnection: false, ...options });
const add = (line: string): void => {
  measure();
  // Bounded, because an endless flood would fill this list, too.
  if (log.length < 100) log.push(line);
  process.send?.({ logged: line });
};
socket.on('connect', () => add('connect'));
socket.on('disconnect', (reason) => add(`disconnect ${reason}`));
socket.on('connect_error', (error: Error & { code?: string }) =>
  add(`connect_error ${error.code ?? error.message}`),
);
socket.on('last', () => add('last'));

process.on('message', async () => {
  measure();
  const answers = (await honestClient.timeout(10_000).emitWithAck('echo', 1)) as number;
  process.send?.({ report: { log, grown: peak - before, answers, uncaught } satisfies Report }, () =>
    process.exit(0),
  );
});
process.send?.({ logged: 'ready' });
