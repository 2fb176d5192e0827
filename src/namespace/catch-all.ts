import { callAll, Emitter, type EventsMap, type Listener } from '../platform/emitter.js';
import type { SocketOwnEvents, SocketReservedEvents } from './events.js';

/** Listeners for every event of one direction: `onAny` and its twins. */
export class CatchAll {
  readonly listeners: Listener[] = [];

  /** Removes one listener, or all of them. */
  remove(listener?: Listener): void {
    if (!listener) this.listeners.length = 0;
    const index = listener ? this.listeners.indexOf(listener) : -1;
    if (index >= 0) this.listeners.splice(index, 1);
  }

  call(self: unknown, args: readonly unknown[]): void {
    if (this.listeners.length > 0) callAll(self, this.listeners, args);
  }
}

/** The events of a socket, one by one or all of them. */
export class SocketEvents<ListenEvents extends EventsMap, EmitEvents extends EventsMap> extends Emitter<
  SocketReservedEvents,
  ListenEvents,
  SocketOwnEvents<EmitEvents>
> {
  protected readonly incoming: CatchAll = new CatchAll();
  protected readonly outgoing: CatchAll = new CatchAll();

  /** Calls `listener` with the name and arguments of every event that comes in. */
  onAny(listener: Listener): this {
    this.incoming.listeners.push(listener);
    return this;
  }

  /** As `onAny`, before the others. */
  prependAny(listener: Listener): this {
    this.incoming.listeners.unshift(listener);
    return this;
  }

  /** Removes one catch-all listener, or all of them. */
  offAny(listener?: Listener): this {
    this.incoming.remove(listener);
    return this;
  }

  /** The listeners of `onAny`. */
  listenersAny(): Listener[] {
    return this.incoming.listeners;
  }

  /** Calls `listener` with the name and arguments of every event that goes out. */
  onAnyOutgoing(listener: Listener): this {
    this.outgoing.listeners.push(listener);
    return this;
  }

  /** As `onAnyOutgoing`, before the others. */
  prependAnyOutgoing(listener: Listener): this {
    this.outgoing.listeners.unshift(listener);
    return this;
  }

  /** Removes one of those listeners, or all of them. */
  offAnyOutgoing(listener?: Listener): this {
    this.outgoing.remove(listener);
    return this;
  }

  /** The listeners of `onAnyOutgoing`. */
  listenersAnyOutgoing(): Listener[] {
    return this.outgoing.listeners;
  }
}
