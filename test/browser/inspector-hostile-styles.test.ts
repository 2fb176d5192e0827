import type { Page } from 'playwright';
import { expect, test } from 'vitest';
import type * as Tools from '../../src/plugins/inspector/index.js';
import { scripts, useInspectedPages } from '../support/inspected.js';

/** The style sheets of a page cannot hide, cover, move or restyle the panel: it looks the same, to the pixel. */

const pages = useInspectedPages();

const STYLES: readonly (readonly [string, string])[] = [
  [
    'hides everything',
    '* { display: none !important; visibility: hidden !important; opacity: 0 !important }',
  ],
  ['hides the root element', 'html { display: none !important; content-visibility: hidden !important }'],
  ['hides the body', 'body { display: none !important }'],
  ['unsets everything', '* { all: unset !important }'],
  ['reverts everything', '*, *::before, *::after { all: revert !important; all: initial !important }'],
  ['hides in the highest layer', '@layer a { * { display: none !important; position: static !important } }'],
  [
    'transforms, clips and fades the root element',
    `html { opacity: 0 !important; filter: blur(9px) invert(1) !important; transform: scale(.2) rotate(9deg) !important;
      clip-path: inset(100%) !important; mask: linear-gradient(transparent, transparent) !important; contain: strict !important;
      overflow: clip !important; width: 0 !important; height: 0 !important; perspective: 9px; mix-blend-mode: difference; isolation: isolate }`,
  ],
  ['zooms', 'html { zoom: 3 !important } body { zoom: .5 }'],
  [
    'restyles the elements that the panel has',
    `div, section, header, button, table, tr, th, td, span, i, b, p, pre, ul, ol, li, h2, input, select, option, figure, svg, path {
      color: red !important; background: lime !important; position: fixed !important; font: 99px fantasy !important; display: inline !important;
      pointer-events: none !important; fill: red !important; stroke: red !important; float: right !important; margin: 50px !important }`,
  ],
  [
    'restyles classes and parts of the panel',
    `.panel, .head, .tabs, .tool, .state, .row, .grid, .page, .dot, ::part(panel), ::slotted(*), [hidden] { display: flex !important;
      color: red !important; transform: scale(3) !important }`,
  ],
  [
    'makes the element small, transparent and unreachable',
    `holdfast-inspector, [dock], [popover], :popover-open, html > :last-child { display: none !important; width: 1px !important;
      height: 1px !important; inset: auto !important; z-index: -1 !important; pointer-events: none !important; transform: scale(0) !important;
      opacity: 0 !important; position: absolute !important; overflow: hidden !important; clip-path: circle(0) !important;
      color: red !important; background: red !important; border: 9px solid red !important; padding: 50px !important; margin: 50px !important;
      max-height: 3px !important; cursor: none !important; user-select: none !important; zoom: 2 !important; contain: size !important }`,
  ],
  [
    'draws over the element',
    `holdfast-inspector::before, holdfast-inspector::after, ::backdrop, holdfast-inspector::backdrop { content: "over" !important;
      position: fixed !important; inset: 0 !important; background: red !important; z-index: 2147483647 !important; display: block !important;
      pointer-events: auto !important }`,
  ],
  [
    'covers the window',
    'main { position: fixed; inset: 0; z-index: 2147483647 !important; background: red; pointer-events: auto }',
  ],
  [
    'passes on what is inherited',
    `html { font: italic 900 40px/3 fantasy !important; color: red !important; letter-spacing: 9px !important; word-spacing: 40px !important;
      text-transform: uppercase !important; direction: rtl !important; writing-mode: vertical-rl !important; text-align: center !important;
      cursor: none !important; user-select: none !important; visibility: hidden !important; pointer-events: none !important;
      -webkit-text-fill-color: transparent !important; -webkit-text-security: disc !important; text-indent: 99px !important;
      white-space: pre !important; hyphens: auto !important; color-scheme: dark !important; accent-color: red !important;
      text-shadow: 0 0 9px red !important; caret-color: transparent !important; font-variant: small-caps !important;
      line-break: anywhere !important; tab-size: 40 !important; quotes: "x" "y" !important; list-style: square !important;
      border-collapse: separate !important; border-spacing: 50px !important; caption-side: bottom !important;
      text-orientation: upright !important; text-size-adjust: 300% !important; forced-color-adjust: none; interpolate-size: allow-keywords }
      * { letter-spacing: inherit !important; font: inherit !important; color: inherit !important }`,
  ],
  [
    'sets and registers the custom properties of the panel',
    `* { --bg: red !important; --bg-2: red !important; --text: red !important; --line: red !important; --size: 9px !important; --accent: red !important }
      @property --bg { syntax: '<color>'; inherits: false; initial-value: red }
      @property --text { syntax: '<color>'; inherits: false; initial-value: red }
      @property --size { syntax: '<length>'; inherits: false; initial-value: 1px }`,
  ],
  [
    'animates and delays',
    `@keyframes hide { from, to { visibility: hidden; opacity: 0; transform: translateY(9000px); display: none } }
      @keyframes pulse { from, to { opacity: 0 } }
      * { animation: hide 1s infinite !important; transition: all 1000s 1000s !important }`,
  ],
];

interface InspectingWindow {
  readonly io: { inspect(target: undefined, options: Tools.InspectOptions): Tools.Inspector };
  inspector: Tools.Inspector;
}

/** Opens a panel of which nothing moves. */
const inspect = (page: Page): Promise<void> =>
  page.evaluate(() => {
    const { io } = window as never as InspectingWindow;
    Object.assign(window, { inspector: io.inspect(undefined, { theme: 'light' }) });
  });

const addStyles = async (page: Page, styles: string): Promise<void> => {
  await page.addStyleTag({ content: styles });
};

/** The panel looks after itself once a second. */
const aSecondLater = (page: Page): Promise<void> => page.waitForTimeout(1_200);

const HEIGHT_PX = 360;

async function picture(page: Page): Promise<Buffer> {
  const { width, height } = page.viewportSize() as { width: number; height: number };
  return page.screenshot({ clip: { x: 0, y: height - HEIGHT_PX, width, height: HEIGHT_PX } });
}

/** What is at some points of the panel, and how its elements are laid out and drawn: says more than a picture where it differs. */
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

test.each(STYLES)('a page that %s leaves the panel as it is', async (_, styles) => {
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

test('a panel that is closed leaves a page as hidden as it was', async () => {
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

test('a page that shows itself later is as it wants to be', async () => {
  const page = await pages.show(scripts());
  await addStyles(page, 'html { display: none }');
  await inspect(page);
  expect(await page.locator('main').isVisible()).toBe(false);
  await page.evaluate(() => document.documentElement.style.setProperty('display', 'flex'));
  await page.locator('main').waitFor();
  await page.locator('holdfast-inspector').getByRole('button', { name: 'Close the inspector' }).click();
  expect(await page.evaluate(() => document.documentElement.getAttribute('style'))).toBe('display: flex;');
});
