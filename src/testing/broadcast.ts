/** Broadcasts: `to`, `in`, `except`, and methods for all of those sockets. */

import { HoldfastError } from '../platform/errors.js';
import type { EventNames, EventParams, EventsMap, Listener } from '../platform/event-map.js';
import { show } from '../platform/show.js';
import { RESERVED_EVENTS } from '../protocol/packet.js';
import type { AllButLast, FirstArg, Last, SecondArg } from '../socket/typing.js';
import type { Audience, Flags, Room } from './rooms.js';

/** Carries out a broadcast: a namespace, or all children of a dynamic one. */
export interface BroadcastHost<Peer> {
  /** @internal @param ack called with each answer; returns how many sockets were asked */
  _sendTo(
    audience: Audience,
    event: readonly unknown[],
    flags: Flags,
    ack?: (answer: unknown) => void,
  ): number;
  /** @internal */
  _peersIn(audience: Audience): Peer[];
  /** @internal Calls `task` after the given milliseconds. Returns a function that cancels it. */
  _after(delayMs: number, task: () => void): () => void;
  /** @internal Calls `task` after the running code. */
  _soon(task: () => void): void;
}

/** The event that a broadcast sends to each socket. */
export interface BroadcastPeer {
  readonly id: string;
  join(rooms: Room | Room[]): unknown;
  leave(room: Room): unknown;
  disconnect(close?: boolean): unknown;
}

/** The error of a broadcast that some clients have not answered in time. */
export interface BroadcastError extends Error {
  /** The answers that arrived. */
  readonly responses?: unknown[];
}

/** The arguments of a callback: after the error, if `timeout` puts one first. */
export type AnswerOf<Callback> = FirstArg<Callback> extends Error ? SecondArg<Callback> : FirstArg<Callback>;

/** A broadcast being built, as `server.to('room')` returns it. */
export class BroadcastOperator<Emit extends EventsMap, Peer extends BroadcastPeer> {
  constructor(
    private readonly _host: BroadcastHost<Peer>,
    private readonly _rooms: ReadonlySet<Room> = new Set(),
    private readonly _except: ReadonlySet<Room> = new Set(),
    private readonly _flags: Flags = {},
  ) {}

  /** Adds the sockets of these rooms; each gets an event once. */
  to(room: Room | Room[]): BroadcastOperator<Emit, Peer> {
    return new BroadcastOperator(this._host, union(this._rooms, room), this._except, this._flags);
  }

  /** Alias of `to`. */
  in(room: Room | Room[]): BroadcastOperator<Emit, Peer> {
    return this.to(room);
  }

  /** Excludes the sockets of these rooms. */
  except(room: Room | Room[]): BroadcastOperator<Emit, Peer> {
    return new BroadcastOperator(this._host, this._rooms, union(this._except, room), this._flags);
  }

  /** Accepted; nothing is compressed in memory. */
  compress(compress: boolean): BroadcastOperator<Emit, Peer> {
    return this._with({ compress });
  }

  /** The event is dropped for a client that cannot take it now. */
  get volatile(): BroadcastOperator<Emit, Peer> {
    return this._with({ volatile: true });
  }

  /** Accepted: all clients are clients of this server. */
  get local(): BroadcastOperator<Emit, Peer> {
    return this._with({ local: true });
  }

  /** The timeout of answers, in milliseconds. */
  timeout(timeout: number): BroadcastOperator<Emit, Peer> {
    return this._with({ timeout });
  }

  /**
   * Sends an event to all of them. A function as the last argument gets an error and the list of answers.
   *
   * @throws Error for a reserved name
   */
  emit<Name extends EventNames<Emit>>(event: Name, ...args: EventParams<Emit, Name>): boolean {
    checkName(event);
    const last = (args as unknown[])[args.length - 1];
    if (typeof last !== 'function') {
      this._host._sendTo(this._audience, [event, ...(args as unknown[])], this._flags);
      return true;
    }
    this._ask([event, ...(args as unknown[]).slice(0, -1)], last as Listener);
    return true;
  }

  /**
   * Sends an event to all of them, and waits for every answer.
   *
   * @throws BroadcastError with the answers that arrived, if one is missing after `timeout`
   */
  emitWithAck<Name extends EventNames<Emit>>(
    event: Name,
    ...args: AllButLast<EventParams<Emit, Name>>
  ): Promise<AnswerOf<Last<EventParams<Emit, Name>>>[]> {
    checkName(event);
    return new Promise((resolve, reject) => {
      this._ask([event, ...(args as unknown[])], (error: Error | null, responses: unknown[]) => {
        if (error) reject(Object.assign(error, { responses }));
        else resolve(responses as AnswerOf<Last<EventParams<Emit, Name>>>[]);
      });
    });
  }

  /** The sockets themselves. */
  async fetchSockets(): Promise<Peer[]> {
    return this._host._peersIn(this._audience);
  }

  /** The ids of the sockets. */
  async allSockets(): Promise<Set<string>> {
    return new Set(this._host._peersIn(this._audience).map(({ id }) => id));
  }

  /** Lets all of them join. */
  socketsJoin(room: Room | Room[]): void {
    for (const peer of this._host._peersIn(this._audience)) peer.join(room);
  }

  /** Lets all of them leave. */
  socketsLeave(room: Room | Room[]): void {
    for (const peer of this._host._peersIn(this._audience)) for (const one of [room].flat()) peer.leave(one);
  }

  /** Disconnects all of them; with `close`, their connections, too. */
  disconnectSockets(close = false): void {
    for (const peer of this._host._peersIn(this._audience)) peer.disconnect(close);
  }

  private get _audience(): Audience {
    return { rooms: this._rooms, except: this._except };
  }

  private _with(flags: Flags): BroadcastOperator<Emit, Peer> {
    return new BroadcastOperator(this._host, this._rooms, this._except, { ...this._flags, ...flags });
  }

  private _ask(event: readonly unknown[], done: Listener): void {
    const responses: unknown[] = [];
    let expected = Number.POSITIVE_INFINITY;
    let over = false;
    const end = (...outcome: unknown[]): void => {
      if (over) return;
      over = true;
      stop();
      done(...outcome);
    };
    const check = (): void => {
      if (responses.length >= expected) end(null, responses);
    };
    const { timeout = 1 } = this._flags;
    const stop = this._host._after(timeout, () => end(new Error('operation has timed out'), responses));
    expected = this._host._sendTo(this._audience, event, this._flags, (answer) => {
      responses.push(answer);
      check();
    });
    // As on a real server, also without recipients: never before this call returns.
    this._host._soon(check);
  }
}

function union(rooms: ReadonlySet<Room>, more: Room | Room[]): ReadonlySet<Room> {
  return new Set([...rooms, ...[more].flat()]);
}

/** @throws Error with the message of a real server, for names that are reserved everywhere or here */
export function checkName(event: unknown, ...reserved: unknown[]): void {
  if (RESERVED_EVENTS.has(event) || reserved.includes(event))
    throw new Error(`"${String(event)}" is a reserved event name`);
  if (typeof event !== 'string' && typeof event !== 'number') {
    throw new HoldfastError('BAD_EVENT', `${show(event)} is not an event name; accepted: a string`);
  }
}
