import { HoldfastError } from '../platform/errors.js';
import type { AckPacket, EventPacket } from '../protocol/packet.js';
import type { Oversize } from '../protocol/size.js';
import type { Wire } from './wire.js';

/**
 * Says why something that a program wants to send cannot be encoded.
 *
 * @param of what the arguments belong to, for the message
 * @param args the program's arguments, which are at the end of the packet's data
 */
export function unserialisable(
  wire: Wire,
  packet: EventPacket | AckPacket,
  of: string,
  args: readonly unknown[],
  cause: unknown,
): HoldfastError {
  // The codec has said it already.
  if (cause instanceof HoldfastError) return cause;
  const index = args.findIndex((arg) => !isSerialisable(wire, packet, arg));
  return new HoldfastError(
    'UNSERIALIZABLE',
    `argument ${index + 1} of ${of} cannot be sent: ${(cause as Error).message}; ` +
      'accepted: JSON values, ArrayBuffer, views, Blob and File',
    cause,
  );
}

function isSerialisable(wire: Wire, packet: EventPacket | AckPacket, arg: unknown): boolean {
  try {
    wire.encode({ ...packet, data: ['', arg] });
    return true;
  } catch {
    return false;
  }
}

/** Says that a message is larger than the server takes. */
export const tooLarge = (of: string, { bytes, maxBytes }: Oversize): HoldfastError =>
  new HoldfastError(
    'TOO_LARGE',
    `${of} is ${bytes} bytes, and the server takes at most ${maxBytes} (its maxHttpBufferSize)`,
  );
