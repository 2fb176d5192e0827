/** Which names an event may have. */
import { DEVELOPMENT } from '../platform/build.js';
import { HoldfastError } from '../platform/errors.js';
import { show } from '../platform/show.js';
import { RESERVED_EVENTS } from '../protocol/packet.js';

/** @throws HoldfastError `BAD_EVENT`, `RESERVED_EVENT` */
export function checkEventName(name: unknown): void {
  if (typeof name !== 'string' && !Number.isFinite(name)) {
    // The server would close the connection over any other name.
    throw new HoldfastError(
      'BAD_EVENT',
      DEVELOPMENT ? `event name ${show(name)}; accepted: a string or a number` : 'bad event name',
    );
  }
  if (RESERVED_EVENTS.has(name)) {
    throw new HoldfastError('RESERVED_EVENT', `"${name}" is a reserved event name`);
  }
}
