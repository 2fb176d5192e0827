import type { Browser, BrowserContext } from 'playwright';
import { io } from '../../src/index.js';
import { launchChromium } from '../support/browser.js';
import { type PageServer, startPageServer } from '../support/page-server.js';
import { type ClientProgram, type ProgramSettings, startProgram } from './client-program.js';

/** An environment in which a client runs. */
export interface ClientEnvironment {
  readonly name: string;
  /** A new user profile, which remembers nothing about the server. */
  newProfile(): Promise<Profile>;
}

/** A user profile, which remembers servers between visits. */
export interface Profile {
  /** Starts a client program; in the browser, loads a page for it. */
  start(settings: ProgramSettings): Promise<RemoteProgram>;
  close(): Promise<void>;
  /** Uncaught errors. */
  readonly uncaught: readonly string[];
}

/** A client program, in this process or in a page. */
export type RemoteProgram = {
  readonly [Method in keyof ClientProgram]: (
    ...args: Parameters<ClientProgram[Method]>
  ) => Promise<Awaited<ReturnType<ClientProgram[Method]>>>;
};

type Call = (...args: readonly unknown[]) => unknown;

function remote(
  call: (method: keyof ClientProgram, args: readonly unknown[]) => Promise<unknown>,
): RemoteProgram {
  const methods = [
    'untilLogged',
    'untilAcknowledged',
    'untilTransport',
    'pause',
    'resume',
    'finish',
    'report',
    'disconnect',
  ] as const;
  return Object.fromEntries(
    methods.map((method) => [method, (...args: unknown[]) => call(method, args)]),
  ) as unknown as RemoteProgram;
}

/** This process. Memory is keyed by the server's address, and each cell has its own server. */
export const node: ClientEnvironment = {
  name: 'Node',
  newProfile: async () => ({
    async start(settings) {
      const program = startProgram(settings, io);
      return remote(async (method, args) => (program[method] as Call)(...args));
    },
    close: async () => {},
    uncaught: [],
  }),
};

/** One Chromium with one browser profile. Its storage is also keyed by the server's address. */
export class Chromium implements ClientEnvironment {
  readonly name = 'Chromium';
  #started: Promise<{ browser: Browser; context: BrowserContext; pages: PageServer }> | undefined;

  start(): Promise<unknown> {
    this.#started = (async () => {
      // Starting a process for each page would be too slow.
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

  async newProfile(): Promise<Profile> {
    if (this.#started === undefined) throw new Error('Chromium was not started.');
    const { context, pages } = await this.#started;
    const page = await context.newPage();
    const uncaught: string[] = [];
    page.on('pageerror', (error) => uncaught.push(String(error.stack ?? error)));
    return {
      uncaught,
      async start(settings) {
        await page.goto(`${pages.origin}/script`);
        const program = await page.evaluateHandle(startProgram, settings);
        return remote((method, args) =>
          program.evaluate((inPage, [name, given]) => (inPage[name] as Call)(...given), [
            method,
            args,
          ] as const),
        );
      },
      close: () => page.close(),
    };
  }
}
