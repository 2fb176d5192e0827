import type { Difference } from './differences.js';
import type { Fixture, Socket } from './record.js';

/** Deliberate differences in the delivery of messages. */

/** Listens to an event that only holdfast has, which the official types do not know. */
function hear(fixture: Fixture, socket: Socket, event: 'gap' | 'dropped'): void {
  socket.on(event as string, (told: { code?: string }) => fixture.note([event, told.code].join(' ').trim()));
}

/** Records the outcome of a Promise, if it settles. */
function settles(fixture: Fixture, promise: Promise<unknown>): void {
  promise.then(
    (answer) => fixture.note('settled', answer),
    (error) => fixture.note(`settled ${error.code}, maybe delivered: ${error.maybeDelivered}`),
  );
}

/** Loses the link at once: data queued in the engine is not sent any more. */
/** The method that ends an engine, under the names of the two clients. */
interface Endable {
  _onClose?(reason: string): void;
  _end?(reason: string): void;
}

function end(engine: Endable): void {
  if (engine._end) engine._end('transport error');
  else engine._onClose?.('transport error');
}

const lose = (socket: Socket): void => end(socket.io.engine as unknown as Endable);

export const deliveryDifferences: Difference[] = [
  {
    name: 'more emits while disconnected than the outbox holds',
    reason: 'It is bounded, by 10,000 messages and 16 MiB, and reports what it drops.',
    about: 'waiting',
    official: ['waiting 10002'],
    holdfast: ['waiting 10000 dropped 2'],
    run: async (fixture) => {
      const socket = fixture.io('', { autoConnect: false });
      let dropped = 0;
      socket.on('dropped' as string, () => {
        dropped += 1;
      });
      for (let count = 0; count < 10_002; count += 1) socket.emit('echo', count);
      fixture.note(`waiting ${socket.sendBuffer.length}${dropped ? ` dropped ${dropped}` : ''}`);
    },
  },
  {
    name: 'an emit that the transport had not taken yet when the link was lost',
    reason: 'It waits for the next connect, in its place; the official client loses it.',
    about: '/ event',
    official: ["/ event 'taken'", "/ event 'afterwards'"],
    holdfast: ["/ event 'taken'", "/ event 'not taken'", "/ event 'afterwards'"],
    run: async (fixture) => {
      const socket = await fixture.connected();
      socket.emit('taken');
      socket.emit('not taken');
      lose(socket);
      socket.emit('afterwards');
      await fixture.served("/ event 'afterwards'");
    },
  },
  {
    name: 'gap, which reports that a new session has begun',
    reason: 'An additional event: what the server sent meanwhile is missed.',
    about: 'gap',
    official: [],
    holdfast: ['gap'],
    run: async (fixture) => {
      const socket = await fixture.connected();
      hear(fixture, socket, 'gap');
      lose(socket);
      await new Promise<void>((resolve) => socket.once('connect', resolve));
    },
  },
  {
    name: 'emitWithAck while disconnected, and then disconnect()',
    reason: 'The Promise rejects; with the official client, it never settles.',
    about: 'settled',
    official: [],
    holdfast: ['settled DISCONNECTED, maybe delivered: false'],
    run: async (fixture) => {
      const socket = await fixture.connected();
      lose(socket);
      settles(fixture, socket.emitWithAck('echo'));
      socket.disconnect();
    },
  },
  {
    name: 'emitWithAck, and then the program empties sendBuffer',
    reason: 'The Promise rejects at the next connect.',
    about: 'settled',
    official: [],
    holdfast: ['settled CLEARED, maybe delivered: false'],
    run: async (fixture) => {
      const socket = fixture.io('', { autoConnect: false });
      settles(fixture, socket.emitWithAck('echo'));
      socket.sendBuffer.length = 0;
      socket.connect();
      await new Promise<void>((resolve) => socket.once('connect', resolve));
    },
  },
  {
    name: 'retries that all fail, of an emit without a callback',
    reason: 'An event reports it, and it is not dropped silently.',
    about: 'dropped',
    official: [],
    holdfast: ['dropped ACK_TIMEOUT'],
    run: async (fixture) => {
      const socket = await fixture.connected('', { retries: 1, ackTimeout: 20 });
      hear(fixture, socket, 'dropped');
      socket.emit('ignored');
      await fixture.served('/ event', 2);
      await fixture.settle();
    },
  },
  {
    name: 'more pending acknowledgements than allowed',
    reason: 'A server that never answers cannot fill the memory: the limit is 100,000 by default.',
    about: 'dropped',
    official: [],
    holdfast: ['dropped TOO_MANY_ACKS'],
    run: async (fixture) => {
      const socket = await fixture.connected('', { maxPendingAcks: 2 } as object);
      hear(fixture, socket, 'dropped');
      for (let count = 0; count < 3; count += 1) socket.emit('never answered', () => {});
    },
  },
  {
    name: 'a message from the server that exceeds the limit',
    reason: 'A server cannot fill the memory of the page with one message: the limit is 100 MiB by default.',
    about: 'news',
    official: ['news 2000'],
    holdfast: ['news: parse error'],
    run: async (fixture) => {
      const socket = await fixture.connected('', { maxReceivedBytes: 1_000 } as object);
      socket.on('news', (text: string) => fixture.note('news', text.length));
      socket.on('disconnect', (reason) => fixture.note(`news: ${reason}`));
      fixture.server.latest().emit('news', 'x'.repeat(2_000));
      await fixture.noted('news');
    },
  },
];
