import { checkSignal, type Waiting } from '../platform/abort.js';
import {
  ASYNC_DISPOSE,
  type AsyncDisposableLike,
  DISPOSE,
  type DisposableLike,
} from '../platform/dispose.js';
import type { EventsMap } from '../platform/emitter.js';
import { SocketEvents } from './catch-all.js';
import { Readiness } from './readiness.js';
import type { Session } from './session.js';
import type { Wire } from './wire.js';

/** For `using`: disconnects. For `await using`: disconnects after what was emitted while it was connected has left. */
export interface SocketLife<
  // biome-ignore lint/correctness/noUnusedVariables: the class of the same name uses it
  ListenEvents extends EventsMap,
  // biome-ignore lint/correctness/noUnusedVariables: the class of the same name uses it
  EmitEvents extends EventsMap,
> extends DisposableLike,
    AsyncDisposableLike {}

/** The part of a socket that comes and goes: connects, waits until it is connected, leaves. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: see the interface above
export abstract class SocketLife<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
> extends SocketEvents<ListenEvents, EmitEvents> {
  /** @internal */
  abstract readonly io: { readonly wire: Wire };
  protected abstract readonly session: Session;
  protected readonly readiness: Readiness = new Readiness();

  /** Whether the server has let this socket in, and the link still stands. */
  get connected(): boolean {
    return this.session.connected;
  }

  /** Assignable because programs assign it on stand-ins in their tests; on a socket, only the server decides. */
  set connected(_connected: boolean) {}

  /** Whether it is not connected. */
  get disconnected(): boolean {
    return !this.connected;
  }

  /** Whether this socket is connected or will try to be by itself. */
  get active(): boolean {
    return this.session.active;
  }

  /**
   * Connects, unless it is connected or on its way.
   *
   * @param options with a `signal` that is aborted before the socket is connected, it is disconnected
   * @throws HoldfastError `BAD_OPTION`
   */
  connect(options?: Waiting): this {
    const signal = checkSignal(options?.signal);
    if (signal?.aborted) return this;
    if (signal) {
      this.readiness.wait(signal).catch(() => {
        if (signal.aborted && !this.connected) this.disconnect();
      });
    }
    this.session.join();
    // It was connected already.
    if (this.connected) this.readiness.reached();
    return this;
  }

  /**
   * Connects, and resolves as soon as the socket is connected. Rejects when it will not be without being asked again: it was refused,
   * disconnected by hand, or the retries have come to their end. A failed try alone does not end the wait.
   *
   * @param options a `signal` ends the wait with its reason; the socket goes on
   */
  async ready(options?: Waiting): Promise<this> {
    const ready = this.readiness.wait(checkSignal(options?.signal));
    if (!options?.signal?.aborted) this.connect();
    await ready;
    return this;
  }

  /** Alias of `connect`. */
  open(options?: Waiting): this {
    return this.connect(options);
  }

  /** Leaves the namespace. The last socket to leave closes the connection. */
  disconnect(): this {
    this.session.leave();
    return this;
  }

  /** Alias of `disconnect`. */
  close(): this {
    return this.disconnect();
  }
}

// Not in the class: where the engine does not know these symbols, their stand-ins are made when this is loaded.
Object.assign(SocketLife.prototype, {
  [DISPOSE](this: SocketLife<EventsMap, EventsMap>): void {
    this.disconnect();
  },
  async [ASYNC_DISPOSE](this: SocketLife<EventsMap, EventsMap>): Promise<void> {
    while (this.connected && this.io.wire.bufferedAmount > 0) await this.io.wire.pause();
    this.disconnect();
  },
});
