import { expect } from 'vitest';
import type { Behaviour } from '../../generations/behaviour.js';

const outcome = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => ['resolved', value],
    // The `code` of a DOMException is a number.
    (error) => ['rejected', typeof error?.code === 'string' ? error.code : (error?.name ?? error)],
  );

export const promises: Behaviour[] = [
  {
    name: 'resolves `ready()` when connected',
    async run(fixture) {
      const socket = fixture.io();
      await socket.ready();
      expect(socket.connected).toBe(true);
    },
  },
  {
    name: 'aborts `ready()` by its signal',
    async run(fixture) {
      await fixture.network.down();
      const controller = new AbortController();
      const ready = outcome(fixture.io().ready({ signal: controller.signal }));
      controller.abort();
      expect(await ready).toEqual(['rejected', 'AbortError']);
    },
  },
  {
    name: 'aborts `ready()` by a timeout signal',
    async run(fixture) {
      await fixture.network.down();
      const ready = outcome(fixture.io().ready({ signal: AbortSignal.timeout(100) }));
      expect(await ready).toEqual(['rejected', 'TimeoutError']);
    },
  },
  {
    name: 'aborts the wait for an acknowledgement by a signal, with its reason',
    async run(fixture) {
      const socket = await fixture.connected();
      const controller = new AbortController();
      const answer = outcome(socket.signal(controller.signal).emitWithAck('never answered'));
      controller.abort('enough');
      expect(await answer).toEqual(['rejected', 'enough']);
      expect(await fixture.ask(socket, 'echo', 1)).toEqual([1]);
    },
  },
  {
    name: 'stops connecting when a signal aborts (`connect({ signal })`)',
    async run(fixture) {
      await fixture.network.down();
      const controller = new AbortController();
      const socket = fixture.io('/', { autoConnect: false });
      socket.connect({ signal: controller.signal });
      expect(socket.active).toBe(true);
      controller.abort();
      await new Promise((resolve) => setTimeout(resolve));
      expect([socket.active, socket.io.status]).toEqual([false, 'closed']);
    },
  },
  {
    name: 'rejects pending acknowledgements when the program disconnects',
    async run(fixture) {
      const socket = await fixture.connected();
      const answer = outcome(socket.emitWithAck('never answered'));
      socket.disconnect();
      expect(await answer).toEqual(['rejected', 'DISCONNECTED']);
    },
  },
  {
    name: 'reports that an event in flight at a cut may have been delivered',
    async run(fixture) {
      const socket = await fixture.connected();
      const answer = socket.emitWithAck('never answered').catch((error) => error);
      // When this is answered, the server has received the event.
      await fixture.ask(socket, 'echo', 1);
      // Down, not just cut: a browser repeats a request by itself if a reused connection was reset.
      await fixture.network.down();
      expect(await answer).toMatchObject({ code: 'DISCONNECTED', maybeDelivered: true });
    },
  },
  {
    name: 'reports backpressure (`drained()`, `bufferedAmount`)',
    async run(fixture) {
      const socket = fixture.io('/', { autoConnect: false, highWaterMark: 1_000 });
      const text = 'x'.repeat(50_000);
      const answers = Promise.all(Array.from({ length: 4 }, () => fixture.ask(socket, 'echo', text)));
      expect(socket.io.bufferedAmount).toBeGreaterThanOrEqual(200_000);
      socket.connect();
      await fixture.next(socket, 'connect');
      await socket.io.drained();
      await answers;
      expect(socket.io.bufferedAmount).toBe(0);
    },
  },
  {
    name: 'returns removed events (`clearBuffer`), and fails their acknowledgements',
    async run(fixture) {
      const socket = fixture.io('/', { autoConnect: false });
      socket.emit('number', 1);
      const answer = outcome(socket.emitWithAck('number', 2));
      expect(socket.clearBuffer()).toEqual([
        ['number', 1],
        ['number', 2],
      ]);
      expect(await answer).toEqual(['rejected', 'CLEARED']);
    },
  },
];
