import { io, type Socket } from '../../src/index.js';
import type { Options } from '../../src/platform/options.js';
import { Announcements } from '../support/waiting.js';
import type { Villain } from './hostile-server.js';

/** A client of a villain, and what it was told. */
export class Victim {
  readonly socket: Socket;
  /** What happened, in order: `connect`, `disconnect parse error`, `connect_error CODE`. */
  readonly story: string[] = [];
  readonly errors: (Error & { code?: string })[] = [];
  readonly events: unknown[][] = [];
  readonly #news = new Announcements();

  constructor({ url }: Villain, options: Options) {
    this.socket = io(url, { forceNew: true, reconnection: false, timeout: 2_000, ...options });
    this.socket.on('connect', () => this.#tell('connect'));
    this.socket.on('disconnect', (reason) => this.#tell(`disconnect ${reason}`));
    this.socket.on('connect_error', (error: Error & { code?: string }) => {
      this.errors.push(error);
      this.#tell(`connect_error ${error.code ?? error.message}`);
    });
    this.socket.onAny((...event: unknown[]) => {
      this.events.push(event);
      this.#news.announce();
    });
  }

  /** Resolves when the story, or what came, is so. */
  until(what: string, condition: () => boolean, limitMs?: number): Promise<void> {
    return this.#news.until(`${what} (so far: ${this.story.join(', ')})`, condition, limitMs);
  }

  told(what: string | RegExp): Promise<void> {
    return this.until(String(what), () =>
      this.story.some((line) => (typeof what === 'string' ? line === what : what.test(line))),
    );
  }

  heard(name: string): Promise<void> {
    return this.until(`the event ${name}`, () => this.events.some(([event]) => event === name));
  }

  leave(): void {
    this.socket.disconnect();
  }

  #tell(line: string): void {
    this.story.push(line);
    this.#news.announce();
  }
}
