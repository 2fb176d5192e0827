/** Makes transports use Engine.IO v3. */
import type { EnginePacket, Transport } from '../../session/transports/transport.js';
import { isV3, MESSAGE, toV3, toV4, withoutType } from './payload.js';

/** The members of a transport that Engine.IO v3 changes. */
interface Adopted extends Transport {
  /** Of long-polling: responses are read as bytes. */
  _binary?: boolean;
  readonly supportsBinary: boolean;
  onData(data: unknown): void;
  onError(reason: string, description?: unknown): unknown;
  /** Of long-polling: a payload, and a callback; of a WebSocket: a packet, and its encoded form. */
  doWrite(what: unknown, then: unknown): void;
  write(packets: readonly EnginePacket[]): void;
}

/** The transports that use Engine.IO v3, and for each whether the server does. */
const adopted = new WeakMap<Transport, boolean>();

/** Whether a transport uses Engine.IO v3, and its server has not shown otherwise. */
export const speaksV3 = (transport: Transport): boolean => adopted.get(transport) === true;

/** Makes a transport use Engine.IO v3 from now on. */
export function adopt(transport: Transport): void {
  if (adopted.has(transport)) return;
  adopted.set(transport, true);
  if (transport.name === 'polling') adoptPolling(transport as Adopted);
  else adoptFrames(transport as Adopted);
}

/** Adopts a polling transport whose first response is from a server of this version. */
export function adoptIfLegacy(transport: Transport): void {
  const polling = transport as Adopted;
  const { onData } = polling;
  polling.onData = (data) => {
    polling.onData = onData;
    if (isV3(data as string)) adopt(polling);
    polling.onData(data);
  };
}

/** A payload may contain bytes: it is read and written as bytes. */
function adoptPolling(transport: Adopted): void {
  const { onData, doWrite } = transport;
  transport._binary = true;
  transport.onData = (data) => {
    const payload = data as string | Uint8Array;
    let translated: string;
    try {
      translated = toV4(payload);
    } catch {
      transport.onError('invalid payload');
      return;
    }
    // Remembered as an old server, it may have been updated since.
    adopted.set(transport, isV3(payload));
    onData.call(transport, translated);
  };
  transport.doWrite = (payload, done) =>
    doWrite.call(transport, speaksV3(transport) ? toV3(payload as string) : payload, done);
}

/** A binary frame begins with the type of its packet, and so does base64. */
function adoptFrames(transport: Adopted): void {
  const { write, doWrite, onData } = transport;
  transport.write = (packets) => {
    write.call(
      transport,
      packets.map((packet) =>
        typeof packet.data === 'object' && transport.supportsBinary
          ? { ...packet, data: withType(packet.data as Binary) }
          : packet,
      ),
    );
  };
  transport.doWrite = (packet, data) =>
    doWrite.call(transport, packet, typeof data === 'string' ? data.replace(/^b/, `b${MESSAGE}`) : data);
  transport.onData = (data) => {
    onData.call(transport, typeof data === 'string' ? withoutType(data) : (data as ArrayBuffer).slice(1));
  };
}

type Binary = ArrayBuffer | ArrayBufferView<ArrayBuffer> | Blob;

function withType(data: Binary): Uint8Array | Blob {
  if ('size' in data) return new Blob([Uint8Array.of(MESSAGE), data]);
  const bytes = ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
  const frame = new Uint8Array(bytes.length + 1);
  frame[0] = MESSAGE;
  frame.set(bytes, 1);
  return frame;
}
