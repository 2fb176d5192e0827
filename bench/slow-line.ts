import { connect, createServer, type Socket } from 'node:net';
import { createServer as createSecureServer } from 'node:tls';
import { generate } from 'selfsigned';
import { freePort, host, listen } from '../test/support/ports.js';

/**
 * A slow line with TLS to servers of this machine. Unlike the browser's own throttling, every round trip counts: that of the TCP handshake,
 * that of TLS, and those of the protocols above. All connections share its rate.
 */
export interface SlowLine {
  /** Returns the address of a server at the other end of the line. */
  to(port: number): Promise<string>;
  close(): void;
}

/** Data is passed on in pieces of about the size of a packet. */
const PIECE_BYTES = 1_400;

/** One direction of the line: the data of all connections, one after another. */
class Direction {
  #freeAtMs = 0;

  constructor(
    private readonly bytesPerSecond: number,
    private readonly delayMs: number,
  ) {}

  /** @returns when the last of these bytes arrives, on the clock of `performance` */
  carry(bytes: number): number {
    this.#freeAtMs = Math.max(this.#freeAtMs, performance.now()) + (bytes / this.bytesPerSecond) * 1_000;
    return this.#freeAtMs + this.delayMs;
  }
}

/** Passes on what comes in, in order, at the times that `dueMs` gives. */
function forward(from: Socket, to: Socket, dueMs: (bytes: number) => number): void {
  const waiting: { readonly atMs: number; readonly piece?: Buffer }[] = [];
  const deliver = (): void => {
    const [first] = waiting;
    if (!first) return;
    const leftMs = first.atMs - performance.now();
    if (leftMs > 0) {
      setTimeout(deliver, leftMs);
      return;
    }
    waiting.shift();
    if (first.piece) to.write(first.piece);
    else to.end();
    deliver();
  };
  const add = (atMs: number, piece?: Buffer): void => {
    if (waiting.push({ atMs, ...(piece && { piece }) }) === 1) deliver();
  };
  from.on('data', (data: Buffer) => {
    for (let at = 0; at < data.length; at += PIECE_BYTES) {
      const piece = data.subarray(at, at + PIECE_BYTES);
      add(dueMs(piece.length), piece);
    }
  });
  from.on('end', () => add(dueMs(0)));
  from.on('error', () => to.destroy());
}

export async function openSlowLine(rttMs: number, bytesPerSecond: number): Promise<SlowLine> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: host }]);
  const up = new Direction(bytesPerSecond, rttMs / 2);
  const down = new Direction(bytesPerSecond, rttMs / 2);
  const ends: (() => void)[] = [];
  return {
    async to(port) {
      const secure = createSecureServer({ key, cert }, (client) => {
        const server = connect({ port, host, noDelay: true });
        client.pipe(server).pipe(client);
        for (const one of [client, server]) one.on('error', () => [client.destroy(), server.destroy()]);
      });
      const securePort = await freePort();
      await listen(secure, securePort);
      const line = createServer({ noDelay: true }, (client) => {
        // The browser's TCP handshake was answered by this machine at once.
        const acceptedMs = performance.now() + rttMs;
        const server = connect({ port: securePort, host, noDelay: true });
        forward(client, server, (bytes) => Math.max(up.carry(bytes), acceptedMs + rttMs / 2));
        forward(server, client, (bytes) => down.carry(bytes));
      });
      const linePort = await freePort();
      await listen(line, linePort);
      ends.push(() => [line.close(), secure.close()]);
      return `https://${host}:${linePort}`;
    },
    close() {
      for (const end of ends) end();
    },
  };
}
