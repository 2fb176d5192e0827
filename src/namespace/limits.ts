import type { OutboxOptions } from '../platform/options.js';

/** How much may wait, and what happens to one more. */
export type Limits = {
  [Name in keyof Omit<OutboxOptions, 'maxAgeMs'>]-?: NonNullable<OutboxOptions[Name]>;
};

const MiB = 2 ** 20;

export const limitsOf = (options: OutboxOptions = {}): Limits => ({
  maxPackets: options.maxPackets ?? 10_000,
  maxBytes: options.maxBytes ?? 16 * MiB,
  whenFull: options.whenFull ?? 'refuse',
});

export const full = ({ whenFull }: Limits): string =>
  `the outbox is full (see the option "outbox"; whenFull is "${whenFull}")`;

export const expired = (maxAgeMs: number): string => `it waited for ${maxAgeMs} ms (outbox.maxAgeMs)`;

/**
 * Makes room for one more of `bytes` bytes.
 *
 * @param waiting what waits already, oldest first; what has to go is taken out
 * @param total how many bytes those are
 * @returns what had to go; nothing where the new one is refused
 */
export function makeRoom<Item>(
  waiting: Item[],
  weigh: (item: Item) => number,
  total: number,
  bytes: number,
  { maxPackets, maxBytes, whenFull }: Limits,
): Item[] | undefined {
  const gone: Item[] = [];
  let left = total;
  const isFull = (): boolean => waiting.length >= maxPackets || left + bytes > maxBytes;
  // What finds no room even alone is refused: nothing else shall go for it.
  if (isFull() && (whenFull === 'refuse' || maxPackets < 1 || bytes > maxBytes)) return undefined;
  while (isFull() && waiting.length > 0) {
    const item = (whenFull === 'drop-oldest' ? waiting.shift() : waiting.pop()) as Item;
    gone.push(item);
    left -= weigh(item);
  }
  return gone;
}
