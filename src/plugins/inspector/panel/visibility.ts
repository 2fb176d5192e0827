/** Keeps a docked panel visible whatever the style sheets of the page do to its root element. */
import type { Page } from '../../../platform/page.js';

export interface Visibility {
  /** Called once a second: the page may change its styles. */
  check(): void;
  stop(): void;
}

/**
 * Where the root element itself is hidden, nothing in the page is visible. Then it is shown, and everything in it but the panel stays
 * hidden. The selector wins over any other by the ids in it, which match nothing.
 */
const ROOT = ':is(:root,#a#a#a#a)';
const RESCUE = (tag: string): string =>
  `${ROOT}{display:block!important;content-visibility:visible!important}${ROOT}>:not(${tag}){display:none!important}`;

/**
 * @param element the panel's element, a child of the root element
 * @param panel the element in its shadow root that has everything in it
 */
export function keepVisible(
  { document, window }: Page,
  element: HTMLElement,
  panel: HTMLElement,
): Visibility {
  let sheet: CSSStyleSheet | undefined;
  const hasTopLayer = 'showPopover' in element;

  const isRendered = (): boolean =>
    'checkVisibility' in element
      ? element.checkVisibility()
      : (element as Element).getClientRects().length > 0;

  const show = (): void => {
    // In the top layer, no ancestor transforms, clips or fades it, and no z-index is above it. Old browsers have none.
    if (!hasTopLayer) return;
    element.setAttribute('popover', 'manual');
    try {
      element.showPopover();
    } catch {
      // It was removed from the page, or is open already.
    }
  };

  const setRescue = (on: boolean): void => {
    if (!('adoptedStyleSheets' in document)) return;
    const others = [...document.adoptedStyleSheets].filter((one) => one !== sheet);
    if (on && !sheet) {
      sheet = new window.CSSStyleSheet();
      sheet.replaceSync(RESCUE(element.localName));
    }
    document.adoptedStyleSheets = on && sheet ? [...others, sheet] : others;
    if (!on) sheet = undefined;
  };

  const check = (): void => {
    if (!element.isConnected) return;
    if (sheet) {
      sheet.disabled = true;
      const rendered = isRendered();
      sheet.disabled = false;
      if (rendered) setRescue(false);
    } else if (!isRendered()) setRescue(true);
    // What is removed from the page and comes back has left the top layer.
    if (hasTopLayer && !element.matches(':popover-open')) show();
    const zoom = (element as { currentCSSZoom?: number }).currentCSSZoom ?? 1;
    panel.style.setProperty('zoom', zoom > 0 && zoom !== 1 ? String(1 / zoom) : '');
  };

  show();
  check();
  return { check, stop: () => setRescue(false) };
}
