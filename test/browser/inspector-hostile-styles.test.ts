import type { Page } from 'playwright';
import { expect, test } from 'vitest';
import type * as Tools from '../../src/plugins/inspector/index.js';
import { STYLES } from '../support/hostile-styles.js';
import { scripts, useInspectedPages } from '../support/inspected.js';

/** The style sheets of a page cannot hide, cover, move or restyle the panel: it looks the same, to the pixel. */

const pages = useInspectedPages();

interface InspectingWindow {
  readonly io: { inspect(target: undefined, options: Tools.InspectOptions): Tools.Inspector };
  inspector: Tools.Inspector;
}

/** Opens a panel without motion. */
const inspect = (page: Page): Promise<void> =>
  page.evaluate(() => {
    const { io } = window as never as InspectingWindow;
    Object.assign(window, { inspector: io.inspect(undefined, { theme: 'light' }) });
  });

const addStyles = async (page: Page, styles: string): Promise<void> => {
  await page.addStyleTag({ content: styles });
};

/** The panel checks itself once a second. */
const aSecondLater = (page: Page): Promise<void> => page.waitForTimeout(1_200);

const HEIGHT_PX = 360;

async function picture(page: Page): Promise<Buffer> {
  const { width, height } = page.viewportSize() as { width: number; height: number };
  return page.screenshot({ clip: { x: 0, y: height - HEIGHT_PX, width, height: HEIGHT_PX } });
}

/** The elements at some points of the panel, and their layout and style: a difference says more than a picture. */
const looks = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const host = document.querySelector('holdfast-inspector') as HTMLElement;
    const root = host.shadowRoot as ShadowRoot;
    const lines: string[] = [];
    for (const element of root.querySelectorAll('*')) {
      const { x, y, width, height } = element.getBoundingClientRect();
      const style = getComputedStyle(element);
      const drawn = [
        style.visibility,
        style.color,
        style.backgroundColor,
        style.fontSize,
        style.opacity,
        style.cursor,
      ];
      lines.push(
        `${element.localName}.${element.getAttribute('class')} ${[x, y, width, height].join()} ${drawn.join()}`,
      );
    }
    for (const button of root.querySelectorAll('button')) {
      const { x, y, width, height } = button.getBoundingClientRect();
      const hit = document.elementFromPoint(x + width / 2, y + height / 2);
      if (width > 0) lines.push(`${button.textContent}${button.title}: ${hit?.localName}`);
    }
    return lines;
  });

let plain: { readonly lines: string[]; readonly image: Buffer } | undefined;

async function expectPlain(page: Page): Promise<void> {
  const lines = await looks(page);
  // The first few say enough.
  const different = lines.filter((line, i) => line !== plain?.lines[i]).slice(0, 5);
  expect([different, lines.length]).toEqual([[], plain?.lines.length]);
  expect((await picture(page)).equals(plain?.image as Buffer), 'the same picture').toBe(true);
}

test.each(STYLES)('a page that %s does not change the panel', async (_, styles) => {
  const page = await pages.show(scripts());
  await inspect(page);
  if (!plain) {
    await aSecondLater(page);
    plain = { lines: await looks(page), image: await picture(page) };
    expect(plain.lines).toContain('Close the inspector: holdfast-inspector');
  }
  await addStyles(page, styles);
  await aSecondLater(page);
  await expectPlain(page);
  const button = (name: string): Promise<void> =>
    page.locator('holdfast-inspector').getByRole('button', { name }).click();
  await button('Collapse');
  await button('Expand');
  await button('Close the inspector');
  expect(await page.locator('holdfast-inspector').count()).toBe(0);
  // Now the styles are there first.
  await page.mouse.move(0, 0);
  await inspect(page);
  await expectPlain(page);
});

test('a panel that is closed leaves the page as hidden as it was', async () => {
  const page = await pages.show(scripts());
  await addStyles(page, 'html { display: none !important }');
  await inspect(page);
  expect(await page.locator('main').isVisible()).toBe(false);
  await page.locator('holdfast-inspector').getByRole('button', { name: 'Close the inspector' }).click();
  expect(
    await page.evaluate(() => [
      document.adoptedStyleSheets.length,
      document.documentElement.style.length,
      getComputedStyle(document.documentElement).display,
    ]),
  ).toEqual([0, 0, 'none']);
});

test('a panel does not interfere when a page shows itself later', async () => {
  const page = await pages.show(scripts());
  await addStyles(page, 'html { display: none }');
  await inspect(page);
  expect(await page.locator('main').isVisible()).toBe(false);
  await page.evaluate(() => document.documentElement.style.setProperty('display', 'flex'));
  await page.locator('main').waitFor();
  await page.locator('holdfast-inspector').getByRole('button', { name: 'Close the inspector' }).click();
  expect(await page.evaluate(() => document.documentElement.getAttribute('style'))).toBe('display: flex;');
});
