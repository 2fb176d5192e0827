// Finds the browsers of the tests, or installs them: Chromium, Firefox and WebKit.
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fail, run, tool } from './run.mjs';

/** A browser that starts prints its version within a second; the first start on a cold disk takes longer. */
const START_LIMIT_MS = 30_000;
/** About 170 MB to load. */
const PLAYWRIGHT_LIMIT_MS = 240_000;
/** A mirror that does not answer is abandoned after this time. Playwright tries several, more than once each. */
const PLAYWRIGHT_CONNECT_LIMIT_MS = 10_000;
const APT_UPDATE_LIMIT_MS = 60_000;
const APT_INSTALL_LIMIT_MS = 240_000;

/**
 * @typedef {object} Kind
 * @property {'chromium' | 'firefox' | 'webkit'} id Its name in Playwright; that of the engine.
 * @property {string} title
 * @property {string[]} variables Environment variables that may name it.
 * @property {RegExp} [says] Matches its version output; absent if it needs a screen to print it.
 * @property {() => string[]} places Other possible paths.
 * @property {string[]} packages Debian packages.
 */

/** @type {Record<'chromium' | 'shell' | 'firefox' | 'webkit', Kind>} */
const kinds = {
  chromium: {
    id: 'chromium',
    title: 'Chromium',
    variables: ['HOLDFAST_CHROMIUM', 'CHROME_PATH'],
    says: /Chrom/,
    places: () => onPath('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'),
    packages: ['chromium'],
  },
  // Chromium without its window: a page costs a third of the processor's time.
  shell: {
    id: 'chromium',
    title: 'Chromium without a window',
    variables: ['HOLDFAST_CHROMIUM_SHELL'],
    says: /Chrom/,
    places: () => onPath('chromium-headless-shell', 'chrome-headless-shell'),
    packages: ['chromium-headless-shell'],
  },
  firefox: {
    id: 'firefox',
    title: 'Firefox',
    variables: ['HOLDFAST_FIREFOX'],
    says: /Firefox/,
    places: () => onPath('firefox-esr', 'firefox'),
    packages: ['firefox-esr'],
  },
  webkit: {
    id: 'webkit',
    title: 'WebKit',
    variables: ['HOLDFAST_WEBKIT'],
    // WebKitGTK's own, which is driven through its WebDriver, on a screen in memory.
    places: () => (webKitDriver() && onPath('Xvfb').length > 0 ? miniBrowsers() : []),
    packages: ['webkit2gtk-driver', 'xvfb'],
  },
};

/** @param {...string} names @returns {string[]} */
const onPath = (...names) => {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).filter(existsSync);
};

const webKitDriver = () => onPath('WebKitWebDriver')[0];

/** @param {string} folder @param {RegExp} name @returns {string[]} The entries with such a name. */
const within = (folder, name) =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((entry) => name.test(entry))
        .map((entry) => join(folder, entry))
    : [];

const miniBrowsers = () =>
  ['/usr/libexec', ...within('/usr/lib', /-linux-gnu$/)]
    .flatMap((folder) => within(folder, /^webkit2gtk-[\d.]+$/))
    .map((folder) => join(folder, 'MiniBrowser'))
    .filter(existsSync);

/** @param {Kind} kind @param {string | undefined} path */
async function starts({ id, says }, path) {
  if (!path || !existsSync(path)) return false;
  if (!says) return true;
  const { code, output } = await run(path, ['--version'], { quiet: true, limitMs: START_LIMIT_MS });
  return code === 0 && says.test(output) && (id !== 'firefox' || (await isDriven(path)));
}

/** Playwright drives Firefox by commands that older ones do not know. @param {string} path */
async function isDriven(path) {
  const { firefox } = await import('playwright');
  const own = path === firefox.executablePath();
  try {
    const browser = await firefox.launch({
      executablePath: path,
      timeout: START_LIMIT_MS,
      ...(!own && { channel: 'moz-firefox' }),
    });
    await browser.close();
    return true;
  } catch (error) {
    const [reason] = String(error).split('\n');
    console.warn(`holdfast: Playwright cannot drive ${path} (${reason}); looking further.`);
    return false;
  }
}

/** @param {Kind} kind @param {(string | undefined)[]} paths */
async function firstThatStarts(kind, paths) {
  for (const path of paths) if (await starts(kind, path)) return path;
  return undefined;
}

/** @param {Kind} kind */
async function byEnvironment(kind) {
  for (const variable of kind.variables) {
    const path = process.env[variable];
    if (!path) continue;
    if (await starts(kind, path)) return path;
    console.warn(`holdfast: ${variable} names ${path}, which does not start; looking further.`);
  }
  return undefined;
}

/** @param {Kind} kind */
async function ofPlaywright(kind) {
  const playwright = await import('playwright');
  return firstThatStarts(kind, [playwright[kind.id].executablePath()]);
}

/** @param {Kind} kind */
const ofTheSystem = (kind) => firstThatStarts(kind, kind.places());

/** @param {Kind} kind */
async function installedByPlaywright(kind) {
  console.log(`holdfast: no ${kind.title} found; trying \`npx playwright install ${kind.id}\``);
  await tool('playwright/cli.js', ['install', kind.id], {
    env: { PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT: String(PLAYWRIGHT_CONNECT_LIMIT_MS) },
    limitMs: PLAYWRIGHT_LIMIT_MS,
  });
  return ofPlaywright(kind);
}

/** @param {Kind} kind */
async function installedByApt(kind) {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return undefined;
  console.log(`holdfast: trying \`apt-get install ${kind.packages.join(' ')}\``);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['update'], { env, limitMs: APT_UPDATE_LIMIT_MS });
  await run('apt-get', ['install', '-y', ...kind.packages], { env, limitMs: APT_INSTALL_LIMIT_MS });
  return ofTheSystem(kind);
}

/** @param {Kind} kind @returns {Promise<string | undefined>} The path of one that starts. */
async function find(kind) {
  for (const attempt of [byEnvironment, ofPlaywright, ofTheSystem, installedByPlaywright, installedByApt]) {
    const path = await attempt(kind);
    if (path) return path;
  }
  return undefined;
}

/** @returns {Promise<string>} The path of a Chromium that starts. Ends the process with a message if there is none. */
export async function findChromium() {
  return (
    (await find(kinds.chromium)) ??
    fail(
      [
        'The browser tests need Chromium, and none was found that starts. Any one of these will do:',
        '  - install Chromium or Chrome so that `chromium --version` or `google-chrome --version` works;',
        '  - npx playwright install --with-deps chromium;',
        '  - set HOLDFAST_CHROMIUM to the path of a Chromium or Chrome.',
        'The tests that need no browser run with: npx vitest run --project unit --project node',
      ].join('\n'),
    )
  );
}

/**
 * The Chromium without a window, for tests that only need pages. Where there is none, they use the other one. It is looked for and installed
 * only beside a Chromium of the system: otherwise somebody has chosen one.
 *
 * @param {string} chromium @returns {Promise<Record<string, string>>} An environment variable with its path, for the tests.
 */
export async function findShell(chromium) {
  const ofSystem = kinds.chromium.places().includes(chromium);
  for (const attempt of ofSystem ? [byEnvironment, ofTheSystem, installedByApt] : [byEnvironment]) {
    const path = await attempt(kinds.shell);
    if (path) return { HOLDFAST_CHROMIUM_SHELL: path };
  }
  return {};
}

/**
 * The engines other than Chromium. A missing one is reported and skipped; in CI, the tests then fail.
 *
 * @returns {Promise<Record<string, string>>} Environment variables with their paths, for the tests.
 */
export async function findOtherEngines() {
  const firefox = await find(kinds.firefox);
  const webkit = await find(kinds.webkit);
  for (const [{ title, packages }, path] of /** @type {const} */ ([
    [kinds.firefox, firefox],
    [kinds.webkit, webkit],
  ])) {
    const otherwise = `not found: its tests are left out (Debian: apt-get install ${packages.join(' ')})`;
    console.log(`holdfast: ${title}: ${path ?? otherwise}`);
  }
  const driver = webkit?.endsWith('MiniBrowser') ? webKitDriver() : undefined;
  return {
    ...(firefox && { HOLDFAST_FIREFOX: firefox }),
    ...(webkit && { HOLDFAST_WEBKIT: webkit }),
    ...(driver && { HOLDFAST_WEBKIT_DRIVER: driver }),
  };
}
