/**
 * `keep`: a lasting subscription. Its event is emitted at each connect that did not recover the session, before anything that waits
 * in the outbox, until it is released.
 */
import { nothing } from '../platform/clock.js';
import { DISPOSE, type DisposableLike } from '../platform/dispose.js';
import type { HoldfastError } from '../platform/errors.js';
import type { EventNames, EventsMap } from '../platform/event-map.js';
import { textOf } from '../protocol/text-of.js';
import { disconnected } from '../socket/failures.js';
import type { SocketHooks } from '../socket/hooks.js';
import type { Socket } from '../socket/socket.js';
import type { AnswerTo, GivenArgs } from '../socket/typing.js';

/** How a subscription ends. */
export interface KeepOptions<EmitEvents extends EventsMap> {
  /** The event that ends it on the server, emitted with the same arguments. @defaultValue none */
  readonly undo: EventNames<EmitEvents>;
}

/** A subscription. */
export interface Kept<Answer> extends DisposableLike {
  /**
   * Resolves with the server's first acknowledgement. Rejects if the server answers with an error, if the socket was refused or
   * disconnected for good, or if the subscription was released.
   */
  readonly ready: Promise<Answer>;
  /** Why the subscription is not active: the server's last answer was an error, or the socket was disconnected for good. */
  readonly error: Error | undefined;
  /** Ends the subscription, unless others keep the same one: then it ends when they have released it, too. */
  release(): void;
}

/** A subscription is a feature of its socket. */
interface Room extends SocketHooks {
  /** Event and arguments, as a string. */
  readonly _key: string;
  /** @returns the handle for one more user */
  _use(undo: string | undefined): Kept<unknown>;
}

const NO = 0;
const ASKED = 1;
const ANSWERED = 2;

function roomOf(socket: Socket, _key: string, event: string, args: readonly unknown[]): Room {
  const { _sender } = socket;
  let users = 0;
  let undo: string | undefined;
  /** Whether the server has been sent the event in this session, or has answered it. */
  let told: 0 | 1 | 2 = NO;
  let error: Error | undefined;
  let ready: Promise<unknown>;
  /** Settles `ready`. */
  let end: (reason: unknown, answer?: unknown) => void;

  const renew = (): void => {
    error = undefined;
    ready = new Promise((resolve, reject) => {
      end = (reason, answer) => {
        error = (reason as Error) || undefined;
        if (error) reject(error);
        else resolve(answer);
      };
    });
    // An unhandled rejection is fine.
    ready.catch(nothing);
  };

  const leave = (why?: Error): void => end(disconnected(false, why));

  /** Emits the subscriptions that the server does not have yet. */
  const settle = (): void => {
    if (!_sender._live) return;
    if (!users) socket._hooks = socket._hooks.filter((one) => one !== room);
    if (!told === !users) return;
    told = told ? NO : ASKED;
    const data: [string, ...unknown[]] = [told ? event : (undo as string), ...args];
    if (!data[0]) return;
    if (told && error) renew();
    // An event that this session refuses must not be sent in the next one.
    socket._modify()._again = true;
    try {
      if (!told) socket.emit(...data);
      else
        socket._ask(data, (reason, answer) => {
          // The next session is asked anew, and an answer may come after the release.
          if (!users || (reason as HoldfastError)?.code === 'DISCONNECTED') return;
          told = ANSWERED;
          end(reason, answer);
        });
    } catch (thrown) {
      if (told) end(thrown);
      else socket._dropped(thrown as Error, data);
    }
  };

  const room: Room = {
    _key,
    _use(given) {
      undo ||= given;
      if (error) {
        // The session may be recovered, with the subscription in it.
        told &&= _sender._live ? NO : ASKED;
        renew();
      }
      users++;
      settle();
      if (error) {
        // `emit` itself failed. Without users, the next connect removes the room.
        users--;
        told = NO;
        throw error;
      }
      let used = true;
      const release = (): void => {
        if (used && !--users) {
          leave();
          settle();
        }
        used = false;
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
      // Without an answer, the recovered session may or may not have it.
      if (!socket.recovered || told <= (users ? ASKED : NO)) told = NO;
      // The subscription goes before the outbox.
      _sender._flushing = true;
      settle();
      _sender._flushing = false;
      return undefined;
    },
    flushed: settle,
    gaveUp: (_byHand, why) => leave(why),
  };
  renew();
  socket._hooks = [...socket._hooks, room];
  return room;
}

/**
 * Emits an event now, and again at each later connect that did not recover the session (`socket.recovered`), ahead of the outbox. Equal
 * arguments on one socket are one subscription, which ends when all users have released it.
 *
 * @param socket the socket to emit on
 * @param event the event's name
 * @param args its arguments, without an acknowledgement. If the last one is an object with a member `undo`, it is the options and is not sent
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
  // If it cannot be sent now, it is only checked.
  if (!socket.connected) socket.volatile.emit(event, ...args);
  const key = textOf([event, args]);
  const room = (socket._hooks as readonly Room[]).find(({ _key }) => _key === key);
  return (room ?? roomOf(socket, key, event, args))._use(undo);
}
