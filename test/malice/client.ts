import { io, type Socket } from '../../src/index.js';
import type { Options } from '../../src/platform/options.js';
import { Announcements } from '../support/waiting.js';
import type { HostileServer } from './hostile-server.js';

/** A client of a hostile server, with a log of its events. */
export class TestClient {
  readonly socket: Socket;
  /** The connection events in order: `connect`, `disconnect parse error`, `connect_error CODE`. */
  readonly log: string[] = [];
  readonly errors: (Error & { code?: string })[] = [];
  readonly events: unknown[][] = [];
  readonly #changes = new Announcements();

  constructor({ url }: HostileServer, options: Options) {
    this.socket = io(url, { forceNew: true, reconnection: false, timeout: 2_000, ...options });
    this.socket.on('connect', () => this.#add('connect'));
    this.socket.on('disconnect', (reason) => this.#add(`disconnect ${reason}`));
    this.socket.on('connect_error', (error: Error & { code?: string }) => {
      this.errors.push(error);
      this.#add(`connect_error ${error.code ?? error.message}`);
    });
    this.socket.onAny((...event: unknown[]) => {
      this.events.push(event);
      this.#changes.announce();
    });
  }

  /** Resolves when the log or the received events fulfil the condition. */
  until(what: string, condition: () => boolean, limitMs?: number): Promise<void> {
    return this.#changes.until(`${what} (so far: ${this.log.join(', ')})`, condition, limitMs);
  }

  untilLogged(what: string | RegExp): Promise<void> {
    return this.until(String(what), () =>
      this.log.some((line) => (typeof what === 'string' ? line === what : what.test(line))),
    );
  }

  untilReceived(name: string): Promise<void> {
    return this.until(`the event ${name}`, () => this.events.some(([event]) => event === name));
  }

  disconnect(): void {
    this.socket.disconnect();
  }

  #add(line: string): void {
    this.log.push(line);
    this.#changes.announce();
  }
}
