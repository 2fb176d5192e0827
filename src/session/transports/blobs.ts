/** Reads the Blobs among packets, for transports that carry only bytes. */
import type { Clock } from '../../platform/clock.js';
import type { EnginePacket } from './transport.js';

/** A Blob that cannot be read within this time, in milliseconds, never will be. */
const DEADLINE_MS = 10_000;

const isBlob = (packet: EnginePacket): packet is EnginePacket & { readonly data: Blob } =>
  typeof packet.data === 'object' && packet.data !== null && 'size' in packet.data;

/** Calls one of the two, once; `done` at once if there are no Blobs. */
export function withoutBlobs(
  packets: readonly EnginePacket[],
  clock: Clock,
  done: (read: readonly EnginePacket[]) => void,
  failed: () => void,
): void {
  if (!packets.some(isBlob)) {
    done(packets);
    return;
  }
  let over = false;
  const settle = (act: () => void): void => {
    stop();
    if (!over) act();
    over = true;
  };
  const fail = (): void => settle(failed);
  const stop = clock.after(DEADLINE_MS, fail);
  Promise.all(
    packets.map(async (one) => (isBlob(one) ? { ...one, data: await one.data.arrayBuffer() } : one)),
  ).then((read) => settle(() => done(read)), fail);
}
