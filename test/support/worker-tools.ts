import type { JSHandle, Page } from 'playwright';
import type { Fetch } from '../../src/index.js';
import { type Loading, workerPath } from './page-server.js';

/** Workers of every kind, in which a test runs functions as it does in pages. */

export type WorkerKind = 'dedicated worker' | 'shared worker' | 'service worker';
export const workerKinds: readonly WorkerKind[] = ['dedicated worker', 'shared worker', 'service worker'];

declare global {
  interface Window {
    /** The library, in a worker that loaded it as a module. */
    Fetch: typeof Fetch;
    /** The uncaught errors of a worker. */
    uncaught: string[];
  }
}

export interface TestWorker {
  /** Runs a self-contained function in the worker. */
  run<Result, Arg>(work: (arg: Arg) => Result | Promise<Result>, arg: Arg): Promise<Result>;
  run<Result>(work: () => Result | Promise<Result>): Promise<Result>;
}

/** Starts a worker from a page. */
export async function startWorker(page: Page, kind: WorkerKind, loading: Loading): Promise<TestWorker> {
  const path = workerPath(loading);
  const type = loading === 'module' ? 'module' : 'classic';
  const worker: JSHandle<Pick<MessagePort, 'postMessage'>> = await page.evaluateHandle(
    async ({ kind, path, type }) => {
      if (kind === 'dedicated worker') return new Worker(path, { type });
      if (kind === 'shared worker') return new SharedWorker(path, { type }).port;
      await navigator.serviceWorker.register(path, { type });
      const { active } = await navigator.serviceWorker.ready;
      return active as ServiceWorker;
    },
    { kind, path, type } as const,
  );
  return {
    run: (work: (arg: never) => unknown, arg?: unknown) =>
      page.evaluate(
        ({ worker, source, arg }) =>
          new Promise<never>((resolve, reject) => {
            const { port1, port2 } = new MessageChannel();
            port1.onmessage = ({ data }) => {
              port1.close();
              if ('error' in data) reject(new Error(data.error));
              else resolve(data.value);
            };
            worker.postMessage({ source, arg }, [port2]);
          }),
        { worker, source: String(work), arg },
      ),
  };
}

/** Runs in the worker after the library; self-contained. */
export function serveWorkerTools(): void {
  self.uncaught = [];
  self.addEventListener('error', (event) => self.uncaught.push(String(event.error?.stack ?? event.message)));
  self.addEventListener('unhandledrejection', ({ reason }) =>
    self.uncaught.push(String(reason?.stack ?? reason)),
  );
  const serve = (event: MessageEvent): void => {
    const { source, arg } = event.data;
    const [port] = event.ports;
    const work = async (): Promise<void> => {
      try {
        port?.postMessage({ value: await new Function(`return (${source})`)()(arg) });
      } catch (error) {
        port?.postMessage({ error: String((error as Error).stack ?? error) });
      }
    };
    const done = work();
    // A service worker may be terminated when it is idle.
    if ('waitUntil' in event) (event as unknown as { waitUntil(work: unknown): void }).waitUntil(done);
  };
  self.addEventListener('message', serve);
  self.addEventListener('connect', (event) => {
    const [port] = (event as MessageEvent).ports;
    if (port) port.onmessage = serve;
  });
}
