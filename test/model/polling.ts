import type { Cut, Frame, Line, Network } from './network.js';
import { Pipe } from './pipe.js';

const SEPARATOR = '\x1e';

const asText = (frame: Frame): string => (typeof frame === 'string' ? frame : `b${frame.toString('base64')}`);

const fromText = (text: string): Frame =>
  text.startsWith('b') ? Buffer.from(text.slice(1), 'base64') : text;

/** Replaces one XMLHttpRequest, with the interface of the transport's own wrapper. */
class FakeRequest {
  readonly #listeners = new Map<string, (...args: unknown[]) => void>();
  readonly up: Pipe;
  readonly down: Pipe;
  /** Whether the client knows its outcome. */
  over = false;

  constructor({ time, up, down }: Network) {
    this.up = new Pipe(time.world, up);
    this.down = new Pipe(time.world, down);
  }

  on(event: string, listener: (...args: unknown[]) => void): this {
    this.#listeners.set(event, listener);
    return this;
  }

  tell(event: string, ...args: unknown[]): void {
    if (this.over) return;
    this.over = true;
    this.#listeners.get(event)?.(...args);
  }

  abort(): void {
    this.#listeners.clear();
  }
}

/** The requests of one polling transport. */
export class PollingLine implements Line {
  readonly kind = 'polling';
  /** The unanswered requests. */
  readonly #pending = new Set<FakeRequest>();
  readonly #network: Network;
  #sid: string | undefined;
  /** Whether everything is lost silently. */
  #dead = false;

  constructor(network: Network) {
    this.#network = network;
    network.lines.add(this);
  }

  poll(sid: string | undefined): FakeRequest {
    const { server, time } = this.#network;
    return this.#request(sid, (request) => {
      server.polled(sid, (frames) =>
        request.down.give(() =>
          time.toPage(() => {
            this.#pending.delete(request);
            if (frames) request.tell('data', frames.map(asText).join(SEPARATOR));
            else request.tell('error', 400);
          }),
        ),
      );
    });
  }

  post(sid: string | undefined, payload: string): FakeRequest {
    const { server, time } = this.#network;
    const frames = payload.split(SEPARATOR).map(fromText);
    for (const frame of frames) this.#network.handed(frame, this);
    return this.#request(sid, (request) => {
      const taken = server.posted(sid, frames);
      request.down.give(() =>
        time.toPage(() => {
          this.#pending.delete(request);
          if (taken) request.tell('success');
          else request.tell('error', 400);
        }),
      );
    });
  }

  /** The client is about to close: its data arrives before that, if the network allows it. */
  closing(): void {
    for (const { up } of this.#pending) up.end(!this.#network.up.stalled && !this.#dead);
  }

  cut(how: Cut): void {
    const { server, time } = this.#network;
    for (const request of [...this.#pending]) {
      request.up.end(how.up);
      request.down.end(how.down);
      if (how.page) {
        this.#pending.delete(request);
        time.toPage(() => request.tell('error', 0));
      }
    }
    if (how.server) server.broken(this.#sid);
    if (!how.page) this.#dead = true;
  }

  flow(): void {
    for (const { up, down } of [...this.#pending]) {
      up.flow();
      down.flow();
    }
  }

  #request(sid: string | undefined, arrive: (request: FakeRequest) => void): FakeRequest {
    const network = this.#network;
    this.#sid = sid;
    const request = new FakeRequest(network);
    this.#pending.add(request);
    if (this.#dead) {
      request.up.end(false);
      request.down.end(false);
    }
    request.up.give(() => {
      if (!network.refusing) arrive(request);
      else {
        this.#pending.delete(request);
        network.time.toPage(() => request.tell('error', 503));
      }
    });
    return request;
  }
}
