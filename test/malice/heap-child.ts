import { io } from '../../src/index.js';
import type { Options } from '../../src/platform/options.js';

/**
 * A client of a villain and one of an honest server in a process of their own, whose heap is small. Tells its parent what
 * happened, and at the end how much memory it had needed at most.
 */

export interface Errand {
  readonly villain: string;
  readonly honest: string;
  readonly options: Options;
}

export interface Account {
  readonly story: readonly string[];
  /** At most, beyond what it had before the villain was met, in bytes. */
  readonly grown: number;
  /** What the honest server's answers said. */
  readonly answers: number;
  readonly uncaught: readonly string[];
}

const { villain, honest, options } = JSON.parse(process.env.HOLDFAST_ERRAND ?? '') as Errand;
const story: string[] = [];
const uncaught: string[] = [];
const note = (error: unknown): void => void uncaught.push(String((error as Error)?.stack ?? error));
process.on('uncaughtException', note);
process.on('unhandledRejection', note);

const used = (): number => {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

const friend = io(honest, { forceNew: true });
await friend.ready();
globalThis.gc?.();
const before = used();
let most = before;
const look = (): void => {
  most = Math.max(most, used());
};
setInterval(look, 20);

const socket = io(villain, { forceNew: true, reconnection: false, ...options });
const tell = (line: string): void => {
  look();
  // A server that never tires would fill this list as well.
  if (story.length < 100) story.push(line);
  process.send?.({ told: line });
};
socket.on('connect', () => tell('connect'));
socket.on('disconnect', (reason) => tell(`disconnect ${reason}`));
socket.on('connect_error', (error: Error & { code?: string }) =>
  tell(`connect_error ${error.code ?? error.message}`),
);
socket.on('last', () => tell('last'));

process.on('message', async () => {
  look();
  const answers = (await friend.timeout(10_000).emitWithAck('echo', 1)) as number;
  process.send?.({ account: { story, grown: most - before, answers, uncaught } satisfies Account }, () =>
    process.exit(0),
  );
});
process.send?.({ told: 'ready' });
