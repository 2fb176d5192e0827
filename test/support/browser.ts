import { type Browser, type BrowserContext, chromium, type Page } from 'playwright';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { type Loading, type PageServer, startPageServer } from './page-server.js';
import { installPageTools } from './page-tools.js';
import { freePort, host } from './ports.js';

/** One Chromium for the tests of a file. A test fails if one of its pages had an uncaught error. */

const executablePath = process.env.HOLDFAST_CHROMIUM ?? '/usr/bin/chromium';
/** For tests of pages. Also for those that start the browser by other means. */
export const pagesPath: string = process.env.HOLDFAST_CHROMIUM_SHELL ?? executablePath;
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];
/** Features that Playwright switches off to make tests fast and reproducible. */
const lifeOfPages = [
  '--disable-back-forward-cache',
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
];

export function launchChromium(...more: string[]): Promise<Browser> {
  return chromium.launch({ executablePath, args: [...args, ...more] });
}

/** The same without a window, where there is one: for tests of pages that need no tabs, windows or profiles. A page then starts in a third of the time. */
export function launchPages(...more: string[]): Promise<Browser> {
  return chromium.launch({ executablePath: pagesPath, args: [...args, ...more] });
}

/** A Chromium with a single context: the profile in this folder, with extensions. */
export function launchLasting(profile: string, ...more: string[]): Promise<BrowserContext> {
  return chromium.launchPersistentContext(profile, {
    executablePath,
    args: [...args, ...more],
    ignoreDefaultArgs: ['--disable-extensions'],
  });
}

export interface BrowserSettings {
  /**
   * Pages behave as for a user: one in the background is hidden and has slow timers, and one that is left enters the back/forward
   * cache. All pages share one profile with storage.
   */
  readonly lifelike?: boolean;
  /** Pages are loaded over https, from a server whose certificate is trusted. Every host name leads to this machine. */
  readonly secure?: boolean;
}

export interface TestBrowser {
  /** A page with the library loaded, for a first visit: nothing is remembered. Closed after the test. */
  open(loading: Loading): Promise<Page>;
  /** The origin of the pages. */
  readonly origin: string;
  /** The ids of the browser's own processes. */
  processes(): Promise<number[]>;
}

export interface Running {
  readonly browser: Browser;
  /** The context of all pages, unless each has its own. */
  readonly context?: BrowserContext;
  close(): Promise<void>;
}

/** Call it at the top of a test file. */
export function useBrowser({ lifelike = false, secure = false }: BrowserSettings = {}): TestBrowser {
  let running: Running;
  let pages: PageServer;
  const contexts: BrowserContext[] = [];
  const uncaught: string[] = [];
  const consoleErrors: string[] = [];

  beforeAll(async () => {
    [running, pages] = await Promise.all([
      lifelike ? launchLifelike() : launch(secure),
      startPageServer(secure),
    ]);
    if (running.context) await prepare(running.context);
  });

  afterEach(async ({ task }) => {
    if (running.context) await closePagesAfterLastWords(running.context);
    for (const context of contexts.splice(0)) {
      await closePagesAfterLastWords(context);
      await context.close();
    }
    if (task.result?.state === 'fail' && consoleErrors.length > 0) {
      console.error(`The page's console said:\n${consoleErrors.join('\n')}`);
    }
    consoleErrors.length = 0;
    expect(uncaught.splice(0), 'uncaught errors in the page').toEqual([]);
  });

  afterAll(async () => {
    await running?.close();
    await pages?.close();
  });

  async function prepare(context: BrowserContext): Promise<void> {
    context.on('weberror', (error) => uncaught.push(String(error.error().stack ?? error.error())));
    context.on('console', (message) => {
      if (message.type() === 'error') consoleErrors.push(message.text());
    });
    await context.addInitScript(installPageTools);
  }

  async function newContext(): Promise<BrowserContext> {
    const context = await running.browser.newContext({ ignoreHTTPSErrors: secure });
    contexts.push(context);
    await prepare(context);
    return context;
  }

  return {
    async open(loading) {
      const page = await (running.context ?? (await newContext())).newPage();
      await page.goto(`${pages.origin}/${loading}`);
      return page;
    },
    get origin() {
      return pages.origin;
    },
    async processes() {
      const session = await running.browser.newBrowserCDPSession();
      const { processInfo } = await session.send('SystemInfo.getProcessInfo');
      await session.detach();
      return processInfo.map(({ id }) => id);
    },
  };
}

async function launch(everyNameHere: boolean): Promise<Running> {
  const browser = await launchPages(...(everyNameHere ? ['--host-resolver-rules=MAP * 127.0.0.1'] : []));
  return { browser, close: () => browser.close() };
}

/** Playwright lets pages lose the focus only in the first profile of a browser that it did not set up itself. */
export async function launchLifelike(): Promise<Running> {
  const port = await freePort();
  const launched = await chromium.launch({
    executablePath,
    args: [...args, `--remote-debugging-port=${port}`],
    ignoreDefaultArgs: lifeOfPages,
  });
  const browser = await chromium.connectOverCDP(`http://${host}:${port}`, { noDefaults: true });
  const [context] = browser.contexts();
  if (context === undefined) throw new Error('The browser has no profile.');
  return {
    browser,
    context,
    async close() {
      await browser.close();
      await launched.close();
    },
  };
}

/** A new error may not have been reported yet; it arrives before the answer to an evaluation. */
async function closePagesAfterLastWords(context: BrowserContext): Promise<void> {
  for (const page of context.pages()) {
    if (page.isClosed()) continue;
    // A page that is navigating is asked again after it has arrived.
    await page.waitForFunction(() => true);
    await page.close();
  }
}
