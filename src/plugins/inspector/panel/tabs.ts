import { type Dom, set } from './dom.js';
import type { View } from './view.js';

export interface Tabs {
  readonly list: HTMLElement;
  readonly pages: HTMLElement;
  readonly chosen: View;
  choose(index: number): void;
}

/** Tabs by the ARIA practice: one stop of the tab key, arrows go through them, the page follows. */
export function newTabs(dom: Dom, views: readonly View[], changed: () => void): Tabs {
  let at = 0;
  const tabs = views.map(({ title }, i) =>
    dom.el(
      'button',
      { type: 'button', role: 'tab', id: `tab-${i}`, 'aria-controls': `page-${i}`, click: () => choose(i) },
      title,
    ),
  );
  const panels = views.map(({ element }, i) =>
    dom.el('div', { role: 'tabpanel', id: `page-${i}`, 'aria-labelledby': `tab-${i}` }, element),
  );

  function choose(index: number): void {
    at = index;
    for (const [i, tab] of tabs.entries()) {
      set(tab, 'aria-selected', i === at ? 'true' : 'false');
      set(tab, 'tabindex', i === at ? 0 : -1);
      set(panels[i] as Element, 'hidden', i !== at);
    }
    changed();
  }

  const key = (event: KeyboardEvent): void => {
    const last = tabs.length - 1;
    const to: { [key: string]: number } = {
      ArrowLeft: at === 0 ? last : at - 1,
      ArrowRight: at === last ? 0 : at + 1,
      Home: 0,
      End: last,
    };
    const index = to[event.key];
    if (index === undefined) return;
    event.preventDefault();
    choose(index);
    tabs[index]?.focus();
  };

  return {
    list: dom.el('div', { class: 'tabs', role: 'tablist', 'aria-label': 'Views', keydown: key }, ...tabs),
    pages: dom.el('div', { class: 'pages' }, ...panels),
    get chosen() {
      return views[at] as View;
    },
    choose,
  };
}
