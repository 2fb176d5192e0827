/** The limits on messages that wait for a socket to connect. */

/** How much may wait, and what happens to the next message. */
export interface OutboxLimits {
  readonly maxPackets: number;
  readonly maxBytes: number;
  /** How long a message may wait, in milliseconds. */
  readonly maxAgeMs: number;
  readonly whenFull: 'refuse' | 'drop-oldest' | 'drop-newest';
}

/**
 * Makes room for one more item of `bytes` bytes.
 *
 * @param waiting the waiting items, oldest first; removed items are taken out
 * @param total their size in bytes
 * @returns the removed items; undefined if the new one is refused
 */
export function makeRoom<Item>(
  waiting: Item[],
  weigh: (item: Item) => number,
  total: number,
  bytes: number,
  { maxPackets, maxBytes, whenFull }: OutboxLimits,
): Item[] | undefined {
  const gone: Item[] = [];
  const isFull = (): boolean => waiting.length >= maxPackets || total + bytes > maxBytes;
  // An item that does not fit even alone is refused: nothing is removed for it.
  if (isFull() && (whenFull === 'refuse' || maxPackets < 1 || bytes > maxBytes)) return undefined;
  while (waiting.length > 0 && isFull()) {
    const one = (whenFull === 'drop-oldest' ? waiting.shift() : waiting.pop()) as Item;
    total -= weigh(one);
    gone.push(one);
  }
  return gone;
}
