// Finds a Chromium that starts, or installs one.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fail, run, tool } from './run.mjs';

/** A browser that starts prints its version within a second; the first start on a cold disk takes longer. */
const START_LIMIT_MS = 30_000;
/** About 170 MB to load. */
const PLAYWRIGHT_LIMIT_MS = 240_000;
/** A mirror that does not answer is given up after this time. Playwright tries several, more than once each. */
const PLAYWRIGHT_CONNECT_LIMIT_MS = 10_000;
const APT_UPDATE_LIMIT_MS = 60_000;
const APT_INSTALL_LIMIT_MS = 240_000;

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** @param {string | undefined} path @returns {Promise<boolean>} */
async function starts(path) {
  if (!path || !existsSync(path)) return false;
  const { code, output } = await run(path, ['--version'], { quiet: true, limitMs: START_LIMIT_MS });
  return code === 0 && /Chrom/.test(output);
}

/** @param {(string | undefined)[]} paths */
async function firstThatStarts(paths) {
  for (const path of paths) if (await starts(path)) return path;
  return undefined;
}

async function byEnvironment() {
  for (const variable of ['HOLDFAST_CHROMIUM', 'CHROME_PATH']) {
    const path = process.env[variable];
    if (!path) continue;
    if (await starts(path)) return path;
    console.warn(`holdfast: ${variable} names ${path}, which does not start; looking further.`);
  }
  return undefined;
}

async function ofPlaywright() {
  const { chromium } = await import('playwright');
  return firstThatStarts([chromium.executablePath()]);
}

function onPath() {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return firstThatStarts(NAMES.flatMap((name) => folders.map((folder) => join(folder, name))));
}

async function installedByPlaywright() {
  console.log('holdfast: no Chromium found; trying `npx playwright install chromium`');
  await tool('playwright/cli.js', ['install', 'chromium'], {
    env: { PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT: String(PLAYWRIGHT_CONNECT_LIMIT_MS) },
    limitMs: PLAYWRIGHT_LIMIT_MS,
  });
  return ofPlaywright();
}

async function installedByApt() {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return undefined;
  console.log('holdfast: trying `apt-get install chromium`');
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['update'], { env, limitMs: APT_UPDATE_LIMIT_MS });
  await run('apt-get', ['install', '-y', 'chromium'], { env, limitMs: APT_INSTALL_LIMIT_MS });
  return onPath();
}

/** @returns {Promise<string>} The path of a Chromium that starts. Ends the process with a message if there is none. */
export async function findBrowser() {
  for (const attempt of [byEnvironment, ofPlaywright, onPath, installedByPlaywright, installedByApt]) {
    const path = await attempt();
    if (path) return path;
  }
  return fail(
    [
      'The browser tests need Chromium, and none was found that starts. Any one of these will do:',
      '  - install Chromium or Chrome so that `chromium --version` or `google-chrome --version` works;',
      '  - npx playwright install --with-deps chromium;',
      '  - set HOLDFAST_CHROMIUM to the path of a Chromium or Chrome.',
      'The tests that need no browser run with: npx vitest run --project unit --project node',
    ].join('\n'),
  );
}
