import type { Page } from '../../../platform/page.js';
import { attemptsView } from './attempts.js';
import { Dom, say, set } from './dom.js';
import { newGrip } from './grip.js';
import { newHead } from './head.js';
import { ICONS } from './icons.js';
import { namespacesView } from './namespaces.js';
import { overviewView } from './overview.js';
import { packetsView } from './packets.js';
import { Painter } from './painter.js';
import { dress } from './styles.js';
import { newTabs } from './tabs.js';
import type { Shown } from './view.js';

/** The element's name. */
export const TAG = 'holdfast-inspector';

const SIZES_PX = { bottom: 360, right: 480, inside: 360 };

/** How the panel is placed and looks at first. */
export interface PanelSettings {
  readonly parent: Element | null | undefined;
  readonly dock: 'bottom' | 'right';
  readonly theme: 'light' | 'dark' | undefined;
  readonly collapsed: boolean;
}

/** What the panel's buttons do. */
export interface PanelOwner {
  payloads: boolean;
  paused: boolean;
  readonly shown: readonly Shown[];
  save(): void;
  open(file: File): void;
  clear(): void;
  close(): void;
}

/** The inspector's face: a custom element with all that is seen in its shadow root. */
export class Panel {
  readonly element: HTMLElement;
  private at = 0;
  private readonly painter: Painter;
  private readonly notice: HTMLElement;
  private readonly noticeText: HTMLElement;
  private readonly watcher: ResizeObserver;

  constructor(page: Page, settings: PanelSettings, owner: PanelOwner) {
    const { document, window } = page;
    if (!window.customElements.get(TAG))
      window.customElements.define(TAG, class extends window.HTMLElement {});
    const dom = new Dom(document);
    const host = document.createElement(TAG);
    this.element = host;
    set(host, 'dock', settings.parent ? 'inside' : settings.dock);
    set(host, 'theme', settings.theme);
    set(host, 'collapsed', settings.collapsed);
    const ask = (): void => this.painter.ask();
    const now = (): void => this.painter.now();
    const packets = packetsView(dom, {
      get payloads() {
        return owner.payloads;
      },
      get paused() {
        return owner.paused;
      },
      setPayloads(on) {
        owner.payloads = on;
        now();
      },
      setPaused(on) {
        owner.paused = on;
        now();
      },
      clear() {
        owner.clear();
        now();
      },
      changed: () => this.painter?.now(),
    });
    const views = [overviewView(dom), attemptsView(dom), packets, namespacesView(dom)];
    const tabs = newTabs(dom, views, () => this.painter?.now());
    const panel = this;
    const head = newHead(
      dom,
      {
        get shown() {
          return owner.shown;
        },
        get at() {
          return panel.at;
        },
        get collapsed() {
          return host.hasAttribute('collapsed');
        },
        get dock() {
          return host.getAttribute('dock') as 'bottom' | 'right' | 'inside';
        },
        choose: (index) => this.choose(index),
        save: () => owner.save(),
        open: () => file.click(),
        turn() {
          const dock = host.getAttribute('dock') === 'bottom' ? 'right' : 'bottom';
          host.setAttribute('dock', dock);
          host.style.setProperty('--size', `${SIZES_PX[dock]}px`);
          now();
        },
        collapse() {
          host.toggleAttribute('collapsed');
          now();
        },
        close: () => owner.close(),
      },
      tabs.list,
    );
    const file = dom.el('input', {
      type: 'file',
      accept: '.json,application/json',
      hidden: true,
      change() {
        const [chosen] = file.files ?? [];
        file.value = '';
        if (chosen) owner.open(chosen);
      },
    });
    this.noticeText = dom.el('span', { role: 'alert' });
    this.notice = dom.el(
      'div',
      { class: 'notice', hidden: true },
      this.noticeText,
      dom.el(
        'button',
        {
          type: 'button',
          class: 'tool',
          'aria-label': 'Dismiss',
          title: 'Dismiss',
          click: () => this.tell(undefined),
        },
        dom.icon(ICONS.close),
      ),
    );
    const section = dom.el(
      'section',
      { class: 'panel', 'aria-label': 'Connection inspector' },
      newGrip(dom, host, () => SIZES_PX[settings.dock]),
      head.element,
      this.notice,
      tabs.pages,
      file,
    );
    takeDrops(section, (dropped) => owner.open(dropped));
    const root = host.attachShadow({ mode: 'open' });
    dress(root, page);
    root.append(section);

    this.painter = new Painter(page, () => {
      head.render();
      const shown = owner.shown[this.at];
      if (shown && host.isConnected && !host.hasAttribute('collapsed')) tabs.chosen.render(shown);
    });
    this.watcher = new window.ResizeObserver(() => packets.resized(packets.grid.clientHeight));
    this.watcher.observe(packets.grid);
    (settings.parent ?? document.body ?? document.documentElement).append(host);
    tabs.choose(0);
    ask();
  }

  /** Something has changed. */
  ask(): void {
    this.painter.ask();
  }

  /** Shows one of the connections. */
  choose(index: number): void {
    this.at = index;
    this.painter.now();
  }

  /** Says something to the user, in a line of its own; nothing takes it away. */
  tell(text: string | undefined, mood: 'bad' | 'good' = 'good'): void {
    set(this.notice, 'hidden', text === undefined);
    set(this.notice, 'data-mood', mood);
    say(this.noticeText, text ?? '');
  }

  close(): void {
    this.painter.cancel();
    this.watcher.disconnect();
    this.element.remove();
  }
}

function takeDrops(section: HTMLElement, take: (file: File) => void): void {
  const over = (event: DragEvent): void => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    section.classList.toggle('dropping', event.type === 'dragover');
  };
  section.addEventListener('dragover', over);
  section.addEventListener('dragleave', over);
  section.addEventListener('drop', (event) => {
    over(event);
    const [file] = event.dataTransfer?.files ?? [];
    if (file) take(file);
  });
}
