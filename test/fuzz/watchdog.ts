import { Worker } from 'node:worker_threads';

/** The longest time for one frame, in milliseconds; the machine may be busy. */
const LIMIT_MS = 20_000;

const script = `
  const { workerData: { beats, limitMs } } = require('node:worker_threads');
  let before = -1;
  setInterval(() => {
    const now = Atomics.load(beats, 0);
    if (now === before) {
      const seed = Atomics.load(beats, 1);
      require('node:fs').writeSync(2, '\\nThe client hangs: HOLDFAST_FUZZ_SEED=' + seed + ' brings it about.\\n');
      process.kill(process.pid, 'SIGKILL');
    }
    before = now;
  }, limitMs);
`;

export interface Watchdog {
  /** Must be called regularly; otherwise this process is ended with a message about the seed. */
  feed(seed: number): void;
  stop(): Promise<void>;
}

/** Watches from another thread, because an endless loop blocks this thread's timers. */
export function startWatchdog(): Watchdog {
  const beats = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(script, { eval: true, workerData: { beats, limitMs: LIMIT_MS } });
  return {
    feed(seed) {
      Atomics.add(beats, 0, 1);
      Atomics.store(beats, 1, seed);
    },
    async stop() {
      await worker.terminate();
    },
  };
}
