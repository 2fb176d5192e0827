import { PNG } from 'pngjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Driver } from '../engines/drivers/driver.js';
import { engines } from '../engines/engines.js';
import { STYLES } from '../support/hostile-styles.js';
import { type Site, startSite } from '../support/site.js';
import { patienceMs } from '../support/waiting.js';
import { difference } from './screenshot.js';

/**
 * The style sheets of a page against the panel, in the other engines: `test/browser/inspector-hostile-styles.test.ts` has Chromium. Pages
 * stand side by side in frames of one window; the first one has no style sheet, and all others must look like it.
 */

const width = 280;
const height = 250;
const columns = 5;
const others = engines.filter(({ name }) => name !== 'Chromium');

let site: Site;
beforeAll(async () => {
  site = await startSite(`${process.cwd()}/dist`);
});
afterAll(() => site?.close());

/** A page with a panel without motion. Its style sheet is loaded `before` the panel, or `behind` it. */
function frame(styles: string, when: 'before' | 'behind'): string {
  const url = site.page(
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>page</title><body><main><h1>Page</h1></main>' +
      '<script src="/holdfast.min.js"></script><script src="/holdfast.inspector.min.js"></script></body></html>',
  );
  const sheet = `document.head.append(Object.assign(document.createElement('style'), { textContent: ${JSON.stringify(styles)} }))`;
  const open = "window.inspector = io.inspect(undefined, { theme: 'light' })";
  const steps = when === 'before' ? [sheet, open] : [open, sheet];
  return JSON.stringify({ url, steps });
}

/** Shows the frames, and waits until each has done its steps and the panel has checked itself, which it does once a second. */
async function show(driver: Driver, frames: readonly string[]): Promise<void> {
  await driver.open(site.page('<!doctype html><title>frames</title><body style="margin:0">'));
  await driver.evaluate(`void (window.done = 0, [${frames}].forEach(({ url, steps }, i) => {
    const one = document.createElement('iframe');
    one.style = \`position:fixed;border:0;width:${width}px;height:${height}px;left:\${(i % ${columns}) * ${width}}px;top:\${Math.floor(i / ${columns}) * ${height}}px\`;
    // Scroll bars take room in some engines.
    one.scrolling = 'no';
    one.onload = () => {
      for (const step of steps) one.contentWindow.eval(step);
      setTimeout(() => window.done++, 1200);
    };
    one.src = url;
    document.body.append(one);
  }))`);
  const endsAtMs = Date.now() + 3 * patienceMs;
  while ((await driver.evaluate('window.done')) !== frames.length) {
    if (Date.now() > endsAtMs) throw new Error('The frames were not shown.');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The layout and style of each panel's elements, and the elements at the places of its buttons. */
const LOOKS = `[...document.querySelectorAll('iframe')].map(({ contentDocument: page, contentWindow }) => {
  const root = page.querySelector('holdfast-inspector').shadowRoot;
  const drawn = [...root.querySelectorAll('*')].map((element) => {
    const { x, y, width, height } = element.getBoundingClientRect();
    const style = contentWindow.getComputedStyle(element);
    const how = ['visibility', 'color', 'backgroundColor', 'fontSize', 'opacity', 'cursor', 'pointerEvents'].map((name) => style[name]);
    return [element.localName, element.getAttribute('class'), x, y, width, height, ...how].join(' ');
  });
  const hit = [...root.querySelectorAll('button')].flatMap((button) => {
    const { x, y, width, height } = button.getBoundingClientRect();
    const at = width > 0 && page.elementFromPoint(x + width / 2, y + height / 2);
    return at === false ? [] : button.title + button.textContent + ' ' + (at && at.localName);
  });
  return [...drawn, ...hit];
})`;

/** How much of a frame is above its panel, in pixels. */
const ABOVE = `Math.ceil(document.querySelector('iframe').contentDocument.querySelector('holdfast-inspector').shadowRoot.querySelector('section').getBoundingClientRect().top)`;

/** The panel in the picture of a frame. */
function cut(picture: PNG, index: number, above: number): PNG {
  const part = new PNG({ width, height: height - above });
  const [left, top] = [(index % columns) * width, Math.floor(index / columns) * height];
  PNG.bitblt(picture, part, left, top + above, width, height - above, 0, 0);
  return part;
}

/** What differs in the frames of a window from the first one, whose page has no style sheet. */
async function changes(driver: Driver): Promise<unknown[]> {
  const changed: unknown[] = [];
  const [plain = [], ...looks] = (await driver.evaluate(LOOKS)) as string[][];
  expect(plain).toContain('Close the inspector holdfast-inspector');
  const picture = PNG.sync.read(await driver.screenshot());
  const above = (await driver.evaluate(ABOVE)) as number;
  const expected = cut(picture, 0, above);
  for (const [i, lines] of looks.entries()) {
    const what = STYLES[i]?.[0];
    const different = lines.filter((line, at) => line !== plain[at]);
    if (different.length > 0 || lines.length !== plain.length)
      changed.push([what, lines.length, different.slice(0, 3)]);
    const differs = difference(cut(picture, i + 1, above), expected);
    if (differs > 0) changed.push([what, 'the picture', differs]);
  }
  return changed;
}

/** Closes every panel. Returns what is left of it in each page: itself, style sheets, declarations of the root element. */
const CLOSE = `[...document.querySelectorAll('iframe')].map(({ contentDocument: page }) => {
  page.querySelector('holdfast-inspector').shadowRoot.querySelector('[title="Close the inspector"]').click();
  return [page.querySelector('holdfast-inspector'), page.adoptedStyleSheets.length, page.documentElement.style.length].join();
})`;

test.concurrent.each(others)(
  'in $name, the panel is not changed, and leaves nothing behind',
  async ({ name, start }) => {
    if (!start) {
      // In CI, a missing engine is a failure.
      if (process.env.CI) throw new Error(`${name} was not found and could not be installed`);
      return;
    }
    const driver = await start();
    try {
      await driver.resize(1_400, 1_160);
      for (const when of ['behind', 'before'] as const) {
        await show(
          driver,
          ['', ...STYLES.map(([, text]) => text)].map((text) => frame(text, when)),
        );
        // The panel mends itself once a second; on a busy machine that comes late.
        const endsAtMs = Date.now() + 3 * patienceMs;
        let changed = await changes(driver);
        while (changed.length > 0 && Date.now() < endsAtMs) changed = await changes(driver);
        expect(changed, when).toEqual([]);
      }
      expect(await driver.evaluate(CLOSE)).toEqual(Array.from({ length: STYLES.length + 1 }, () => ',0,0'));
    } finally {
      await driver.close();
    }
  },
  120_000,
);
