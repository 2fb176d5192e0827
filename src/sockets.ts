import { WeakCache } from './platform/weak-cache.js';
import type { Socket } from './socket.js';

/** The sockets of a manager, by namespace. */
export class Sockets<One extends Pick<Socket, 'bufferedAmount'>> {
  private readonly all = new WeakCache<One>();
  /** Those that are in use or listened to: they stay, whether the program holds them or not. */
  private readonly kept = new Set<One>();

  /** What waits in them to be sent, in bytes. */
  get bufferedAmount(): number {
    return [...this.kept].reduce((sum, socket) => sum + socket.bufferedAmount, 0);
  }

  get(nsp: string): One | undefined {
    return this.all.get(nsp);
  }

  add(nsp: string, socket: One): void {
    this.all.set(nsp, socket);
    this.kept.add(socket);
  }

  /** It is in use. */
  keep(nsp: string): void {
    const socket = this.all.get(nsp);
    if (socket) this.kept.add(socket);
  }

  /** It is not in use any more: where nobody listens to it and nothing waits in it, only who holds it misses it. */
  release(nsp: string): void {
    const socket = this.all.get(nsp) as (One & { hasListeners(): boolean }) | undefined;
    if (socket && !socket.hasListeners() && socket.bufferedAmount === 0) this.kept.delete(socket);
  }
}
