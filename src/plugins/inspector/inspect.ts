import type { Manager } from '../../manager/manager.js';
import { parseAddress } from '../../platform/address.js';
import type { Cancel } from '../../platform/clock.js';
import { isoTime, parseTime } from '../../platform/dates.js';
import { pageLocation } from '../../platform/environment.js';
import { HoldfastError } from '../../platform/errors.js';
import { type Page, systemPage } from '../../platform/page.js';
import { type Log, LogError, MAX_LOG_BYTES, parseLog, replay, toLog } from './log.js';
import { observe } from './observe.js';
import { Panel } from './panel/panel.js';
import type { Shown } from './panel/view.js';
import { ConnectionRecord } from './record.js';
import { redact } from './redact.js';
import { managerOf, type Watchable, watchNew } from './watch.js';

/** How the inspector is placed and what it keeps. */
export interface InspectOptions {
  /** Where it is put, and as large as that; without one, it is docked to the edge of the window. */
  parent?: Element | null | undefined;
  /** The edge. @defaultValue "bottom" */
  dock?: 'bottom' | 'right';
  /** Keep and show what is in packets. The user can switch it. @defaultValue false */
  payloads?: boolean;
  /** @defaultValue as the system */
  theme?: 'light' | 'dark';
  /** Show only its head. @defaultValue false */
  collapsed?: boolean;
}

/** An open inspector. */
export interface Inspector {
  /** The custom element, `<holdfast-inspector>`. Its attribute `theme` is `light` or `dark`. */
  readonly element: HTMLElement;
  /** Watches one more connection. */
  add(target: Watchable): void;
  /** Keeps no packets from now on. */
  pause(): void;
  resume(): void;
  /** What would be saved. */
  log(): Log;
  /** Lets the user keep the log as a file, without secrets; see `docs/inspector.md`. */
  save(): void;
  /**
   * Shows a saved log beside the connections of this page.
   *
   * @throws LogError that says what is wrong with the file; the panel says it, too
   */
  open(log: Blob | string): Promise<void>;
  /** Removes it, and watches no more. */
  close(): void;
}

/** So many connections are kept; of more, the oldest goes. */
export const MAX_CONNECTIONS = 12;

interface Live extends Shown {
  readonly manager?: Manager;
  readonly stop?: Cancel;
}

/** Watches connections, and shows them in a panel. */
class PageInspector implements Inspector {
  payloads: boolean;
  private isPaused = false;
  private connections: Live[] = [];
  private readonly panel: Panel;
  private stopTicking: Cancel = () => {};
  private closed = false;

  constructor(
    private readonly page: Page,
    { parent, dock = 'bottom', payloads = false, theme, collapsed = false }: InspectOptions,
    /** Called once, when it is closed. */
    private readonly left: Cancel,
  ) {
    this.payloads = payloads;
    const inspector = this;
    this.panel = new Panel(
      page,
      { parent, dock, theme, collapsed },
      {
        get shown() {
          return inspector.connections;
        },
        get payloads() {
          return inspector.payloads;
        },
        set payloads(on) {
          inspector.payloads = on;
          if (!on) for (const { record } of inspector.connections) record.forgetPayloads();
        },
        get paused() {
          return inspector.isPaused;
        },
        set paused(on) {
          if (on) inspector.pause();
          else inspector.resume();
        },
        save: () => this.save(),
        open: (file) => this.open(file).catch(() => {}),
        clear: () => {
          for (const { record } of this.connections) record.clearPackets();
        },
        close: () => this.close(),
      },
    );
    this.tick();
  }

  get element(): HTMLElement {
    return this.panel.element;
  }

  add(target: Watchable): void {
    const manager = managerOf(target);
    if (this.closed || this.connections.some((one) => one.manager === manager)) return;
    const { clock } = this.page;
    const record = new ConnectionRecord();
    record.paused = this.isPaused;
    const stop = observe(
      manager,
      (event) => {
        record.add(event);
        this.panel?.ask();
      },
      { payloads: () => this.payloads, now: () => clock.now() },
    );
    for (const { nsp, id } of joinedBefore(manager)) {
      record.add({ type: 'namespace', atMs: clock.now(), nsp, state: 'joined', id });
    }
    this.show({
      manager,
      record,
      stop,
      address: addressOf(manager),
      startedAtMs: this.page.dateMs() - clock.now(),
      nowMs: () => clock.now(),
      waiting: () => {
        const buffered = manager._connection._bufferedBytes;
        return { buffered, outbox: Math.max(0, manager.bufferedAmount - buffered) };
      },
    });
  }

  pause(): void {
    this.setPaused(true);
  }

  resume(): void {
    this.setPaused(false);
  }

  log(): Log {
    const loggable = this.connections.map(({ address, startedAtMs, nowMs, record }) => ({
      address,
      startedAtMs,
      nowMs: nowMs(),
      record,
    }));
    const { navigator } = this.page.window;
    return toLog(loggable, {
      payloads: this.payloads,
      savedAtMs: this.page.dateMs(),
      userAgent: navigator.userAgent,
    });
  }

  save(): void {
    const time = isoTime(this.page.dateMs()).replace(/[:.]/g, '-');
    this.page.offer(`holdfast-log-${time}.json`, JSON.stringify(this.log()));
    const what = this.payloads ? 'with payloads' : 'without payloads';
    this.panel.tell(`Saved ${what}, without auth, queries, cookies and headers.`);
  }

  async open(file: Blob | string): Promise<void> {
    try {
      if (typeof file !== 'string' && file.size > MAX_LOG_BYTES) {
        throw new LogError(`This file has ${Math.round(file.size / 1e6)} MB; a log has 64 MB at most.`);
      }
      const log = parseLog(typeof file === 'string' ? file : await file.text());
      if (this.closed) return;
      for (const connection of log.connections) {
        this.show({
          record: replay(connection),
          address: connection.address,
          startedAtMs: parseTime(connection.startedAt) ?? 0,
          nowMs: () => connection.nowMs,
        });
      }
      const time = log.savedAt.slice(0, 19).replace('T', ' ');
      this.panel.tell(`Opened a log of ${time} UTC${log.payloads ? ', with payloads' : ''}.`);
      this.panel.choose(Math.max(0, this.connections.length - log.connections.length));
    } catch (error) {
      this.panel.tell((error as Error).message, 'bad');
      throw error;
    }
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.stopTicking();
    for (const { stop } of this.connections) stop?.();
    this.panel.close();
    this.left();
  }

  private show(one: Live): void {
    this.connections.push(one);
    if (this.connections.length > MAX_CONNECTIONS) this.connections.shift()?.stop?.();
    this.panel.ask();
  }

  private setPaused(on: boolean): void {
    this.isPaused = on;
    for (const { record } of this.connections) record.paused = on;
    this.panel.ask();
  }

  /** Looks once a second what waits to be sent; time goes on in the panel, too. */
  private tick(): void {
    for (const { record, nowMs, waiting } of this.connections) {
      if (waiting) Object.assign(record.sample(nowMs()), waiting());
    }
    this.panel.ask();
    this.stopTicking = this.page.clock.after(1_000, () => this.tick());
  }
}

/** The namespaces that were joined before anybody watched. */
function joinedBefore(manager: Manager): { readonly nsp: string; readonly id: string | undefined }[] {
  return [...manager._connection._namespaces]
    .filter(([nsp, { connected }]) => connected && manager._sockets.get(nsp))
    .map(([nsp]) => ({ nsp, id: manager.socket(nsp).id }));
}

function addressOf({ uri, opts }: Manager): string {
  try {
    return redact(`${parseAddress(uri, pageLocation()).origin}${opts.path}`);
  } catch {
    return redact(`${opts.hostname ?? opts.host ?? ''}${opts.path}`);
  }
}

/** All connections of the page, those to come as well. */
export type EveryManager = (listener: (manager: Manager) => void) => Cancel;

function newInspector(options: InspectOptions, left: Cancel = () => {}): PageInspector {
  const page = systemPage();
  if (!page) throw new HoldfastError('BAD_OPTION', 'inspect() needs a page: there is no document here');
  return new PageInspector(page, options, left);
}

/**
 * Opens an inspector for all that `every` tells of.
 *
 * @throws HoldfastError `BAD_OPTION` where there is no page
 */
export function inspectEvery(every: EveryManager, options: InspectOptions = {}): Inspector {
  let stop: Cancel = () => {};
  const inspector = newInspector(options, () => stop());
  stop = every((manager) => inspector.add(manager));
  return inspector;
}

/**
 * Opens an inspector for a connection, in the page.
 *
 * @param target a manager, or one of its sockets; without one, every connection that is made from now on
 * @throws HoldfastError `BAD_OPTION` where there is no page
 */
export function inspect(target?: Watchable, options: InspectOptions = {}): Inspector {
  if (!target) return inspectEvery(watchNew, options);
  const inspector = newInspector(options);
  inspector.add(target);
  return inspector;
}

/**
 * Opens an inspector for a log that was saved in another page.
 *
 * @throws LogError that says what is wrong with the file; HoldfastError `BAD_OPTION` where there is no page
 */
export async function openLog(log: Blob | string, options: InspectOptions = {}): Promise<Inspector> {
  const inspector = newInspector(options);
  await inspector.open(log);
  return inspector;
}
