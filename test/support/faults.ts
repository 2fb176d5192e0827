/** The faults of the network between a client and a server. Every fault can be switched on and off. */

import type { RequestHead, RequestKind } from './http-head.js';
import { Announcements } from './waiting.js';

export type Direction = 'to-client' | 'to-server';
export type Dispose = () => void;

/** The treatment of a request that is not simply forwarded. */
export type RequestFault =
  /** Answered by the proxy, as a firewall or a gateway does. */
  | { readonly type: 'refuse'; readonly status: number; readonly body: string }
  /** Accepted, never answered. */
  | { readonly type: 'swallow' }
  /** A TCP reset. */
  | { readonly type: 'reset' }
  /** A correct 101, and then nothing. Only for upgrades. */
  | { readonly type: 'silence' }
  /**
   * Forwarded; of the response, only the 101 and the first WebSocket frame pass. Nothing else, in either direction; or a TCP reset
   * as soon as the client sends anything.
   */
  | { readonly type: 'handshakeOnly'; readonly then: 'silence' | 'reset' }
  /** Forwarded late. */
  | { readonly type: 'hold'; readonly ms: number };

/** The state of one direction of the wire. */
export interface Conditions {
  readonly stalled: boolean;
  readonly delayMs: number;
  readonly jitterMs: number;
  readonly bytesPerSecond: number;
}

/** One direction of the wire, with all its faults, which add up. */
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

  /** How many of these bytes may still pass; fewer than requested means: pass these and cut. */
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

/** All faults of one proxy that can be active at the same time. */
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

  /** The fault for one kind of request: the last one switched on. */
  faultFor(head: RequestHead): RequestFault | undefined {
    return [...this.#onRequests].reverse().find((entry) => entry.kind === head.kind)?.fault;
  }

  heal(): void {
    this.#onRequests.clear();
    for (const wire of Object.values(this.wires)) wire.heal();
  }
}
