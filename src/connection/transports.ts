import type { EnginePacket, Internals, TransportClass } from './engine.js';
import { builtIn } from './engine.js';

/** The protected members of a transport that the guard touches. */
interface Guardable {
  query: Record<string, string>;
  readonly name: string;
  readonly readyState: string;
  readonly socket: Internals;
  ws?: { onopen: unknown; onmessage: unknown } | null;
  onPacket(packet: EnginePacket): void;
  doClose(): void;
  onError(reason: string): unknown;
  write(packets: readonly EnginePacket[]): void;
}
type GuardableClass = new (options: never) => Guardable;

const guarded = new WeakMap<TransportClass, TransportClass>();

/**
 * A subclass of `base` without its faults:
 *
 * - a second handshake in the middle of a session, which the engine would parse unchecked, is a transport error;
 * - what arrives after `close()` goes nowhere;
 * - a polling session whose handshake was still under way at `close()` is closed as soon as its id is known, and not
 *   left on the server until its ping time-out.
 */
export function guard(base: TransportClass): TransportClass {
  const known = guarded.get(base);
  if (known) return known;

  class Guarded extends (base as unknown as GuardableClass) {
    override onPacket(packet: EnginePacket): void {
      const { readyState } = this;
      if (readyState === 'closed') {
        if (packet.type === 'open') this.closeSession(packet);
      } else if (packet.type === 'open' && this.socket.id) {
        this.onError('unexpected handshake');
      } else {
        super.onPacket(packet);
      }
    }

    override doClose(): void {
      const { ws } = this;
      super.doClose();
      if (ws) ws.onopen = ws.onmessage = null;
    }

    private closeSession({ data }: EnginePacket): void {
      const sid = /"sid":"([^"]+)"/.exec(String(data))?.[1];
      if (this.name !== 'polling' || !sid) return;
      this.query.sid = sid;
      this.write([{ type: 'close' }]);
    }
  }

  const made = Guarded as unknown as TransportClass;
  guarded.set(base, made);
  return made;
}

/** What `transports` accepts: names of built-in transports, or transport classes. */
export function transportClasses(listed: readonly unknown[]): TransportClass[] {
  return listed.map((entry) =>
    guard(typeof entry === 'function' ? (entry as TransportClass) : byName(entry)),
  );
}

function byName(name: unknown): TransportClass {
  // The option was checked when it was given: the name is there.
  return builtIn[name as string] as TransportClass;
}
