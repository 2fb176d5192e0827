import type { Socket } from 'socket.io';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { nextEvent, within } from '../support/waiting.js';
import { html, runNode, useHome } from './support/fixture.js';

const home = useHome();

declare global {
  interface Window {
    effects: number;
    unmount(): void;
  }
}

/** A connection as the server sees it. */
interface Client {
  readonly readyState: string;
  once(event: 'close', listener: () => void): unknown;
}

const closed = (client: Client): Promise<void> =>
  new Promise((resolve) => {
    client.once('close', () => resolve());
  });

beforeAll(async () => {
  await runNode('builders/react.mjs');
});

const shows = { own: 'sum 13', shared: 'all is well' };

test.each(Object.entries(shows))(
  'StrictMode mounts twice and leaves one connection: %s',
  async (component, text) => {
    const { io } = home.server;
    const clients: Client[] = [];
    const note = (client: Client): unknown => clients.push(client);
    io.engine.on('connection', note);
    onTestFinished(() => void io.engine.off('connection', note));
    const address = home.site.page(
      html('<div id="root"></div><script type="module" src="/out/react/strict-mode.js"></script>'),
    );
    const page = await home.open(`${address}?component=${component}&server=${home.server.url}`);
    await page.getByText(text).waitFor();
    expect(await page.evaluate(() => window.effects)).toBe(2);

    // Whatever the first mount had opened is on its way out; nothing comes after it.
    const namespace = io.of(component === 'own' ? '/' : '/news');
    const [last] = [...namespace.sockets.values()].slice(-1) as [Socket];
    const others = clients.filter((client) => client !== last.conn && client.readyState !== 'closed');
    await within(Promise.all(others.map(closed)), 'the connection of the first mount to go');
    expect(namespace.sockets.size).toBe(1);
    expect(io.engine.clientsCount).toBe(1);

    const left = nextEvent(last, 'disconnect');
    await page.evaluate(() => window.unmount());
    await left;
    expect(namespace.sockets.size).toBe(0);
  },
);
