import { type Browser, firefox, type Page } from 'playwright';
import { driveWebKitGtk } from '../engines/drivers/webkit-gtk.js';
import { launchChromium } from '../support/browser.js';

/** Browsers with several tabs, controlled by the test. */

export interface Tab {
  evaluate(expression: string): Promise<unknown>;
  go(url: string): Promise<void>;
  close(): Promise<void>;
  /** Actions on a tab that only some browsers support. */
  crash?(): Promise<void>;
  freeze?(): Promise<() => Promise<void>>;
  /** Suspends its script silently. */
  suspend?(): Promise<() => Promise<void>>;
  offline?(offline: boolean): Promise<void>;
  /** Ends the shared workers of its profile. */
  endWorkers?(): Promise<void>;
}

export interface TabBrowser {
  readonly name: string;
  /** Tabs of one profile. */
  profile(): Promise<{ open(url: string): Promise<Tab> }>;
  close(): Promise<void>;
}

export async function chromiumTabs(): Promise<TabBrowser> {
  // Otherwise tabs of one site may share a process, and hang and crash together.
  const browser = await launchChromium('--disable-features=ProcessPerSiteUpToMainFrameThreshold');
  return overPlaywright('Chromium', browser, true);
}

export async function firefoxTabs(executablePath: string): Promise<TabBrowser> {
  const own = executablePath === firefox.executablePath();
  const browser = await firefox.launch({ executablePath, ...(!own && { channel: 'moz-firefox' }) });
  return overPlaywright('Firefox', browser, false);
}

function overPlaywright(name: string, browser: Browser, devTools: boolean): TabBrowser {
  return {
    name,
    async profile() {
      const context = await browser.newContext();
      return {
        async open(url) {
          const page = await context.newPage();
          await page.goto(url);
          return {
            evaluate: (expression) => page.evaluate(expression),
            go: async (address) => void (await page.goto(address)),
            close: () => page.close(),
            ...(devTools && chromiumOnly(page)),
          };
        },
      };
    },
    close: () => browser.close(),
  };
}

function chromiumOnly(page: Page): Partial<Tab> {
  const client = page.context().newCDPSession(page);
  return {
    async crash() {
      const crashed = new Promise((resolve) => page.once('crash', resolve));
      (await client).send('Page.crash').catch(() => {});
      await crashed;
    },
    async freeze() {
      const session = await client;
      await session.send('Page.setWebLifecycleState', { state: 'frozen' });
      return async () => void (await session.send('Page.setWebLifecycleState', { state: 'active' }));
    },
    async suspend() {
      const session = await client;
      await session.send('Debugger.enable');
      await session.send('Debugger.pause');
      // Takes effect with the next statement.
      session.send('Runtime.evaluate', { expression: '0' }).catch(() => {});
      return async () => void (await session.send('Debugger.disable'));
    },
    async offline(offline) {
      await page.context().setOffline(offline);
    },
    async endWorkers() {
      const all = await (page.context().browser() as Browser).newBrowserCDPSession();
      const { targetInfo: own } = await (await client).send('Target.getTargetInfo');
      const { targetInfos } = await all.send('Target.getTargets');
      await Promise.all(
        targetInfos
          .filter(
            ({ type, browserContextId }) =>
              type === 'shared_worker' && browserContextId === own.browserContextId,
          )
          .map(({ targetId }) => all.send('Target.closeTarget', { targetId })),
      );
    },
  };
}

export async function webKitTabs(driverPath: string, browserPath: string): Promise<TabBrowser> {
  const driver = await driveWebKitGtk(driverPath, browserPath);
  return {
    name: 'WebKit',
    profile: async () => ({ open: (url) => driver.window(url) }),
    close: () => driver.close(),
  };
}
