/** Who was owed what, and whether it was had once, or told to be missing. */

/** A numbered message to everybody in a namespace, or in one of its rooms. */
export interface Broadcast {
  readonly from: string;
  readonly n: number;
  readonly nsp: string;
  readonly room?: string;
}

/** What happened to one socket of a client: a message came, or the socket was told that it may have missed some. */
export type Entry = { readonly from: string; readonly n: number } | 'gap';

export interface Verdict {
  /** Owed, not had, and nobody said so. */
  readonly lost: string[];
  /** Had more than once. */
  readonly doubled: string[];
  /** Later than what its sender broadcast after it. */
  readonly late: string[];
  /** Not had, as the socket was told. */
  readonly told: number;
}

/**
 * A socket may have missed a message only where it was told of a gap, and only there: between what it had before and after
 * it. What one node broadcasts, every socket has in its order. What different nodes broadcast may change places on its last few
 * metres, but not with `slack` messages of the clock between them.
 *
 * @param order everything that was broadcast, in the order in which it was passed on
 * @param entries what happened to the socket, which was there before the first broadcast and after the last
 * @param clock the sender by whom the others' time is told: it lives from beginning to end, and serves no socket
 */
export function account(
  order: readonly Broadcast[],
  entries: readonly Entry[],
  isOwed: (message: Broadcast) => boolean,
  clock: string,
  slack = 3,
): Verdict {
  const owed = order.filter(isOwed);
  const had = new Map<string, number>();
  const doubled: string[] = [];
  const late: string[] = [];
  const latest = new Map<string, number>();
  entries.forEach((entry, at) => {
    if (entry === 'gap') return;
    const { from, n } = entry;
    if (had.has(key(entry))) doubled.push(key(entry));
    else if (n < (latest.get(from) ?? 0)) late.push(key(entry));
    had.set(key(entry), at);
    latest.set(from, Math.max(n, latest.get(from) ?? 0));
  });

  const lost: string[] = [];
  let told = 0;
  owed.forEach((message, place) => {
    if (had.has(key(message))) return;
    const before = owed.slice(0, place).reverse();
    const after = owed.slice(place + 1);
    const from = Math.max(-1, ...bounds(before, message.from));
    const to = Math.min(entries.length, ...bounds(after, message.from));
    if (entries.slice(from + 1, to).includes('gap')) told += 1;
    else lost.push(key(message));
  });
  return { lost, doubled, late, told };

  /** Where the next that was had of the same sender is, and the next of the clock's that is far enough away. */
  function bounds(messages: readonly Broadcast[], sender: string): number[] {
    const place = (found: Broadcast | undefined): number[] => (found ? [had.get(key(found)) as number] : []);
    const hadOnes = messages.filter((one) => had.has(key(one)));
    return [
      ...place(hadOnes.find((one) => one.from === sender)),
      ...place(hadOnes.filter((one) => one.from === clock)[slack - 1]),
    ];
  }
}

const key = ({ from, n }: { readonly from: string; readonly n: number }): string => `${from} ${n}`;
