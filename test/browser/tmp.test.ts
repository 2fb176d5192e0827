import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { launchChromium } from '../support/browser.js';
import { startDurableSite, startInPage, startRecipeServer } from '../support/durable-site.js';

test('tmp', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'durable-'));
  const site = await startDurableSite();
  const browser = await launchChromium();
  const server = await startRecipeServer(folder, true);
  const context = await browser.newContext();
  const page = await context.newPage();
  page.on('console', (m) => console.log(m.text()));
  await page.goto(`${site.origin}/`);
  await page.evaluate(() => {
    const { transaction } = IDBDatabase.prototype;
    const { open } = IDBFactory.prototype;
    IDBFactory.prototype.open = function (...a) { const r = open.apply(this, a as never); r.addEventListener('error', () => console.log('open error', r.error?.name, r.error?.message)); r.addEventListener('success', () => { console.log('open', a[0]); r.result.addEventListener('close', () => console.log('close')); }); r.addEventListener('blocked', () => console.log('blocked')); return r; };
    IDBDatabase.prototype.transaction = function (...a) {
      let t: IDBTransaction;
      try { t = transaction.apply(this, a as never); } catch (e) { console.log('throws', (e as Error).name); throw e; }
      console.log('tx', a[1]);
      t.addEventListener('abort', () => console.log('abort', a[1], t.error?.name, t.error?.message));
      t.addEventListener('complete', () => console.log('complete', a[1]));
      return t;
    };
  });
  await page.evaluate(startInPage, { url: server.url, cell: 'x' });
  const devtools = await context.newCDPSession(page);
  console.log('--- quota');
  await devtools.send('Storage.overrideQuotaForOrigin', { origin: site.origin, quotaSize: 1 });
  const emit = (item: string) => page.evaluate((item) => window.tabs.x?.emit([item])[0]?.then(() => 'ok', (e) => e.code), item);
  console.log(await emit('x'.repeat(500_000)));
  console.log(await emit('x'.repeat(500_000)));
  await devtools.send('Storage.overrideQuotaForOrigin', { origin: site.origin });
  console.log('--- clear');
  const all = page.evaluate(() => Promise.all(window.tabs.x?.emit(Array.from({ length: 1000 }, (_, n) => (n % 100 === 0 && console.log('emit', n), `c${n}`))).map((p) => p.then(() => 'ok', (e) => e.code)) ?? []));
  for (let i = 0; i < 5; i++) {
    await devtools.send('Storage.clearDataForOrigin', { origin: site.origin, storageTypes: 'indexeddb' });
    console.log('cleared');
  }
  console.log(await Promise.race([all.then((l) => [...new Set(l)]), new Promise((r) => setTimeout(r, 12_000))]));
  console.log(server.handled('c').length, await page.evaluate(async () => [window.tabs.x?.errors, (await window.tabs.x?.outbox.pending()).length]));
  expect(1).toBe(1);
  await browser.close();
});
