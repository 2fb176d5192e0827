/** The fixture `network`. */
import type { BrowserContext, Page } from '@playwright/test';
import { nothing } from '../platform/clock.js';
import { HoldfastError } from '../platform/errors.js';
import { show } from '../platform/show.js';
import type { NetworkProxy, WebSocketFault } from './proxy.js';
import type { Traffic } from './traffic.js';

/**
 * The network between the browser and its servers. A proxy on this machine breaks it, so the page has real connections. The proxy cannot
 * distinguish encrypted WebSockets from other traffic, so `routeWebSocket` refuses, swallows and mutes those.
 */
export class Network {
  private readonly _contexts: Set<BrowserContext> = new Set();
  private readonly _pages: Map<Page, Traffic> = new Map();
  /** Pending work for contexts and pages that were opened during a fault. */
  private readonly _begun: Set<Promise<void>> = new Set();
  private _isOffline = false;
  private _routed = false;

  /** @internal */
  constructor(
    /** @internal */
    readonly _proxy: NetworkProxy,
  ) {}

  /** The address of the proxy, for a browser that the test starts itself. */
  get url(): string {
    return this._proxy.url;
  }

  /** New WebSockets are answered with an error, as by a proxy that does not support them. */
  refuseWebSocket(): Promise<void> {
    return this._break('refuse');
  }

  /** New WebSockets are accepted and never answered, as by a firewall. */
  swallowWebSocket(): Promise<void> {
    return this._break('swallow');
  }

  /** New WebSockets open, and then carry nothing in either direction. */
  muteWebSocket(): Promise<void> {
    return this._break('mute');
  }

  /** Resets every connection. The page can reconnect at once. */
  async cut(): Promise<void> {
    this._proxy.cut();
    this._died();
  }

  /**
   * The existing connections die silently: nothing arrives any more, in either direction, and neither end is notified. New connections
   * work. A change of network or a long sleep has this effect.
   */
  async die(): Promise<void> {
    this._proxy.die();
    this._died();
  }

  /** There is no network: the browser reports offline to the page, connections die, and no new one opens. */
  async offline(): Promise<void> {
    this._isOffline = true;
    this._proxy.down = true;
    await this.die();
    await Promise.all([...this._contexts].map((context) => context.setOffline(true)));
  }

  /** Delays all data by the given milliseconds, in each direction. @throws HoldfastError `BAD_OPTION` */
  async latency(ms: number): Promise<void> {
    if (!(typeof ms === 'number' && ms >= 0 && ms < Number.POSITIVE_INFINITY)) {
      throw new HoldfastError(
        'BAD_OPTION',
        `network.latency(${show(ms)}): accepted: milliseconds, 0 or more`,
      );
    }
    this._proxy.latencyMs = ms;
  }

  /** Ends every fault. Dead connections stay dead, and the page must detect it. */
  async restore(): Promise<void> {
    this._proxy.restore();
    if (!this._isOffline) return;
    this._isOffline = false;
    await Promise.all([...this._contexts].map((context) => context.setOffline(false)));
  }

  /** @internal Called with each context, which may be created during a fault. */
  _use(context: BrowserContext): void {
    this._contexts.add(context);
    context.on('close', () => this._contexts.delete(context));
    if (this._isOffline) this._begin(context.setOffline(true));
    // A new page is usable only after the current faults apply to it.
    const newPage = context.newPage.bind(context);
    context.newPage = async () => {
      const page = await newPage();
      await Promise.all(this._begun);
      return page;
    };
  }

  /** @internal Called with each page of such a context. */
  _take(page: Page, traffic: Traffic): void {
    this._pages.set(page, traffic);
    page.on('close', () => this._pages.delete(page));
    if (this._routed) this._begin(this._route(page, traffic));
  }

  private _died(): void {
    for (const traffic of this._pages.values()) traffic.died();
  }

  private _begin(task: Promise<unknown>): void {
    // A page that was closed meanwhile needs no fault.
    const done = task.then(nothing, nothing).then(() => void this._begun.delete(done));
    this._begun.add(done);
  }

  private async _break(fault: WebSocketFault): Promise<void> {
    this._proxy.webSockets = fault;
    if (this._routed) return;
    this._routed = true;
    await Promise.all([...this._pages].map(([page, traffic]) => this._route(page, traffic)));
  }

  /** Only for `wss:`: a WebSocket that the proxy can distinguish stays a real one. */
  private _route(page: Page, traffic: Traffic): Promise<unknown> {
    return page.routeWebSocket(/^wss:/, async (ws) => {
      const { webSockets: fault } = this._proxy;
      if (fault === undefined) {
        ws.connectToServer();
        return;
      }
      // Playwright does not report WebSockets that it keeps from the network.
      const tapped = traffic.opened('websocket', ws.url());
      ws.onClose((code, reason) => {
        tapped.closed(fault === 'mute' ? 'closed' : 'aborted');
        void ws.close({ ...(code !== undefined && { code }), ...(reason && { reason }) });
      });
      if (fault === 'refuse') {
        tapped.closed('refused');
        await ws.close({ code: 1008, reason: 'refused' });
      } else if (fault === 'swallow') {
        // Playwright opens a socket after its handler has returned.
        await new Promise(nothing);
      }
    });
  }
}
