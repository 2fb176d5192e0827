import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { behaviours, cases, type Outcome } from './cases.js';
import type { Driver } from './drivers/driver.js';
import { type Engine, engines } from './engines.js';
import { type PageSite, startPageSite } from './page-site.js';
import { markdown, plain, Results } from './table.js';

/** Runs all behaviours in one page in each engine, and checks the results that the page reports. */

/** The number of cases that a page runs at a time; most of them wait. */
const concurrency = 8;
/** How long one case may take, including its time in the queue, in milliseconds. */
const patienceMs = 240_000;

const results = new Results(behaviours, cases);

/** The outcomes that a page reports; each can be awaited before or after it arrives. */
class ReportedOutcomes {
  readonly #outcomes = new Map<string, Outcome>();
  readonly #waiting = new Map<string, (outcome: Outcome) => void>();

  add(outcome: Outcome): void {
    this.#outcomes.set(outcome.key, outcome);
    this.#waiting.get(outcome.key)?.(outcome);
  }

  get(key: string): Promise<Outcome> {
    const outcome = this.#outcomes.get(key);
    return outcome ? Promise.resolve(outcome) : new Promise((resolve) => this.#waiting.set(key, resolve));
  }
}

class EngineRun {
  readonly outcomes = new ReportedOutcomes();
  #driver: Driver | undefined;
  #site: PageSite | undefined;

  constructor(readonly engine: Engine) {}

  async start(): Promise<void> {
    const { name, start } = this.engine;
    if (!start) return;
    const site = await startPageSite((outcome) => this.outcomes.add(outcome));
    this.#site = site;
    const driver = await start();
    this.#driver = driver;
    results.started(name, driver.version);
    await driver.open(`${site.origin}/`);
    await driver.evaluate(`void runAll(${concurrency})`);
  }

  async stop(): Promise<void> {
    await this.#driver?.close();
    await this.#site?.close();
  }
}

/** All engines run at the same time, because their cases mostly wait. */
const runs = engines.map((engine) => new EngineRun(engine));

beforeAll(async () => {
  await Promise.all(runs.map((run) => run.start()));
});

afterAll(async () => {
  await Promise.all(runs.map((run) => run.stop()));
});

describe.each(runs)('$engine.name', ({ engine: { name, start }, outcomes }: EngineRun) => {
  if (!start) {
    test('is installed', ({ skip }) => {
      const reason = `${name} was not found and could not be installed`;
      // In CI, a missing engine is a failure.
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
        const { error, note } = await outcomes.get(key);
        expect(error).toBeUndefined();
        results.note(name, key, note ?? 'yes');
      },
      patienceMs,
    );
  }

  test(
    'throws no uncaught error',
    async () => {
      expect(await outcomes.get('uncaught')).toEqual({ key: 'uncaught' });
    },
    patienceMs,
  );
});

const document = new URL('../../docs/engines.md', import.meta.url);
const between = /(?<=<!-- table -->\n)[\s\S]*(?=<!-- end of table -->)/;

test('the committed table has every behaviour', async () => {
  const text = await readFile(document, 'utf8');
  const table = between.exec(text)?.[0] ?? '';
  const rows = [...table.matchAll(/^\| (.*?) \|/gm)].map(([, first]) => first).slice(2);
  expect(rows).toEqual(results.names);
});

afterAll(async () => {
  // console.log would add a heading.
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
