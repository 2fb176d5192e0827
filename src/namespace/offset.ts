/**
 * Connection state recovery: an event of a session that the server keeps ends in an offset, a string. But so may any
 * event: a volatile one or one with an acknowledgement has no offset, and its last argument is the program's own. What
 * tells them apart is that every adapter's offsets are made from the time.
 */

/** Clocks of server and client may differ by this much, in milliseconds. */
const TOLERANCE_MS = 2 * 24 * 3_600_000;

const YEAST = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_';

/** The offsets of the in-memory adapter, of Redis streams, and of MongoDB. */
const FORMS: readonly [form: RegExp, timeMs: (digits: string) => number][] = [
  [/^([\w-]{7})(?:\.[\w-]+)?$/, (digits) => [...digits].reduce((sum, c) => sum * 64 + YEAST.indexOf(c), 0)],
  [/^(\d{13})-\d+$/, Number],
  [/^([\da-f]{8})[\da-f]{16}$/, (digits) => Number.parseInt(digits, 16) * 1_000],
];

/**
 * Which form of an offset `text` has; nothing where it has none.
 *
 * @param dateMs the time of day, in milliseconds since 1970
 */
export function formOf(text: unknown, dateMs: number): number | undefined {
  if (typeof text !== 'string') return undefined;
  const index = FORMS.findIndex(([form, timeMs]) => {
    const digits = form.exec(text)?.[1];
    return digits !== undefined && Math.abs(timeMs(digits) - dateMs) < TOLERANCE_MS;
  });
  return index < 0 ? undefined : index;
}

/** So long after a recovery, in milliseconds, a server may give again what it gave before. */
const REPLAY_MS = 10_000;

/** How many offsets are remembered. */
const MEMORY = 1_000;

/** The offsets of one session: the last one, and which events came already. */
export class Offsets {
  last: string | undefined;
  private readonly seen = new Set<string>();
  private replayEndsMs = Number.NEGATIVE_INFINITY;
  /** How often each form came. */
  private readonly counts = new Map<number, number>();
  /** The one that came most often, and first. */
  private form = -1;

  /**
   * The offset that an event ends in, where it is one: a server has but one form of them, so the one that comes most often is it. An id
   * that the program itself has at the end may look like another.
   */
  read(last: unknown, dateMs: number): string | undefined {
    const form = formOf(last, dateMs);
    if (form === undefined) return undefined;
    const count = (this.counts.get(form) ?? 0) + 1;
    this.counts.set(form, count);
    if (count > (this.counts.get(this.form) ?? 0)) this.form = form;
    return form === this.form ? (last as string) : undefined;
  }

  /** The session goes on after a cut: the server begins with what was missed, and may begin too early. */
  replay(nowMs: number): void {
    this.replayEndsMs = nowMs + REPLAY_MS;
  }

  /** Another session begins: the offsets of the one before say nothing about it. */
  forget(): void {
    this.last = undefined;
    this.replayEndsMs = Number.NEGATIVE_INFINITY;
    this.seen.clear();
  }

  /** Whether the server gives an event that was given before the cut. */
  repeated(name: unknown, offset: string, nowMs: number): boolean {
    // Only for a while: at other times, two events that end alike are two events.
    return nowMs < this.replayEndsMs && this.seen.has(keyOf(name, offset));
  }

  add(name: unknown, offset: string): void {
    const { seen } = this;
    this.last = offset;
    seen.add(keyOf(name, offset));
    if (seen.size > MEMORY) for (const oldest of seen) return void seen.delete(oldest);
  }
}

const keyOf = (name: unknown, offset: string): string => `${offset} ${name}`;
