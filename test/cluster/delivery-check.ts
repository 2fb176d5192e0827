/** Checks that each socket received every broadcast meant for it once, or was notified of a gap. */

/** A numbered message to everyone in a namespace, or in one of its rooms. */
export interface Broadcast {
  readonly from: string;
  readonly n: number;
  readonly nsp: string;
  readonly room?: string;
}

/** An event of one socket: a received message, or a notification that messages may have been missed. */
export type Entry = { readonly from: string; readonly n: number } | 'gap';

export interface Verdict {
  /** Missing without a gap notification. */
  readonly lost: string[];
  /** Received more than once. */
  readonly duplicated: string[];
  /** Received after a later message of the same sender. */
  readonly late: string[];
  /** Missing within a notified gap. */
  readonly notified: number;
}

/**
 * A socket may miss a message only within a notified gap, that is, between the messages received before and after
 * it. Messages of one node arrive in order at every socket. Messages of different nodes may be reordered slightly,
 * but not across `slack` messages of the clock.
 *
 * @param order all broadcasts, in the order in which they were forwarded between nodes
 * @param entries the events of the socket, which was connected before the first broadcast and after the last
 * @param clock a sender that runs from start to end and serves no socket; its messages serve as a clock
 */
export function checkDelivery(
  order: readonly Broadcast[],
  entries: readonly Entry[],
  isFor: (message: Broadcast) => boolean,
  clock: string,
  slack = 3,
): Verdict {
  const expected = order.filter(isFor);
  const receivedAt = new Map<string, number>();
  const duplicated: string[] = [];
  const late: string[] = [];
  const latest = new Map<string, number>();
  entries.forEach((entry, at) => {
    if (entry === 'gap') return;
    const { from, n } = entry;
    if (receivedAt.has(key(entry))) duplicated.push(key(entry));
    else if (n < (latest.get(from) ?? 0)) late.push(key(entry));
    receivedAt.set(key(entry), at);
    latest.set(from, Math.max(n, latest.get(from) ?? 0));
  });

  const lost: string[] = [];
  let notified = 0;
  expected.forEach((message, index) => {
    if (receivedAt.has(key(message))) return;
    const before = expected.slice(0, index).reverse();
    const after = expected.slice(index + 1);
    const from = Math.max(-1, ...bounds(before, message.from));
    const to = Math.min(entries.length, ...bounds(after, message.from));
    if (entries.slice(from + 1, to).includes('gap')) notified += 1;
    else lost.push(key(message));
  });
  return { lost, duplicated, late, notified };

  /** The positions of the nearest received message of the same sender, and of the clock's message `slack` messages away. */
  function bounds(messages: readonly Broadcast[], sender: string): number[] {
    const indexOf = (found: Broadcast | undefined): number[] =>
      found ? [receivedAt.get(key(found)) as number] : [];
    const received = messages.filter((one) => receivedAt.has(key(one)));
    return [
      ...indexOf(received.find((one) => one.from === sender)),
      ...indexOf(received.filter((one) => one.from === clock)[slack - 1]),
    ];
  }
}

const key = ({ from, n }: { readonly from: string; readonly n: number }): string => `${from} ${n}`;
