import { createSocket, type Socket } from 'node:dgram';
import { host } from './ports.js';

/** A UDP proxy on 127.0.0.1, which delays, loses and swallows packets on demand. */

export class UdpProxy {
  readonly port: number;
  /** The delay in each direction, in milliseconds. */
  delayMs = 0;
  /** Every packet is accepted, and none is forwarded, in either direction. */
  swallows = false;
  /** One packet of this many is lost, in either direction; 0 for none. */
  losesOneOf = 0;
  /** The number of packets from clients. */
  packets = 0;
  readonly #targetPort: number;
  readonly #front: Socket = createSocket('udp4');
  /** The socket to the server of each client, by its address. */
  readonly #backs = new Map<string, Socket>();
  #passed = 0;
  #closed = false;

  private constructor(targetPort: number, port: number) {
    this.#targetPort = targetPort;
    this.port = port;
    this.#front.on('message', (packet, { port: client }) => {
      this.packets += 1;
      const back = this.#backOf(client);
      this.#pass(() => back.send(packet, this.#targetPort, host));
    });
    this.#front.on('error', () => {});
  }

  static async start(targetPort: number, port: number): Promise<UdpProxy> {
    const proxy = new UdpProxy(targetPort, port);
    await new Promise<void>((resolve) => proxy.#front.bind(port, host, resolve));
    return proxy;
  }

  /** The operating system refuses packets from then on. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#front.close();
    for (const back of this.#backs.values()) back.close();
  }

  #backOf(client: number): Socket {
    const key = String(client);
    const known = this.#backs.get(key);
    if (known) return known;
    const back = createSocket('udp4');
    back.on('message', (packet) => this.#pass(() => this.#front.send(packet, client, host)));
    // The server may be down; its system then refuses packets.
    back.on('error', () => {});
    this.#backs.set(key, back);
    return back;
  }

  #pass(send: () => void): void {
    this.#passed += 1;
    if (this.swallows || (this.losesOneOf > 0 && this.#passed % this.losesOneOf === 0)) return;
    const pass = (): void => {
      if (!this.#closed && !this.swallows) send();
    };
    if (this.delayMs === 0) pass();
    else setTimeout(pass, this.delayMs);
  }
}
