import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright';
import { launchChromium } from '../test/support/browser.js';
import { type Site, startSite } from '../test/support/site.js';

/** The environment that all scenarios share: a browser, and a page for each client. */

export const root: URL = pathToFileURL(`${process.cwd()}/`);

export type Client = 'holdfast' | 'official';
export const scripts: Readonly<Record<Client, string>> = {
  holdfast: 'dist/holdfast.min.js',
  official: 'node_modules/socket.io-client/dist/socket.io.min.js',
};

export class BenchEnvironment {
  readonly browser: Browser;
  /** The address of each client's page. */
  readonly pages: Readonly<Record<Client, string>>;
  readonly #site: Site;

  constructor(browser: Browser, site: Site) {
    const pageOf = (client: Client): string =>
      site.page(
        `<!doctype html><html lang="en"><title>${client}</title><link rel="icon" href="data:,"><script src="/${scripts[client]}"></script></html>`,
      );
    this.browser = browser;
    this.pages = { holdfast: pageOf('holdfast'), official: pageOf('official') };
    this.#site = site;
  }

  /** Serves a scenario's own page, or another file if a type is given, and returns its address. */
  serve(content: string | Buffer, headers: Readonly<Record<string, string>> = {}): string {
    return this.#site.page(content, headers);
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.#site.close();
  }
}

export async function startEnvironment(): Promise<BenchEnvironment> {
  // A context that ignores them would open every connection twice: the first one to see the certificate.
  const browser = await launchChromium('--ignore-certificate-errors');
  return new BenchEnvironment(browser, await startSite(process.cwd()));
}
