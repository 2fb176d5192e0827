import type { Cancel, Clock } from '../platform/clock.js';
import type { Codec } from '../protocol/codec.js';
import type { Handshake } from '../protocol/handshake.js';
import type { Internals } from './engine.js';
import type { TransportMemory } from './transport-memory.js';

/** A transport, as far as another generation of the protocol has to change it. */
export interface AdoptableTransport {
  readonly name: string;
}

/** A server that has opened, and of which it is not known yet which generation it is of. */
export interface Meeting {
  readonly engine: Internals;
  readonly handshake: Handshake;
  readonly clock: Clock;
  readonly memory: TransportMemory;
  readonly newCodec: () => Codec;
  /** Gives a chunk to the connection as if it had come from the server. */
  receive(chunk: unknown): void;
}

/** What `holdfast/legacy` brings: servers of Socket.IO 1 and 2. */
export interface Legacy {
  /** Before anything is opened: a server that is remembered as a legacy one is spoken to as one from the first byte on. */
  prepare(engine: Internals, memory: TransportMemory): void;
  /** Makes a transport speak Engine.IO v3 from now on. */
  adopt(transport: AdoptableTransport): void;
  /**
   * Finds out which generation a server is of, before anything is sent that only one of them would understand.
   *
   * @param proceed called once, unless cancelled: with the codec to use where it is a legacy server
   */
  meet(meeting: Meeting, proceed: (codec?: Codec) => void): Cancel;
}

/** Engine.IO v3, "Payload": a length before each packet, where v4 begins with the packet itself. */
export const isLegacyPayload = (data: unknown): boolean =>
  // The second form is octet-stream, as far as it survives being read as text.
  typeof data === 'string' && /^(\d+:0|\0)/.test(data);

/** What a build that has everything in it brings along, so that programs need not pass it. */
export const provided: {
  legacy?: Legacy;
  /** Hears of each manager that is made. */
  made?: (manager: object) => void;
} = {};
