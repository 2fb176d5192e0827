import { Stage } from '../../generations/fixture.js';
import { type Case, cases, type Outcome } from '../cases.js';
import { RemoteBackstage } from './remote-environment.js';

/** Plays the behaviours in this page, and tells what became of each. */

declare global {
  interface Window {
    /** Plays them all, several at a time; those that touch the whole page one after another. */
    playAll(atATime: number): Promise<void>;
    /** What nobody caught. */
    uncaught: string[];
  }
}

/** How long a single event may take, in milliseconds. */
const patienceMs = 15_000;
/** How long a behaviour may take in all, in milliseconds. */
const limitMs = 45_000;

async function play({ behaviour, server, transport }: Case): Promise<void> {
  const backstage = await RemoteBackstage.open(server);
  const stage = new Stage(backstage, transport, patienceMs);
  let late: ReturnType<typeof setTimeout> | undefined;
  try {
    await Promise.race([
      behaviour.run(stage),
      new Promise((_, reject) => {
        late = setTimeout(() => reject(new Error(`not done after ${limitMs} ms`)), limitMs);
      }),
    ]);
  } finally {
    clearTimeout(late);
    await stage.close();
  }
}

async function tell(outcome: Outcome): Promise<void> {
  await fetch('/outcome', { method: 'POST', body: JSON.stringify(outcome) });
}

window.playAll = async (atATime) => {
  const together = cases.filter(({ behaviour }) => !behaviour.alone);
  const playNext = async (): Promise<void> => {
    for (let next = together.shift(); next; next = together.shift()) await playAndTell(next);
  };
  await Promise.all(Array.from({ length: atATime }, playNext));
  for (const one of cases.filter(({ behaviour }) => behaviour.alone)) await playAndTell(one);
  await tell({ key: 'uncaught', ...(window.uncaught.length > 0 && { error: window.uncaught.join('\n') }) });
};

async function playAndTell(one: Case): Promise<void> {
  try {
    await play(one);
    await tell({ key: one.key });
  } catch (error) {
    await tell({ key: one.key, error: String((error as Error)?.message ?? error) });
  }
}
