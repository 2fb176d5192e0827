import { Transport } from 'engine.io-client';
import type { TransportConstructor } from '../../src/platform/options.js';
import type { EnginePacket } from '../../src/session/transports/transport.js';

/** The test's control of a transport that the engine has created. */
export interface FakeTransport {
  readonly name: string;
  readonly query: Record<string, string>;
  /** Whether it accepts packets. */
  writable: boolean;
  /** Packets written, as `type:data`. */
  readonly written: string[];
  /** Called when polling has paused. */
  paused: (() => void) | undefined;
  opens(): void;
  fails(reason?: string, description?: unknown): void;
  closes(): void;
  gives(type: string, data?: unknown): void;
  /** Opens, if it has not yet, and delivers the server's handshake. */
  shakes(handshake?: object): void;
  drains(): void;
}

/** The transports of one test, below the real engine. */
export class FakeNetwork {
  /** All created transports, in order. */
  readonly made: FakeTransport[] = [];
  /** What happened, in order. */
  readonly log: string[] = [];
  /** The synchronous behaviour of a transport of this name when it is created or opened. */
  readonly onMake: Map<string, () => void> = new Map();
  readonly onOpen: Map<string, (transport: FakeTransport) => void> = new Map();
  /** Every packet that was written to a transport, in order. */
  readonly packets: EnginePacket[] = [];
  /** When a transport is ready for more: soon after a write, at once, or only when the test decides. */
  drains: 'soon' | 'at once' | 'never' = 'soon';

  get last(): FakeTransport {
    return this.made.at(-1) as FakeTransport;
  }

  /** The transport class of this name, for the options. */
  transport(name: string): TransportConstructor {
    const network = this;
    class Fake extends Transport implements FakeTransport {
      readonly written: string[] = [];
      paused: (() => void) | undefined;

      constructor(options: never) {
        super(options);
        network.onMake.get(name)?.();
        network.made.push(this);
      }

      get name(): string {
        return name;
      }

      override doOpen(): void {
        network.log.push(`${name} opens`);
        network.onOpen.get(name)?.(this);
      }

      override doClose(): void {
        network.log.push(`${name} is closed`);
      }

      override write(packets: readonly EnginePacket[]): void {
        this.writable = false;
        for (const packet of packets) network.packets.push(packet);
        for (const { type, data } of packets)
          this.written.push(data === undefined ? type : `${type}:${data}`);
        if (network.drains === 'soon') queueMicrotask(() => this.drains());
        if (network.drains === 'at once') this.drains();
      }

      override pause(done: () => void): void {
        this.readyState = 'pausing' as never;
        this.paused = () => {
          this.readyState = 'paused' as never;
          done();
        };
      }

      opens(): void {
        this.onOpen();
      }

      fails(reason = `${name} error`, description?: unknown): void {
        this.onError(reason, description);
      }

      closes(): void {
        this.onClose({ description: `${name} connection closed` } as never);
      }

      gives(type: string, data?: unknown): void {
        this.onPacket({ type, data } as never);
      }

      shakes(handshake: object = {}): void {
        if (this.readyState === 'opening') this.onOpen();
        const standard = {
          sid: 'engine1',
          upgrades: ['websocket'],
          pingInterval: 25_000,
          pingTimeout: 20_000,
        };
        this.gives('open', JSON.stringify({ ...standard, ...handshake }));
      }

      drains(): void {
        this.writable = true;
        this.emitReserved('drain');
      }
    }
    return Fake as unknown as TransportConstructor;
  }
}

/** Runs everything that needs no time. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
