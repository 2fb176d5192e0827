import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { freePort, host } from '../../support/ports.js';
import { within } from '../../support/waiting.js';
import type { Driver } from './driver.js';

/** Drives WebKitGTK's MiniBrowser by W3C WebDriver on a virtual screen. */

const startMs = 30_000;

/** An additional window. */
export interface Window {
  evaluate(expression: string): Promise<unknown>;
  go(url: string): Promise<void>;
  close(): Promise<void>;
}

export interface WindowedDriver extends Driver {
  /** Opens a new window. */
  window(url: string): Promise<Window>;
}

/** @param proxy `host:port` of a proxy for all traffic, also to this machine */
export async function driveWebKitGtk(
  driverPath: string,
  browserPath: string,
  proxy?: string,
): Promise<WindowedDriver> {
  const { screen, display } = await startScreen();
  const port = await freePort();
  const driver = spawn(driverPath, [`--port=${port}`, `--host=${host}`], {
    stdio: 'ignore',
    env: {
      ...process.env,
      DISPLAY: display,
      GDK_BACKEND: 'x11',
      // Needs no desktop services; in a container the sandbox does not start.
      NO_AT_BRIDGE: '1',
      WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
    },
  });
  const stop = async (): Promise<void> => {
    await end(driver);
    await end(screen);
  };
  try {
    const remote = new Remote(`http://${host}:${port}`);
    await within(remote.ready(), 'WebKitWebDriver to start', startMs);
    const version = await within(remote.begin(browserPath, proxy), 'MiniBrowser to start', startMs);
    return {
      name: 'WebKit',
      version,
      open: async (url) => void (await remote.ask('POST', 'url', { url })),
      evaluate: (expression) =>
        remote.ask('POST', 'execute/sync', { script: `return (${expression});`, args: [] }),
      resize: async (width, height) => void (await remote.ask('POST', 'window/rect', { width, height })),
      window: (url) => remote.window(url),
      screenshot: async () => Buffer.from(String(await remote.ask('GET', 'screenshot')), 'base64'),
      async close() {
        await remote.ask('DELETE', '').catch(() => {});
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Starts a virtual screen, which chooses a free display number. */
async function startScreen(): Promise<{ screen: ChildProcess; display: string }> {
  const screen = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1400x1300x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const failed = once(screen, 'error').then(([error]) => {
    throw error;
  });
  const displayNumber = once(screen.stdio[3] as Readable, 'data');
  const [number] = await within(Promise.race([displayNumber, failed]), 'Xvfb to start', startMs);
  return { screen, display: `:${String(number).trim()}` };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill();
  await ended;
}

/** W3C WebDriver, "Endpoints". */
class Remote {
  #session = '';
  #turn: Promise<unknown> = Promise.resolve();
  #first: string | undefined;

  constructor(private readonly url: string) {}

  async ready(): Promise<void> {
    for (;;) {
      const status = await fetch(`${this.url}/status`).catch(() => undefined);
      if (status?.ok) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** @returns the version of the browser */
  async begin(binary: string, proxy: string | undefined): Promise<string> {
    const { sessionId, capabilities } = (await this.#call('POST', '/session', {
      capabilities: {
        alwaysMatch: {
          'webkitgtk:browserOptions': { binary, args: ['--automation'] },
          ...(proxy && { proxy: { proxyType: 'manual', httpProxy: proxy, sslProxy: proxy, noProxy: [] } }),
        },
      },
    })) as { sessionId: string; capabilities: { browserVersion: string } };
    this.#session = sessionId;
    return capabilities.browserVersion;
  }

  ask(method: string, command: string, body?: object): Promise<unknown> {
    return this.#call(method, `/session/${this.#session}${command && `/${command}`}`, body);
  }

  /** A session controls one window at a time, so commands to different windows take turns. */
  async window(url: string): Promise<Window> {
    const { handle } = await this.#inTurn(async () => {
      this.#first ??= String(await this.ask('GET', 'window'));
      await this.ask('POST', 'window', { handle: this.#first });
      return (await this.ask('POST', 'window/new', { type: 'window' })) as { handle: string };
    });
    const inWindow = <T>(run: () => Promise<T>): Promise<T> =>
      this.#inTurn(async () => {
        await this.ask('POST', 'window', { handle });
        return run();
      });
    const go = (address: string): Promise<void> =>
      inWindow(async () => void (await this.ask('POST', 'url', { url: address })));
    await go(url);
    return {
      go,
      evaluate: (expression) =>
        inWindow(() => this.ask('POST', 'execute/sync', { script: `return (${expression});`, args: [] })),
      close: () => inWindow(async () => void (await this.ask('DELETE', 'window'))),
    };
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(run);
    this.#turn = result.catch(() => {});
    return result;
  }

  async #call(method: string, path: string, body?: object): Promise<unknown> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      ...(body && { body: JSON.stringify(body) }),
    });
    const { value } = (await response.json()) as { value: unknown };
    const { error, message } = (value ?? {}) as { error?: string; message?: string };
    if (!response.ok) throw new Error(`${method} ${path}: ${error} ${message}`);
    return value;
  }
}
