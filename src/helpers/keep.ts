/**
 * `keep`: a subscription that stands. Its event is emitted at each connect that did not bring back the session, before anything that waits
 * in the outbox, until it is released.
 */
import { nothing } from '../platform/clock.js';
import { DISPOSE, type DisposableLike } from '../platform/dispose.js';
import type { HoldfastError } from '../platform/errors.js';
import type { EventNames, EventsMap } from '../platform/event-map.js';
import { disconnected } from '../socket/failures.js';
import type { SocketHooks } from '../socket/hooks.js';
import type { Socket } from '../socket/socket.js';
import type { AnswerTo, GivenArgs } from '../socket/typing.js';
import { textOf } from './text-of.js';

/** How a subscription ends. */
export interface KeepOptions<EmitEvents extends EventsMap> {
  /** The event that ends it on the server, emitted with the same arguments. @defaultValue none */
  readonly undo: EventNames<EmitEvents>;
}

/** A subscription. */
export interface Kept<Answer> extends DisposableLike {
  /**
   * Resolves with the server's first acknowledgement. Rejects if the server answers with an error, or will not be asked any more: the socket
   * was refused or disconnected for good, or the subscription was released.
   */
  readonly ready: Promise<Answer>;
  /** Why it does not stand at present: the server's last answer was an error, or the socket was disconnected for good. */
  readonly error: Error | undefined;
  /** Ends it. If others keep the same, it stands until they have released it, too. */
  release(): void;
}

/** A subscription is a feature of its socket. */
interface Room extends SocketHooks {
  /** Event and arguments, as a text. */
  readonly _key: string;
  /** @returns what one more user gets */
  _use(): Kept<unknown>;
}

function roomOf(socket: Socket, _key: string, event: string, args: readonly unknown[], undo?: string): Room {
  const { _sender } = socket;
  let users = 0;
  /** Whether it stands on the server, as far as the server was told in this session. */
  let told = false;
  let error: Error | undefined;
  let ready: Promise<unknown>;
  let resolve: (answer: unknown) => void;
  let reject: (reason: unknown) => void;

  const renew = (): void => {
    error = undefined;
    ready = new Promise((done, failed) => {
      resolve = done;
      reject = failed;
    });
    // Nobody has to look at it.
    ready.catch(nothing);
  };
  const fail = (reason: unknown): void => {
    error = reason as Error;
    reject(reason);
  };
  const remove = (): void => {
    socket._hooks = socket._hooks.filter((one) => one !== room);
  };

  /** What this session does not take must not be sent in the next one. */
  const ofThisSession = (): Socket => {
    socket._modify()._again = true;
    return socket;
  };

  /** Tells the server what it does not know yet. */
  const settle = (): void => {
    if (!_sender._live) return;
    if (!users) remove();
    if (told === users > 0) return;
    told = !told;
    try {
      if (!told) {
        if (undo) ofThisSession().emit(undo, ...args);
        return;
      }
      if (error) renew();
      ofThisSession()._ask([event, ...args], (reason, answer) => {
        // The next session is asked anew.
        if ((reason as HoldfastError)?.code === 'DISCONNECTED') told = !users;
        else if (reason) fail(reason);
        else {
          error = undefined;
          resolve(answer);
        }
      });
    } catch (thrown) {
      fail(thrown);
    }
  };

  const room: Room = {
    _key,
    _use() {
      if (error) {
        told = false;
        renew();
      }
      users++;
      settle();
      if (error) {
        // It could not even be emitted.
        if (!--users) remove();
        throw error;
      }
      let released = false;
      const release = (): void => {
        if (!released && !--users) {
          fail(disconnected());
          settle();
        }
        released = true;
      };
      return {
        get ready() {
          return ready;
        },
        get error() {
          return error;
        },
        release,
        [DISPOSE]: release,
      } as unknown as Kept<unknown>;
    },
    connected() {
      told &&= socket.recovered;
      // While the outbox is empty, nothing is flushed ahead of what is sent.
      const waiting = _sender._list;
      _sender._list = [];
      settle();
      _sender._list = _sender._list.concat(waiting);
      return undefined;
    },
    flushed: settle,
    gaveUp: () => fail(disconnected()),
  };
  renew();
  socket._hooks = [...socket._hooks, room];
  return room;
}

/**
 * Emits an event now, and at each connect from now on that did not bring back the session (`socket.recovered`), before what waits in the
 * outbox. Equal arguments on one socket are one subscription, which ends when everybody has released it.
 *
 * @param socket whose server
 * @param event the event's name
 * @param args its arguments without an acknowledgement. An object with a member `undo` at their end is not sent: it is the options
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
  const { undo } = Object(args[args.length - 1]) as { undo?: string };
  if (undo) args.pop();
  // One that cannot leave is only checked.
  if (!socket.connected) socket.volatile.emit(event, ...args);
  const key = textOf([event, args]);
  const room = (socket._hooks as readonly Room[]).find(({ _key }) => _key === key);
  return (room ?? roomOf(socket, key, event, args, undo))._use();
}
