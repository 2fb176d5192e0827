/**
 * `keep`: a subscription that stands. Its event is emitted at each connect that did not bring back the session, before anything that waits
 * in the outbox, until it is released.
 */
import { nothing } from './platform/clock.js';
import { DISPOSE, type DisposableLike } from './platform/dispose.js';
import { HoldfastError } from './platform/errors.js';
import type { EventNames, EventsMap } from './platform/event-map.js';
import { textOf } from './platform/text-of.js';
import { disconnected } from './socket/failures.js';
import { errorFirst, type Socket } from './socket/socket.js';
import type { AnswerTo, GivenArgs } from './socket/typing.js';

/** How a subscription ends. */
export interface KeepOptions<EmitEvents extends EventsMap> {
  /** The event that ends it on the server, emitted with the same arguments. @defaultValue none */
  readonly undo: EventNames<EmitEvents>;
}

/** A subscription. */
export interface Kept<Answer> extends DisposableLike {
  /** Resolves with the server's first acknowledgement. Rejects if the server will not be asked by itself any more, or answers with an error. */
  readonly ready: Promise<Answer>;
  /** Why it does not stand at present: the server's last answer was an error, or the socket was disconnected for good. */
  readonly error: Error | undefined;
  /** Ends it. If others keep the same, it stands until they have released it, too. */
  release(): void;
}

interface Room {
  readonly _event: string;
  readonly _args: readonly unknown[];
  readonly _undo: string | undefined;
  _users: number;
  /** Whether the server has been told in this session. */
  _sent: boolean;
  _error: Error | undefined;
  _ready: Promise<unknown>;
  _resolve(answer: unknown): void;
  _reject(error: Error): void;
}

/** The subscriptions of each socket, by event and arguments. */
const everyRoom = /* @__PURE__ */ new WeakMap<object, Map<string, Room>>();

/** Makes `ready` anew: there is nothing to wait for, or the wait has failed. */
function renew(room: Room): void {
  room._error = undefined;
  room._ready = new Promise((resolve, reject) => {
    room._resolve = resolve;
    room._reject = reject;
  });
  // Nobody has to look at it.
  room._ready.catch(nothing);
}

function fail(room: Room, error: Error): void {
  room._error = error;
  room._reject(error);
}

function roomsOf(socket: Socket): Map<string, Room> {
  const rooms = new Map<string, Room>();
  const { _sender, _options } = socket;

  const ask = (room: Room): void => {
    const answered = (error: HoldfastError | null, first: unknown, second: unknown): void => {
      const reason = error ?? (_options.errorFirstAcks ? (first as Error) : undefined);
      // The next session is asked anew.
      if (error?.code === 'DISCONNECTED') room._sent = false;
      else if (reason) fail(room, reason);
      else {
        room._error = undefined;
        room._resolve(_options.errorFirstAcks ? second : first);
      }
    };
    errorFirst.add(answered);
    emit(socket, room._event, ...room._args, answered);
  };

  /** Tells the server what it does not know yet. */
  const settle = (): void => {
    for (const [key, room] of rooms) {
      try {
        if (room._users === 0) {
          rooms.delete(key);
          if (room._undo !== undefined) emit(socket, room._undo, ...room._args);
        } else if (!room._sent) {
          room._sent = true;
          if (room._error) renew(room);
          ask(room);
        }
      } catch (error) {
        fail(room, error as Error);
      }
    }
  };

  socket._hooks = [
    ...socket._hooks,
    {
      connected() {
        if (!socket.recovered) {
          for (const [key, room] of rooms) {
            room._sent = false;
            if (room._users === 0) rooms.delete(key);
          }
        }
        // While the outbox is empty, nothing is flushed ahead of what is sent.
        const waiting = _sender._list;
        _sender._list = [];
        settle();
        _sender._list = _sender._list.concat(waiting);
        return undefined;
      },
      flushed: settle,
      gaveUp() {
        for (const room of rooms.values()) fail(room, disconnected());
      },
    },
  ];
  return rooms;
}

/** Emits an event of the present session: if it ends first, the event is not sent in the next one. */
function emit(socket: Socket, event: string, ...args: unknown[]): void {
  socket._modify()._again = true;
  socket.emit(event, ...args);
}

/**
 * Emits an event now, and at each connect from now on that did not bring back the session (`socket.recovered`), before what waits in the
 * outbox. Equal arguments on one socket are one subscription, which ends when everybody has released it.
 *
 * @param socket whose server
 * @param event the event's name
 * @param args its arguments without an acknowledgement, and at their end `{ undo }`
 * @throws HoldfastError as `emit` does
 */
export function keep<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  Name extends EventNames<EmitEvents>,
>(
  socket: Socket<ListenEvents, EmitEvents>,
  event: Name,
  ...args: GivenArgs<EmitEvents, Name> | [...GivenArgs<EmitEvents, Name>, KeepOptions<EmitEvents>]
): Kept<AnswerTo<EmitEvents, Name>>;
export function keep(given: Socket, event: string, ...args: unknown[]): Kept<unknown> {
  const socket = given._raw();
  const last = args[args.length - 1];
  let undo: string | undefined;
  if (Object.keys(Object(last)).join() === 'undo') {
    ({ undo } = last as { undo: string });
    args.pop();
  }
  // One that cannot leave is only checked.
  if (!socket.connected) socket.volatile.emit(event, ...args);
  const rooms = everyRoom.get(socket) ?? roomsOf(socket);
  everyRoom.set(socket, rooms);
  const key = textOf([event, args]);
  let room = rooms.get(key);
  if (!room) {
    room = { _event: event, _args: args, _undo: undo, _users: 0, _sent: false } as unknown as Room;
    rooms.set(key, room);
    renew(room);
  } else if (room._error) {
    room._sent = false;
    renew(room);
  }
  const kept = room;
  const settle = (): void => {
    if (socket._sender._live) socket._sender._flush();
  };
  kept._users++;
  settle();
  if (kept._error) {
    // It could not even be emitted.
    if (--kept._users === 0) rooms.delete(key);
    throw kept._error;
  }
  let released = false;
  const release = (): void => {
    if (!released && --kept._users === 0) {
      fail(kept, new HoldfastError('ABORTED', `"${event}" was released`));
      settle();
    }
    released = true;
  };
  return {
    get ready() {
      return kept._ready;
    },
    get error() {
      return kept._error;
    },
    release,
    [DISPOSE]: release,
  } as unknown as Kept<unknown>;
}
