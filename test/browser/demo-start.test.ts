import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { describe, expect, test } from 'vitest';
import { failedStart, startDemo } from '../support/demo.js';
import { host } from '../support/ports.js';

describe('npm start', () => {
  test.each([
    ['HOLDFAST_DEMO_PORT', 'the page'],
    ['HOLDFAST_SOCKET_PORT', 'the Socket.IO server'],
  ])('says that the port of %s is in use, and what to do', async (variable, what) => {
    const other = createServer().listen(0, host);
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    try {
      const { code, said } = await failedStart({ [variable]: String(port) });
      expect(code).toBe(1);
      expect(said).toContain(`port ${port}, for ${what}, is in use by another program`);
      expect(said).toContain(variable);
    } finally {
      other.close();
    }
  });

  test('serves its pages only to this machine', async () => {
    const demo = await startDemo();
    try {
      const { port } = new URL(demo.pageUrl);
      expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);
      const others = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
      for (const { address, family, internal } of others) {
        if (internal || family !== 'IPv4') continue;
        await expect(fetch(`http://${address}:${port}/`)).rejects.toThrow();
      }
      await expect(fetch(`http://[::1]:${port}/`)).rejects.toThrow();
    } finally {
      await demo.stop();
    }
  });

  test('says which ports are valid when given an invalid one', async () => {
    const { code, said } = await failedStart({ HOLDFAST_DEMO_PORT: 'eighty' });
    expect(code).toBe(1);
    expect(said).toContain('HOLDFAST_DEMO_PORT must be a whole number from 0 to 65535, but it is "eighty"');
  });
});
