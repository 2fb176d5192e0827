import type { Browser, BrowserContext } from 'playwright';
import { io } from '../../src/index.js';
import { launchChromium } from '../support/browser.js';
import { type PageServer, startPageServer } from '../support/page-server.js';
import { startTalk, type Talk, type TalkSettings } from './client-program.js';

/** Where a client runs. */
export interface Place {
  readonly name: string;
  /** Somebody who was never here: nothing is remembered of the server. */
  visitor(): Promise<Visitor>;
}

/** Somebody who may come more than once, and remembers. */
export interface Visitor {
  /** A visit: in the browser, a page that is loaded. */
  visit(settings: TalkSettings): Promise<RemoteTalk>;
  gone(): Promise<void>;
  /** Errors that nobody caught. */
  readonly uncaught: readonly string[];
}

/** A talk, wherever it takes place. */
export type RemoteTalk = {
  readonly [Method in keyof Talk]: (
    ...args: Parameters<Talk[Method]>
  ) => Promise<Awaited<ReturnType<Talk[Method]>>>;
};

type Call = (...args: readonly unknown[]) => unknown;

function remote(call: (method: keyof Talk, args: readonly unknown[]) => Promise<unknown>): RemoteTalk {
  const methods = ['told', 'acknowledged', 'on', 'pause', 'resume', 'finish', 'report', 'leave'] as const;
  return Object.fromEntries(
    methods.map((method) => [method, (...args: unknown[]) => call(method, args)]),
  ) as unknown as RemoteTalk;
}

/** This process. What is remembered is so by the server's address, and each cell has a server of its own. */
export const node: Place = {
  name: 'Node',
  visitor: async () => ({
    async visit(settings) {
      const talk = startTalk(settings, io);
      return remote(async (method, args) => (talk[method] as Call)(...args));
    },
    gone: async () => {},
    uncaught: [],
  }),
};

/** One Chromium with one profile. Its storage, too, remembers by the server's address. */
export class Chromium implements Place {
  readonly name = 'Chromium';
  #started: Promise<{ browser: Browser; context: BrowserContext; pages: PageServer }> | undefined;

  start(): Promise<unknown> {
    this.#started = (async () => {
      // A process for each page would keep two cores busy with nothing but starting them.
      const [browser, pages] = await Promise.all([launchChromium('--process-per-site'), startPageServer()]);
      return { browser, pages, context: await browser.newContext() };
    })();
    return this.#started;
  }

  async stop(): Promise<void> {
    const started = await this.#started;
    await started?.browser.close();
    await started?.pages.close();
  }

  async visitor(): Promise<Visitor> {
    if (this.#started === undefined) throw new Error('Chromium was not started.');
    const { context, pages } = await this.#started;
    const page = await context.newPage();
    const uncaught: string[] = [];
    page.on('pageerror', (error) => uncaught.push(String(error.stack ?? error)));
    return {
      uncaught,
      async visit(settings) {
        await page.goto(`${pages.origin}/script`);
        const talk = await page.evaluateHandle(startTalk, settings);
        return remote((method, args) =>
          talk.evaluate((there, [name, given]) => (there[name] as Call)(...given), [method, args] as const),
        );
      },
      gone: () => page.close(),
    };
  }
}
