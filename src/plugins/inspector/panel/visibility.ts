/** Keeps a docked panel visible whatever the style sheets of the page do to its root element. */
import type { Page } from '../../../platform/page.js';

export interface Visibility {
  /** Called once a second: the page may change its styles. */
  check(): void;
  stop(): void;
}

type Declarations = readonly (readonly [property: string, value: string])[];

/**
 * If the root element itself is hidden, nothing in the page is visible. Then it is shown, and everything in it except the panel stays
 * hidden. Only its `style` overrides important declarations in layers.
 */
const SHOWN: Declarations = [
  ['display', 'block'],
  ['content-visibility', 'visible'],
];
/** In Firefox, a filter of the root element changes the top layer as well, and may hide it. */
const UNFILTERED: Declarations = [['filter', 'none']];
const OTHERS = (tag: string): string => `:root:root:root>:not(${tag}){display:none!important}`;

/** Overrides a page's declarations for its root element. @returns undoes it; later changes by the page stay */
function override(root: HTMLElement, declarations: Declarations): () => void {
  const { style } = root;
  const before = declarations.map(
    ([name]) => [style.getPropertyValue(name), style.getPropertyPriority(name)] as const,
  );
  for (const [name, value] of declarations) style.setProperty(name, value, 'important');
  return () => {
    for (let i = 0; i < declarations.length; i++) {
      const [name, value] = declarations[i] as Declarations[number];
      const [valueBefore, priorityBefore] = before[i] as (typeof before)[number];
      if (style.getPropertyValue(name) === value && style.getPropertyPriority(name))
        style.setProperty(name, valueBefore, priorityBefore);
    }
    if (root.getAttribute('style') === '') root.removeAttribute('style');
  };
}

/**
 * @param element the panel's element, a child of the root element
 * @param panel the element in its shadow root that contains everything
 */
export function keepVisible(
  { document, window }: Page,
  element: HTMLElement,
  panel: HTMLElement,
): Visibility {
  let sheet: CSSStyleSheet | undefined;
  let hideRoot: (() => void) | undefined;
  let filterRoot: (() => void) | undefined;
  const root = document.documentElement;
  const hasTopLayer = 'showPopover' in element;

  const isRendered = (): boolean =>
    'checkVisibility' in element
      ? element.checkVisibility()
      : (element as Element).getClientRects().length > 0;

  const show = (): void => {
    // In the top layer, no ancestor transforms, clips or fades it, and no z-index is above it. Old browsers lack it.
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
    hideRoot = on ? override(root, SHOWN) : undefined;
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
    filterRoot?.();
    setRescue(!isRendered());
    const { filter, zoom: rootZoom } = window.getComputedStyle(root);
    const isFirefox = window.CSS?.supports('-moz-appearance', 'none');
    filterRoot = isFirefox && filter !== 'none' ? override(root, UNFILTERED) : undefined;
    // An element that was removed from the page and inserted again has left the top layer.
    if (hasTopLayer && !element.matches(':popover-open')) show();
    const zoom = (element as { currentCSSZoom?: number }).currentCSSZoom ?? (Number(rootZoom) || 1);
    panel.style.setProperty('zoom', zoom > 0 && zoom !== 1 ? String(1 / zoom) : '');
  };

  show();
  check();
  return {
    check,
    stop() {
      setRescue(false);
      filterRoot?.();
    },
  };
}
