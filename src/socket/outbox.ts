/** The bounds of what waits for a socket to be connected. */

/** How much may wait, and what happens to one more. */
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
 * @param waiting what waits already, oldest first; what has to go is taken out
 * @param total how many bytes those are
 * @returns what had to go; undefined where the new one is refused
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
  // What finds no room even alone is refused: nothing else shall go for it.
  if (isFull() && (whenFull === 'refuse' || maxPackets < 1 || bytes > maxBytes)) return undefined;
  while (waiting.length > 0 && isFull()) {
    const one = (whenFull === 'drop-oldest' ? waiting.shift() : waiting.pop()) as Item;
    total -= weigh(one);
    gone.push(one);
  }
  return gone;
}
