import { reasonOf } from '../platform/abort.js';
import { disconnected } from './acks.js';
import type { Wire } from './wire.js';

/**
 * Waits where more than `markBytes` are still to be sent, until it is half of that.
 *
 * @param amount how much is still to be sent, in bytes; nothing where there is no connection to come that could send it
 */
export async function drained(
  wire: Wire,
  amount: () => number | undefined,
  markBytes: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  let enoughBytes = markBytes;
  for (;;) {
    if (signal?.aborted) throw reasonOf(signal);
    const bytes = amount();
    if (bytes === undefined) throw disconnected(false);
    if (bytes <= enoughBytes) return;
    enoughBytes = markBytes / 2;
    await wire.pause();
  }
}
