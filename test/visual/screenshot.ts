import pixelmatch from 'pixelmatch';
import { PNG } from 'pngjs';
import type { Driver } from '../engines/drivers/driver.js';
import { patienceMs } from '../support/waiting.js';

/** Takes screenshots of pages in a frame, so that they can be narrower than the browser's smallest window. */

export interface Shot {
  readonly url: string;
  readonly width: number;
  readonly height: number;
  /** An expression to evaluate before the page is loaded. */
  readonly before?: string;
  /** An expression that becomes true when the page is ready for the screenshot. */
  readonly ready: string;
  /** Selectors of elements that change every time, also in shadow trees: they are hidden but keep their place. */
  readonly volatile?: string;
}

const windowSize = { width: 1_400, height: 1_160 };

export async function take(
  driver: Driver,
  { url, width, height, before, ready, volatile }: Shot,
): Promise<PNG> {
  await driver.resize(windowSize.width, windowSize.height);
  // Opens a document of the same origin that runs no script: a browser shows it as text.
  await driver.open(new URL('/holdfast.min.js', url).href);
  if (before) await driver.evaluate(`void ${before}`);
  const frame = `Object.assign(document.createElement('iframe'), { src: ${JSON.stringify(url)}, style: 'position:fixed;inset:0;border:0;width:${width}px;height:${height}px' })`;
  await driver.evaluate(`void document.documentElement.replaceChildren(${frame})`);
  const inFrame = (body: string): string =>
    `((document) => ${body})(document.querySelector('iframe').contentDocument)`;
  await until(driver, inFrame(`document?.readyState === 'complete' && Boolean(${ready})`));
  const hidden = volatile ? `:is(${volatile}),:is(${volatile}) *{visibility:hidden!important}` : '';
  // Scroll bars take up space in some engines only.
  const still =
    '*,*::before,*::after{animation:none!important;transition:none!important;scrollbar-width:none!important}';
  // Uses a constructed style sheet, which strict pages allow.
  await driver.evaluate(
    inFrame(`{
      const sheet = new document.defaultView.CSSStyleSheet();
      sheet.replaceSync(${JSON.stringify(still + hidden)});
      const shadows = [...document.querySelectorAll('*')].map(({ shadowRoot }) => shadowRoot);
      for (const root of [document, ...shadows.filter(Boolean)])
        root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
      document.activeElement?.blur();
    }`),
  );
  // Waits until the new styles are painted.
  await driver.evaluate(
    inFrame(
      '{ const frame = document.defaultView.requestAnimationFrame; frame(() => frame(() => { document.painted = true; })); }',
    ),
  );
  await until(driver, inFrame("document.painted && document.fonts.status === 'loaded'"));
  return crop(PNG.sync.read(await driver.screenshot()), width, height);
}

async function until(driver: Driver, condition: string): Promise<void> {
  const endsAtMs = Date.now() + 3 * patienceMs;
  while (!(await driver.evaluate(condition))) {
    if (Date.now() > endsAtMs) throw new Error(`This condition did not become true: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function crop(shot: PNG, width: number, height: number): PNG {
  if (shot.width < width || shot.height < height)
    throw new Error(`The window shows only ${shot.width} × ${shot.height} pixels.`);
  const part = new PNG({ width, height });
  PNG.bitblt(shot, part, 0, 0, width, height, 0, 0);
  return part;
}

/** The share of differing pixels, from 0 to 1. Antialiasing does not count. */
export function difference(a: PNG, b: PNG): number {
  if (a.width !== b.width || a.height !== b.height) return 1;
  return pixelmatch(a.data, b.data, undefined, a.width, a.height, { threshold: 0.2 }) / (a.width * a.height);
}
