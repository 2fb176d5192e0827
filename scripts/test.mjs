// npm test: every test. Arguments go to vitest, as in `npm test -- --project unit`.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootstrap, ensureInstalled } from './bootstrap.mjs';
import { tool } from './run.mjs';

const wanted = process.argv.slice(2);
const asked = wanted.filter((_, index) => wanted[index - 1] === '--project');
// Unit tests run the sources.
if (asked.length > 0 && asked.every((name) => name === 'unit')) await ensureInstalled();
else await bootstrap();
const { findChromium, findOtherEngines, findShell } = await import('./browsers.mjs');
/** Projects that need no browser. */
const WITHOUT_BROWSER = ['unit', 'node', 'compat', 'fuzz', 'malice', 'generations', 'model', 'cluster'];

/** @returns {Promise<Record<string, string>>} Environment variables with the paths of the browsers. */
async function browsers() {
  if (asked.length > 0 && asked.every((name) => WITHOUT_BROWSER.includes(name))) return {};
  const chromium = await findChromium();
  console.log(`holdfast: Chromium: ${chromium}`);
  return { HOLDFAST_CHROMIUM: chromium, ...(await findShell(chromium)), ...(await findOtherEngines()) };
}

const folder = await mkdtemp(join(tmpdir(), 'holdfast-test-'));
const report = join(folder, 'report.json');
const { code } = await tool(
  'vitest/vitest.mjs',
  ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...wanted],
  { env: await browsers() },
);

/** @returns {Promise<{ passed: number, failed: number }>} */
async function count() {
  try {
    const { numPassedTests, numFailedTests, testResults } = JSON.parse(await readFile(report, 'utf8'));
    // A file that fails to load has no tests that could fail.
    const broken = testResults.filter(
      (file) => file.status === 'failed' && file.assertionResults.length === 0,
    );
    return { passed: numPassedTests, failed: numFailedTests + broken.length };
  } catch {
    return { passed: 0, failed: 0 };
  }
}

const { passed, failed } = await count();
await rm(folder, { recursive: true, force: true });
// An error outside any test, or no test at all, is also a failure.
console.log(`${passed} passed, ${code === 0 ? failed : Math.max(failed, 1)} failed`);
process.exitCode = code;
