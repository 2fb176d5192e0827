import { Fixture } from '../../generations/fixture.js';
import { type Case, cases, type Outcome } from '../cases.js';
import { RemoteEnvironment } from './remote-environment.js';

/** Runs the test cases in this page and reports their outcomes. */

declare global {
  interface Window {
    /** Runs all cases, several at a time; those that affect the whole page run one after another. */
    runAll(concurrency: number): Promise<void>;
    /** Uncaught errors. */
    uncaught: string[];
  }
}

/** How long a single event may take, in milliseconds. */
const patienceMs = 15_000;
/** How long a case may take in total, in milliseconds. */
const limitMs = 45_000;

async function run({ behaviour, server, transport }: Case): Promise<unknown> {
  const environment = await RemoteEnvironment.open(server);
  const fixture = new Fixture(environment, transport, patienceMs);
  let late: ReturnType<typeof setTimeout> | undefined;
  try {
    return await Promise.race([
      behaviour.run(fixture),
      new Promise((_, reject) => {
        late = setTimeout(() => reject(new Error(`not done after ${limitMs} ms`)), limitMs);
      }),
    ]);
  } finally {
    clearTimeout(late);
    await fixture.close();
  }
}

async function report(outcome: Outcome): Promise<void> {
  await fetch('/outcome', { method: 'POST', body: JSON.stringify(outcome) });
}

window.runAll = async (concurrency) => {
  const queue = cases.filter(({ behaviour }) => !behaviour.exclusive);
  const runQueue = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) await runAndReport(next);
  };
  await Promise.all(Array.from({ length: concurrency }, runQueue));
  for (const one of cases.filter(({ behaviour }) => behaviour.exclusive)) await runAndReport(one);
  await report({ key: 'uncaught', ...(window.uncaught.length > 0 && { error: window.uncaught.join('\n') }) });
};

async function runAndReport(one: Case): Promise<void> {
  try {
    const note = await run(one);
    await report({ key: one.key, ...(typeof note === 'string' && { note }) });
  } catch (error) {
    await report({ key: one.key, error: String((error as Error)?.message ?? error) });
  }
}
