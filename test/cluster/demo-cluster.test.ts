import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { io } from '../../src/index.js';
import { provideMiddleboxes } from '../faults/middleboxes.js';
import { freePort, host } from '../support/ports.js';
import { within } from '../support/waiting.js';

/** `npm run demo:cluster`: three nodes behind nginx, joined by Redis. It ends at a signal, without a trace and without leftovers. */

const patienceMs = 60_000;

/** The processes of a group. */
function processesOf(group: number): boolean {
  try {
    return process.kill(-group, 0);
  } catch {
    return false;
  }
}

test.each(['SIGINT', 'SIGTERM'] as const)(
  'the cluster serves clients, and ends when %s is sent to the whole group, as a terminal does',
  async (signal) => {
    expect(await provideMiddleboxes(['nginx', 'redis-server'])).toBeUndefined();
    const [pages, sockets] = [await freePort(), await freePort()];
    const child = spawn(process.execPath, ['demo/cluster.mjs'], {
      detached: true,
      env: {
        ...process.env,
        PATH: `${process.env.PATH}:/usr/sbin`,
        HOLDFAST_DEMO_PORT: `${pages}`,
        HOLDFAST_SOCKET_PORT: `${sockets}`,
      },
    });
    const group = child.pid as number;
    let said = '';
    child.stdout.on('data', (bytes) => {
      said += bytes;
    });
    child.stderr.on('data', (bytes) => {
      said += bytes;
    });
    const ended = once(child, 'exit');
    try {
      await expect.poll(() => said, { timeout: patienceMs }).toContain('Press Ctrl+C to stop');
      const clients = Array.from({ length: 6 }, () =>
        io(`http://${host}:${sockets}`, {
          path: '/websocket',
          transports: ['websocket'],
          forceNew: true,
          extraHeaders: { origin: `http://localhost:${pages}` },
        }),
      );
      await within(Promise.all(clients.map((client) => client.ready())), 'the clients', patienceMs);
      process.kill(-group, signal);
      const [code] = await within(ended, 'the end of the cluster', patienceMs);
      for (const client of clients) client.disconnect();
      expect(code).toBe(0);
      await expect.poll(() => processesOf(group), { timeout: patienceMs }).toBe(false);
      expect(said).not.toMatch(/Error|ECONN|EPIPE|^\s+at /m);
    } finally {
      if (processesOf(group)) process.kill(-group, 'SIGKILL');
    }
  },
);
