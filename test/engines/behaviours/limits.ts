import { expect } from 'vitest';
import type { HoldfastError } from '../../../src/platform/errors.js';
import type { Behaviour } from '../../generations/behaviour.js';
import type { Fixture } from '../../generations/fixture.js';

const settled = (promise: Promise<unknown>): Promise<HoldfastError> =>
  promise.then(
    () => ({ code: 'none' }) as never,
    (error) => error,
  );

/** Expects a refusal at the call, and that the connection stays open. */
async function refuses(fixture: Fixture, argument: unknown): Promise<void> {
  const own = await fixture.withSettings({ maxPayload: 20_000 });
  const socket = await own.connected();
  const { id } = socket;
  const { code, message } = await settled(socket.emitWithAck('echo', argument));
  expect(code).toBe('TOO_LARGE');
  expect(message).toContain('20000');
  expect(await own.ask(socket, 'echo', 'small')).toEqual(['small']);
  expect(socket.id).toBe(id);
}

export const limits: Behaviour[] = [
  {
    name: 'refuses text larger than the server accepts, and stays connected',
    run: (fixture) => refuses(fixture, 'x'.repeat(30_000)),
  },
  {
    name: 'counts the bytes of text, not its characters',
    run: (fixture) => refuses(fixture, '€'.repeat(10_000)),
  },
  {
    name: 'refuses binary data larger than the server accepts, and stays connected',
    run: (fixture) => refuses(fixture, new Uint8Array(30_000)),
  },
  {
    name: 'sends messages just below the server’s limit',
    async run(fixture) {
      const own = await fixture.withSettings({ maxPayload: 20_000 });
      const socket = await own.connected();
      const text = 'x'.repeat(19_900);
      expect(await own.ask(socket, 'echo', text)).toEqual([text]);
    },
  },
  {
    name: 'rejects messages larger than `maxReceivedBytes`, reports why, and reconnects',
    async run(fixture) {
      const socket = await fixture.connected('/', { maxReceivedBytes: 5_000 });
      const left = fixture.next(socket, 'disconnect');
      const back = left.then(() => fixture.next(socket, 'connect'));
      socket.emit('say', 'x'.repeat(10_000));
      // Over polling, the response may be cut off while it arrives.
      expect(['parse error', 'transport error']).toContain((await left)[0]);
      await back;
      expect(await fixture.ask(socket, 'echo', 1)).toEqual([1]);
    },
  },
  {
    name: 'refuses events beyond the outbox limit, and fails their acknowledgements',
    async run(fixture) {
      const socket = fixture.io('/', { autoConnect: false, outbox: { maxPackets: 1 } });
      socket.emit('number', 1);
      const { code } = await settled(socket.emitWithAck('number', 2));
      expect(code).toBe('OUTBOX_FULL');
      socket.connect();
      await fixture.next(socket, 'connect');
      expect((await fixture.record(socket)).numbers).toEqual([1]);
    },
  },
  {
    name: 'keeps no event longer than `maxAgeMs`',
    async run(fixture) {
      const socket = fixture.io('/', { autoConnect: false, outbox: { maxAgeMs: 50 } });
      const { code } = await settled(socket.emitWithAck('number', 1));
      expect(code).toBe('EXPIRED');
    },
  },
  {
    name: 'allows no more pending acknowledgements than `maxPendingAcks`',
    async run(fixture) {
      const socket = await fixture.connected('/', { maxPendingAcks: 1 });
      socket.emit('never answered', () => {});
      const { code } = await settled(socket.emitWithAck('never answered'));
      expect(code).toBe('TOO_MANY_ACKS');
    },
  },
];
