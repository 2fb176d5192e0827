import type { BrowserContext, BrowserContextOptions, Page } from 'playwright';
import type { ServerOptions } from 'socket.io';
import { type FaultProxy, startFaultProxy } from '../test/support/fault-proxy.js';
import { startServer, type TestServer } from '../test/support/server.js';
import type { BenchEnvironment, Client } from './environment.js';

/** The fixture of one scenario: its own browser profiles, and servers behind links that can be broken. */

export type { Client };

/** The round-trip time of a link, unless a scenario sets another. */
export const defaultRttMs = 100;

export interface ServerLink {
  readonly server: TestServer;
  readonly proxy: FaultProxy;
  readonly url: string;
}

export class Fixture {
  readonly rounds: number;
  readonly quick: boolean;
  readonly #environment: BenchEnvironment;
  readonly #contexts = new Set<BrowserContext>();
  readonly #links = new Set<ServerLink>();

  constructor(environment: BenchEnvironment, rounds: number, quick: boolean) {
    this.#environment = environment;
    this.rounds = rounds;
    this.quick = quick;
  }

  /** Creates a browser profile: nothing is remembered, no connection is open. */
  async newContext(options: BrowserContextOptions = {}): Promise<BrowserContext> {
    const context = await this.#environment.browser.newContext(options);
    this.#contexts.add(context);
    context.once('close', () => this.#contexts.delete(context));
    return context;
  }

  /** Serves the scenario's own page, or another file if a type is given, and returns its address. */
  serve(content: string | Buffer, headers?: Readonly<Record<string, string>>): string {
    return this.#environment.serve(content, headers);
  }

  /** Opens the page that loads this client. */
  async openPage(context: BrowserContext, client: Client): Promise<Page> {
    const page = context.pages()[0] ?? (await context.newPage());
    await page.goto(this.#environment.pages[client]);
    return page;
  }

  /** Starts a server behind its own link. */
  async link(options: Partial<ServerOptions> = {}, rttMs: number = defaultRttMs): Promise<ServerLink> {
    const server = await startServer({ options });
    const proxy = await startFaultProxy(server.port);
    proxy.delay(rttMs / 2);
    const link = { server, proxy, url: proxy.url };
    this.#links.add(link);
    return link;
  }

  links(count: number, options: Partial<ServerOptions> = {}): Promise<ServerLink[]> {
    return Promise.all(Array.from({ length: count }, () => this.link(options)));
  }

  /** Closes everything that the scenario opened. */
  async clear(): Promise<void> {
    await Promise.all([...this.#contexts].map((context) => context.close()));
    await Promise.all(
      [...this.#links].map(async ({ server, proxy }) => {
        await proxy.close();
        await server.crash();
      }),
    );
    this.#links.clear();
  }
}
