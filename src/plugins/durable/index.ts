/**
 * An outbox that survives: events are stored before they are sent, and sent again after a reload or a crash, until the server has
 * acknowledged them.
 *
 * @packageDocumentation
 */
import { systemDisk } from '../../platform/disk.js';
import { createOutbox } from './outbox.js';
import type { DurableOptions, DurableOutbox } from './types.js';

export type { DurableEntry, DurableOptions, DurableOutbox, DurableOutcome } from './types.js';

/**
 * Makes an outbox, which is a plugin: `io(url, { plugins: [outbox] })`, and `outbox.emitWithAck(socket, 'order', order)`. It opens nothing
 * before its first use.
 *
 * @throws HoldfastError `BAD_OPTION`
 */
export const durable = (options: DurableOptions): DurableOutbox => createOutbox(options, systemDisk);
