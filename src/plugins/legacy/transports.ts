import type { EnginePacket } from '../connection/engine.js';
import type { AdoptableTransport } from '../connection/generation.js';
import { request } from '../connection/transports.js';
import { isV3, MESSAGE, toV3, toV4, withoutType } from './payload.js';

/** The protected members of a transport that Engine.IO v3 changes. */
interface Adopted extends AdoptableTransport {
  onData(data: unknown): void;
  onError(reason: string, description?: unknown): unknown;
  /** Of long-polling. */
  doPoll(): void;
  /** Of long-polling, a payload, and what to call then; of a WebSocket, a packet, and what it has become on the wire. */
  doWrite(what: unknown, then: unknown): void;
  readonly supportsBinary: boolean;
  write(packets: readonly EnginePacket[]): void;
}

const adopted = new WeakSet<AdoptableTransport>();

/** Makes a transport speak Engine.IO v3. */
export function adopt(transport: AdoptableTransport): void {
  if (adopted.has(transport)) return;
  adopted.add(transport);
  if (transport.name === 'polling') adoptPolling(transport as Adopted);
  else adoptFrames(transport as Adopted);
}

/** A payload may hold bytes, which an XMLHttpRequest that was made for text cannot read: both ways go over `fetch`. */
function adoptPolling(transport: Adopted): void {
  const { onData } = transport;
  let legacy = true;
  transport.onData = (data) => {
    const payload = data as string | Uint8Array;
    let translated: string;
    try {
      translated = toV4(payload);
    } catch {
      transport.onError('invalid payload');
      return;
    }
    // Remembered as a server of long ago, it may have been renewed since.
    legacy = isV3(payload);
    onData.call(transport, translated);
  };
  const send = async (
    body: string | Uint8Array<ArrayBuffer> | undefined,
    use: (response: Response) => unknown,
  ): Promise<void> => {
    const what = body === undefined ? 'poll' : 'post';
    try {
      const response = await request(transport, body);
      if (response.ok) await use(response);
      else transport.onError(`xhr ${what} error`, response.status);
    } catch (error) {
      transport.onError(`xhr ${what} error`, error);
    }
  };
  transport.doPoll = () =>
    void send(undefined, async (response) => transport.onData(new Uint8Array(await response.arrayBuffer())));
  transport.doWrite = (payload, done) => {
    const data = payload as string;
    void send(legacy ? toV3(data) : data, done as () => void);
  };
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
