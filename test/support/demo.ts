import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContext, Locator, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { launchPages } from './browser.js';
import { Announcements, patienceMs, within } from './waiting.js';

/** The demo as a visitor has it: its server as a separate process, its pages in Chromium. */

const script = fileURLToPath(new URL('../../demo/server.mjs', import.meta.url));

export interface Demo {
  readonly pageUrl: string;
  /** The server's output so far. */
  printed(): string;
  /** Waits until the server has printed it; ignores the first `from` characters. */
  prints(text: string | RegExp, from?: number): Promise<void>;
  /** The actions of the buttons, as the page sends them. */
  control(action: string, body?: object): Promise<void>;
  stop(): Promise<void>;
}

function run(env: Record<string, string>): ChildProcess {
  return spawn(process.execPath, [script], {
    env: { ...process.env, HOLDFAST_DEMO_PORT: '0', HOLDFAST_SOCKET_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

export async function startDemo(): Promise<Demo> {
  const child = run({});
  const announcements = new Announcements();
  let out = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (text: Buffer) => {
      out += text;
      announcements.announce();
    });
  }
  const address = /Page\s+(http:\S+)/;
  await announcements.until('the address of the demo', () => address.test(out));
  const pageUrl = address.exec(out)?.[1] ?? '';

  return {
    pageUrl,
    printed: () => out,
    prints: (text, from = 0) =>
      announcements.until(`the server to print ${text}`, () => {
        const part = out.slice(from);
        return typeof text === 'string' ? part.includes(text) : text.test(part);
      }),
    control: async (action, body = {}) => {
      const response = await fetch(`${pageUrl}/api/${action}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      });
      expect(response.status, `answer to ${action}`).toBe(200);
    },
    stop: async () => {
      child.kill();
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}

/** For a start that must fail: its output and exit code. */
export async function failedStart(
  env: Record<string, string>,
): Promise<{ code: number | null; said: string }> {
  const child = run(env);
  let said = '';
  child.stderr?.on('data', (text: Buffer) => {
    said += text;
  });
  const [code] = (await within(once(child, 'close'), 'the demo to give up')) as [number | null];
  return { code, said };
}

export interface DemoBrowser {
  readonly demo: Demo;
  readonly browser: Browser;
  /** The page of a first visit, before it loads. */
  newPage(options?: Parameters<Browser['newContext']>[0]): Promise<Page>;
}

/** Call it at the top of a test file. After each test, all faults are ended, and pages must have had no uncaught error. */
export function useDemo(): DemoBrowser {
  let demo: Demo;
  let browser: Browser;
  const contexts: BrowserContext[] = [];
  const uncaught: string[] = [];

  beforeAll(async () => {
    [demo, browser] = await Promise.all([startDemo(), launchPages()]);
  });

  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
    await demo.control('heal');
    expect(uncaught.splice(0), 'uncaught errors in the page').toEqual([]);
  });

  afterAll(async () => {
    await browser?.close();
    await demo?.stop();
  });

  return {
    get demo() {
      return demo;
    },
    get browser() {
      return browser;
    },
    async newPage(options = {}) {
      const context = await browser.newContext(options);
      context.setDefaultTimeout(patienceMs);
      context.on('weberror', (error) => uncaught.push(String(error.error().stack ?? error.error())));
      contexts.push(context);
      return context.newPage();
    },
  };
}

export const says = (list: Locator, text: string | RegExp): Promise<void> =>
  list.locator('p', { hasText: text }).first().waitFor();

/** The log may be hidden by another part of the dock. */
export const logs = (page: Page, text: string | RegExp): Promise<void> =>
  page.locator('#log p', { hasText: text }).first().waitFor({ state: 'attached' });

export const press = (page: Page, name: string): Promise<void> =>
  page.getByRole('button', { name, exact: true }).click();

/** Probes the server, and gives it time to answer: only then does silence prove that a connection is dead. */
export async function probed(page: Page): Promise<void> {
  await page.evaluate(() => void window.dispatchEvent(new Event('online')));
  await page.waitForTimeout(2_000);
}

/** Unfolds the folded parts of the page. */
export const unfold = (page: Page): Promise<void> =>
  page.evaluate(() => {
    for (const fold of document.querySelectorAll('details')) fold.open = true;
  });

/** Shows the buttons of all faults. */
export async function showFaults(page: Page): Promise<void> {
  const all = page.locator('#all-faults');
  await all.waitFor();
  if ((await all.getAttribute('aria-expanded')) === 'false') await all.click();
}

export async function strike(page: Page, fault: string): Promise<void> {
  const button = page.locator(`[data-fault="${fault}"]`);
  await button.waitFor({ state: 'attached' });
  if (!(await button.isVisible())) await showFaults(page);
  await button.click();
}

export const transport = (page: Page, name: 'websocket' | 'polling'): Promise<void> =>
  page.locator(`#pill[data-status="connected"][data-transport="${name}"]`).waitFor();

export const namespaceRow = (page: Page, name: string): Locator =>
  page.locator(`article[data-nsp="${name}"]`);

export const inState = (page: Page, name: string, state: 'connected' | 'waiting' | 'left'): Promise<void> =>
  page.locator(`article[data-nsp="${name}"][data-state="${state}"]`).waitFor();

export const idOf = (page: Page, name: string): Promise<string | null> =>
  namespaceRow(page, name).locator('.id').textContent();

/** Waits until both namespaces of the first page have their socket. */
export async function connected(page: Page): Promise<void> {
  await unfold(page);
  await page.locator('#status[data-status="connected"]').waitFor();
  for (const name of ['/', '/custom-namespace']) await inState(page, name, 'connected');
}

/** The first page, when it is connected. */
export async function visitFirstPage({ demo, newPage }: DemoBrowser): Promise<Page> {
  const page = await newPage();
  await page.goto(demo.pageUrl);
  await connected(page);
  return page;
}
