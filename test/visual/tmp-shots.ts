import { mkdir, readFile } from 'node:fs/promises';
import { launchChromium } from '../support/browser.js';
import { inspectedPage, startSessionFixture } from './inspected-session.js';
const folder = '/tmp/house-shots';
await mkdir(folder, { recursive: true });
const fixture = await startSessionFixture();
const browser = await launchChromium();
const log = await readFile(new URL('inspector-log.json', import.meta.url), 'utf8');
const only = process.argv[2]?.split(',');
try {
  const widths = [1280, 768, 390, 360];
  await Promise.all(widths.map(async (width) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      if (colorScheme === 'dark' && width !== 1280 && width !== 360) continue;
      const context = await browser.newContext({ colorScheme, viewport: { width, height: 760 } });
      const page = await context.newPage();
      await page.goto(fixture.site.page(inspectedPage('data-inspect')));
      await page.evaluate(async ({url, log}) => {
        const socket = (window as any).io(url, { reconnectionDelay: 200, reconnectionDelayMax: 300, timeout: 500 });
        (window as any).io(url + '/chat', { forceNew: true, autoConnect: false });
        socket.on('x', () => {});
        await socket.ready();
        socket.io.socket('/admin'); socket.io.socket('/chat');
        for (let i = 0; i < 12; i++) await socket.emitWithAck('order:place', { symbol: 'HLD', amount: i });
      }, { url: fixture.proxy.url, log });
      await page.waitForTimeout(1500);
      const tabs = ['Overview', 'Attempts', 'Packets', 'Namespaces', 'Doctor'];
      (page as any).tabsOf = tabs;
      (page as any).key = `${width}-${colorScheme}`;
      await page.getByRole('tab', { name: 'Packets' }).click();
      await page.screenshot({ path: `${folder}/packets-${width}-${colorScheme}.png` });
      await page.getByRole('tab', { name: 'Namespaces' }).click();
      await page.waitForTimeout(300);
      await page.screenshot({ path: `${folder}/namespaces-${width}-${colorScheme}.png` });
    }
  }));
  await fixture.proxy.down();
  await new Promise((r) => setTimeout(r, 6000));
  await Promise.all(browser.contexts().map(async (context) => {
    const [page] = context.pages() as any[];
    for (const name of ['Overview', 'Attempts']) {
      await page.getByRole('tab', { name }).click();
      await page.waitForTimeout(400);
      await page.screenshot({ path: `${folder}/${name.toLowerCase()}-${page.key}.png` });
    }
    await page.getByRole('tab', { name: 'Doctor' }).click();
    await page.waitForTimeout(300);
    await page.screenshot({ path: `${folder}/doctor0-${page.key}.png` });
    await page.getByRole('button', { name: 'Run the doctor' }).click();
    await page.getByText('cannot connect (').waitFor();
    await page.screenshot({ path: `${folder}/doctor-${page.key}.png` });
    await page.locator('holdfast-inspector input[type=file]').setInputFiles({ name: 'l.json', mimeType: 'application/json', buffer: Buffer.from(log) });
    await page.getByRole('tab', { name: 'Overview' }).click();
    await page.waitForTimeout(400);
    await page.screenshot({ path: `${folder}/log-${page.key}.png` });
  }));
} finally {
  await browser.close();
  await fixture.close();
}
process.exit();
