import type { Socket } from 'socket.io';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { nextEvent, within } from '../support/waiting.js';
import { html, runNode, useProject } from './support/fixture.js';

const project = useProject();

declare global {
  interface Window {
    effects: number;
    unmount(): void;
  }
}

/** The server's end of a connection. */
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

const texts = { own: 'sum 13', shared: 'all is well' };

test.each(Object.entries(texts))(
  'StrictMode mounts twice and leaves one connection: %s',
  async (component, text) => {
    const { io } = project.server;
    const clients: Client[] = [];
    const record = (client: Client): unknown => clients.push(client);
    io.engine.on('connection', record);
    onTestFinished(() => void io.engine.off('connection', record));
    const address = project.site.page(
      html('<div id="root"></div><script type="module" src="/out/react/strict-mode.js"></script>'),
    );
    const page = await project.open(`${address}?component=${component}&server=${project.server.url}`);
    await page.getByText(text).waitFor();
    expect(await page.evaluate(() => window.effects)).toBe(2);

    // The connection of the first mount is closing; no other follows.
    const namespace = io.of(component === 'own' ? '/' : '/news');
    const [last] = [...namespace.sockets.values()].slice(-1) as [Socket];
    const others = clients.filter((client) => client !== last.conn && client.readyState !== 'closed');
    await within(Promise.all(others.map(closed)), 'the connection of the first mount to close');
    expect(namespace.sockets.size).toBe(1);
    expect(io.engine.clientsCount).toBe(1);

    const disconnected = nextEvent(last, 'disconnect');
    await page.evaluate(() => window.unmount());
    await disconnected;
    expect(namespace.sockets.size).toBe(0);
  },
);
