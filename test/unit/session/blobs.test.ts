import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Engine, type EnginePacket, Transport } from '../../../src/connection/engine.js';
import { guard } from '../../../src/connection/transports.js';
import { settled } from '../../support/fake-transports.js';

const HANDSHAKE = '{"sid":"abc","upgrades":[],"pingInterval":250000,"pingTimeout":200000}';

/** Polling as browsers have it: what holds a Blob is written once the Blob has been read, which may never be. */
class Polling extends Transport {
  /** Ends the reading that is under way. */
  static read: () => void;
  static written: string[];

  get name(): string {
    return 'polling';
  }
  override doOpen(): void {
    queueMicrotask(() => {
      this.onOpen();
      this.onPacket({ type: 'open', data: HANDSHAKE } as never);
    });
  }
  override doClose(): void {
    this.write([{ type: 'close' }]);
  }
  override write(packets: readonly EnginePacket[]): void {
    this.writable = false;
    const text = packets.map(({ type }) => type).join();
    const write = (): void =>
      this.doWrite(text, () => {
        this.writable = true;
        queueMicrotask(() => this.emitReserved('drain'));
      });
    if (packets.some(({ data }) => data instanceof Blob)) Polling.read = write;
    else write();
  }
  doWrite(text: string, done: () => void): void {
    Polling.written.push(text);
    done();
  }
}

const file = (): never => new Blob(['…']) as never;

/** An open engine, and why it ended. */
async function opened(): Promise<{ engine: Engine; ends: unknown[] }> {
  const engine = new Engine('http://127.0.0.1:1', { transports: [guard(Polling as never)] as never });
  const ends: unknown[] = [];
  engine.on('close', (reason, details) => ends.push(`${reason}: ${(details as Error | undefined)?.message}`));
  await settled();
  return { engine, ends };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  Polling.written = [];
  Polling.read = () => {};
});
afterEach(() => {
  vi.useRealTimers();
});

it('a Blob that is not read in ten seconds ends the connection, which would be mute for ever', async () => {
  const { engine, ends } = await opened();
  engine.write(file());
  engine.write('behind it');
  vi.advanceTimersByTime(9_999);
  expect([ends, Polling.written]).toEqual([[], []]);
  vi.advanceTimersByTime(1);
  expect(ends).toEqual(['transport error: an attachment could not be read']);
});

it('a Blob that is read in time goes out, and then what was emitted behind it', async () => {
  const { engine, ends } = await opened();
  engine.write(file());
  engine.write('behind it');
  vi.advanceTimersByTime(9_999);
  Polling.read();
  await settled();
  expect(Polling.written).toEqual(['message', 'message']);
  vi.advanceTimersByTime(60_000);
  expect([ends, engine.readyState]).toEqual([[], 'open']);
});

it('each Blob has ten seconds of its own', async () => {
  const { engine, ends } = await opened();
  engine.write(file());
  vi.advanceTimersByTime(8_000);
  Polling.read();
  await settled();
  engine.write(file());
  vi.advanceTimersByTime(9_999);
  expect(ends).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(ends).toHaveLength(1);
});

it('a connection that is closed behind a Blob waits for it, and as long as for any', async () => {
  const { engine, ends } = await opened();
  engine.write(file());
  engine.close();
  vi.advanceTimersByTime(9_999);
  expect(ends).toEqual([]);
  vi.advanceTimersByTime(1);
  expect([ends.length, engine.readyState]).toEqual([1, 'closed']);
});

it('a Blob that was read leaves no timer behind', async () => {
  const { engine } = await opened();
  const before = vi.getTimerCount();
  engine.write(file());
  expect(vi.getTimerCount()).toBe(before + 1);
  Polling.read();
  await settled();
  expect(vi.getTimerCount()).toBe(before);
});
