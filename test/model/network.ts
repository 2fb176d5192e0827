import type { Direction } from './pipe.js';
import type { Time } from './time.js';

export type Frame = string | Buffer;

/** How a connection is cut: what is under way arrives or is lost, and who is told. Who is not finds out by silence. */
export interface Cut {
  readonly up: boolean;
  readonly down: boolean;
  readonly page: boolean;
  readonly server: boolean;
}

/** One connection, or the requests of one polling transport, as the faults see it. */
export interface Line {
  readonly kind: 'websocket' | 'polling';
  cut(how: Cut): void;
  /** Goes on after a stall. */
  flow(): void;
}

/** The server's end of a WebSocket. */
export interface ServerSocket {
  give(frames: readonly Frame[]): void;
  /** Closes it, after what was given. */
  hangUp(): void;
}

/** Takes a long poll's answer: a payload, or nothing where the request is refused. */
export type Answer = (frames: readonly Frame[] | undefined) => void;

/** What the server hears. Sessions are named by the `sid` of an address. */
export interface Listening {
  /** @returns whether it lets the WebSocket in */
  opened(socket: ServerSocket, sid: string | undefined): boolean;
  said(socket: ServerSocket, frame: Frame): void;
  closed(socket: ServerSocket): void;
  polled(sid: string | undefined, answer: Answer): void;
  /** @returns whether it takes the payload */
  posted(sid: string | undefined, frames: readonly Frame[]): boolean;
  /** A request of this session was cut, and the server saw it. */
  broken(sid: string | undefined): void;
}

/** The network between the page and the server, with all that can be wrong with it. */
export class Network {
  readonly up: Direction = { latencyMs: 1, stalled: false };
  readonly down: Direction = { latencyMs: 1, stalled: false };
  /** Whether new connections and requests are refused. */
  refusing = false;
  readonly lines: Set<Line> = new Set();
  readonly time: Time;
  readonly server: Listening;
  /** Told of every frame that the client hands to a transport that can take it. */
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
