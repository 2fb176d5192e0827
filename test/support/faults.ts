/** What can be wrong with the network between a client and a server. Every fault is switched on and off again. */

import type { RequestHead, RequestKind } from './http-head.js';
import { Announcements } from './waiting.js';

export type Direction = 'to-client' | 'to-server';
export type Dispose = () => void;

/** What becomes of a request instead of being passed on. */
export type RequestFault =
  /** Answered by the proxy, as a firewall or a gateway does. */
  | { readonly type: 'refuse'; readonly status: number; readonly body: string }
  /** Taken, never answered. */
  | { readonly type: 'swallow' }
  /** A TCP reset. */
  | { readonly type: 'reset' }
  /** A correct 101, and then nothing ever again. Only for upgrades. */
  | { readonly type: 'silence' }
  /**
   * Passed on; of the answer, the 101 and the first WebSocket frame come through. Nothing else, in either direction; or a
   * TCP reset as soon as the client says anything.
   */
  | { readonly type: 'handshakeOnly'; readonly then: 'silence' | 'reset' }
  /** Passed on, but late. */
  | { readonly type: 'hold'; readonly ms: number };

/** The state of one direction of the wire. */
export interface Conditions {
  readonly stalled: boolean;
  readonly delayMs: number;
  readonly jitterMs: number;
  readonly bytesPerSecond: number;
}

/** One direction of the wire, with all that was done to it. What comes together adds up. */
export class Wire extends Announcements {
  readonly #applied = new Set<Partial<Conditions>>();
  readonly #budgets = new Set<{ bytesLeft: number }>();

  get now(): Conditions {
    const all = [...this.#applied];
    return {
      stalled: all.some((one) => one.stalled === true),
      delayMs: all.reduce((sum, one) => sum + (one.delayMs ?? 0), 0),
      jitterMs: all.reduce((sum, one) => sum + (one.jitterMs ?? 0), 0),
      bytesPerSecond: Math.min(...all.map((one) => one.bytesPerSecond ?? Number.POSITIVE_INFINITY)),
    };
  }

  apply(conditions: Partial<Conditions>): Dispose {
    this.#applied.add(conditions);
    this.announce();
    return () => {
      if (this.#applied.delete(conditions)) this.announce();
    };
  }

  /** The connection over which the byte after the last allowed one would go is cut, once. */
  allow(bytes: number): Dispose {
    const budget = { bytesLeft: bytes };
    this.#budgets.add(budget);
    return () => {
      this.#budgets.delete(budget);
    };
  }

  /** How many of so many bytes may still pass; fewer than asked for means: pass these and cut. */
  spend(wanted: number): number {
    let allowed = wanted;
    for (const budget of this.#budgets) {
      allowed = Math.min(allowed, budget.bytesLeft);
      budget.bytesLeft -= wanted;
      if (budget.bytesLeft < 0) this.#budgets.delete(budget);
    }
    return allowed;
  }

  heal(): void {
    this.#applied.clear();
    this.#budgets.clear();
    this.announce();
  }
}

/** All faults of one proxy that can be on at a time. */
export class Faults {
  readonly wires: Readonly<Record<Direction, Wire>> = { 'to-client': new Wire(), 'to-server': new Wire() };
  readonly #onRequests = new Set<{ readonly kind: RequestKind; readonly fault: RequestFault }>();

  onRequest(kind: RequestKind, fault: RequestFault): Dispose {
    const entry = { kind, fault };
    this.#onRequests.add(entry);
    return () => {
      this.#onRequests.delete(entry);
    };
  }

  /** Of several faults for one kind of request, the one switched on last. */
  faultFor(head: RequestHead): RequestFault | undefined {
    return [...this.#onRequests].reverse().find((entry) => entry.kind === head.kind)?.fault;
  }

  heal(): void {
    this.#onRequests.clear();
    for (const wire of Object.values(this.wires)) wire.heal();
  }
}
