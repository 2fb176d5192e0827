/**
 * An outbox that survives: events are stored before they are sent, and sent again after a reload or a crash, until the server has
 * acknowledged them.
 *
 * @packageDocumentation
 */
import { systemDisk } from '../../platform/disk.js';
import { WeakCache } from '../../platform/weak-cache.js';
import { textOf } from '../../protocol/text-of.js';
import { resolveOptions } from './options.js';
import { createOutbox } from './outbox.js';
import type { DurableOptions, DurableOutbox } from './types.js';

export type { DurableEntry, DurableOptions, DurableOutbox, DurableOutcome } from './types.js';

/** The outboxes in use, by their options. */
const outboxes = /* @__PURE__ */ new WeakCache<DurableOutbox>();

/**
 * Makes an outbox, which is a plugin: `io(url, { plugins: [outbox] })`, and `outbox.emitWithAck(socket, 'order', order)`. It opens nothing
 * before its first use. Equal options give the same outbox, as long as it is in use: a component may call this at each rendering.
 *
 * @throws HoldfastError `BAD_OPTION`
 */
export function durable(options: DurableOptions): DurableOutbox {
  const key = textOf(resolveOptions(options));
  const known = outboxes.get(key);
  if (known) return known;
  const outbox = createOutbox(options, systemDisk);
  outboxes.set(key, outbox);
  return outbox;
}
