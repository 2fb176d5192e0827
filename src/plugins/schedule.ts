/**
 * Keeps a page responsive while thousands of messages come in: listeners run in slices of a few milliseconds, and in between the browser
 * paints and takes input. What has to wait, waits in the order in which it came.
 *
 * @packageDocumentation
 */
import type { Plugin } from '../manager/plugin.js';
import { DEVELOPMENT } from '../platform/build.js';
import { type Cancel, nothing } from '../platform/clock.js';
import { HoldfastError } from '../platform/errors.js';
import type { DefaultEventsMap, EventsMap } from '../platform/event-map.js';
import { report } from '../platform/report.js';
import { show } from '../platform/show.js';
import { systemTurn } from '../platform/turn.js';
import { EVENT, type Packet } from '../protocol/packet.js';

/** What `schedule` takes. */
export interface ScheduleOptions {
  /** How long listeners may run before the browser gets its turn, in milliseconds. @defaultValue 8 */
  sliceMs?: number | undefined;
  /** How many packets may wait; one more ends the connection. @defaultValue 100000 */
  maxPending?: number | undefined;
  /** How large they may be together, in bytes; a text counts one for each UTF-16 unit. @defaultValue 67108864 (64 MiB) */
  maxPendingBytes?: number | undefined;
  /**
   * Events of which only the newest matters, by their names: a function from the arguments to a key, which is anything that is JSON. Of the
   * events with the same key that wait, the newest is heard, in its own place, and the others are not. `undefined` as the key leaves an
   * event alone, and so does a request for an acknowledgement. @defaultValue none
   */
  // biome-ignore lint/suspicious/noExplicitAny: the arguments of the program's own events
  coalesce?: Readonly<Record<string, (args: any[]) => unknown>> | undefined;
}

declare module '../manager/manager.js' {
  // With the same parameters as the class, as compilers demand.
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
  /** What it is coalesced by. */
  readonly _key: string | undefined;
}

/**
 * @param options how long a slice is, how much may wait, and what is coalesced
 * @throws HoldfastError `BAD_OPTION`
 */
export function schedule(options: ScheduleOptions = {}): Plugin {
  const { sliceMs = 8, maxPending = 100_000, maxPendingBytes = 2 ** 26, coalesce = {} } = options;
  for (const [name, value] of Object.entries({ sliceMs, maxPending, maxPendingBytes })) {
    if (!(value > 0)) throw bad(name, value, 'a number above 0');
  }
  const keys = new Map(Object.entries(coalesce));
  keys.forEach((value: unknown, name) => {
    if (typeof value !== 'function') throw bad(`coalesce.${name}`, value, 'a function');
  });

  /** What a packet is coalesced by; `undefined` for one that is not. */
  function keyOf({ type, nsp, ...packet }: Packet & { id?: number | undefined }): string | undefined {
    if (type !== EVENT || packet.id !== undefined) return undefined;
    const [name, ...args] = (packet as { data: unknown[] }).data;
    try {
      const key = keys.get(`${name}`)?.(args);
      return key === undefined ? undefined : JSON.stringify([nsp, name, key]);
    } catch (error) {
      report(error);
      return undefined;
    }
  }

  return {
    name: 'schedule',
    manager(manager) {
      const { _connection, _environment } = manager;
      const { clock, turn = systemTurn } = _environment;
      /** What waits, the oldest first. */
      const pending = new Set<Entry>();
      const newest = new Map<string | undefined, Entry>();
      let bytes = 0;
      /** Whether a slice has begun, and the browser has not had its turn since. */
      let running = false;
      let sliceEndsMs = 0;
      let deliver: (packet: Packet) => void = nothing;
      /** The session is over: the connection hears of it after everything that came before. */
      let ended: Cancel | undefined;

      const remove = (entry: Entry): void => {
        pending.delete(entry);
        newest.delete(entry._key);
        bytes -= entry._bytes;
      };
      const begin = (): void => {
        running = true;
        sliceEndsMs = clock.now() + sliceMs;
        turn(() => {
          running = false;
          if (pending.size === 0) return;
          begin();
          deliverUntil(sliceEndsMs);
        });
      };
      const deliverUntil = (endMs: number): void => {
        for (const entry of pending) {
          if (clock.now() >= endMs) return;
          remove(entry);
          // The next packet may have come in part.
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
          deliver = proceed;
          if (!running) begin();
          if (pending.size === 0 && clock.now() < sliceEndsMs) {
            proceed(packet);
            return;
          }
          const entry = { _packet: packet, _bytes: _connection._packetBytes, _key: keyOf(packet) };
          _connection._packetBytes = 0;
          const older = entry._key && newest.get(entry._key);
          if (older) remove(older);
          if (pending.size >= maxPending || (pending.size > 0 && bytes + entry._bytes > maxPendingBytes)) {
            const text = `${pending.size} packets of ${bytes} bytes wait${
              DEVELOPMENT ? '; maxPending and maxPendingBytes of schedule() allow no more' : ''
            }`;
            _connection._session?._end('transport error', new HoldfastError('INBOX_FULL', text));
            return;
          }
          pending.add(entry);
          bytes += entry._bytes;
          if (entry._key) newest.set(entry._key, entry);
        },
        used({ _host }) {
          const { closed } = _host;
          _host.closed = (...told) => {
            const end = (): void => closed(...told);
            if (pending.size > 0) ended = end;
            else end();
          };
          return () => {
            _host.closed = closed;
            // The program has left: nothing more is heard.
            if (!_connection._some('active')) for (const entry of pending) remove(entry);
            deliverUntil(Number.POSITIVE_INFINITY);
          };
        },
      };
    },
  };
}

const bad = (name: string, value: unknown, accepted: string): HoldfastError =>
  new HoldfastError(
    'BAD_OPTION',
    `option "${name}" is ${show(value)}${DEVELOPMENT ? `; accepted: ${accepted}` : ''}`,
  );
