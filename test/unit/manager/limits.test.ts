import { TransportError } from 'engine.io-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseHandshake } from '../../../src/protocol/handshake.js';
import { useManagers } from '../../support/fake-managers.js';
import { settled } from '../../support/fake-transports.js';

/** What a server may ask for is bounded, lest it ask for what no timer can do, or for ever. */

const fake = useManagers();

describe('a heartbeat longer than any timer', () => {
  beforeEach(() => {
    // The engine waits for the server's ping with a timer of its own, which fires at once where it is too long.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const longestMs = 2 ** 30 - 1;
  const times = { sid: 'a', upgrades: [], pingInterval: 25_000, pingTimeout: 20_000 };

  it.each(['pingInterval', 'pingTimeout'])(
    'is cut to one that fits into a timer with the other: %s',
    (name) => {
      const read = (ms: number): unknown => parseHandshake(JSON.stringify({ ...times, [name]: ms }));
      expect(read(longestMs)).toMatchObject({ ...times, [name]: longestMs });
      for (const ms of [longestMs + 1, 2 ** 31, 1e300]) {
        expect(read(ms)).toMatchObject({ ...times, [name]: longestMs });
      }
    },
  );

  it('does not end the connection: not at once, and not while it is not missed', async () => {
    const manager = fake.make();
    await settled();
    fake.network.last.shakes({ pingInterval: 1e300, pingTimeout: 2 ** 31 });
    vi.advanceTimersByTime(60_000);
    expect(manager.status).toBe('connected');
    // It is still one that can be missed.
    const closed = vi.fn();
    manager.on('close', closed);
    vi.advanceTimersByTime(2 * longestMs);
    expect(closed).toHaveBeenCalledWith('ping timeout', undefined);
  });
});

describe('Retry-After', () => {
  /** How long a manager waits that an HTTP server has turned away, in milliseconds. */
  async function waitAfter(value: string): Promise<number | undefined> {
    const manager = fake.make(fake.over('polling'));
    await settled();
    const answer = {
      responseText: 'busy',
      getResponseHeader: (name: string) => (name === 'Retry-After' ? value : null),
    };
    const error = new TransportError('xhr poll error', 503, answer);
    (fake.network.last as unknown as { emit(event: string, error: Error): void }).emit('error', error);
    expect(manager.status).toBe('reconnecting');
    return manager.retryInMs;
  }

  it('is obeyed up to ten minutes, and not beyond', async () => {
    expect(await waitAfter('120')).toBe(120_000);
    expect(await waitAfter('600')).toBe(600_000);
    expect(await waitAfter('601')).toBe(600_000);
    expect(await waitAfter('86400')).toBe(600_000);
    expect(await waitAfter('1e400')).toBe(600_000);
  });

  it('that is a date leaves the wait as it would have been', async () => {
    expect(await waitAfter('Wed, 21 Oct 2037 07:28:00 GMT')).toBe(1_000);
  });
});
