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
  _use(undo: string | undefined): Kept<unknown>;
}

const NO = 0;
const ASKED = 1;
const ANSWERED = 2;

function roomOf(socket: Socket, _key: string, event: string, args: readonly unknown[]): Room {
  const { _sender } = socket;
  let users = 0;
  let undo: string | undefined;
  /** Whether it stands on the server: as far as the server was told in this session, or has answered. */
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
        if (reason) reject(reason);
        else resolve(answer);
      };
    });
    // Nobody has to look at it.
    ready.catch(nothing);
  };

  const leave = (): void => end(disconnected());

  /** Tells the server what it does not know yet. */
  const settle = (): void => {
    if (!_sender._live) return;
    if (!users) socket._hooks = socket._hooks.filter((one) => one !== room);
    if (!told === !users) return;
    told = told ? NO : ASKED;
    const data: [string, ...unknown[]] = [told ? event : (undo as string), ...args];
    if (!data[0]) return;
    if (told && error) renew();
    // What this session does not take must not be sent in the next one.
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
        told = NO;
        renew();
      }
      users++;
      settle();
      if (error) {
        // It could not even be emitted.
        users--;
        told = NO;
        settle();
        throw error;
      }
      let uses = 1;
      const release = (): void => {
        users -= uses;
        if (uses && !users) {
          leave();
          settle();
        }
        uses = 0;
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
      // Without an answer, the session that goes on may know of it or not.
      if (!socket.recovered || (users && told === ASKED)) told = NO;
      // Nothing is flushed ahead of what is sent now.
      _sender._flushing = true;
      settle();
      _sender._flushing = false;
      return undefined;
    },
    flushed: settle,
    gaveUp: leave,
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
  return (room ?? roomOf(socket, key, event, args))._use(undo);
}
