import type { Direction } from './pipe.js';
import type { Time } from './time.js';

export type Frame = string | Buffer;

/** The kinds of cuts: data under way arrives or is lost, and each side is notified, or detects it by silence. */
export interface Cut {
  readonly up: boolean;
  readonly down: boolean;
  readonly page: boolean;
  readonly server: boolean;
}

/** One connection, or the requests of one polling transport, for the faults. */
export interface Line {
  readonly kind: 'websocket' | 'polling';
  cut(how: Cut): void;
  /** Continues after a stall. */
  flow(): void;
}

/** The server's end of a WebSocket. */
export interface ServerSocket {
  give(frames: readonly Frame[]): void;
  /** Closes it after the data already sent. */
  hangUp(): void;
}

/** Called with a long poll's answer: a payload, or nothing if the request is refused. */
export type Answer = (frames: readonly Frame[] | undefined) => void;

/** The callbacks of the server. Sessions are named by the `sid` of an address. */
export interface Listening {
  /** @returns whether it accepts the WebSocket */
  opened(socket: ServerSocket, sid: string | undefined): boolean;
  said(socket: ServerSocket, frame: Frame): void;
  closed(socket: ServerSocket): void;
  polled(sid: string | undefined, answer: Answer): void;
  /** @returns whether it accepts the payload */
  posted(sid: string | undefined, frames: readonly Frame[]): boolean;
  /** A request of this session was cut, and the server saw it. */
  broken(sid: string | undefined): void;
}

/** The network between the page and the server, with all its faults. */
export class Network {
  readonly up: Direction = { latencyMs: 1, stalled: false };
  readonly down: Direction = { latencyMs: 1, stalled: false };
  /** Whether new connections and requests are refused. */
  refusing = false;
  readonly lines: Set<Line> = new Set();
  readonly time: Time;
  readonly server: Listening;
  /** Called with every frame that the client hands to a writable transport. */
  readonly handed: (frame: Frame, line: Line) => void;

  constructor(time: Time, server: Listening, handed: (frame: Frame, line: Line) => void) {
    this.time = time;
    this.server = server;
    this.handed = handed;
  }

  change(up: Partial<Direction>, down: Partial<Direction>): void {
    Object.assign(this.up, up);
    Object.assign(this.down, down);
    for (const line of [...this.lines]) line.flow();
  }

  cut(how: Cut): void {
    for (const line of [...this.lines]) line.cut(how);
  }
}
