/** `listen` and `next`: listen to events of a socket, with a function that stops listening, or with a Promise. */
import { checkSignal, onAbort, type Waiting } from '../platform/abort.js';
import type { Cancel } from '../platform/clock.js';
import type { EventsMap, Listener } from '../platform/event-map.js';
import type { SocketOwnEvents, SocketReservedEvents } from '../socket/events.js';
import type { Socket } from '../socket/socket.js';

/** The events of a socket: the program's, and the library's own. */
export type HeardName<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
> = keyof (SocketReservedEvents & SocketOwnEvents<EmitEvents> & ListenEvents) & string;

/** The listener of an event. The library's own events win over a program's event of the same name. */
export type HeardBy<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  Name,
> = Name extends keyof SocketReservedEvents
  ? SocketReservedEvents[Name]
  : Name extends keyof ListenEvents
    ? ListenEvents[Name]
    : Name extends keyof SocketOwnEvents<EmitEvents>
      ? SocketOwnEvents<EmitEvents>[Name]
      : never;

/**
 * Calls `listener` for each event of one name, until the function that it returns is called or the signal is aborted.
 *
 * @param socket the socket that receives the events
 * @param event the event's name, also of the library's own events, such as `connect`
 * @param options an aborted `signal` also stops listening; if it is aborted already, listening never starts
 * @throws HoldfastError `BAD_OPTION` for an invalid signal
 */
export function listen<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  Name extends HeardName<ListenEvents, EmitEvents>,
>(
  socket: Socket<ListenEvents, EmitEvents>,
  event: Name,
  listener: HeardBy<ListenEvents, EmitEvents, Name>,
  { signal }: Waiting = {},
): Cancel {
  if (checkSignal(signal)?.aborted) return () => {};
  let ended = false;
  const end = (): void => {
    // Only once: the program may listen with the same function a second time.
    if (!ended) socket.off(event as never, listener as never);
    ended = true;
    ignore();
  };
  socket.on(event as never, listener as never);
  const ignore = onAbort(signal, end);
  return end;
}

/**
 * Resolves with the arguments of the next event of one name.
 *
 * @param socket the socket that receives the events
 * @param event the event's name, also of the library's own events, such as `connect`
 * @param options a `signal` ends the wait with its reason. Without one, the wait may last forever
 */
export function next<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  Name extends HeardName<ListenEvents, EmitEvents>,
>(
  socket: Socket<ListenEvents, EmitEvents>,
  event: Name,
  { signal }: Waiting = {},
): Promise<Parameters<HeardBy<ListenEvents, EmitEvents, Name>>> {
  return new Promise((resolve, reject) => {
    checkSignal(signal);
    const heard: Listener = (...args) => {
      ignore();
      resolve(args as never);
    };
    socket.once(event as never, heard as never);
    const ignore = onAbort(signal, (reason) => {
      socket.off(event as never, heard as never);
      reject(reason);
    });
  });
}
