import { Transport } from 'engine.io-client';
import type { TransportConstructor } from '../../src/platform/options.js';
import type { EnginePacket } from '../../src/session/transports/transport.js';

/** What a test does with a transport that the engine has made. */
export interface FakeTransport {
  readonly name: string;
  readonly query: Record<string, string>;
  /** Whether it takes what it is given. */
  writable: boolean;
  /** Packets written, as `type:data`. */
  readonly written: string[];
  /** What to call when polling has come to rest. */
  paused: (() => void) | undefined;
  opens(): void;
  fails(reason?: string, description?: unknown): void;
  closes(): void;
  gives(type: string, data?: unknown): void;
  /** Opens, if it has not yet, and brings the server's handshake. */
  shakes(handshake?: object): void;
  drains(): void;
}

/** The transports of one test, below the real engine. */
export class FakeNetwork {
  /** All that were made, in order. */
  readonly made: FakeTransport[] = [];
  /** What happened, in order. */
  readonly log: string[] = [];
  /** What a transport of this name does on the spot when it is made or opened. */
  readonly onMake: Map<string, () => void> = new Map();
  readonly onOpen: Map<string, (transport: FakeTransport) => void> = new Map();
  /** Every packet that was written to a transport, in order. */
  readonly packets: EnginePacket[] = [];
  /** When a transport is ready for more: soon after it was given something, at once, or only when the test says so. */
  drains: 'soon' | 'at once' | 'never' = 'soon';

  get last(): FakeTransport {
    return this.made.at(-1) as FakeTransport;
  }

  /** The transport class of this name, to be given as an option. */
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

/** Lets everything run that waits for no time. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
