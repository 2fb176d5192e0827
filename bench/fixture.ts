import type { BrowserContext, Page } from 'playwright';
import type { ServerOptions } from 'socket.io';
import { type FaultProxy, startFaultProxy } from '../test/support/fault-proxy.js';
import { startServer, type TestServer } from '../test/support/server.js';
import type { Client, Theatre } from './environment.js';

/** Where one scenario plays: visitors of its own, and servers behind a link that can be broken. */

export type { Client };

/** Milliseconds there and back, where a scenario asks for no other link. */
export const linkRttMs = 100;

export interface Line {
  readonly server: TestServer;
  readonly proxy: FaultProxy;
  readonly url: string;
}

export class Stage {
  readonly rounds: number;
  readonly quick: boolean;
  readonly #theatre: Theatre;
  readonly #visitors = new Set<BrowserContext>();
  readonly #lines = new Set<Line>();

  constructor(theatre: Theatre, rounds: number, quick: boolean) {
    this.#theatre = theatre;
    this.rounds = rounds;
    this.quick = quick;
  }

  /** Somebody who was never here: no memory, no open connections. */
  async visitor(): Promise<BrowserContext> {
    const visitor = await this.#theatre.browser.newContext();
    this.#visitors.add(visitor);
    visitor.once('close', () => this.#visitors.delete(visitor));
    return visitor;
  }

  /** A visit to the page that loads this client. */
  async visit(visitor: BrowserContext, client: Client): Promise<Page> {
    const page = visitor.pages()[0] ?? (await visitor.newPage());
    await page.goto(`${this.#theatre.origin}/${client}`);
    return page;
  }

  /** A server of its own, at the end of a link of its own. */
  async line(options: Partial<ServerOptions> = {}, rttMs: number = linkRttMs): Promise<Line> {
    const server = await startServer({ options });
    const proxy = await startFaultProxy(server.port);
    proxy.delay(rttMs / 2);
    const line = { server, proxy, url: proxy.url };
    this.#lines.add(line);
    return line;
  }

  lines(count: number, options: Partial<ServerOptions> = {}): Promise<Line[]> {
    return Promise.all(Array.from({ length: count }, () => this.line(options)));
  }

  /** Ends what the scenario left behind. */
  async clear(): Promise<void> {
    await Promise.all([...this.#visitors].map((visitor) => visitor.close()));
    await Promise.all(
      [...this.#lines].map(async ({ server, proxy }) => {
        await proxy.close();
        await server.crash();
      }),
    );
    this.#lines.clear();
  }
}
