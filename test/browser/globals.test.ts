import type { Page } from 'playwright';
import { expect, test } from 'vitest';
import { useBrowser } from '../support/browser.js';
import { useFixture } from '../support/fixture.js';

const browser = useBrowser();
const fixture = useFixture();

const globals = (page: Page): Promise<string[]> =>
  page.evaluate(() => Object.getOwnPropertyNames(window).sort());

test('the script tag adds one global, io, also after use and when it is loaded twice', async () => {
  const page = await browser.open('script');
  const script = { url: `${browser.origin}/holdfast.min.js` };
  // The same page without the library.
  await page.route(script.url, (route) => route.abort());
  await page.reload();
  await page.unroute(script.url);
  const before = await globals(page);
  expect(before).not.toContain('io');
  await page.addScriptTag(script);
  const after = await globals(page);
  expect(after.filter((name) => !before.includes(name))).toEqual(['io']);
  expect(before.filter((name) => !after.includes(name))).toEqual([]);

  const id = await page.evaluate(async (url) => {
    const socket = window.io(url);
    await window.next(socket, 'connect');
    const { id } = socket;
    socket.disconnect();
    return id;
  }, fixture.proxy.url);
  expect(id).toEqual(expect.any(String));
  expect(await globals(page)).toEqual(after);

  // What `const` and `let` declare at the top of a script is no property, and an error the second time.
  await page.addScriptTag(script);
  expect(await globals(page)).toEqual(after);
});
