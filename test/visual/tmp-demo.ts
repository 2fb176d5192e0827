import { mkdir } from 'node:fs/promises';
import { launchChromium } from '../support/browser.js';
import { spawn } from 'node:child_process';
const folder = '/tmp/house-shots';
await mkdir(folder, { recursive: true });
const child = spawn(process.execPath, ['/tmp/wt/house/demo/server.mjs'], { env: { ...process.env, HOLDFAST_DEMO_PORT: '0', HOLDFAST_SOCKET_PORT: '0' } });
let out = '';
child.stdout.on('data', (t) => { out += t; });
child.stderr.on('data', (t) => { out += t; });
while (!/Page\s+(http:\S+)/.test(out)) await new Promise((r) => setTimeout(r, 100));
const url = /Page\s+(http:\S+)/.exec(out)![1];
const browser = await launchChromium();
const path = process.argv[2] ?? '/';
const name = process.argv[3] ?? 'demo';
const full = process.argv.includes('full');
const press = process.argv.includes('press');
try {
  await Promise.all([[1280, 'light'], [1280, 'dark'], [768, 'light'], [390, 'dark'], [360, 'light']].map(async ([width, colorScheme]) => {
    const context = await browser.newContext({ colorScheme: colorScheme as 'light', viewport: { width: width as number, height: width as number > 500 ? 860 : 800 } });
    const page = await context.newPage();
    page.on('pageerror', (e) => console.log('pageerror', e.stack));
    await page.goto(url + path);
    await page.waitForTimeout(3500);
    (page as any).key = `${width}-${colorScheme}`;
    await page.screenshot({ path: `${folder}/${name}-${width}-${colorScheme}.png`, fullPage: full });
  }));
  if (press) {
    const pages = browser.contexts().map((c) => c.pages()[0] as any);
    await pages[0].locator('#try').click();
    await new Promise((r) => setTimeout(r, 4500));
    await Promise.all(pages.map((p) => p.screenshot({ path: `${folder}/${name}-press-${p.key}.png`, fullPage: full })));
    await new Promise((r) => setTimeout(r, 28000));
    await Promise.all(pages.map((p) => p.screenshot({ path: `${folder}/${name}-after-${p.key}.png`, fullPage: full })));
  }
} finally { await browser.close(); child.kill(); }
console.log(out.split('\n').filter((l) => /rror/.test(l)).join('\n'));
process.exit();
