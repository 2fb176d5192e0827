import { createServer, type Server } from 'node:net';

export const host = '127.0.0.1';

// Below the range from which Linux takes the ports of outgoing connections, so that the port of a stopped server is still free when it
// starts again.
const firstPort = 20_000;
const portCount = 10_000;
const tries = 50;

/** A port that was returned may not be listened on yet, or not at the moment, because its server restarts. */
const returned = new Set<number>();

/** A free port of 127.0.0.1. No port is returned twice. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const port = firstPort + Math.floor(Math.random() * portCount);
    if (returned.has(port)) continue;
    returned.add(port);
    const probe = createServer();
    try {
      await listen(probe, port);
      return port;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    } finally {
      await new Promise((resolve) => probe.close(resolve));
    }
  }
  throw new Error(`No free port found in ${tries} tries from ${firstPort} on.`);
}

/** Resolves when the server listens on 127.0.0.1, rejects if it cannot. Also accepts an HTTP server. */
export function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
