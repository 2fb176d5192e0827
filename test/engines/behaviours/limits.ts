import { expect } from 'vitest';
import type { HoldfastError } from '../../../src/platform/errors.js';
import type { Behaviour } from '../../generations/behaviour.js';
import type { Stage } from '../../generations/fixture.js';

const settled = (promise: Promise<unknown>): Promise<HoldfastError> =>
  promise.then(
    () => ({ code: 'none' }) as never,
    (error) => error,
  );

/** Refused at the call, and the connection lives on. */
async function refuses(stage: Stage, argument: unknown): Promise<void> {
  const own = await stage.with({ maxPayload: 20_000 });
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
    name: 'refuses a text that is larger than the server takes, and goes on',
    run: (stage) => refuses(stage, 'x'.repeat(30_000)),
  },
  {
    name: 'counts the bytes of a text, not its characters',
    run: (stage) => refuses(stage, '€'.repeat(10_000)),
  },
  {
    name: 'refuses bytes that are more than the server takes, and goes on',
    run: (stage) => refuses(stage, new Uint8Array(30_000)),
  },
  {
    name: 'sends what the server just takes',
    async run(stage) {
      const own = await stage.with({ maxPayload: 20_000 });
      const socket = await own.connected();
      const text = 'x'.repeat(19_900);
      expect(await own.ask(socket, 'echo', text)).toEqual([text]);
    },
  },
  {
    name: 'takes no message that is larger than `maxReceivedBytes`, says why, and comes back',
    async run(stage) {
      const socket = await stage.connected('/', { maxReceivedBytes: 5_000 });
      const left = stage.next(socket, 'disconnect');
      const back = left.then(() => stage.next(socket, 'connect'));
      socket.emit('say', 'x'.repeat(10_000));
      // Over polling, the answer may be ended while it comes.
      expect(['parse error', 'transport error']).toContain((await left)[0]);
      await back;
      expect(await stage.ask(socket, 'echo', 1)).toEqual([1]);
    },
  },
  {
    name: 'refuses more than its outbox holds, and tells who waits',
    async run(stage) {
      const socket = stage.io('/', { autoConnect: false, outbox: { maxPackets: 1 } });
      socket.emit('number', 1);
      const { code } = await settled(socket.emitWithAck('number', 2));
      expect(code).toBe('OUTBOX_FULL');
      socket.connect();
      await stage.next(socket, 'connect');
      expect((await stage.account(socket)).numbers).toEqual([1]);
    },
  },
  {
    name: 'keeps no event longer than `maxAgeMs`',
    async run(stage) {
      const socket = stage.io('/', { autoConnect: false, outbox: { maxAgeMs: 50 } });
      const { code } = await settled(socket.emitWithAck('number', 1));
      expect(code).toBe('EXPIRED');
    },
  },
  {
    name: 'waits for no more acknowledgements than `maxPendingAcks`',
    async run(stage) {
      const socket = await stage.connected('/', { maxPendingAcks: 1 });
      socket.emit('never answered', () => {});
      const { code } = await settled(socket.emitWithAck('never answered'));
      expect(code).toBe('TOO_MANY_ACKS');
    },
  },
];
