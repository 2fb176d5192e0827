/** Opens the inspector: watches connections, shows them in a panel, saves and opens logs. */
import { everyManager } from '../../manager/every-manager.js';
import type { Manager } from '../../manager/manager.js';
import { parseAddress } from '../../platform/address.js';
import type { Cancel } from '../../platform/clock.js';
import { isoTime, parseTime } from '../../platform/dates.js';
import { pageLocation } from '../../platform/environment.js';
import { HoldfastError } from '../../platform/errors.js';
import { type Page, systemPage } from '../../platform/page.js';
import { cleanText } from './clean.js';
import { cleanEvent } from './event-fields.js';
import { examine } from './examine.js';
import { LogError } from './fields.js';
import { fileOf, type Log, type LoggedConnection, MAX_LOG_BYTES, replay, toLog } from './log.js';
import { parseLog, tooLarge } from './log-schema.js';
import { observe } from './observe.js';
import { Panel } from './panel/panel.js';
import type { ShownConnection } from './panel/view.js';
import { ConnectionRecord } from './record.js';
import { storedOf } from './stored.js';
import { managerOf, type Watchable } from './watch.js';

/** Options of `inspect`. */
export interface InspectOptions {
  /** The element that the panel fills; without one, the panel is docked to an edge of the window. */
  parent?: Element | null | undefined;
  /** The edge. @defaultValue "bottom" */
  dock?: 'bottom' | 'right';
  /** Keep and show the payloads of packets. The user can switch it. @defaultValue false */
  payloads?: boolean;
  /** @defaultValue the theme of the system */
  theme?: 'light' | 'dark';
  /** Show only the header of the panel. @defaultValue false */
  collapsed?: boolean;
}

/** An open inspector. */
export interface Inspector {
  /**
   * The custom element, `<holdfast-inspector>`. Its attribute `theme` is `light` or `dark`. It has an event `close` when the inspector is
   * closed, by the user or by `close()`: a page that made room for it can take the room back.
   */
  readonly element: HTMLElement;
  /** Watches another connection. */
  add(target: Watchable): void;
  /** Stops keeping packets. */
  pause(): void;
  resume(): void;
  /** The log, as `save` saves it. */
  log(): Log;
  /** Offers the log to the user as a file, without secrets; see `docs/inspector.md`. */
  save(): void;
  /**
   * Shows a saved log beside the connections of this page.
   *
   * @throws LogError that says what is wrong with the file; the panel shows the message, too
   */
  open(log: Blob | string): Promise<void>;
  /** Removes the panel, and stops watching. */
  close(): void;
}

/** How many connections of the page are kept; beyond that, the oldest unused one is removed, or else the oldest. */
export const MAX_LIVE = 12;
/** How many connections of opened logs are kept beside them; beyond that, the oldest is removed. */
export const MAX_LOGGED = 12;

/** A connection of this page, or one of a log. */
interface Entry extends ShownConnection {
  readonly manager?: Manager;
  readonly stop?: Cancel;
}

/** How much the program uses a connection: a closed one not at all, one without listeners less than others. */
function useOf({ status, _kept }: Manager): 0 | 1 | 2 {
  if (status === 'idle' || status === 'closed') return 0;
  for (const socket of _kept) if (socket.hasListeners(undefined as never)) return 2;
  return 1;
}

/** Not in use, so that nothing is lost when it is removed. */
const isIdle = ({ record }: Entry): boolean => {
  const state = record.states.at(-1)?.state;
  return state === undefined || state === 'idle' || state === 'closed';
};

const bytes = (value: number): number => (value > 0 && Number.isFinite(value) ? Math.round(value) : 0);

/** The inspector of a page: exported so that tests can give it a page of their own. */
export class PageInspector implements Inspector {
  payloads: boolean;
  /** Whether the page may still create connections. */
  watchesNew = false;
  private isPaused = false;
  private live: Entry[] = [];
  private logged: Entry[] = [];
  private readonly panel: Panel;
  private stopTicking: Cancel = () => {};
  private closed = false;

  constructor(
    private readonly page: Page,
    { parent, dock = 'bottom', payloads = false, theme, collapsed = false }: InspectOptions,
    /** Called once, when it is closed. */
    private readonly onClose: Cancel = () => {},
  ) {
    this.payloads = payloads;
    const inspector = this;
    this.panel = new Panel(
      page,
      { parent, dock, theme, collapsed },
      {
        get connections() {
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
        closeLog: (shown) => this.closeLog(shown),
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

  private get connections(): readonly Entry[] {
    return [...this.live, ...this.logged];
  }

  add(target: Watchable): void {
    const manager = managerOf(target);
    if (this.closed || this.live.some((entry) => entry.manager === manager)) return;
    const { clock } = this.page;
    const record = new ConnectionRecord();
    record.paused = this.isPaused;
    const stop = observe(
      manager,
      (event) => {
        record.add(event);
        this.panel.requestPaint();
      },
      { payloads: () => this.payloads, now: () => clock.now() },
    );
    for (const { nsp, id } of joinedBefore(manager)) {
      record.add(cleanEvent({ type: 'namespace', atMs: clock.now(), nsp, state: 'joined', id }));
    }
    this.live.push({
      manager,
      record,
      stop,
      address: addressOf(manager),
      startedAtMs: this.page.dateMs() - clock.now(),
      nowMs: () => clock.now(),
      stored: storedOf(
        manager,
        () => clock.now(),
        () => this.panel.requestPaint(),
      ),
      waiting: () => {
        const buffered = bytes(manager._connection._unsentBytes);
        return { buffered, outbox: bytes(manager.bufferedAmount - buffered) };
      },
      use: () => useOf(manager),
      diagnose: (onFinding) => examine(manager, onFinding),
    });
    if (this.live.length > MAX_LIVE) {
      const index = Math.max(0, this.live.slice(0, -1).findIndex(isIdle));
      for (const entry of this.live.splice(index, 1)) entry.stop?.();
    }
    this.panel.requestPaint();
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
    return toLog(loggable, {
      payloads: this.payloads,
      savedAtMs: this.page.dateMs(),
      userAgent: this.page.window.navigator.userAgent,
    });
  }

  save(): void {
    const time = isoTime(this.page.dateMs()).replace(/[:.]/g, '-');
    const { text, payloads } = fileOf(this.log());
    this.page.offer(`holdfast-log-${time}.json`, text);
    const tooLarge = this.payloads ? ', which are too large' : '';
    const what = payloads ? 'with payloads' : `without payloads${tooLarge}`;
    this.panel.showNotice(`Saved ${what}, without auth, queries, cookies and headers.`);
  }

  async open(file: Blob | string): Promise<void> {
    try {
      this.show(await readLog(file));
    } catch (error) {
      this.panel.showNotice((error as Error).message, 'bad');
      throw error;
    }
  }

  /** Shows a parsed log. */
  show(log: Log): void {
    if (this.closed) return;
    // If a log has more connections than fit, the newest are shown.
    const entries = log.connections.slice(-MAX_LOGGED).map(entryOf);
    this.logged = [...this.logged, ...entries].slice(-MAX_LOGGED);
    const time = log.savedAt.slice(0, 19).replace('T', ' ');
    const payloads = log.payloads ? ', with payloads' : '';
    this.panel.showNotice(
      entries.length > 0
        ? `Opened a log of ${time} UTC${payloads}.`
        : `The log of ${time} UTC has no connection in it.`,
    );
    this.panel.choose(entries[0] ?? this.connections[0]);
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.stopTicking();
    for (const { stop } of this.live) stop?.();
    this.panel.close();
    this.onClose();
  }

  /** Removes one connection of a log; the inspector of a log closes with the last one. */
  private closeLog(shown: ShownConnection): void {
    const index = this.logged.indexOf(shown);
    if (index < 0) return;
    this.logged = this.logged.filter((entry) => entry !== shown);
    const next = this.logged[index] ?? this.logged.at(-1) ?? this.live[0];
    if (next || this.watchesNew) this.panel.choose(next);
    else this.close();
  }

  private setPaused(on: boolean): void {
    this.isPaused = on;
    for (const { record } of this.live) record.paused = on;
    this.panel.requestPaint();
  }

  /** Once a second: samples the queued bytes, and repaints because the panel shows durations. */
  private tick(): void {
    for (const { record, nowMs, waiting } of this.live) {
      if (waiting) Object.assign(record.sample(nowMs()), waiting());
    }
    this.panel.tick();
    this.stopTicking = this.page.clock.after(1_000, () => this.tick());
  }
}

/** @throws LogError */
async function readLog(file: Blob | string): Promise<Log> {
  if (typeof file === 'string') return parseLog(file);
  if (file.size > MAX_LOG_BYTES) throw tooLarge(file.size);
  let text: string;
  try {
    text = await file.text();
  } catch {
    throw new LogError('This file could not be read.');
  }
  return parseLog(text);
}

function entryOf(connection: LoggedConnection): Entry {
  const { address, startedAt, nowMs } = connection;
  return {
    record: replay(connection),
    address,
    startedAtMs: parseTime(startedAt) ?? 0,
    nowMs: () => nowMs,
  };
}

/** The namespaces that were joined before the manager was watched. */
function joinedBefore(manager: Manager): { readonly nsp: string; readonly id: string | undefined }[] {
  return [...manager._connection._namespaces]
    .filter(([nsp, { connected }]) => connected && manager._sockets.get(nsp))
    .map(([nsp]) => ({ nsp, id: manager.socket(nsp).id }));
}

function addressOf({ uri, opts }: Manager): string {
  try {
    return cleanText(`${parseAddress(uri, pageLocation()).origin}${opts.path}`);
  } catch {
    return cleanText(`${opts.hostname ?? opts.host ?? ''}${opts.path}`);
  }
}

function newInspector(options: InspectOptions, onClose: Cancel = () => {}): PageInspector {
  const page = systemPage();
  if (!page) throw new HoldfastError('BAD_OPTION', 'inspect() needs a page: there is no document here');
  return new PageInspector(page, options, onClose);
}

/**
 * Opens an inspector in the page.
 *
 * @param target a manager, or one of its sockets; without one, every connection of the page, created before or later
 * @throws HoldfastError `BAD_OPTION` outside a page, and for a target that is not a manager or socket of this library
 */
export function inspect(target?: Watchable, options: InspectOptions = {}): Inspector {
  const manager = target && managerOf(target);
  let stop: Cancel = () => {};
  const inspector = newInspector(options, () => stop());
  if (manager) inspector.add(manager);
  else {
    inspector.watchesNew = true;
    stop = everyManager((one) => inspector.add(one));
  }
  return inspector;
}

/**
 * Opens an inspector for a log that was saved in another page. If the log is invalid, no panel is opened.
 *
 * @throws LogError that says what is wrong with the file; HoldfastError `BAD_OPTION` outside a page
 */
export async function openLog(file: Blob | string, options: InspectOptions = {}): Promise<Inspector> {
  const log = await readLog(file);
  const inspector = newInspector(options);
  inspector.show(log);
  return inspector;
}
