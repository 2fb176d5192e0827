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

/** Data on its way, and what to do when it arrives. */
type Piece = readonly [bytes: number, arrive: () => void];

/** One direction of the line. Its connections take turns, as with the fair queues of routers: a large file does not delay everything else. */
class Direction {
  readonly #queues: Piece[][] = [];
  /** Sent, and not yet at the other end. */
  readonly #onItsWay: (() => void)[] = [];
  #freeAtMs = 0;
  #sending = false;

  constructor(
    private readonly bytesPerSecond: number,
    private readonly delayMs: number,
  ) {}

  /** Passes on what comes in from a connection, from this time on. */
  forward(from: Socket, to: Socket, startsAtMs = 0): void {
    const queue: Piece[] = [];
    this.#queues.push(queue);
    const add = (bytes: number, arrive: () => void): void => {
      queue.push([bytes, arrive]);
      this.#send();
    };
    const take = (): void => {
      from.on('data', (data: Buffer) => {
        for (let at = 0; at < data.length; at += PIECE_BYTES) {
          const piece = data.subarray(at, at + PIECE_BYTES);
          add(piece.length, () => to.write(piece));
        }
      });
      from.on('end', () => add(0, () => to.end()));
    };
    setTimeout(take, startsAtMs - performance.now());
    from.on('error', () => to.destroy());
  }

  /** Sends the next piece, of the connection whose turn it is. */
  #send(): void {
    if (this.#sending) return;
    const queue = this.#queues.find(({ length }) => length > 0);
    const piece = queue?.shift();
    if (!(queue && piece)) return;
    this.#queues.push(...this.#queues.splice(this.#queues.indexOf(queue), 1));
    const [bytes, arrive] = piece;
    const nowMs = performance.now();
    this.#freeAtMs = Math.max(this.#freeAtMs, nowMs) + (bytes / this.bytesPerSecond) * 1_000;
    this.#sending = true;
    setTimeout(() => {
      this.#sending = false;
      this.#send();
    }, this.#freeAtMs - nowMs);
    this.#onItsWay.push(arrive);
    // Two timers that are due in the same millisecond may fire in either order: each delivers the oldest.
    setTimeout(() => this.#onItsWay.shift()?.(), this.#freeAtMs + this.delayMs - nowMs);
  }
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
        const acceptedAtMs = performance.now() + rttMs;
        const server = connect({ port: securePort, host, noDelay: true });
        up.forward(client, server, acceptedAtMs);
        down.forward(server, client);
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
