import pixelmatch from 'pixelmatch';
import { PNG } from 'pngjs';
import type { Driver } from '../engines/drivers/driver.js';
import { patienceMs } from '../support/waiting.js';

/** Pictures of pages as wide as they are asked for, whatever the narrowest window of a browser is: the page is put into a frame. */

export interface Shot {
  readonly url: string;
  readonly width: number;
  readonly height: number;
  /** What is to be so before the page is loaded. */
  readonly before?: string;
  /** Comes to true in the page when there is something to take a picture of. */
  readonly ready: string;
  /** What shows another thing each time: it keeps its place and is not painted. Selectors, of shadow trees as well. */
  readonly restless?: string;
}

const windowSize = { width: 1_400, height: 1_160 };

export async function take(
  driver: Driver,
  { url, width, height, before, ready, restless }: Shot,
): Promise<PNG> {
  await driver.resize(windowSize.width, windowSize.height);
  // Something of that origin that runs nothing: a browser shows it as text.
  await driver.open(new URL('/holdfast.min.js', url).href);
  if (before) await driver.evaluate(`void ${before}`);
  const frame = `Object.assign(document.createElement('iframe'), { src: ${JSON.stringify(url)}, style: 'position:fixed;inset:0;border:0;width:${width}px;height:${height}px' })`;
  await driver.evaluate(`void document.documentElement.replaceChildren(${frame})`);
  const inFrame = (body: string): string =>
    `((document) => ${body})(document.querySelector('iframe').contentDocument)`;
  await until(driver, inFrame(`document?.readyState === 'complete' && Boolean(${ready})`));
  const hidden = restless ? `:is(${restless}),:is(${restless}) *{visibility:hidden!important}` : '';
  // Scroll bars take room in some engines, and none in others.
  const still =
    '*,*::before,*::after{animation:none!important;transition:none!important;scrollbar-width:none!important}';
  // By a style sheet that is constructed: strict pages allow that.
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
  // What is styled is not yet painted.
  await driver.evaluate(
    inFrame(
      '{ const frame = document.defaultView.requestAnimationFrame; frame(() => frame(() => { document.painted = true; })); }',
    ),
  );
  await until(driver, inFrame("document.painted && document.fonts.status === 'loaded'"));
  return crop(PNG.sync.read(await driver.screenshot()), width, height);
}

async function until(driver: Driver, condition: string): Promise<void> {
  const endsAtMs = Date.now() + patienceMs;
  while (!(await driver.evaluate(condition))) {
    if (Date.now() > endsAtMs) throw new Error(`It did not come to: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function crop(shot: PNG, width: number, height: number): PNG {
  if (shot.width < width || shot.height < height)
    throw new Error(`The window shows ${shot.width} × ${shot.height} pixels: too few.`);
  const part = new PNG({ width, height });
  PNG.bitblt(shot, part, 0, 0, width, height, 0, 0);
  return part;
}

/** How much of two pictures is not alike, from 0 to 1. What smooths the edges of letters does not count. */
export function difference(a: PNG, b: PNG): number {
  if (a.width !== b.width || a.height !== b.height) return 1;
  return pixelmatch(a.data, b.data, undefined, a.width, a.height, { threshold: 0.2 }) / (a.width * a.height);
}
