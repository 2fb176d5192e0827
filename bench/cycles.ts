import { fork } from 'node:child_process';
import { once } from 'node:events';
import { constants, setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { quantile } from './figures.js';
import type { Client } from './fixture.js';
import type { Scenario } from './scenario.js';

const limitMs = 240_000;
const child = fileURLToPath(new URL('cycles-child.mjs', import.meta.url));

/** Measures the heap in bytes after every `every` cycles. */
async function heaps(client: Client, url: string, count: number, every: number): Promise<number[]> {
  const sizes: number[] = [];
  const process = fork(child, [client, url, String(count), String(every)], {
    execArgv: ['--expose-gc'],
    timeout: limitMs,
  });
  // Its duration does not matter, and it must not disturb the scenarios that run meanwhile.
  if (process.pid !== undefined) setPriority(process.pid, constants.priority.PRIORITY_LOW);
  process.on('message', (bytes) => sizes.push(Number(bytes)));
  const [code] = await once(process, 'exit');
  if (code !== 0) throw new Error(`The cycles of ${client} ended with code ${code}.`);
  return sizes;
}

/**
 * The growth from the middle third of the sizes to the last third. During the first third the engine still optimises the code.
 * Medians, because the heap varies with garbage collection.
 */
function growth(sizes: readonly number[]): number {
  const third = Math.floor(sizes.length / 3);
  return kB(quantile(sizes.slice(-third), 0.5) - quantile(sizes.slice(third, 2 * third), 0.5));
}

const kB = (bytes: number): number => Math.round(bytes / 1024);

export const cycles: Scenario = {
  name: 'cycles.10000',
  unit: 'kB',
  about:
    'Node: connects and disconnects 10,000 times; heap growth from the middle third to the last third (quick: 3,000 times)',
  target: { figure: 200 },
  waits: true,
  unsteady: 'a tiny growth divided by another tiny growth',
  async run(fixture) {
    const [count, every] = fixture.quick ? [3_000, 1_000] : [10_000, 1_000];
    const { url } = (await fixture.link()).server;
    const [holdfast = [], official = []] = await Promise.all([
      heaps('holdfast', url, count, every),
      heaps('official', url, count, every),
    ]);
    holdfast.forEach((bytes, i) => {
      const figures = [bytes, official[i] ?? Number.NaN].map((size) => String(kB(size)).padStart(7));
      console.log(
        `  after ${String((i + 1) * every).padStart(6)}: holdfast ${figures[0]} kB, official ${figures[1]} kB`,
      );
    });
    return { holdfast: [[growth(holdfast)]], official: [[growth(official)]] };
  },
};
