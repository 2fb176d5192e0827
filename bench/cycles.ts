import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Scenario } from './scenario.js';
import type { Client } from './stage.js';

const every = 1_000;
const child = fileURLToPath(new URL('cycles-child.mjs', import.meta.url));

/** The heap after every thousand cycles, in bytes. */
async function heaps(client: Client, url: string, count: number): Promise<number[]> {
  const sizes: number[] = [];
  const process = fork(child, [client, url, String(count), String(every)], { execArgv: ['--expose-gc'] });
  process.on('message', (bytes) => sizes.push(Number(bytes)));
  const [code] = await once(process, 'exit');
  if (code !== 0) throw new Error(`The cycles of ${client} ended with code ${code}.`);
  return sizes;
}

const kB = (bytes: number): number => Math.round(bytes / 1024);

export const cycles: Scenario = {
  name: 'cycles.10000',
  unit: 'kB',
  about:
    'Node: growth of the heap from the 1,000th to the 10,000th time of connecting and disconnecting (quick: to the 3,000th)',
  target: { figure: 200 },
  async run(stage) {
    const count = stage.quick ? 3_000 : 10_000;
    const { url } = (await stage.line()).server;
    const [holdfast = [], official = []] = await Promise.all([
      heaps('holdfast', url, count),
      heaps('official', url, count),
    ]);
    holdfast.forEach((bytes, i) => {
      const figures = [bytes, official[i] ?? Number.NaN].map((size) => String(kB(size)).padStart(7));
      console.log(
        `  after ${String((i + 1) * every).padStart(6)}: holdfast ${figures[0]} kB, official ${figures[1]} kB`,
      );
    });
    const growth = (sizes: readonly number[]): number => kB((sizes.at(-1) ?? 0) - (sizes[0] ?? 0));
    return { holdfast: [[growth(holdfast)]], official: [[growth(official)]] };
  },
};
