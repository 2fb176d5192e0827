import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright';
import { describe, expect, onTestFinished, test } from 'vitest';
import type * as Tools from '../../src/plugins/inspector/index.js';
import { connectIn, modules, scripts, useInspectedPages } from '../support/inspected.js';

/** The inspector's output: log files, which can be opened again, and console lines. */

const pages = useInspectedPages();

const panel = (page: Page): Locator => page.locator('holdfast-inspector');

/** A log of a connection with secrets, a cut, and a packet, saved by the button. */
async function savedLog(attributes: string): Promise<{ text: string; path: string }> {
  const page = await pages.show(scripts(attributes));
  await page.context().addCookies([{ name: 'session', value: 'hush-cookie', url: pages.proxy.url }]);
  await connectIn(page, `${pages.proxy.url}/?key=hush-query`, {
    auth: { token: 'hush-auth' },
    extraHeaders: { 'x-key': 'hush-header' },
    query: { more: 'hush-option' },
    withCredentials: true,
    transports: ['polling'],
  });
  await page.evaluate(() => window.socket.emitWithAck('ask', 'hush-payload'));
  pages.server.latest().conn.close();
  await panel(page).locator('.journal').getByText('missed what was sent').waitFor();
  const download = page.waitForEvent('download');
  await panel(page).getByRole('button', { name: 'Save log' }).click();
  const path = await (await download).path();
  return { text: await readFile(path, 'utf8'), path };
}

describe('a log', () => {
  test('is saved without secrets, and can be opened in another page', async () => {
    const { text, path } = await savedLog('data-inspect');
    expect(text).not.toContain('hush');
    expect(JSON.parse(text)).toMatchObject({ format: 'holdfast-log', payloads: false });

    const other = await pages.show(scripts('data-inspect'));
    await panel(other).locator('input[type=file]').setInputFiles(path);
    await panel(other).getByRole('alert').getByText('Opened a log of').waitFor();
    await panel(other).locator('.state').getByText('saved log').waitFor();
    await panel(other).locator('.journal').getByText('missed what was sent').waitFor();
    await panel(other).getByRole('tab', { name: 'Packets' }).click();
    await panel(other).getByRole('row').filter({ hasText: 'ACK ask' }).waitFor();
    await panel(other).getByRole('tab', { name: 'Attempts' }).click();
    await panel(other).locator('.rounds').getByText('won').first().waitFor();
  });

  test('has the payloads that were shown, and no other secret', async () => {
    const { text } = await savedLog('data-inspect data-payloads');
    expect(text).toContain('hush-payload');
    expect(text.replaceAll('hush-payload', '')).not.toContain('hush');
  });

  test('can be dropped on the panel, and opened by a program', async () => {
    const { text } = await savedLog('data-inspect');
    const page = await pages.show(scripts('data-inspect'));
    await panel(page)
      .locator('section')
      .evaluate((section, text) => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File([text], 'log.json', { type: 'application/json' }));
        for (const type of ['dragover', 'drop']) {
          section.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer }));
        }
      }, text);
    await panel(page).locator('.state').getByText('saved log').waitFor();
    await page.evaluate(
      (text) => (window.io as never as { openLog(log: string): Promise<unknown> }).openLog(text),
      text,
    );
    expect(await panel(page).count()).toBe(2);
  });

  test.each([
    ['{"cut off', 'This file is not JSON'],
    ['{"log":{}}', 'not a log of a holdfast inspector'],
    ['{"format":"holdfast-log","version":1}', 'has version 1'],
    [
      '{"format":"holdfast-log","version":2,"savedAt":"2026-11-27T00:57:02.472Z","payloads":false,"connections":[{}]}',
      'This log is damaged: connections[0].address is not a text.',
    ],
    [`${'['.repeat(1e6)}`, 'nested more than 20 levels deep'],
  ])('is rejected with a clear message if it is invalid: %#', async (text, words) => {
    const page = await pages.show(scripts('data-inspect'));
    const file = { name: 'log.json', mimeType: 'application/json', buffer: Buffer.from(text) };
    await panel(page).locator('input[type=file]').setInputFiles(file);
    await panel(page).getByRole('alert').getByText(words).waitFor();
    await panel(page).getByRole('button', { name: 'Dismiss' }).click();
    await panel(page).getByRole('alert').waitFor({ state: 'hidden' });
  });
});

test('a file of more than 64 MB is rejected with a clear message, however it is opened', async () => {
  const page = await pages.show(scripts('data-inspect'));
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-log-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'log.json');
  await writeFile(path, '');
  await truncate(path, 65 * 2 ** 20);
  const words = 'This file has 65 MB; a log has 64 MB at most.';
  await panel(page).locator('input[type=file]').setInputFiles(path);
  await panel(page).getByRole('alert').getByText(words).waitFor();
  await panel(page).getByRole('button', { name: 'Dismiss' }).click();
  await panel(page)
    .locator('section')
    .evaluate((section) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([new Uint8Array(65 * 2 ** 20)], 'log.json'));
      for (const type of ['dragover', 'drop'])
        section.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer }));
    });
  await panel(page).getByRole('alert').getByText(words).waitFor();
  const refusals = await page.evaluate(async () => {
    const { openLog } = window.io as never as { openLog(log: Blob | string): Promise<unknown> };
    const logs = ['x'.repeat(65 * 2 ** 20), new Blob([new Uint8Array(65 * 2 ** 20)])];
    return Promise.all(logs.map((log) => openLog(log).catch((error: Error) => error.message)));
  });
  expect(refusals).toEqual([words, words]);
  expect(await panel(page).count()).toBe(1);
});

test("opened logs never replace the page's connection, however many there are", async () => {
  const { text } = await savedLog('data-inspect');
  const { url } = pages.server;
  const page = await pages.show(`<script src="/holdfast.min.js"></script>${modules}`);
  await connectIn(page, url);
  const addresses = await page.evaluate(
    async ({ text, url }) => {
      const { tools, io } = window as never as { tools: typeof Tools; io: Window['io'] };
      const inspector = tools.inspect(window.socket);
      for (let i = 0; i < 15; i++) await inspector.open(text);
      const opened = inspector.log().connections.map(({ address }) => address);
      // Nor does a connection that is in use make room for others that are not.
      for (let i = 0; i < 15; i++) inspector.add(io(`${url}/?n=${i}`, { path: `/${i}`, autoConnect: false }));
      return [opened, inspector.log().connections.map(({ address }) => address)];
    },
    { text, url },
  );
  const logged = Array(12).fill(JSON.parse(text).connections[0].address);
  expect(addresses).toEqual([
    [`${url}/socket.io`, ...logged],
    [`${url}/socket.io`, ...[4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14].map((n) => `${url}/${n}`), ...logged],
  ]);
});

describe('localStorage.debug', () => {
  test.each([
    ['holdfast*', true],
    ['holdfast:state', false],
    ['', undefined],
  ])('"%s" makes the inspector’s script tag print the lines it selects', async (filter, packets) => {
    const page = await pages.show(scripts(''));
    await page.evaluate((filter) => localStorage.setItem('debug', filter), filter);
    await connectIn(page, `${pages.server.url}/?key=hush`, { auth: { token: 'hush' } });
    await page.evaluate(() => window.socket.emitWithAck('ask', 'private'));
    const lines = pages.said.filter((line) => line.startsWith('holdfast:'));
    expect(lines.join()).not.toMatch(/hush|private/);
    const found = [
      /^holdfast:state \+\d+ms connected over websocket$/,
      /^holdfast:packet \+\d+ms → \/ event "ask" #0, 20 B$/,
    ].map((wanted) => lines.some((line) => wanted.test(line)));
    expect(found).toEqual([packets !== undefined, packets === true]);
    if (packets === undefined) expect(lines).toEqual([]);
  });

  test('is read by the module when `debug()` is called', async () => {
    const page = await pages.show(`<script src="/holdfast.min.js"></script>${modules}`);
    await page.evaluate(() => localStorage.setItem('debug', '*,-holdfast*'));
    await connectIn(page, pages.server.url);
    await page.evaluate(async () => {
      const { tools } = window as never as { tools: typeof Tools };
      localStorage.setItem('debug', 'holdfast:packet');
      tools.debug(window.socket);
      await window.socket.emitWithAck('ask', 1);
    });
    const lines = pages.said.filter((line) => line.startsWith('holdfast:'));
    expect(lines).toEqual([
      expect.stringMatching(/^holdfast:packet \+0ms → \/ event "ask" #0, 12 B$/),
      expect.stringMatching(/^holdfast:packet \+\d+ms ← \/ ack "ask" #0, \d+ B, after [\d.]+ ms$/),
    ]);
  });
});
