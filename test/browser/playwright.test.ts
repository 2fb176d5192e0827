import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseLog } from '../../src/plugins/inspector/log-schema.js';
import { run } from '../support/run.js';

/** The fixtures of `holdfast/playwright`, run by Playwright's own runner in the available browsers. */

const root = fileURLToPath(new URL('../../', import.meta.url));
let output: string;

beforeAll(async () => {
  output = await mkdtemp(join(tmpdir(), 'holdfast-playwright-'));
});
afterAll(() => rm(output, { recursive: true, force: true }));

interface Attachment {
  readonly name: string;
  readonly contentType: string;
  readonly body?: string;
}

interface Result {
  readonly status: string;
  readonly errors: readonly { readonly message: string }[];
  readonly attachments: readonly Attachment[];
}

interface Suite {
  readonly suites?: readonly Suite[];
  readonly specs?: readonly {
    readonly title: string;
    readonly tests: readonly { readonly projectName: string; readonly results: readonly Result[] }[];
  }[];
}

/** The results by title, and the projects that ran. */
async function play(specs: string, ...args: string[]): Promise<Map<string, Result>> {
  const cli = join(root, 'node_modules/@playwright/test/cli.js');
  const config = join(root, 'test/playwright/playwright.config.mjs');
  const { stdout, stderr } = await run(
    process.execPath,
    [cli, 'test', '-c', config, '--reporter=json', ...args],
    root,
    280_000,
    { HOLDFAST_PLAYWRIGHT_SPECS: specs, HOLDFAST_PLAYWRIGHT_OUTPUT: join(output, specs) },
  );
  const results = new Map<string, Result>();
  const collect = ({ suites = [], specs: own = [] }: Suite): void => {
    for (const { title, tests } of own) {
      for (const { projectName, results: all } of tests)
        results.set(`${projectName}: ${title}`, all.at(-1) as Result);
    }
    suites.forEach(collect);
  };
  try {
    JSON.parse(stdout).suites.forEach(collect);
  } catch {
    throw new Error(`Playwright has not run:\n${stdout}\n${stderr}`);
  }
  return results;
}

test('the specs pass', async () => {
  const results = await play('specs');
  const failed = [...results].filter(([, { status }]) => status !== 'passed');
  expect(failed.map(([title, { errors }]) => `${title}: ${errors.map(({ message }) => message)}`)).toEqual(
    [],
  );
  // The tests of Chromium, and of Firefox if it is installed.
  expect(results.size).toBeGreaterThanOrEqual(20);
  console.log(`Playwright: ${results.size} specs passed`);
}, 300_000);

test('a failed test reports what was seen, and attaches a log for the inspector', async () => {
  const results = await play('failing', '--project=chromium');
  const failed = results.get('chromium: fails') as Result;
  expect(failed.status).toBe('failed');
  expect(failed.errors[0]?.message).toContain('to be connected by polling within 100 ms');
  expect(failed.errors[0]?.message).toContain('connected by websocket in /');
  const attachment = failed.attachments.find(({ name }) => name === 'holdfast-log.json') as Attachment;
  expect(attachment.contentType).toBe('application/json');
  const log = parseLog(Buffer.from(attachment.body as string, 'base64').toString());
  expect(log.connections).toHaveLength(1);
  const events = log.connections[0]?.packets.map(({ direction, kind, event }) =>
    `${direction} ${kind} ${event ?? ''}`.trim(),
  );
  expect(events).toEqual(
    expect.arrayContaining(['out connect', 'in connect', 'in event hello', 'out event note', 'in ack note']),
  );

  expect(results.get('chromium: passes')).toMatchObject({ status: 'passed', attachments: [] });
  expect(results.get('chromium: rejects an object that is not a page')?.errors[0]?.message).toContain(
    'is not a page of Playwright',
  );
}, 120_000);
