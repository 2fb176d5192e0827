import { mkdir } from 'node:fs/promises';
import { launchChromium } from '../support/browser.js';
import { inspectedPage, runSession, startSessionFixture } from './inspected-session.js';

/** Takes screenshots of every view of the inspector, and the one in the docs. */

const [, , ...args] = process.argv;
const forDocs = args.includes('--docs');
const folder = args.find((arg) => !arg.startsWith('--')) ?? 'test-results/visual';
const tabs = ['Overview', 'Attempts', 'Packets', 'Namespaces'];

await mkdir(folder, { recursive: true });
const fixture = await startSessionFixture();
const browser = await launchChromium();
try {
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [1280, 390]) {
      const context = await browser.newContext({
        colorScheme,
        viewport: { width, height: width > 400 ? 720 : 780 },
      });
      const page = await context.newPage();
      await page.goto(
        fixture.site.page(inspectedPage(width > 400 ? 'data-inspect' : 'data-inspect="bottom"')),
      );
      await runSession(page, fixture);
      if (forDocs && width > 400 && colorScheme === 'light') {
        await page.locator('holdfast-inspector').screenshot({ path: 'docs/inspector.png' });
      }
      for (const name of tabs) {
        await page.getByRole('tab', { name }).click();
        if (name === 'Packets' && width > 400) {
          await page.getByRole('switch', { name: 'Payloads' }).click();
          await page.waitForTimeout(800);
          await page
            .getByRole('row')
            .filter({ hasText: '→ out' })
            .filter({ hasText: 'order:place' })
            .last()
            .click();
        }
        await page.waitForTimeout(400);
        await page.screenshot({ path: `${folder}/${name.toLowerCase()}-${colorScheme}-${width}.png` });
      }
      await context.close();
    }
  }
} finally {
  await browser.close();
  await fixture.close();
}
process.exit();
