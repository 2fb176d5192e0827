import { type Browser, type BrowserContext, chromium, type Page } from 'playwright';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { type Loading, type PageServer, startPageServer } from './page-server.js';
import { installPageTools } from './page-tools.js';

/** One Chromium for the tests of a file. A test fails when one of its pages had an uncaught error. */

const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: process.env.HOLDFAST_CHROMIUM ?? '/usr/bin/chromium', args });
}

export interface TestBrowser {
  /** A page with the library loaded, for somebody who was never here: nothing is remembered. Gone after the test. */
  open(loading: Loading): Promise<Page>;
  /** Where the pages come from. */
  readonly origin: string;
}

/** To be called at the top of a test file. */
export function useBrowser(): TestBrowser {
  let browser: Browser;
  let pages: PageServer;
  const contexts: BrowserContext[] = [];
  const uncaught: string[] = [];
  const consoleErrors: string[] = [];

  beforeAll(async () => {
    [browser, pages] = await Promise.all([launchChromium(), startPageServer()]);
  });

  afterEach(async ({ task }) => {
    for (const context of contexts.splice(0)) await closeAfterLastWords(context);
    if (task.result?.state === 'fail' && consoleErrors.length > 0) {
      console.error(`The page's console said:\n${consoleErrors.join('\n')}`);
    }
    consoleErrors.length = 0;
    expect(uncaught.splice(0), 'uncaught errors in the page').toEqual([]);
  });

  afterAll(async () => {
    await browser?.close();
    await pages?.close();
  });

  async function open(loading: Loading): Promise<Page> {
    const context = await browser.newContext();
    contexts.push(context);
    context.on('weberror', (error) => uncaught.push(String(error.error().stack ?? error.error())));
    context.on('console', (message) => {
      if (message.type() === 'error') consoleErrors.push(message.text());
    });
    await context.addInitScript(installPageTools);
    const page = await context.newPage();
    await page.goto(`${pages.origin}/${loading}`);
    return page;
  }

  return {
    open,
    get origin() {
      return pages.origin;
    },
  };
}

/** An error that was thrown just now is still on its way; it comes before the answer to a question. */
async function closeAfterLastWords(context: BrowserContext): Promise<void> {
  for (const page of context.pages()) {
    if (!page.isClosed()) await page.evaluate(() => undefined);
  }
  await context.close();
}
