import { launchChromium } from '../support/browser.js';
import { startDemo } from '../support/demo.js';
const folder = '/tmp/house-shots';
const demo = await startDemo();
const browser = await launchChromium();
const log = (w: any) => console.log(w);
try {
  await Promise.all([[1280, 'light'], [768, 'dark'], [360, 'light']].map(async ([width, colorScheme]) => {
    const context = await browser.newContext({ colorScheme: colorScheme as 'light', viewport: { width: width as number, height: 860 } });
    const page = await context.newPage();
    page.on('pageerror', (e) => log('pageerror ' + e.stack));
    await page.goto(demo.pageUrl + '/doctor.html');
    await page.getByRole('button', { name: /A wrong path/ }).click();
    await page.locator('#outcome[data-ok=false]').waitFor({ timeout: 20000 });
    await page.screenshot({ path: `${folder}/docrun-${width}.png`, fullPage: true });
    await page.goto(demo.pageUrl + '/whiteboard.html');
    await page.waitForTimeout(2500);
    await page.screenshot({ path: `${folder}/wb-${width}.png`, fullPage: true });
    await page.goto(demo.pageUrl + '/');
    await page.waitForTimeout(2500);
    await page.locator('#all-faults').click();
    for (const s of await page.locator('.fold > summary').all()) await s.click();
    await page.waitForTimeout(800);
    await page.screenshot({ path: `${folder}/open-${width}.png`, fullPage: true });
    log([width, await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)]);
  }));
} finally { await browser.close(); await demo.stop(); }
process.exit();
