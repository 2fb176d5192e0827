/**
 * @packageDocumentation Fixtures for `@playwright/test`: a network that breaks on demand, the state of a page's connections, and an in-memory
 * server behind a page.
 */
import {
  type BrowserContext,
  test as base,
  expect as baseExpect,
  type Expect,
  type Page,
  type PlaywrightTestArgs,
  type PlaywrightTestOptions,
  type PlaywrightWorkerArgs,
  type PlaywrightWorkerOptions,
  type TestType,
} from '@playwright/test';
import { systemEnvironment } from '../platform/environment.js';
import { HoldfastError } from '../platform/errors.js';
import { show } from '../platform/show.js';
import { Network } from './network.js';
import { listenTo } from './page-traffic.js';
import { NetworkProxy } from './proxy.js';
import { describeConnection, type ObservedConnection, PollingTap, Traffic } from './traffic.js';

export type { Network } from './network.js';
export { routeServer } from './route.js';
export type { ConnectionStatus, ObservedAttempt, ObservedConnection, WirePacket } from './traffic.js';

/** Selects one of the page's connections. */
export interface ConnectionChoice {
  /** The one with this address: `http://127.0.0.1:3000/socket.io/`. @defaultValue the connected one, or the newest */
  readonly url?: RegExp;
}

/** Reads the state of a page's connection, at the moment of each call. */
export type ReadConnection = (page: Page, choice?: ConnectionChoice) => ObservedConnection;

/** The fixtures of `holdfast/playwright`. */
export interface HoldfastFixtures {
  /** The network between the browser and its servers. */
  network: Network;
  /** Reads status, transport and attempts of a page's connection. */
  connection: ReadConnection;
}

const traffics: WeakMap<Page, Traffic> = new WeakMap();

/** @throws HoldfastError `NOT_SUPPORTED` */
function trafficOf(page: Page): Traffic {
  const traffic = traffics.get(page);
  if (traffic) return traffic;
  throw new HoldfastError(
    'NOT_SUPPORTED',
    typeof (page as Partial<Page> | undefined)?.goto === 'function'
      ? 'this page is unknown: open it with the fixture "page" or "context" of "holdfast/playwright"'
      : `${show(page)} is not a page of Playwright`,
  );
}

/** WebDriver BiDi reports no WebSockets: the traffic of such a browser is read at the proxy. */
const isBidi = (channel: string | undefined): boolean => /^(moz-|bidi-)/.test(channel ?? '');

/** By default, Firefox bypasses its proxy for addresses of this machine. */
const FIREFOX = { 'network.proxy.allow_hijacking_localhost': true };

type Test = TestType<
  PlaywrightTestArgs & PlaywrightTestOptions & HoldfastFixtures,
  PlaywrightWorkerArgs & PlaywrightWorkerOptions
>;

/** The `test` of Playwright, with the fixtures `network` and `connection`. */
export const test: Test = base.extend<HoldfastFixtures>({
  launchOptions: [
    async ({ launchOptions, browserName }, use) => {
      const { firefoxUserPrefs } = launchOptions;
      await use(
        browserName === 'firefox'
          ? { ...launchOptions, firefoxUserPrefs: { ...FIREFOX, ...firefoxUserPrefs } }
          : launchOptions,
      );
    },
    { scope: 'worker' },
  ],

  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the parameters of fixtures, and wants a pattern
  network: async ({}, use) => {
    const proxy = await NetworkProxy.start();
    const network = new Network(proxy);
    await use(network);
    await proxy.close();
  },

  proxy: async ({ network, proxy }, use) => {
    if (proxy) {
      throw new HoldfastError(
        'BAD_OPTION',
        `option "proxy" is ${show(proxy.server)}: the fixture "network" of holdfast/playwright is a proxy itself, and cannot be combined with another`,
      );
    }
    await use({ server: network._proxy.url });
  },

  context: async ({ context, network, channel, launchOptions }, use, testInfo) => {
    const environment = systemEnvironment(true);
    const shared = isBidi(channel ?? launchOptions.channel) ? new Traffic(environment) : undefined;
    const all: Traffic[] = shared ? [shared] : [];
    const polling = new PollingTap();
    network._proxy.tap = shared ?? polling;
    const take = (page: Page): void => {
      if (traffics.has(page)) return;
      const traffic = shared ?? new Traffic(environment);
      traffics.set(page, traffic);
      network._take(page, traffic);
      if (shared) return;
      all.push(traffic);
      listenTo(page, traffic, polling);
    };
    const takeContext = (one: BrowserContext): void => {
      network._use(one);
      one.on('page', take);
    };
    takeContext(context);
    // A test may create other contexts: another visitor in the same browser.
    const browser = context.browser();
    browser?.on('context', takeContext);
    await use(context);
    browser?.off('context', takeContext);
    if (testInfo.status === testInfo.expectedStatus) return;
    const logs = all.map((traffic) => traffic.log()).filter(({ connections }) => connections.length > 0);
    for (const [index, log] of logs.entries()) {
      await testInfo.attach(logs.length === 1 ? 'holdfast-log.json' : `holdfast-log-${index + 1}.json`, {
        body: JSON.stringify(log),
        contentType: 'application/json',
      });
    }
  },

  // biome-ignore lint/correctness/noEmptyPattern: as above
  connection: async ({}, use) => {
    await use((page, { url } = {}) => trafficOf(page).find(url));
  },
}) as unknown as Test;

/** How a page must be connected. */
export interface ConnectedOptions extends ConnectionChoice {
  readonly transport?: 'websocket' | 'polling';
  /** A namespace that it must have joined. */
  readonly namespace?: string;
  /** How long to wait, in milliseconds. @defaultValue 5000 */
  readonly timeout?: number;
}

interface Matchers {
  /**
   * Waits until the page has a connection to a Socket.IO server that works, by this transport if one is named. With `not`, waits until the
   * page has noticed that it has none.
   */
  toBeConnected(page: Page, options?: ConnectedOptions): Promise<{ pass: boolean; message: () => string }>;
}

const DEFAULT_TIMEOUT_MS = 5_000;

/** The `expect` of Playwright, with `expect(page).toBeConnected()`. */
export const expect: Expect<Matchers> = baseExpect.extend({
  async toBeConnected(
    this: { isNot: boolean },
    page: Page,
    { transport, namespace, url, timeout = DEFAULT_TIMEOUT_MS }: ConnectedOptions = {},
  ) {
    const traffic = trafficOf(page);
    const { clock } = systemEnvironment(true);
    const fits = (): boolean => {
      const found = traffic.find(url);
      return (
        found.status === 'connected' &&
        // A page that does not know yet that its connection is gone is not connected, and has not noticed either.
        (found.alive || this.isNot) &&
        (transport === undefined || found.transport === transport) &&
        (namespace === undefined || found.namespaces.includes(namespace))
      );
    };
    const late = new Promise<false>((resolve) => void clock.after(timeout, () => resolve(false), true));
    let inTime = true;
    // For `not`: waits until it is no longer connected.
    while (fits() === this.isNot && inTime) {
      inTime = (await Promise.race([traffic.change().then(() => true), late])) as boolean;
    }
    const pass = fits();
    const wanted = [transport && `by ${transport}`, namespace && `in ${namespace}`].filter(Boolean).join(' ');
    return {
      pass,
      message: () =>
        `expected the page ${this.isNot ? 'not ' : ''}to be connected${wanted && ` ${wanted}`} within ${timeout} ms\n${describeConnection(traffic.find(url))}`,
    };
  },
});
