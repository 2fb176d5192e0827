import { type Browser, firefox, webkit } from 'playwright';
import { launchChromium } from '../../support/browser.js';
import type { Driver } from './driver.js';

/** Drives Chromium, Firefox, and Playwright's own WebKit. */

export async function driveChromium(): Promise<Driver> {
  return drive('Chromium', await launchChromium());
}

export async function driveFirefox(executablePath: string): Promise<Driver> {
  // A Firefox that Playwright has not patched supports only WebDriver BiDi, which this channel selects.
  const own = executablePath === firefox.executablePath();
  return drive('Firefox', await firefox.launch({ executablePath, ...(!own && { channel: 'moz-firefox' }) }));
}

export async function drivePlaywrightWebKit(executablePath: string, proxy?: string): Promise<Driver> {
  const through = proxy === undefined ? {} : { proxy: { server: `http://${proxy}` } };
  return drive('WebKit', await webkit.launch({ executablePath, ...through }));
}

async function drive(name: string, browser: Browser): Promise<Driver> {
  const page = await browser.newPage();
  return {
    name,
    version: browser.version(),
    open: async (url) => void (await page.goto(url)),
    evaluate: (expression) => page.evaluate(expression),
    resize: (width, height) => page.setViewportSize({ width, height }),
    screenshot: () => page.screenshot(),
    close: () => browser.close(),
  };
}
