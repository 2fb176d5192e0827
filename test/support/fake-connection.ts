/** Sockets over a connection in the hands of a test: below it there is no session and no transport. */
import type { Connection, ConnectionLimits, NamespaceHandler } from '../../src/connection/connection.js';
import type { SocketOptions } from '../../src/platform/options.js';
import { recovery } from '../../src/plugins/recovery.js';
import { retries } from '../../src/plugins/retries.js';
import { Decoder } from '../../src/protocol/decode.js';
import { type Chunk, encode } from '../../src/protocol/encode.js';
import type { Packet } from '../../src/protocol/packet.js';
import type { Oversize } from '../../src/protocol/size.js';
import type { Outgoing } from '../../src/session/session.js';
import { Socket } from '../../src/socket/socket.js';
import { FakeEnvironment } from './fake-environment.js';
import type { SimulatedClock } from './simulated-clock.js';

/** The members of a connection that sockets use. */
type UsedBySockets = Pick<
  Connection,
  | '_acquire'
  | '_answerDeadlineMs'
  | '_bufferedBytes'
  | '_control'
  | '_encode'
  | '_environment'
  | '_fallBack'
  | '_known'
  | '_limits'
  | '_linkId'
  | '_live'
  | '_measured'
  | '_namespaces'
  | '_packetBytes'
  | '_release'
  | '_send'
  | '_takeBackFrom'
  | '_unanswered'
  | '_writable'
>;

/** The connection of a namespace. Other namespaces keep it open. */
export class FakeConnection implements UsedBySockets {
  readonly _environment: FakeEnvironment = new FakeEnvironment();
  readonly _namespaces: Map<string, NamespaceHandler> = new Map();
  readonly _known: Connection['_known'] = {};
  readonly _host: { _idle(nsp: string): void } = { _idle() {} };
  _packetBytes = 0;
  /** Whether the server's heartbeat is late. */
  late = false;
  busy = false;
  bufferedAmount = 0;
  /** Whether what is written goes no further than the connection. */
  stuck = false;
  answerDeadlineMs: number | false = 20_000;
  timeoutMs: number | false = 20_000;
  /** How long the answers to CONNECT took, in milliseconds. */
  readonly measurements: number[] = [];
  /** Messages larger than this are refused. */
  maxBytes: number = Number.POSITIVE_INFINITY;
  /** What was written, text as text and each attachment as its bytes, since the last look. */
  readonly written: string[] = [];
  /** The `compress` of each message written. */
  readonly compressed: (boolean | undefined)[] = [];
  /** How often the last namespace that needed the connection released it. */
  released = 0;
  acquired = 0;
  missed = 0;
  /** Whether another transport is left to be tried. */
  transportLeft = false;
  fellBack = 0;
  readonly #decoder = new Decoder(100);
  #links = 0;
  #linkId = 0;
  #unsent: Outgoing[] = [];

  get clock(): SimulatedClock {
    return this._environment.clock;
  }

  get _limits(): ConnectionLimits {
    return { _highWaterMark: 2 ** 20, _timeoutMs: this.timeoutMs, _maxPayloadTransports: undefined };
  }

  get _linkId(): number {
    return this.#linkId;
  }

  get _live(): boolean {
    return this.#linkId > 0 && !this.late;
  }

  get _writable(): boolean {
    return this.#linkId > 0 && !this.busy;
  }

  get _bufferedBytes(): number {
    return this.bufferedAmount;
  }

  get _answerDeadlineMs(): number | false {
    return this.answerDeadlineMs;
  }

  /** What the connection knows of `/`, while it knows of it. */
  get root(): NamespaceHandler | undefined {
    return this._namespaces.get('/');
  }

  _encode(packet: Packet): Chunk[] {
    return encode(packet, undefined, 10);
  }

  _send(message: Outgoing): Oversize | undefined {
    if (this.#linkId === 0) return undefined;
    const texts = message._chunks.map((chunk) =>
      typeof chunk === 'string' ? chunk : Buffer.from(chunk as Uint8Array).toString('hex'),
    );
    const bytes = Math.max(...texts.map(({ length }) => length));
    if (bytes > this.maxBytes) return { bytes, maxBytes: this.maxBytes };
    this.written.push(...texts);
    this.compressed.push(message.options?.compress);
    if (this.stuck && '_giveBack' in message._sender) this.#unsent.push(message);
    return undefined;
  }

  _control(packet: Packet): Oversize | undefined {
    return this._send({ _chunks: this._encode(packet), _sender: this });
  }

  _takeBackFrom(): Outgoing[] {
    return this.#unsent.splice(0);
  }

  _acquire(nsp: string, handler: NamespaceHandler): void {
    this._namespaces.set(nsp, handler);
    this.acquired++;
  }

  _release(): void {
    if (![...this._namespaces.values()].some(({ active }) => active)) this.released++;
  }

  _fallBack(): boolean {
    if (this.transportLeft) this.fellBack++;
    return this.transportLeft;
  }

  _unanswered(): void {
    this.missed++;
  }

  _measured(ms: number): void {
    this.measurements.push(ms);
  }

  /** What was written since the last look. */
  sent(): string[] {
    return this.written.splice(0);
  }

  linkUp(): void {
    this.#linkId = ++this.#links;
    for (const handler of [...this._namespaces.values()]) handler.linkUp();
  }

  linkDown(reason = 'transport close', details?: unknown): void {
    this.#linkId = 0;
    for (const message of this.#unsent.splice(0))
      (message._sender as { _giveBack(message: Outgoing): void })._giveBack(message);
    for (const handler of [...this._namespaces.values()]) handler.linkDown(reason, details);
  }

  /** Lets the server say this. */
  receive(...chunks: unknown[]): void {
    for (const chunk of chunks) {
      this._packetBytes = typeof chunk === 'string' ? chunk.length : 0;
      const packet = this.#decoder.add(chunk);
      if (packet) this._namespaces.get(packet.nsp)?.receive(packet);
    }
  }

  accept(sid = 'sid1', pid?: string): void {
    this.receive(`0${JSON.stringify({ sid, pid })}`);
  }

  /**
   * Lets the server read on after a DISCONNECT: it answers the CONNECT to a namespace that does not exist.
   *
   * @returns what was sent before the answer, without the question
   */
  readOn(): string[] {
    const before = this.sent();
    const nsp = before.map((text) => /^0(\/[^,]+),$/.exec(text)?.[1]).find((name) => name !== undefined);
    this.receive(`4${nsp},{"message":"Invalid namespace"}`);
    return before.filter((text) => text !== `0${nsp},`);
  }

  /** Loses the link, gets a new one, and is let in again. */
  reconnect(sid = 'sid2', pid?: string): void {
    this.linkDown();
    this.linkUp();
    this.accept(sid, pid);
  }
}

/** A socket over a fake connection, not connecting yet, with the features that a socket has by default. */
export function idleSocket(
  options: Partial<SocketOptions> = {},
  nsp = '/',
): { socket: Socket; wire: FakeConnection } {
  const wire = new FakeConnection();
  const manager = {
    _connection: wire,
    _environment: wire._environment,
    _observers: [],
    _keep() {},
    _pause: async () => {},
    _retryDelayMs: (failures: number) => 1_000 * 2 ** failures,
  };
  const socket = new Socket(manager as never, nsp, options);
  const hooks = [retries(), recovery()].map((plugin) => plugin.socket?.(socket));
  socket._hooks = hooks.filter((one) => one !== undefined);
  return { wire, socket };
}

/** A socket of `/` that the server has let in; what was written for that is forgotten. */
export function joinedSocket(options: Partial<SocketOptions> = {}): { socket: Socket; wire: FakeConnection } {
  const both = idleSocket(options);
  both.socket.connect();
  both.wire.linkUp();
  both.wire.accept();
  both.wire.sent();
  return both;
}
