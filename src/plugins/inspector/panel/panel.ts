/** The panel of the inspector: a custom element, with everything that is visible in its shadow root. */
import type { Page } from '../../../platform/page.js';
import { attemptsView } from './attempts.js';
import { doctorView } from './doctor.js';
import { Dom, setAttribute, setText } from './dom.js';
import { newGrip } from './grip.js';
import { newHead } from './head.js';
import { ICONS } from './icons.js';
import { namespacesView } from './namespaces.js';
import { overviewView } from './overview.js';
import { packetsView } from './packets.js';
import { Painter } from './painter.js';
import { applyStyles } from './styles.js';
import { newTabs } from './tabs.js';
import { isSaved, type ShownConnection } from './view.js';
import { keepVisible, type Visibility } from './visibility.js';

/** The element's name. */
export const TAG = 'holdfast-inspector';

const SIZES_PX = { bottom: 360, right: 480, inside: 360 };

/** The panel's place and initial appearance. */
export interface PanelSettings {
  readonly parent: Element | null | undefined;
  readonly dock: 'bottom' | 'right';
  readonly theme: 'light' | 'dark' | undefined;
  readonly collapsed: boolean;
}

/** What the panel shows, and what its buttons do. */
export interface PanelHost {
  payloads: boolean;
  paused: boolean;
  readonly connections: readonly ShownConnection[];
  save(): void;
  open(file: File): void;
  closeLog(shown: ShownConnection): void;
  clear(): void;
  close(): void;
}

export class Panel {
  readonly element: HTMLElement;
  private chosen: ShownConnection | undefined;
  private followed: ShownConnection | undefined;
  private readonly painter: Painter;
  private readonly notice: HTMLElement;
  private readonly noticeText: HTMLElement;
  private readonly resizeObserver: ResizeObserver;
  private readonly visibility: Visibility | undefined;

  constructor(
    private readonly page: Page,
    settings: PanelSettings,
    private readonly host: PanelHost,
  ) {
    const { document, window } = page;
    if (!window.customElements.get(TAG))
      window.customElements.define(TAG, class extends window.HTMLElement {});
    const dom = new Dom(document);
    const element = document.createElement(TAG);
    this.element = element;
    setAttribute(element, 'dock', settings.parent ? 'inside' : settings.dock);
    setAttribute(element, 'theme', settings.theme);
    setAttribute(element, 'collapsed', settings.collapsed);
    const paintNow = (): void => this.painter.paintNow();
    this.painter = new Painter(page, () => {
      head.render();
      const { shown } = this;
      setAttribute(section, 'data-saved', shown !== undefined && isSaved(shown));
      setAttribute(nothing, 'hidden', shown !== undefined);
      setAttribute(tabs.pages, 'hidden', shown === undefined);
      if (shown && element.isConnected && !element.hasAttribute('collapsed')) tabs.selected.render(shown);
    });
    const packets = packetsView(dom, {
      get payloads() {
        return host.payloads;
      },
      get paused() {
        return host.paused;
      },
      setPayloads(on) {
        host.payloads = on;
        paintNow();
      },
      setPaused(on) {
        host.paused = on;
        paintNow();
      },
      clear() {
        host.clear();
        paintNow();
      },
      changed: paintNow,
    });
    const doctor = doctorView(dom, () => this.requestPaint());
    const views = [overviewView(dom), attemptsView(dom), packets, namespacesView(dom), doctor];
    const tabs = newTabs(dom, views, paintNow);
    const root = element.attachShadow({ mode: 'open' });
    const sizeProperty = applyStyles(root, page);
    const resize = (px: number): void => section.style.setProperty(sizeProperty, `${px}px`);
    const panel = this;
    const head = newHead(
      dom,
      {
        get connections() {
          return host.connections;
        },
        get shown() {
          return panel.shown;
        },
        get collapsed() {
          return element.hasAttribute('collapsed');
        },
        get dock() {
          return element.getAttribute('dock') as 'bottom' | 'right' | 'inside';
        },
        choose: (shown) => this.choose(shown),
        save: () => host.save(),
        open: () => file.click(),
        closeLog: () => {
          if (this.shown) host.closeLog(this.shown);
        },
        changeDock() {
          const dock = element.getAttribute('dock') === 'bottom' ? 'right' : 'bottom';
          element.setAttribute('dock', dock);
          resize(SIZES_PX[dock]);
          paintNow();
        },
        collapse() {
          element.toggleAttribute('collapsed');
          paintNow();
        },
        close: () => host.close(),
      },
      tabs.list,
    );
    const file = dom.el('input', {
      type: 'file',
      accept: '.json,application/json',
      hidden: true,
      change() {
        const chosen = file.files?.[0];
        file.value = '';
        if (chosen) host.open(chosen);
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
          click: () => this.showNotice(undefined),
        },
        dom.icon(ICONS.close),
      ),
    );
    const nothing = dom.el(
      'p',
      { class: 'empty nothing', hidden: true },
      'This page has no holdfast connection yet. It appears here as soon as the page calls io().',
    );
    const section = dom.el('section', { class: 'panel', 'aria-label': 'Connection inspector' });
    section.append(
      newGrip(dom, element, SIZES_PX[settings.dock], resize),
      head.element,
      this.notice,
      nothing,
      tabs.pages,
      file,
    );
    acceptDrops(section, (dropped) => host.open(dropped));
    root.append(section);

    this.resizeObserver = new window.ResizeObserver(() => packets.resized(packets.grid.clientHeight));
    this.resizeObserver.observe(packets.grid);
    // Outside the body, so that changes of the page to its body do not affect the panel.
    (settings.parent ?? document.documentElement).append(element);
    this.visibility = settings.parent ? undefined : keepVisible(page, element, section);
    tabs.select(0);
    this.requestPaint();
  }

  /**
   * The chosen connection while it exists. Without a choice: the previous one, until a different one is used more. Programs discard
   * connections; in React's StrictMode, each component discards its first one.
   */
  private get shown(): ShownConnection | undefined {
    const { connections } = this.host;
    if (this.chosen && connections.includes(this.chosen)) return this.chosen;
    const before = this.followed && connections.includes(this.followed) ? this.followed : connections[0];
    let most = before;
    for (const one of connections) if ((one.use?.() ?? -1) > (most?.use?.() ?? -1)) most = one;
    this.followed = most;
    return most;
  }

  /** Something has changed. */
  requestPaint(): void {
    this.painter.request();
  }

  /** Called once a second. */
  tick(): void {
    this.visibility?.check();
    this.requestPaint();
  }

  /** Shows one of the connections. */
  choose(shown: ShownConnection | undefined): void {
    this.chosen = shown;
    this.painter.paintNow();
  }

  /** Shows a message to the user until it is dismissed or replaced; `undefined` removes it. */
  showNotice(text: string | undefined, mood: 'bad' | 'good' = 'good'): void {
    setAttribute(this.notice, 'hidden', text === undefined);
    setAttribute(this.notice, 'data-mood', mood);
    setText(this.noticeText, text ?? '');
  }

  close(): void {
    this.painter.cancel();
    this.visibility?.stop();
    this.resizeObserver.disconnect();
    this.element.remove();
    // It does not bubble: a dialog around the panel has its own event of this name.
    this.element.dispatchEvent(new this.page.window.Event('close'));
  }
}

function acceptDrops(section: HTMLElement, accept: (file: File) => void): void {
  const over = (event: DragEvent): void => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    section.classList.toggle('dropping', event.type === 'dragover');
  };
  section.addEventListener('dragover', over);
  section.addEventListener('dragleave', over);
  section.addEventListener('drop', (event) => {
    over(event);
    const file = event.dataTransfer?.files[0];
    if (file) accept(file);
  });
}
