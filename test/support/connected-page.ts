import type { Page } from 'playwright';

/** Connects the page's socket, and records its later disconnect reasons. */
export async function connect(page: Page, url: string, options: object = {}): Promise<void> {
  await page.evaluate(
    async ({ url, options }) => {
      window.socket = window.io(url, options);
      window.socket.on('disconnect', (reason: string) => window.record.push(reason));
      await window.next(window.socket, 'connect');
    },
    { url, options },
  );
}

export async function disconnected(page: Page): Promise<void> {
  await page.evaluate(() => window.until(window.socket, 'disconnect', () => !window.socket.connected));
}

export async function connectedAgain(page: Page): Promise<void> {
  await page.evaluate(() => window.until(window.socket, 'connect', () => window.socket.connected));
}

/** The recorded disconnect reasons of the page's socket. */
export function disconnects(page: Page): Promise<unknown[]> {
  return page.evaluate(() => window.record);
}

/** Waits until the servers of all sockets have answered a probe: only then is silence proof of a dead connection. */
export function probed(page: Page): Promise<void> {
  return page.evaluate(async () => {
    const answered = ({ io }: Window['socket']): Promise<void> =>
      new Promise((resolve) => {
        io.engine.on('packet', ({ data }: { data?: unknown }) => {
          if (String(data).startsWith('4/holdfast-probe')) resolve();
        });
      });
    const all = [window.socket, window.other].filter((socket) => socket !== undefined).map(answered);
    window.dispatchEvent(new Event('online'));
    await Promise.all(all);
  });
}
