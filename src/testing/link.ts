/** The network of a test: links in memory, each as a WebSocket carries frames, and the faults that break them. */
import { type Cancel, type Clock, nothing } from '../platform/clock.js';

/** A frame of a WebSocket. */
export type Frame = string | Uint8Array;

/** What one end of a link hears. */
export interface End {
  frame(frame: Frame): void;
  /** The other end has closed, or the network has cut the link. Called once. */
  closed(cut: boolean): void;
}

type Direction = 'toServer' | 'toClient';

export class Network {
  readonly links: Set<Link> = new Set();
  /** What is to be told of a cut beside the links. */
  readonly cuts: Set<() => void> = new Set();
  /** How long a frame is on its way, in milliseconds. */
  delayMs = 0;
  /** Until when nothing is delivered. */
  private _silentUntilMs = 0;
  private readonly _waiting: Set<() => void> = new Set();
  private _stopWaiting: Cancel = nothing;

  /** @param turn calls a task in a later turn of the event loop: what a client does at once with one frame comes before the next */
  constructor(
    readonly clock: Clock,
    readonly turn: (task: () => void) => void,
  ) {}

  get silent(): boolean {
    return this.clock.now() < this._silentUntilMs;
  }

  /** Delivers nothing for so many milliseconds; what is sent in the meantime arrives afterwards. Returns what ends it early. */
  silence(ms: number): Cancel {
    this._silentUntilMs = this.clock.now() + ms;
    this._stopWaiting();
    this._stopWaiting = this.clock.after(ms, () => this._wake(), true);
    return () => this._wake();
  }

  /** Calls `task` when the network delivers again. */
  whenAudible(task: () => void): Cancel {
    if (!this.silent) {
      this.clock.soon(task);
      return nothing;
    }
    this._waiting.add(task);
    return () => void this._waiting.delete(task);
  }

  /** Drops every link, as a network does that resets its connections. */
  cut(): void {
    for (const link of [...this.links]) link.cut();
    for (const told of [...this.cuts]) told();
  }

  restore(): void {
    this.delayMs = 0;
    this._wake();
  }

  private _wake(): void {
    this._silentUntilMs = 0;
    this._stopWaiting();
    const tasks = [...this._waiting];
    this._waiting.clear();
    for (const task of tasks) task();
  }
}

/** One way of a link: what is put in comes out in its order. */
class Pipe {
  private _waitingFrames: { readonly deliver: () => void; readonly dueAtMs: number }[] = [];
  private _stop: Cancel | undefined;

  constructor(private readonly _network: Network) {}

  put(deliver: () => void): void {
    const { clock, delayMs } = this._network;
    this._waitingFrames.push({ deliver, dueAtMs: clock.now() + delayMs });
    this._arm();
  }

  clear(): void {
    this._waitingFrames = [];
    this._stop?.();
    this._stop = undefined;
  }

  private _arm(): void {
    const [head] = this._waitingFrames;
    if (!head || this._stop) return;
    const { clock } = this._network;
    let over = false;
    const step = (): void => {
      if (over) return;
      this._stop = undefined;
      if (!this._network.silent && head.dueAtMs <= clock.now()) {
        this._waitingFrames.shift();
        // Before the next: what it sends at once comes behind what is under way.
        head.deliver();
      }
      this._arm();
    };
    const waitMs = head.dueAtMs - clock.now();
    const cancel = this._network.silent
      ? this._network.whenAudible(step)
      : waitMs > 0
        ? clock.after(waitMs, step, true)
        : void this._network.turn(step);
    this._stop = () => {
      over = true;
      cancel?.();
    };
  }
}

export class Link {
  private readonly _pipes: Readonly<Record<Direction, Pipe>>;
  private readonly _ends: Partial<Record<Direction, End>> = {};
  private _open = true;

  constructor(
    readonly network: Network,
    /** Where in the test's code the client was made. */
    readonly where: string,
  ) {
    this._pipes = { toServer: new Pipe(network), toClient: new Pipe(network) };
    network.links.add(this);
  }

  /** Whether frames given now go on their way. */
  get open(): boolean {
    return this._open;
  }

  /** Says who receives what goes in this direction. */
  attach(direction: Direction, end: End): void {
    this._ends[direction] = end;
  }

  send(direction: Direction, frame: Frame): void {
    if (!this._open) return;
    // A network carries a copy.
    const carried = typeof frame === 'string' ? frame : frame.slice();
    this._pipes[direction].put(() => this._ends[direction]?.frame(carried));
  }

  /** Closes the link from the end that sends in this direction; what was sent before arrives before. */
  close(direction: Direction): void {
    if (!this._open) return;
    this._open = false;
    this._pipes[direction === 'toServer' ? 'toClient' : 'toServer'].clear();
    this._pipes[direction].put(() => {
      this.network.links.delete(this);
      this._ends[direction]?.closed(false);
    });
  }

  /** Drops the link: nothing more arrives, and both ends are told. */
  cut(): void {
    const wasOpen = this._open;
    this._open = false;
    if (!this.network.links.delete(this)) return;
    for (const direction of ['toServer', 'toClient'] as const) {
      this._pipes[direction].clear();
      // An end that closed by itself knows.
      if (wasOpen || direction === 'toServer') {
        this.network.turn(() => this._ends[direction]?.closed(true));
      }
    }
  }
}
