/**
 * Keeps a page responsive while thousands of messages arrive: listeners run in slices of a few milliseconds, and in between the browser
 * paints and takes input. Waiting messages keep their order.
 *
 * @packageDocumentation
 */
import type { Plugin } from '../manager/plugin.js';
import { DEVELOPMENT } from '../platform/build.js';
import type { Cancel } from '../platform/clock.js';
import { callAll } from '../platform/emitter.js';
import { HoldfastError } from '../platform/errors.js';
import type { DefaultEventsMap, EventsMap } from '../platform/event-map.js';
import { warnOfUnknown } from '../platform/misspelt.js';
import { show } from '../platform/show.js';
import { systemTurn } from '../platform/turn.js';
import { type AnyPacket, EVENT, type Packet } from '../protocol/packet.js';

/** What `schedule` takes. */
export interface ScheduleOptions {
  /** How long listeners may run before the browser gets its turn, in milliseconds. @defaultValue 8 */
  sliceMs?: number | undefined;
  /** How many packets may wait; the next one ends the connection. @defaultValue 100000 */
  maxPending?: number | undefined;
  /** Once this many bytes wait, the next packet ends the connection; text counts one byte per UTF-16 unit. @defaultValue 67108864 (64 MiB) */
  maxPendingBytes?: number | undefined;
  /**
   * Events of which only the newest matters, by name: a function from the arguments to a key, which is any JSON value. Of the waiting
   * events with the same key, only the newest is delivered, in its own place. An event is left alone if its key is `undefined` or it
   * requests an acknowledgement. @defaultValue none
   */
  // biome-ignore lint/suspicious/noExplicitAny: the arguments of the program's own events
  coalesce?: Readonly<Record<string, (args: any) => unknown>> | undefined;
}

declare module '../manager/manager.js' {
  // With the same parameters as the class, as compilers require.
  interface Manager<
    ListenEvents extends EventsMap = DefaultEventsMap,
    EmitEvents extends EventsMap = ListenEvents,
  > {
    /** How many received packets wait for their listeners; `undefined` without the plugin `schedule`. */
    readonly pendingIncoming?: number;
  }
}

/** A packet that waits, its size in bytes, and what gives it to its namespace. */
type Entry = readonly [packet: Packet, bytes: number, deliver: (packet: Packet) => void];

/**
 * @param options the length of a slice, how much may wait, and which events are coalesced
 * @throws HoldfastError `BAD_OPTION`
 */
export function schedule(options: ScheduleOptions = {}): Plugin {
  const { sliceMs = 8, maxPending = 100_000, maxPendingBytes = 2 ** 26, coalesce = {} } = options;
  if (DEVELOPMENT) {
    warnOfUnknown('schedule()', options, 'sliceMs maxPending maxPendingBytes coalesce');
    for (const [name, value] of Object.entries({ sliceMs, maxPending, maxPendingBytes }))
      if (!isPositive(value)) throw bad(name, value, 'a number above 0');
    for (const [name, value] of Object.entries<unknown>(coalesce))
      if (typeof value !== 'function') throw bad(`coalesce.${name}`, value, 'a function');
  }
  if (!(Math.min(sliceMs, maxPending, maxPendingBytes) > 0))
    throw new HoldfastError('BAD_OPTION', 'schedule');

  return {
    name: 'schedule',
    identity: options,
    manager(manager) {
      const { _connection, _environment } = manager;
      const { clock, turn = systemTurn } = _environment;
      /** The waiting packets, the oldest first, by their key for coalescing; others by themselves. */
      const pending = new Map<unknown, Entry>();
      let pendingBytes = 0;
      /** The end of the current slice. */
      let sliceEndsMs = 0;
      /** Whether the browser should get its turn, and has not had it yet. */
      let yielding = false;
      /** Sessions that have ended: the connection is notified after everything that came before. */
      const ended: Cancel[] = [];

      const yieldTurn = (): void => {
        yielding = true;
        turn(() => {
          yielding = false;
          sliceEndsMs = pending.size && clock.now() + sliceMs;
          if (sliceEndsMs) {
            yieldTurn();
            deliverUntil(sliceEndsMs);
          }
        });
      };
      const deliverUntil = (endMs?: number): void => {
        for (const [key, [packet, bytes, deliver]] of pending) {
          if (clock.now() >= (endMs as number)) return;
          pending.delete(key);
          pendingBytes -= bytes;
          // The next packet may have arrived in part.
          const newerBytes = _connection._packetBytes;
          _connection._packetBytes = bytes;
          deliver(packet);
          _connection._packetBytes = newerBytes;
        }
        callAll(undefined, ended.splice(0), []);
      };

      Object.defineProperty(manager, 'pendingIncoming', { get: () => pending.size });
      return {
        deliver(packet, proceed) {
          const { nsp, data, id }: Partial<AnyPacket> = packet;
          const nowMs = clock.now();
          // The browser is given its turn by the middle of a slice: there has been a pause since then.
          if (!yielding && nowMs >= sliceEndsMs) sliceEndsMs = nowMs + sliceMs;
          if (!pending.size && nowMs < sliceEndsMs) {
            proceed(packet);
            if (!yielding && clock.now() >= sliceEndsMs - sliceMs / 2) yieldTurn();
            return;
          }
          let key: unknown = packet;
          const find = (name: unknown, ...args: unknown[]): void => {
            const value = Object.hasOwn(coalesce, name as string)
              ? coalesce[name as string]?.(args)
              : undefined;
            const text = JSON.stringify(value);
            // What JSON cannot represent becomes `null`, `{}` or undefined: functions, NaN, ArrayBuffers. Different values would become the same key.
            if (value === null || !/^([nu]|{})/.test(text)) key = [nsp, name, text].join();
          };
          // Errors of the program's function are reported.
          if (packet.type === EVENT && id === undefined) callAll(undefined, [find], data);
          pendingBytes -= pending.get(key)?.[1] ?? 0;
          pending.delete(key);
          const bytes = _connection._packetBytes;
          _connection._packetBytes = 0;
          if (pending.size >= maxPending || pendingBytes >= maxPendingBytes) {
            const error = new HoldfastError(
              'INBOX_FULL',
              DEVELOPMENT
                ? `${pending.size} packets of ${pendingBytes} bytes are waiting, more than maxPending or maxPendingBytes of schedule() allows`
                : 'schedule',
            );
            _connection._session?._end('transport error', error);
          } else {
            pending.set(key, [packet, bytes, proceed]);
            pendingBytes += bytes;
          }
        },
        ended(proceed) {
          // An earlier session that was closed may end while this one waits.
          ended.push(proceed);
          if (!pending.size) deliverUntil();
        },
        used: () => () => {
          // The program has left: nothing more is delivered.
          if (!_connection._some('active')) {
            pending.clear();
            pendingBytes = 0;
          }
          deliverUntil();
        },
      };
    },
  };
}

/** In the development build alone. */
const isPositive = (value: unknown): boolean => typeof value === 'number' && value > 0;

/** In the development build alone. */
const bad = (name: string, value: unknown, accepted: string): HoldfastError =>
  new HoldfastError('BAD_OPTION', `option "${name}" is ${show(value)}; accepted: ${accepted}`);
