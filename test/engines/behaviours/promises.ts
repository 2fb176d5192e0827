import { expect } from 'vitest';
import type { Behaviour } from '../../generations/behaviour.js';

const outcome = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => ['resolved', value],
    // The `code` of what an AbortController has to say is a number.
    (error) => ['rejected', typeof error?.code === 'string' ? error.code : (error?.name ?? error)],
  );

export const promises: Behaviour[] = [
  {
    name: 'tells when it is ready (`ready()`)',
    async run(stage) {
      const socket = stage.io();
      await socket.ready();
      expect(socket.connected).toBe(true);
    },
  },
  {
    name: 'ends a wait to be ready with its signal',
    async run(stage) {
      await stage.network.down();
      const controller = new AbortController();
      const ready = outcome(stage.io().ready({ signal: controller.signal }));
      controller.abort();
      expect(await ready).toEqual(['rejected', 'AbortError']);
    },
  },
  {
    name: 'ends a wait to be ready with the signal of a time-out',
    async run(stage) {
      await stage.network.down();
      const ready = outcome(stage.io().ready({ signal: AbortSignal.timeout(100) }));
      expect(await ready).toEqual(['rejected', 'TimeoutError']);
    },
  },
  {
    name: 'ends a wait for an acknowledgement with its signal, and its reason',
    async run(stage) {
      const socket = await stage.connected();
      const controller = new AbortController();
      const answer = outcome(socket.signal(controller.signal).emitWithAck('never answered'));
      controller.abort('enough');
      expect(await answer).toEqual(['rejected', 'enough']);
      expect(await stage.ask(socket, 'echo', 1)).toEqual([1]);
    },
  },
  {
    name: 'gives up connecting with a signal (`connect({ signal })`)',
    async run(stage) {
      await stage.network.down();
      const controller = new AbortController();
      const socket = stage.io('/', { autoConnect: false });
      socket.connect({ signal: controller.signal });
      expect(socket.active).toBe(true);
      controller.abort();
      await new Promise((resolve) => setTimeout(resolve));
      expect([socket.active, socket.io.status]).toEqual([false, 'closed']);
    },
  },
  {
    name: 'rejects what is awaited, when the program disconnects',
    async run(stage) {
      const socket = await stage.connected();
      const answer = outcome(socket.emitWithAck('never answered'));
      socket.disconnect();
      expect(await answer).toEqual(['rejected', 'DISCONNECTED']);
    },
  },
  {
    name: 'says that what was under way at a cut may have been delivered',
    async run(stage) {
      const socket = await stage.connected();
      const answer = socket.emitWithAck('never answered').catch((error) => error);
      // Until the server has it.
      await stage.ask(socket, 'echo', 1);
      // For good: a browser sends a request again by itself where the connection that it had reused was reset.
      await stage.network.down();
      expect(await answer).toMatchObject({ code: 'DISCONNECTED', maybeDelivered: true });
    },
  },
  {
    name: 'tells when there is room for more (`drained()`), and how much waits (`bufferedAmount`)',
    async run(stage) {
      const socket = stage.io('/', { autoConnect: false, highWaterMark: 1_000 });
      const text = 'x'.repeat(50_000);
      const answers = Promise.all(Array.from({ length: 4 }, () => stage.ask(socket, 'echo', text)));
      expect(socket.io.bufferedAmount).toBeGreaterThanOrEqual(200_000);
      socket.connect();
      await stage.next(socket, 'connect');
      await socket.io.drained();
      await answers;
      expect(socket.io.bufferedAmount).toBe(0);
    },
  },
  {
    name: 'says what it removes (`clearBuffer`), and tells who waited for it',
    async run(stage) {
      const socket = stage.io('/', { autoConnect: false });
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
