// Run by test/browser/playwright.test.ts; the variables name the browsers.
const { HOLDFAST_CHROMIUM = '/usr/bin/chromium', HOLDFAST_CHROMIUM_SHELL, HOLDFAST_FIREFOX } = process.env;

/** A Firefox that Playwright has not patched is driven by WebDriver BiDi, which does not report everything. */
const firefox = {
  name: 'firefox',
  ...(HOLDFAST_FIREFOX ? { grepInvert: /@bodies|@pages/ } : { grepInvert: /@bidi/ }),
  use: {
    browserName: 'firefox',
    ...(HOLDFAST_FIREFOX && { channel: 'moz-firefox', launchOptions: { executablePath: HOLDFAST_FIREFOX } }),
  },
};

export default {
  tsconfig: 'tsconfig.run.json',
  testDir: process.env.HOLDFAST_PLAYWRIGHT_SPECS ?? 'specs',
  outputDir: process.env.HOLDFAST_PLAYWRIGHT_OUTPUT,
  workers: 2,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  projects: [
    {
      name: 'chromium',
      grepInvert: /@bidi/,
      use: {
        browserName: 'chromium',
        launchOptions: {
          executablePath: HOLDFAST_CHROMIUM_SHELL ?? HOLDFAST_CHROMIUM,
          args: ['--no-sandbox', '--disable-gpu'],
        },
      },
    },
    ...(process.env.HOLDFAST_PLAYWRIGHT_FIREFOX === 'no' ? [] : [firefox]),
  ],
};
