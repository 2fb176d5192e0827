import type { Cut, Frame, Line, Network, ServerSocket } from './network.js';
import { Pipe } from './pipe.js';

type Handler = ((event: object) => void) | null;

const [CONNECTING, OPEN, CLOSING, CLOSED] = [0, 1, 2, 3] as const;

/** How long a WebSocket is closing before it reports the close, in milliseconds. */
const CLOSING_MS = 5;

/** Replaces the browser's WebSocket, for the engine's own transport. */
export class FakeWebSocket implements Line, ServerSocket {
  readonly kind = 'websocket';
  onopen: Handler = null;
  onmessage: Handler = null;
  onclose: Handler = null;
  onerror: Handler = null;
  readyState: 0 | 1 | 2 | 3 = CONNECTING;
  readonly #network: Network;
  readonly #up: Pipe;
  readonly #down: Pipe;
  /** Data that the server has not received, and data held back by a stalled network. */
  #bytes: number[] = [];

  constructor(network: Network, sid: string | undefined) {
    this.#network = network;
    const { time, server } = network;
    this.#up = new Pipe(time.world, network.up);
    this.#down = new Pipe(time.world, network.down);
    network.lines.add(this);
    this.#up.give(() => {
      if (network.refusing || !server.opened(this, sid))
        this.cut({ up: false, down: false, page: true, server: false });
    });
    this.#down.give(() =>
      time.toPage(() => {
        if (this.readyState !== CONNECTING) return;
        this.readyState = OPEN;
        this.onopen?.({});
      }),
    );
  }

  get bufferedAmount(): number {
    return this.#network.up.stalled ? this.#bytes.reduce((sum, bytes) => sum + bytes, 0) : 0;
  }

  /** Called by the client. As in browsers, a closing WebSocket discards it. */
  send(frame: Frame): void {
    if (this.readyState !== OPEN) return;
    this.#network.handed(frame, this);
    this.#bytes.push(frame.length);
    this.#up.give(() => {
      this.#bytes.shift();
      this.#network.server.said(this, frame);
    });
  }

  /** Called by the client: closes after earlier data, if the network allows it. */
  close(): void {
    if (this.readyState >= CLOSING) return;
    const { time, up, lines, server } = this.#network;
    const flows = this.readyState === OPEN && !up.stalled;
    this.readyState = CLOSING;
    this.#up.end(flows);
    this.#down.end(false);
    lines.delete(this);
    // A stalled network also holds back the close.
    if (!up.stalled) server.closed(this);
    time.world.after(CLOSING_MS, () => time.toPage(() => this.#closed()));
  }

  give(frames: readonly Frame[]): void {
    const { time } = this.#network;
    for (const data of frames) {
      this.#down.give(() =>
        time.toPage(() => {
          if (this.readyState === OPEN) this.onmessage?.({ data });
        }),
      );
    }
  }

  hangUp(): void {
    const { time } = this.#network;
    // Later data of the client is not read.
    this.#up.end(false);
    this.#down.give(() => {
      this.#network.lines.delete(this);
      time.toPage(() => {
        if (this.readyState < CLOSING) this.readyState = CLOSING;
      });
      time.world.after(CLOSING_MS, () => time.toPage(() => this.#closed()));
    });
  }

  cut({ up, down, page, server }: Cut): void {
    const { time, lines } = this.#network;
    this.#up.end(up);
    this.#down.end(down);
    if (server) this.#network.server.closed(this);
    if (page) {
      lines.delete(this);
      time.toPage(() => this.#closed());
    }
  }

  flow(): void {
    this.#up.flow();
    this.#down.flow();
  }

  #closed(): void {
    if (this.readyState === CLOSED) return;
    this.readyState = CLOSED;
    this.onclose?.({ code: 1006 });
  }
}
