import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { launchPages } from '../support/browser.js';
import { startServer, type TestServer } from '../support/server.js';
import { bundleApp } from './support/bundle-apps.js';

/** The inspector in a React app under StrictMode: it shows the connection in use, not one that React created and discarded. */

let server: TestServer;
let browser: Browser;
let pages: HttpServer;
let origin: string;
const scripts = new Map<string, string>();

beforeAll(async () => {
  pages = createServer(({ url = '' }, response) => {
    const { pathname } = new URL(url, 'http://pages');
    const script = scripts.get(pathname);
    response.writeHead(200, {
      'Content-Type': `${script ? 'text/javascript' : 'text/html'}; charset=utf-8`,
    });
    response.end(
      script ??
        `<!doctype html><html lang="en"><title>app</title><link rel="icon" href="data:,"><div id="root"></div><script type="module" src="${pathname}.js"></script>`,
    );
  });
  await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`;
  [server, browser] = await Promise.all([startServer({}), launchPages()]);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  pages?.closeAllConnections();
  pages?.close();
});

describe.each(['19', '18'] as const)('React %s', (version) => {
  beforeAll(async () => {
    const react = version === '18' ? { react: inject('frameworks').react18 } : {};
    scripts.set(`/react-${version}.js`, await bundleApp({ source: 'strict.tsx', ...react }));
  });

  test.each(['effect', 'memo', 'state'])('shows the live connection of a socket made by %s', async (way) => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${origin}/react-${version}?${new URLSearchParams({ url: server.url, way })}`);
    const id = (await page.locator('#id:not(:empty)').textContent()) as string;
    const panel = page.locator('holdfast-inspector');
    await panel.locator('.state').getByText('Connected').waitFor();
    // A discarded connection is in the list: the app has made two.
    await panel.getByLabel('Connection', { exact: true }).waitFor();
    expect(await panel.getByLabel('Connection', { exact: true }).locator('option').count()).toBe(2);
    await panel.getByRole('tab', { name: 'Namespaces' }).click();
    await panel.locator('.stacked').getByText(id).waitFor();
    await context.close();
  });
});
