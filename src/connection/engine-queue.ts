import { type Chunk, weigh } from '../protocol/encode.js';
import { sizeOnWire } from '../protocol/size.js';
import { type Engine, type Internals, internals, type RawTransport } from './engine.js';
import type { Ticket } from './link.js';

/** What is still to be sent by an engine. */

/** A WebSocket transport, as far as it tells what the browser has not sent yet. */
interface Buffering {
  readonly ws?: { readonly bufferedAmount: number; readonly readyState: number };
}

const OPEN = 1;

/** Whether what is given now reaches the transport's wire at all. */
export const isTaking = ({ readyState, transport }: Internals): boolean =>
  readyState === 'open' && isOpen(transport);

/** Whether the WebSocket of a transport is open; true where it has none. */
export const isOpen = (transport: RawTransport): boolean =>
  ((transport as Buffering).ws?.readyState ?? OPEN) === OPEN;

export function give(engine: Engine, chunk: Chunk, ticket: Ticket, begins: boolean): void {
  engine.write(chunk as string, { compress: ticket.compress });
  const last = internals(engine).writeBuffer.at(-1);
  if (last?.data === chunk) Object.assign(last, { ticket, begins });
}

/** What waits until the network takes it, in bytes. */
export function bufferedBytes(engine: Internals): number {
  const { ws } = engine.transport as Buffering;
  // A WebSocket has taken over what it was handed. A request of long-polling carries it until it is answered.
  const waiting = ws ? engine.writeBuffer.slice(engine._prevBufferLen) : engine.writeBuffer;
  const chunks = waiting.map(({ data }) => data as Chunk).filter((data) => data !== undefined);
  return weigh(chunks) + (ws?.bufferedAmount ?? 0);
}

/** Makes the engine put no more into one request of long-polling than the server takes: by itself it counts base64 too small. */
export function countExactly(engine: Internals): void {
  engine._getWritablePackets = () => {
    const { transport, writeBuffer, _maxPayload: maxBytes } = engine;
    if (!maxBytes || transport.name !== 'polling') return writeBuffer;
    let bytes = 0;
    const end = writeBuffer.findIndex(({ data = '' }, i) => {
      bytes += sizeOnWire(data as Chunk, 'polling', 0);
      // One byte between two.
      return i > 0 && bytes + i > maxBytes;
    });
    return end < 0 ? writeBuffer : writeBuffer.slice(0, end);
  };
}

/** Takes out what the transport was not handed: of a message whose last part is missing, no server makes anything. */
export function takeBack(engine: Internals): ReadonlySet<Ticket> {
  return ticketsOf(engine.writeBuffer.splice(engine._prevBufferLen));
}

/** Takes out one sender's messages, while the others go on: only those of which no part was handed over. */
export function takeBackFrom(engine: Internals, sender: object): ReadonlySet<Ticket> {
  const { writeBuffer, _prevBufferLen: handed } = engine;
  const waiting = writeBuffer.slice(handed).filter(({ ticket }) => ticket?.sender === sender);
  const whole = ticketsOf(waiting.filter(({ begins }) => begins));
  const rest = writeBuffer.slice(handed).filter(({ ticket }) => !ticket || !whole.has(ticket));
  writeBuffer.splice(handed, writeBuffer.length, ...rest);
  return whole;
}

const ticketsOf = (packets: Internals['writeBuffer']): ReadonlySet<Ticket> =>
  new Set(packets.map(({ ticket }) => ticket).filter((ticket) => ticket !== undefined));
