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

/** A packet that waits. */
interface Entry {
  readonly _packet: Packet;
  readonly _bytes: number;
  /** Its key for coalescing. */
  readonly _key: string | undefined;
}

/**
 * @param options the length of a slice, how much may wait, and which events are coalesced
 * @throws HoldfastError `BAD_OPTION`
 */
export function schedule(options: ScheduleOptions = {}): Plugin {
  const { sliceMs = 8, maxPending = 100_000, maxPendingBytes = 2 ** 26, coalesce = {} } = options;
  for (const [name, value] of Object.entries({ sliceMs, maxPending, maxPendingBytes })) {
    if (typeof value !== 'number' || !(value > 0))
      throw bad(name, value, DEVELOPMENT ? '; accepted: a number above 0' : '');
  }
  const keys = new Map(Object.entries(coalesce));
  if (DEVELOPMENT) {
    for (const [name, value] of keys as Map<string, unknown>) {
      if (typeof value !== 'function') throw bad(`coalesce.${name}`, value, '; accepted: a function');
    }
  }

  /** The key for coalescing a packet; `undefined` if it is not coalesced. */
  function keyOf({ type, nsp, data, id }: Partial<AnyPacket>): string | undefined {
    let found: string | undefined;
    const find = (name: unknown, ...args: unknown[]): void => {
      // `undefined` also for functions and symbols, which JSON cannot represent.
      const key = JSON.stringify(keys.get(`${name}`)?.(args));
      if (key) found = JSON.stringify([nsp, name]) + key;
    };
    // Errors of the program's function are reported.
    if (type === EVENT && id === undefined) callAll(undefined, [find], data);
    return found;
  }

  return {
    name: 'schedule',
    manager(manager) {
      const { _connection, _environment } = manager;
      const { clock, turn = systemTurn } = _environment;
      /** The waiting packets, the oldest first. */
      const pending = new Set<Entry>();
      const newest = new Map<string | undefined, Entry>();
      let bytes = 0;
      /** The end of the current slice. */
      let sliceEndsMs = 0;
      /** Whether the browser should get its turn, and has not had it yet. */
      let yielding = false;
      let deliver: (packet: Packet) => void;
      /** The session has ended: the connection is notified after everything that came before. */
      let ended: Cancel | undefined;

      const remove = (entry: Entry): void => {
        pending.delete(entry);
        newest.delete(entry._key);
        bytes -= entry._bytes;
      };
      const yieldTurn = (): void => {
        yielding = true;
        turn(() => {
          yielding = false;
          sliceEndsMs = 0;
          if (pending.size === 0) return;
          sliceEndsMs = clock.now() + sliceMs;
          yieldTurn();
          deliverUntil(sliceEndsMs);
        });
      };
      const deliverUntil = (endMs: number): void => {
        for (const entry of pending) {
          if (clock.now() >= endMs) return;
          remove(entry);
          // The next packet may have arrived in part.
          const { _packetBytes } = _connection;
          _connection._packetBytes = entry._bytes;
          deliver(entry._packet);
          _connection._packetBytes = _packetBytes;
        }
        const end = ended;
        ended = undefined;
        end?.();
      };

      Object.defineProperty(manager, 'pendingIncoming', { get: () => pending.size });
      return {
        deliver(packet, proceed) {
          const nowMs = clock.now();
          deliver = proceed;
          // The browser is given its turn by the middle of a slice: there has been a pause since then.
          if (!yielding && nowMs >= sliceEndsMs) sliceEndsMs = nowMs + sliceMs;
          if (pending.size === 0 && nowMs < sliceEndsMs) {
            proceed(packet);
            if (!yielding && clock.now() >= sliceEndsMs - sliceMs / 2) yieldTurn();
            return;
          }
          const entry = { _packet: packet, _bytes: _connection._packetBytes, _key: keyOf(packet) };
          _connection._packetBytes = 0;
          const older = newest.get(entry._key);
          if (older) remove(older);
          if (pending.size >= maxPending || bytes >= maxPendingBytes) {
            const text = DEVELOPMENT
              ? `${pending.size} packets of ${bytes} bytes are waiting, more than maxPending or maxPendingBytes of schedule() allows`
              : 'too many waiting packets';
            _connection._session?._end('transport error', new HoldfastError('INBOX_FULL', text));
            return;
          }
          pending.add(entry);
          bytes += entry._bytes;
          if (entry._key) newest.set(entry._key, entry);
        },
        ended(proceed) {
          // An earlier session that was closed may end while this one waits.
          const before = ended;
          ended = () => {
            before?.();
            proceed();
          };
          if (pending.size === 0) deliverUntil(0);
        },
        used: () => () => {
          // The program has left: nothing more is delivered.
          if (!_connection._some('active')) for (const entry of pending) remove(entry);
          deliverUntil(Number.POSITIVE_INFINITY);
        },
      };
    },
  };
}

const bad = (name: string, value: unknown, accepted: string): HoldfastError =>
  new HoldfastError('BAD_OPTION', `option "${name}" is ${show(value)}${accepted}`);
