/** The network of a test: in-memory links that carry frames like a WebSocket, and the faults that break them. */
import { type Cancel, type Clock, nothing } from '../platform/clock.js';

/** A frame of a WebSocket. */
export type Frame = string | Uint8Array;

/** The callbacks of one end of a link. */
export interface End {
  frame(frame: Frame): void;
  /** Called once, when the other end has closed, or the network has cut the link. */
  closed(cut: boolean): void;
}

type Direction = 'toServer' | 'toClient';

/** The route of one connection. A fault may affect only some routes. */
export interface Route {
  /** The `io` that opened it, if it belongs to this test. */
  readonly owner: object | undefined;
  /** The place in the test's code that created the client. */
  readonly where: string;
}

/** The routes that a fault breaks. */
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
  /** Called after a cut, in addition to the links. */
  readonly cuts: Set<{ readonly route: Route; readonly cut: () => void }> = new Set();
  private readonly _silences: Set<Fault> = new Set();
  private readonly _delays: Set<Fault> = new Set();
  private readonly _waiting: Set<Waiting> = new Set();

  /** @param turn calls a task in a later turn of the event loop: a client's reaction to one frame comes before the next frame */
  constructor(
    readonly clock: Clock,
    readonly turn: (task: () => void) => void,
  ) {}

  /** Whether nothing is delivered on this route now. */
  isSilent(route: Route): boolean {
    for (const { hits } of this._silences) if (hits(route)) return true;
    return false;
  }

  /** The delay of a frame on this route, in milliseconds: the newest delay applies. */
  delayOf(route: Route): number {
    let delayMs = 0;
    for (const { hits, ms } of this._delays) if (hits(route)) delayMs = ms;
    return delayMs;
  }

  /** Delivers nothing for the given milliseconds; frames sent meanwhile arrive afterwards. Returns a function that ends it early. */
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

  /** Delays frames by the given milliseconds. Returns a function that ends it. */
  delay(ms: number, hits: Hits): Cancel {
    const delay: Fault = { hits, ms };
    this._delays.add(delay);
    return () => void this._delays.delete(delay);
  }

  /** Calls `task` when this route delivers again. */
  whenAudible(route: Route, task: () => void): Cancel {
    if (!this.isSilent(route)) {
      this.clock.soon(task);
      return nothing;
    }
    const waiting: Waiting = { route, task };
    this._waiting.add(waiting);
    return () => void this._waiting.delete(waiting);
  }

  /** Drops these links, like a network that resets its connections. */
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

/** One direction of a link: frames arrive in order. */
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
        // Before the next frame, so that its immediate replies follow frames already on their way.
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

  /** Whether frames sent now will arrive. */
  get open(): boolean {
    return this._open;
  }

  /** Sets the receiver of this direction. */
  attach(direction: Direction, end: End): void {
    this._ends[direction] = end;
  }

  send(direction: Direction, frame: Frame): void {
    if (!this._open) return;
    // Like a network, deliver a copy.
    const carried = typeof frame === 'string' ? frame : frame.slice();
    this._pipes[direction].put(() => this._ends[direction]?.frame(carried));
  }

  /** Closes the link from the end that sends in this direction; earlier frames still arrive. */
  close(direction: Direction): void {
    if (!this._open) return;
    this._open = false;
    this._pipes[direction === 'toServer' ? 'toClient' : 'toServer'].clear();
    this._pipes[direction].put(() => {
      this.network.links.delete(this);
      this._ends[direction]?.closed(false);
    });
  }

  /** Drops the link: nothing more arrives, and both ends are notified. */
  cut(): void {
    const wasOpen = this._open;
    this._open = false;
    if (!this.network.links.delete(this)) return;
    for (const direction of ['toServer', 'toClient'] as const) {
      this._pipes[direction].clear();
      // An end that closed the link itself knows it.
      if (wasOpen || direction === 'toServer') {
        this.network.turn(() => this._ends[direction]?.closed(true));
      }
    }
  }
}
