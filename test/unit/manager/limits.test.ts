import { describe, expect, it, vi } from 'vitest';
import { parseHandshake } from '../../../src/protocol/handshake.js';
import { useFakeFetch } from '../../support/fake-fetch.js';
import { useManagers } from '../../support/fake-managers.js';
import { settled } from '../../support/fake-transports.js';

/** Limits for a server's wishes: no timer is too long, and no wait endless. */

const fake = useManagers();
const http = useFakeFetch();

describe('a heartbeat longer than any timer', () => {
  const longestMs = 2 ** 30 - 1;
  const times = { sid: 'a', upgrades: [], pingInterval: 25_000, pingTimeout: 20_000 };

  it.each(['pingInterval', 'pingTimeout'])(
    'is shortened so that its two parts fit into a timer: %s',
    (name) => {
      const read = (ms: number): unknown => parseHandshake(JSON.stringify({ ...times, [name]: ms }));
      expect(read(longestMs)).toMatchObject({ ...times, [name]: longestMs });
      for (const ms of [longestMs + 1, 2 ** 31, 1e300]) {
        expect(read(ms)).toMatchObject({ ...times, [name]: longestMs });
      }
    },
  );

  it('ends the connection neither at once nor before it is missed', async () => {
    const manager = fake.make({ verify: false });
    await settled();
    fake.network.last.shakes({ pingInterval: 1e300, pingTimeout: 2 ** 31 });
    fake.world.clock.advance(2 * longestMs - 1);
    expect(manager.status).toBe('connected');
    // It can still be missed.
    const closed = vi.fn();
    manager.on('close', closed);
    fake.world.clock.advance(1);
    expect(closed).toHaveBeenCalledWith('ping timeout', undefined);
  });
});

describe('Retry-After', () => {
  /** How long a manager waits after an HTTP server has refused it, in milliseconds. */
  async function waitAfter(value: string): Promise<number | undefined> {
    const manager = fake.make({ transports: ['polling'] });
    await settled();
    await http.requests.at(-1)?.answers('busy', 503, { 'retry-after': value });
    expect(manager.status).toBe('reconnecting');
    return manager.retryInMs;
  }

  it('is obeyed up to ten minutes', async () => {
    expect(await waitAfter('120')).toBe(120_000);
    expect(await waitAfter('600')).toBe(600_000);
    expect(await waitAfter('601')).toBe(600_000);
    expect(await waitAfter('86400')).toBe(600_000);
    expect(await waitAfter('1e400')).toBe(600_000);
  });

  it('with a date does not change the wait', async () => {
    expect(await waitAfter('Wed, 21 Oct 2037 07:28:00 GMT')).toBe(1_000);
  });
});
