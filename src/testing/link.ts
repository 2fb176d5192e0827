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

/** The way of one connection. A fault may be that of some ways alone. */
export interface Route {
  /** The `io` that has opened it, where it was one of this test. */
  readonly owner: object | undefined;
  /** Where in the test's code the client was made. */
  readonly where: string;
}

/** Which ways a fault breaks. */
export type Hits = (route: Route) => boolean;

interface Fault {
  readonly hits: Hits;
  readonly ms: number;
}

interface Waiting {
  readonly route: Route;
  readonly task: () => void;
}

export class Network {
  readonly links: Set<Link> = new Set();
  /** What is to be told of a cut beside the links. */
  readonly cuts: Set<{ readonly route: Route; readonly cut: () => void }> = new Set();
  private readonly _silences: Set<Fault> = new Set();
  private readonly _delays: Set<Fault> = new Set();
  private readonly _waiting: Set<Waiting> = new Set();

  /** @param turn calls a task in a later turn of the event loop: what a client does at once with one frame comes before the next */
  constructor(
    readonly clock: Clock,
    readonly turn: (task: () => void) => void,
  ) {}

  /** Whether nothing is delivered on this way now. */
  isSilent(route: Route): boolean {
    for (const { hits } of this._silences) if (hits(route)) return true;
    return false;
  }

  /** How long a frame is on this way, in milliseconds: what the newest of the delays says. */
  delayOf(route: Route): number {
    let delayMs = 0;
    for (const { hits, ms } of this._delays) if (hits(route)) delayMs = ms;
    return delayMs;
  }

  /** Delivers nothing for so many milliseconds; what is sent in the meantime arrives afterwards. Returns what ends it early. */
  silence(ms: number, hits: Hits): Cancel {
    const silence: Fault = { hits, ms };
    this._silences.add(silence);
    const end = (): void => {
      stop();
      if (this._silences.delete(silence)) this._wake();
    };
    const stop = this.clock.after(ms, end, true);
    return end;
  }

  /** Frames are on their way for so many milliseconds. Returns what ends it. */
  delay(ms: number, hits: Hits): Cancel {
    const delay: Fault = { hits, ms };
    this._delays.add(delay);
    return () => void this._delays.delete(delay);
  }

  /** Calls `task` when something is delivered on this way again. */
  whenAudible(route: Route, task: () => void): Cancel {
    if (!this.isSilent(route)) {
      this.clock.soon(task);
      return nothing;
    }
    const waiting: Waiting = { route, task };
    this._waiting.add(waiting);
    return () => void this._waiting.delete(waiting);
  }

  /** Drops these links, as a network does that resets its connections. */
  cut(hits: Hits): void {
    for (const link of [...this.links]) if (hits(link.route)) link.cut();
    for (const { route, cut } of [...this.cuts]) if (hits(route)) cut();
  }

  restore(): void {
    this._delays.clear();
    this._silences.clear();
    this._wake();
  }

  private _wake(): void {
    for (const waiting of [...this._waiting]) {
      if (this.isSilent(waiting.route)) continue;
      this._waiting.delete(waiting);
      waiting.task();
    }
  }
}

/** One way of a link: what is put in comes out in its order. */
class Pipe {
  private _waitingFrames: { readonly deliver: () => void; readonly dueAtMs: number }[] = [];
  private _stop: Cancel | undefined;

  constructor(
    private readonly _network: Network,
    private readonly _route: Route,
  ) {}

  put(deliver: () => void): void {
    const { _network: network } = this;
    this._waitingFrames.push({ deliver, dueAtMs: network.clock.now() + network.delayOf(this._route) });
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
    const { _network: network, _route: route } = this;
    const { clock } = network;
    let over = false;
    const step = (): void => {
      if (over) return;
      this._stop = undefined;
      if (!network.isSilent(route) && head.dueAtMs <= clock.now()) {
        this._waitingFrames.shift();
        // Before the next: what it sends at once comes behind what is under way.
        head.deliver();
      }
      this._arm();
    };
    const waitMs = head.dueAtMs - clock.now();
    const cancel = network.isSilent(route)
      ? network.whenAudible(route, step)
      : waitMs > 0
        ? clock.after(waitMs, step, true)
        : void network.turn(step);
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
    readonly route: Route,
  ) {
    this._pipes = { toServer: new Pipe(network, route), toClient: new Pipe(network, route) };
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
