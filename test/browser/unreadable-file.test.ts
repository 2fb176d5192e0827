import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { useBrowser } from '../support/browser.js';
import { connect, disconnects } from '../support/connected-page.js';
import { useFixture } from '../support/fixture.js';

const fixture = useFixture({
  setup(app) {
    app.on('connection', (socket) => {
      socket.on('echo', (word: unknown, answer: (word: unknown) => void) => answer(word));
    });
  },
});
const browser = useBrowser();

test('over polling, a chosen file that was deleted before it is sent does not silence the socket', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-file-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'chosen.txt');
  await writeFile(path, 'chosen');

  const page = await browser.open('script');
  await page.clock.install();
  await page.reload();
  await page.evaluate(() => {
    document.body.append(Object.assign(document.createElement('input'), { type: 'file' }));
  });
  await page.locator('input').setInputFiles(path);
  await connect(page, fixture.proxy.url, { transports: ['polling'], upgrade: false });
  await rm(path);
  const readable = await page.evaluate(() => {
    const file = document.querySelector('input')?.files?.[0] as File;
    window.socket.emit('echo', file, () => {});
    return file.text().then(
      () => true,
      () => false,
    );
  });
  expect(readable).toBe(false);

  // Browsers report it, or say nothing: after this time the library gives up.
  await page.clock.runFor(10_000);
  await expect.poll(() => disconnects(page)).toEqual(['transport error']);
  expect(await page.evaluate(() => window.socket.emitWithAck('echo', 'after it'))).toBe('after it');
  expect(await disconnects(page)).toEqual(['transport error']);
});
