import { type Chunk, weigh } from '../protocol/encode.js';
import { type Engine, type Internals, internals } from './engine.js';
import type { Ticket } from './link.js';

/** What is still to be sent by an engine. */

/** A WebSocket transport, as far as it tells what the browser has not sent yet. */
interface Buffering {
  readonly ws?: { readonly bufferedAmount: number; readonly readyState: number };
}

const OPEN = 1;

/** Whether what is given now reaches the transport's wire at all. */
export const isTaking = ({ readyState, transport }: Internals): boolean =>
  readyState === 'open' && ((transport as Buffering).ws?.readyState ?? OPEN) === OPEN;

export function give(engine: Engine, chunk: Chunk, ticket: Ticket): void {
  engine.write(chunk as string, { compress: ticket.compress });
  const last = internals(engine).writeBuffer.at(-1);
  if (last?.data === chunk) last.ticket = ticket;
}

/** What waits until the network takes it, in bytes. */
export function bufferedBytes(engine: Internals): number {
  const { ws } = engine.transport as Buffering;
  // A WebSocket has taken over what it was handed. A request of long-polling carries it until it is answered.
  const waiting = ws ? engine.writeBuffer.slice(engine._prevBufferLen) : engine.writeBuffer;
  const chunks = waiting.map(({ data }) => data as Chunk).filter((data) => data !== undefined);
  return weigh(chunks) + (ws?.bufferedAmount ?? 0);
}

/** Takes out what the transport was not handed: of a message whose last part is missing, no server makes anything. */
export function takeBack(engine: Internals): ReadonlySet<Ticket> {
  const unsent = engine.writeBuffer.splice(engine._prevBufferLen);
  return new Set(unsent.map(({ ticket }) => ticket).filter((ticket) => ticket !== undefined));
}
