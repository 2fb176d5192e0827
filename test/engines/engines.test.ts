import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { behaviours, cases, type Outcome } from './cases.js';
import type { Driver } from './drivers/driver.js';
import { type Engine, engines } from './engines.js';
import { type PageSite, startPageSite } from './page-site.js';
import { markdown, plain, Results } from './table.js';

/** One page plays all behaviours, in each engine; what it tells of them is looked at here. */

/** Behaviours that a page plays at a time: almost all of them wait. */
const atATime = 8;
/** How long one behaviour may take to have its turn and be played, in milliseconds. */
const patienceMs = 240_000;

const results = new Results(behaviours, cases);

/** What a page tells, as it comes; whoever asks for it may be early or late. */
class Told {
  readonly #outcomes = new Map<string, Outcome>();
  readonly #waiting = new Map<string, (outcome: Outcome) => void>();

  take(outcome: Outcome): void {
    this.#outcomes.set(outcome.key, outcome);
    this.#waiting.get(outcome.key)?.(outcome);
  }

  of(key: string): Promise<Outcome> {
    const outcome = this.#outcomes.get(key);
    return outcome ? Promise.resolve(outcome) : new Promise((resolve) => this.#waiting.set(key, resolve));
  }
}

class Play {
  readonly told = new Told();
  #driver: Driver | undefined;
  #site: PageSite | undefined;

  constructor(readonly engine: Engine) {}

  async begin(): Promise<void> {
    const { name, start } = this.engine;
    if (!start) return;
    const site = await startPageSite((outcome) => this.told.take(outcome));
    this.#site = site;
    const driver = await start();
    this.#driver = driver;
    results.met(name, driver.version);
    await driver.open(`${site.origin}/`);
    await driver.evaluate(`void playAll(${atATime})`);
  }

  async end(): Promise<void> {
    await this.#driver?.close();
    await this.#site?.close();
  }
}

/** All of them at the same time: they wait, most of the time. */
const plays = engines.map((engine) => new Play(engine));

beforeAll(async () => {
  await Promise.all(plays.map((play) => play.begin()));
});

afterAll(async () => {
  await Promise.all(plays.map((play) => play.end()));
});

describe.each(plays)('$engine.name', ({ engine: { name, start }, told }: Play) => {
  if (!start) {
    test('is on this machine', ({ skip }) => {
      const reason = `${name} was not found and could not be installed`;
      // Where nobody reads what was skipped, it is a failure.
      if (process.env.CI) throw new Error(reason);
      skip(reason);
    });
    return;
  }
  for (const { key } of cases) {
    test(
      key,
      async () => {
        results.note(name, key, 'FAILED');
        const { error } = await told.of(key);
        expect(error).toBeUndefined();
        results.note(name, key, 'yes');
      },
      patienceMs,
    );
  }

  test(
    'nothing was thrown that nobody caught',
    async () => {
      expect(await told.of('uncaught')).toEqual({ key: 'uncaught' });
    },
    patienceMs,
  );
});

const document = new URL('../../docs/engines.md', import.meta.url);
const between = /(?<=<!-- table -->\n)[\s\S]*(?=<!-- end of table -->)/;

test('the table that is kept tells of every behaviour', async () => {
  const text = await readFile(document, 'utf8');
  const kept = between.exec(text)?.[0] ?? '';
  const rows = [...kept.matchAll(/^\| (.*?) \|/gm)].map(([, first]) => first).slice(2);
  expect(rows).toEqual(results.names);
});

afterAll(async () => {
  // Not by console.log, which would put a headline over it.
  process.stdout.write(`\n${plain(results)}\n\n`);
  if (results.complete && process.env.HOLDFAST_WRITE_DOCS === '1') {
    const text = await readFile(document, 'utf8');
    await writeFile(
      document,
      text.replace(between, () => `\n${markdown(results)}\n\n`),
    );
  }
});

test('there are at least 120 behaviours', () => {
  expect(new Set(behaviours.map(({ name }) => name)).size).toBe(behaviours.length);
  expect(behaviours.length).toBeGreaterThanOrEqual(120);
});
