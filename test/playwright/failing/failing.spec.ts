import type { Page } from '@playwright/test';
import { expect, test } from 'holdfast/playwright';
import { type App, startApp } from '../app.js';

/** Fails on purpose: test/browser/playwright.test.ts checks the attachments. */

let app: App;
test.beforeAll(async () => {
  app = await startApp();
});
test.afterAll(() => app.close());

test('fails', async ({ page }) => {
  await page.goto(`${app.url}/holdfast`);
  await expect(page).toBeConnected();
  expect(await page.evaluate('ask("secret?")')).toBe('noted: secret?');
  await expect(page).toBeConnected({ transport: 'polling', timeout: 100 });
});

test('passes', async ({ page }) => {
  await page.goto(`${app.url}/holdfast`);
  await expect(page).toBeConnected();
});

test('rejects an object that is not a page', async () => {
  await expect({} as Page).toBeConnected();
});
