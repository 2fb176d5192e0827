/**
 * A socket over a real manager, connection and session, whose transports and server the test controls. Everything is synchronous:
 * the test acts as the network and the server, and checks the result.
 */
import { Manager } from '../../src/manager/manager.js';
import type { Plugin } from '../../src/manager/plugin.js';
import type { Options } from '../../src/platform/options.js';
import { recovery } from '../../src/plugins/recovery.js';
import { retries } from '../../src/plugins/retries.js';
import type { EnginePacket } from '../../src/session/transports/transport.js';
import type { Socket } from '../../src/socket/socket.js';
import { FakeEnvironment } from './fake-environment.js';
import { FakeNetwork, type FakeTransport } from './fake-transports.js';
import type { SimulatedClock } from './simulated-clock.js';

/** The namespace that keeps the connection open, unless the test wants the socket alone. */
const KEEPER = '/keeper';

/** The server's heartbeat: longer than any test lasts. */
const HEARTBEAT_MS = 2 ** 29;

export interface WiredOptions extends Options {
  /** Whether no other namespace uses the connection. */
  readonly alone?: boolean;
  /** The server's handshake. */
  readonly handshake?: object;
}

/** The network and the server of one socket. */
export class Wire {
  readonly environment: FakeEnvironment = new FakeEnvironment();
  readonly clock: SimulatedClock = this.environment.clock;
  readonly network: FakeNetwork = new FakeNetwork();
  readonly manager: Manager;
  private readonly _keeper: Socket | undefined;
  private readonly _handshake: object;
  private _stuck = false;

  constructor({ alone = false, handshake, ...options }: WiredOptions) {
    this.network.drains = 'at once';
    const plugins = [retries(), recovery()] satisfies Plugin[];
    const settings: Options = {
      transports: [this.network.transport('websocket')],
      autoConnect: false,
      // The next attempt begins on the test's command.
      reconnectionDelay: 1e12,
      reconnectionDelayMax: 1e12,
      randomizationFactor: 0,
      ...options,
    };
    this.manager = new Manager('http://host.test', settings, this.environment, plugins);
    this._handshake = { pingInterval: HEARTBEAT_MS, pingTimeout: HEARTBEAT_MS, ...handshake };
    if (!alone) this._keeper = this.manager.socket(KEEPER);
  }

  /** The newest transport. */
  get transport(): FakeTransport {
    return this.network.last;
  }

  /** Whether the connection knows `/`: it wants to be connected, or waits for an answer. */
  get registered(): boolean {
    return this.manager._connection._namespaces.has('/');
  }

  /** The namespaces that the connection knows, without the one that keeps it open. */
  get namespaces(): string[] {
    return [...this.manager._connection._namespaces.keys()].filter((nsp) => nsp !== KEEPER);
  }

  /** How many timers are pending, without the connection's own: its heartbeat, its deadline or its next attempt. */
  get timers(): number {
    const { status } = this.manager;
    return this.clock.pending - (status === 'idle' || status === 'closed' ? 0 : 1);
  }

  /** Whether the transport accepts nothing more. Earlier packets have left. */
  get stuck(): boolean {
    return this._stuck;
  }

  set stuck(stuck: boolean) {
    this._stuck = stuck;
    this.network.drains = stuck ? 'never' : 'at once';
    if (this.manager.status !== 'connected') return;
    if (stuck) this.transport.writable = false;
    else this.transport.drains();
  }

  /** Whether the server's heartbeat is late. Setting it lets time pass for everything else, too. */
  set late(late: boolean) {
    if (late) this.clock.sleep(2 * HEARTBEAT_MS + 1);
    else this.transport.gives('ping');
  }

  /** Begins an attempt at once, whatever the retry loop waits for. */
  dial(): void {
    if (this._keeper?.active === false) this._keeper.connect();
    this.manager.open();
    this.clock.settle();
  }

  /** Opens a link, on which the server waits for CONNECT. */
  linkUp(): void {
    this.dial();
    this.transport.shakes(this._handshake);
    if (this._keeper) this.receive(`0${KEEPER},{"sid":"keeper"}`);
  }

  /** Ends the link with this `reason` for the program. */
  linkDown(reason = 'transport close'): void {
    const { transport } = this;
    if (reason === 'transport close') transport.closes();
    else if (reason === 'transport error') transport.fails('websocket error');
    else if (reason === 'parse error') transport.gives('message', 'junk');
    else if (reason === 'ping timeout') this.clock.advance(2 * HEARTBEAT_MS + 1);
    else if (reason === 'forced close') this.manager.engine.close();
    else throw new Error(`no way to bring about "${reason}"`);
  }

  /** Fails an attempt. */
  attemptFails(message = 'websocket error'): void {
    this.dial();
    this.transport.fails(message);
  }

  /** Fails the last attempt. */
  giveUp(message?: string): void {
    this.manager.reconnectionAttempts(0);
    this.attemptFails(message);
    this.manager.reconnectionAttempts(Number.POSITIVE_INFINITY);
  }

  /** The server sends this. */
  receive(...chunks: unknown[]): void {
    for (const chunk of chunks) this.transport.gives('message', chunk);
  }

  /** The server accepts the socket. */
  accept(sid = 'sid1', pid?: string): void {
    this.receive(`0${JSON.stringify({ sid, pid })}`);
  }

  /** The data written since the last call: text as text, and each attachment as its bytes. */
  sent(): string[] {
    return this.packets().map(({ data }) =>
      typeof data === 'string' ? data : Buffer.from(data as Uint8Array).toString('hex'),
    );
  }

  /** Whether each message written since the last call should be compressed. */
  compressed(): (boolean | undefined)[] {
    return this.packets().map(({ options }) => options?.compress);
  }

  /**
   * The server has read further than a DISCONNECT: it answers the CONNECT to a namespace that does not exist.
   *
   * @returns the packets sent before the answer, without the probe
   */
  readOn(): string[] {
    const before = this.sent();
    const nsp = before.map((text) => /^0(\/[^,]+),$/.exec(text)?.[1]).find((name) => name !== undefined);
    this.receive(`4${nsp},{"message":"Invalid namespace"}`);
    return before.filter((text) => text !== `0${nsp},`);
  }

  /** Loses the link, opens a new one, and is accepted again. */
  reconnect(sid = 'sid2', pid?: string): void {
    this.linkDown();
    this.linkUp();
    this.accept(sid, pid);
  }

  /** The messages written since the last call. */
  packets(): EnginePacket[] {
    const isOurs = ({ type, data }: EnginePacket): boolean =>
      type === 'message' &&
      !(typeof data === 'string' && data.startsWith(`0${KEEPER},`)) &&
      data !== `0${KEEPER}`;
    return this.network.packets.splice(0).filter(isOurs);
  }
}

export interface Wired {
  readonly socket: Socket;
  readonly wire: Wire;
}

/** A socket of `/` that is not connecting yet. */
export function idleSocket(options: WiredOptions = {}): Wired {
  const { alone: _alone, handshake: _handshake, ...own } = options;
  const wire = new Wire(options);
  return { wire, socket: wire.manager.socket('/', own) };
}

/** A socket of `/` that the server has accepted; what was written for that is forgotten. */
export function joinedSocket(options: WiredOptions = {}): Wired {
  const wired = idleSocket(options);
  wired.socket.connect();
  wired.wire.linkUp();
  wired.wire.accept();
  wired.wire.sent();
  return wired;
}
