/** What a connection needs from its manager, what it reports to namespaces, and the hooks of plugins. */
import type { Cancel } from '../platform/clock.js';
import type { Setting } from '../platform/defaults.js';
import type { Environment } from '../platform/environment.js';
import type { Options, TransportName } from '../platform/options.js';
import type { Codec } from '../protocol/codec.js';
import type { Packet } from '../protocol/packet.js';
import type { Won } from '../session/negotiate.js';
import type { Session } from '../session/session.js';
import type { SessionHost } from '../session/setup.js';
import type { Transport } from '../session/transports/transport.js';
import type { Notice, Rules } from './lifecycle.js';

/** What a connection reports to the namespaces that use it. */
export interface NamespaceHandler {
  /** Whether it wants to be connected. */
  readonly active: boolean;
  readonly connected: boolean;
  receive(packet: Packet): void;
  /** There is a link; called again when a link that seemed dead has proved alive. */
  linkUp(): void;
  linkDown(reason: string, details?: unknown): void;
  /** An attempt failed, or the link had an error. */
  failed(error: Error): void;
  /** There will be no further attempt; `forGood` when the retries are used up. */
  giveUp(forGood: boolean, error?: Error): void;
}

/**
 * Facts about a server and the path to it. The entry of a transport is `true` if it failed in an attempt in which another transport worked,
 * and `false` if it worked.
 */
export interface Known
  extends Partial<Record<Exclude<TransportName, 'polling' | 'tabs'>, boolean | undefined>> {
  /** The round-trip time, in milliseconds. */
  rttMs?: number | undefined;
  /** Whether the server uses the protocol of Socket.IO 1 and 2. */
  legacy?: boolean | undefined;
}

/** The hooks of optional features on a connection. */
export interface ConnectionHooks {
  /** Whether there is a network, if known. */
  online?(): boolean;
  /** A connection is wanted, or a closed one is still sending. Returns the feature's cleanup. */
  wanted?(): Cancel;
  /** An attempt begins: calls `negotiate`, which opens its session, now or later; both return a function that cancels it. */
  begin?(negotiate: () => Cancel): Cancel;
  /** A session has finished its handshake, and nothing was sent yet; `proceed` lets it be used, at once or later. */
  opened?(session: Session, won: Won, proceed: (codec?: Codec) => void): void;
  /** A session is in use. Returns the feature's cleanup. */
  used?(session: Session, won: Won): Cancel | undefined;
  /** How long the server may take to answer CONNECT; `ms` is the value so far. */
  answerDeadlineMs?(ms: number | false): number | false;
  /** A link on which the server never answered has failed. Returns whether the feature handles it. */
  unanswered?(reason: string): boolean;
  /** The link in use may be dead. */
  doubt?(): void;
  /** The network has changed: a better transport may work now. */
  improve?(): void;
  /** A fact about the server was learnt. */
  learned?(change: Known): void;
  /**
   * A packet was decoded; `proceed` gives it to its namespace. The feature calls it for each packet in turn, at once or later, and
   * before the namespaces are told that the link has ended.
   */
  deliver?(packet: Packet, proceed: (packet: Packet) => void): void;
  /** A session has ended by itself; `proceed` tells the connection, at once or when everything that came before is delivered. */
  ended?(proceed: () => void): void;
}

/** Sees what happens, and changes nothing. It costs nothing without observers. */
export interface Observer {
  /** A part of a packet goes over the connection: text, or an attachment. */
  chunk?(way: 'in' | 'out', chunk: unknown): void;
  /** An event of the manager or of one of its sockets, before their listeners are called. */
  event?(source: object, name: string, args: readonly unknown[]): void;
  /** A transport was created, and is about to open. */
  dialled?(transport: Transport): void;
}

/** What a connection needs from its manager. */
export interface ConnectionHost {
  readonly _environment: Environment;
  /** How many received packets a feature holds back. */
  readonly pendingIncoming?: number;
  readonly _rules: Rules;
  readonly _hooks: readonly ConnectionHooks[];
  /** The current value of an option, with its default. */
  _option<Name extends keyof Options>(name: Name): Setting<Name>;
  _openSession(host: SessionHost): Session;
  _tell(notice: Notice | readonly ['ping']): void;
  /** Notifies the observers. */
  _show<Name extends keyof Observer>(
    ...shown: readonly [Name, ...Parameters<Required<Observer>[Name]>]
  ): void;
  /** The status, the transport or the round-trip time may have changed. */
  _changed(): void;
  /** A packet was received; called after its namespace has received it. */
  _packet(packet: Packet): void;
  /** A namespace is no longer in use. */
  _idle(nsp: string): void;
}
