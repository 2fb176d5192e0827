/** Keeps a docked panel visible whatever the style sheets of the page do to its root element. */
import type { Page } from '../../../platform/page.js';

export interface Visibility {
  /** Called once a second: the page may change its styles. */
  check(): void;
  stop(): void;
}

/**
 * Where the root element itself is hidden, nothing in the page is visible. Then it is shown, and everything in it but the panel stays
 * hidden. Only its `style` wins over important declarations in layers.
 */
const SHOWN: readonly (readonly [property: string, value: string])[] = [
  ['display', 'block'],
  ['content-visibility', 'visible'],
];
const OTHERS = (tag: string): string => `:root:root:root>:not(${tag}){display:none!important}`;

/** Shows the root element. @returns hides it again; what the page has set since stays */
function showRoot(root: HTMLElement): () => void {
  const { style } = root;
  const before = SHOWN.map(
    ([name]) => [style.getPropertyValue(name), style.getPropertyPriority(name)] as const,
  );
  for (const [name, value] of SHOWN) style.setProperty(name, value, 'important');
  return () => {
    for (let i = 0; i < SHOWN.length; i++) {
      const [name, value] = SHOWN[i] as (typeof SHOWN)[number];
      const [valueBefore, priorityBefore] = before[i] as (typeof before)[number];
      if (style.getPropertyValue(name) === value && style.getPropertyPriority(name))
        style.setProperty(name, valueBefore, priorityBefore);
    }
    if (root.getAttribute('style') === '') root.removeAttribute('style');
  };
}

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
  let hideRoot: (() => void) | undefined;
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
    hideRoot?.();
    hideRoot = on ? showRoot(document.documentElement) : undefined;
    if (!('adoptedStyleSheets' in document) || on === !!sheet) return;
    const others = [...document.adoptedStyleSheets].filter((one) => one !== sheet);
    sheet = undefined;
    if (on) {
      sheet = new window.CSSStyleSheet();
      sheet.replaceSync(OTHERS(element.localName));
      others.push(sheet);
    }
    document.adoptedStyleSheets = others;
  };

  const check = (): void => {
    if (!element.isConnected) return;
    hideRoot?.();
    setRescue(!isRendered());
    // What is removed from the page and comes back has left the top layer.
    if (hasTopLayer && !element.matches(':popover-open')) show();
    const zoom = (element as { currentCSSZoom?: number }).currentCSSZoom ?? 1;
    panel.style.setProperty('zoom', zoom > 0 && zoom !== 1 ? String(1 / zoom) : '');
  };

  show();
  check();
  return { check, stop: () => setRescue(false) };
}
