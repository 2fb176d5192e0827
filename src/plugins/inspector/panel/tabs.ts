/** Tabs as ARIA describes them: one stop of the Tab key; arrow keys select a tab and show its view. */
import { type Dom, setAttribute } from './dom.js';
import type { View } from './view.js';

export interface Tabs {
  readonly list: HTMLElement;
  readonly pages: HTMLElement;
  readonly selected: View;
  select(index: number): void;
}

export function newTabs(dom: Dom, views: readonly View[], changed: () => void): Tabs {
  let selected = 0;
  const tabs = views.map(({ title }, i) =>
    dom.el(
      'button',
      { type: 'button', role: 'tab', id: `tab-${i}`, 'aria-controls': `page-${i}`, click: () => select(i) },
      title,
    ),
  );
  const panels = views.map(({ element }, i) =>
    dom.el('div', { role: 'tabpanel', id: `page-${i}`, 'aria-labelledby': `tab-${i}` }, element),
  );

  function select(index: number): void {
    selected = index;
    for (let i = 0; i < tabs.length; i++) {
      const tab = tabs[i] as Element;
      setAttribute(tab, 'aria-selected', i === selected ? 'true' : 'false');
      setAttribute(tab, 'tabindex', i === selected ? 0 : -1);
      setAttribute(panels[i] as Element, 'hidden', i !== selected);
    }
    changed();
  }

  const key = (event: KeyboardEvent): void => {
    const last = tabs.length - 1;
    const to: { [key: string]: number } = {
      ArrowLeft: selected === 0 ? last : selected - 1,
      ArrowRight: selected === last ? 0 : selected + 1,
      Home: 0,
      End: last,
    };
    const index = to[event.key];
    if (index === undefined) return;
    event.preventDefault();
    select(index);
    tabs[index]?.focus();
  };

  return {
    list: dom.el('div', { class: 'tabs', role: 'tablist', 'aria-label': 'Views', keydown: key }, ...tabs),
    pages: dom.el('div', { class: 'pages' }, ...panels),
    get selected() {
      return views[selected] as View;
    },
    select,
  };
}
