import { type Fixture, nspOf, type Scenario, type Socket } from '../record.js';

/** Records the outcome of a promise. */
function follow(fixture: Fixture, name: string, promise: Promise<unknown>): void {
  promise.then(
    (value) => fixture.note(`${name} resolved`, value),
    (error) => fixture.note(`${name} rejected`, error),
  );
}

/** Emits one unanswered request of each kind. */
function ask(fixture: Fixture, socket: Socket, when: string): void {
  socket.emit('ignored', when, (...args: unknown[]) => fixture.note(`${when}: plain`, ...args));
  socket
    .timeout(5_000)
    .emit('ignored', when, (...args: unknown[]) => fixture.note(`${when}: with timeout`, ...args));
  follow(fixture, `${when}: emitWithAck`, socket.emitWithAck('ignored', when));
  follow(fixture, `${when}: emitWithAck with timeout`, socket.timeout(5_000).emitWithAck('ignored', when));
}

export const acks: Scenario[] = [
  {
    name: 'a callback is called on the socket, so that it can emit again by `this`',
    run: async (fixture) => {
      const socket = await fixture.connected();
      const again = function (this: Socket, ...args: unknown[]): void {
        fixture.note('on the socket', this === socket, args);
        this.emit('echo', 'again', (text: string) => fixture.note('again', text));
      };
      socket.emit('echo', 1, again);
      await fixture.noted('again');
      socket.timeout(5_000).emit('echo', 2, again);
      await fixture.noted('again', 2);
      socket.timeout(20).emit('ignored', function (this: Socket, error: Error) {
        fixture.note('expired on the socket', this === socket, error.message);
      });
      await fixture.noted('expired on the socket');
    },
  },
  {
    name: 'a plain callback gets the answer of the server',
    run: async (fixture) => {
      const socket = await fixture.connected();
      socket.emit('echo', (...args: unknown[]) => fixture.note('nothing', ...args));
      socket.emit('echo', 1, 'two', { three: 3 }, (...args: unknown[]) => fixture.note('three', ...args));
      socket.emit('echo', Buffer.from('bin'), null, undefined, (...args: unknown[]) =>
        fixture.note('binary', ...args),
      );
      await fixture.noted('binary');
    },
  },
  {
    name: 'the callback of an emit before the connect is called after it',
    run: async (fixture) => {
      const socket = fixture.watch(fixture.io());
      socket.emit('echo', 'early', (...args: unknown[]) => fixture.note('answer', ...args));
      follow(fixture, 'promise', socket.emitWithAck('echo', 'early too'));
      await fixture.noted('promise');
    },
  },
  {
    name: 'emitWithAck resolves with the first argument of the answer',
    setup: (app) => app.on('connection', (socket) => socket.on('none', (answer) => answer())),
    run: async (fixture) => {
      const socket = await fixture.connected();
      follow(fixture, 'one', socket.emitWithAck('echo', 1));
      follow(fixture, 'two', socket.emitWithAck('echo', 'a', 'b'));
      follow(fixture, 'none', socket.emitWithAck('none'));
      follow(fixture, 'error-like', socket.emitWithAck('echo', { message: 'no error' }));
      follow(fixture, 'with timeout', socket.timeout(1_000).emitWithAck('echo', 2));
      await fixture.noted('with timeout');
    },
  },
  {
    name: 'timeout() puts null before the answer',
    run: async (fixture) => {
      const socket = await fixture.connected();
      fixture.note('same', socket.timeout(1_000) === socket);
      socket.emit('echo', 'a', 'b', (...args: unknown[]) => fixture.note('answer', ...args));
      await fixture.noted('answer');
    },
  },
  {
    name: 'timeout() expires, and a late answer is ignored',
    setup: (app) =>
      app.on('connection', (socket) => socket.on('slow', (answer) => setTimeout(() => answer('late'), 100))),
    run: async (fixture) => {
      const socket = await fixture.connected();
      socket.timeout(30).emit('slow', (...args: unknown[]) => fixture.note('callback', ...args));
      follow(fixture, 'promise', socket.timeout(40).emitWithAck('slow'));
      await fixture.noted('promise');
      await fixture.settle(150);
      socket.emit('slow', (...args: unknown[]) => fixture.note('without', ...args));
      await fixture.noted('without');
    },
  },
  {
    name: 'timeout(0)',
    run: async (fixture) => {
      const socket = await fixture.connected();
      socket.timeout(0).emit('ignored', (...args: unknown[]) => fixture.note('callback', ...args));
      await fixture.noted('callback');
    },
  },
  {
    name: 'timeout() without a callback',
    run: async (fixture) => {
      const socket = await fixture.connected();
      socket.timeout(10).emit('echo', 'nobody asks');
      fixture.hear(socket, 'echo');
      await fixture.noted('heard');
      await fixture.settle();
    },
  },
  {
    name: 'timeout() while disconnected removes the packet from the sendBuffer',
    run: async (fixture) => {
      const socket = fixture.io('', { autoConnect: false });
      socket.emit('echo', 'stays', (...args: unknown[]) => fixture.note('stays', ...args));
      socket
        .timeout(30)
        .emit('echo', 'goes', (...args: unknown[]) =>
          fixture.note('goes', ...args, socket.sendBuffer.length),
        );
      follow(fixture, 'promise', socket.timeout(40).emitWithAck('echo', 'goes too'));
      fixture.note('waiting', socket.sendBuffer.length);
      await fixture.noted('promise');
      fixture.note('waiting', socket.sendBuffer.length);
      socket.connect();
      await fixture.noted('stays');
      await fixture.settle();
    },
  },
  {
    name: 'the ids of pending acknowledgements, in a member that only its type makes private',
    run: async (lab) => {
      const socket = await lab.connected();
      const pending = (): string[] => Object.keys((socket as unknown as { acks: object }).acks);
      lab.note('before', pending());
      socket.emit('ignored', () => {});
      const answer = socket.emitWithAck('echo', 1);
      lab.note('while it waits', pending());
      await answer;
      lab.note('after the answer', pending());
    },
  },
  {
    name: 'acknowledgements that are pending when the connection is cut',
    run: async (fixture) => {
      const socket = fixture.watch(fixture.io());
      await fixture.noted('socket connect');
      ask(fixture, socket, 'sent');
      await fixture.served('/ event', 4);
      fixture.server.latest().conn.close();
      await fixture.noted('socket connect', 2);
      await fixture.settle();
    },
  },
  {
    name: 'acknowledgements that are pending at disconnect()',
    run: async (fixture) => {
      const socket = fixture.watch(fixture.io());
      await fixture.noted('socket connect');
      ask(fixture, socket, 'sent');
      await fixture.served('/ event', 4);
      socket.disconnect();
      fixture.note('left');
      ask(fixture, socket, 'kept');
      await fixture.settle();
      fixture.note('then', fixture.state(socket));
      socket.connect();
      await fixture.noted('socket connect', 2);
      await fixture.served('/ event', 8);
    },
  },
  {
    name: 'acknowledgements of buffered packets survive a cut, and are answered later',
    run: async (fixture) => {
      const socket = fixture.watch(fixture.io());
      await fixture.noted('socket connect');
      socket.io.engine.close();
      socket.emit('echo', 1, (...args: unknown[]) => fixture.note('plain', ...args));
      socket.timeout(2_000).emit('echo', 2, (...args: unknown[]) => fixture.note('with timeout', ...args));
      follow(fixture, 'promise', socket.emitWithAck('echo', 3));
      await fixture.noted('promise');
    },
  },
  {
    name: 'ackTimeout puts an error first for every callback',
    run: async (fixture) => {
      const socket = await fixture.connected('', { ackTimeout: 50 });
      socket.emit('echo', 'a', (...args: unknown[]) => fixture.note('in time', ...args));
      socket.emit('ignored', (...args: unknown[]) => fixture.note('too late', ...args));
      follow(fixture, 'promise', socket.emitWithAck('ignored'));
      follow(fixture, 'resolved', socket.emitWithAck('echo', 'b'));
      socket.timeout(100).emit('ignored', (...args: unknown[]) => fixture.note('own timeout', ...args));
      await fixture.noted('own timeout');
    },
  },
  {
    name: 'retries: each packet waits for the acknowledgement of the previous one',
    setup: (app) => {
      const seen = new Map<unknown, number>();
      app.on('connection', (socket) =>
        socket.on('unreliable', (value, answer) => {
          seen.set(value, (seen.get(value) ?? 0) + 1);
          if (seen.get(value) === 2) answer('got', value);
        }),
      );
    },
    run: async (fixture) => {
      const socket = fixture.watch(fixture.io('', { retries: 3, ackTimeout: 60 }));
      socket.emit('unreliable', 1, (...args: unknown[]) => fixture.note('first', ...args));
      socket.emit('unreliable', 2, (...args: unknown[]) => fixture.note('second', ...args));
      follow(fixture, 'promise', socket.emitWithAck('unreliable', 3));
      fixture.note('at once', fixture.state(socket));
      await fixture.noted('promise');
    },
  },
  {
    name: 'retries: gives up after their number, and continues with the next packet',
    run: async (fixture) => {
      const socket = await fixture.connected('', { retries: 2, ackTimeout: 40 });
      // holdfast reports the failure of the fourth packet; without a listener, there would be a warning.
      socket.on('dropped' as string, () => {});
      socket.emit('ignored', 1, (...args: unknown[]) => fixture.note('first', ...args));
      socket.emit('echo', 2, (...args: unknown[]) => fixture.note('second', ...args));
      follow(fixture, 'promise', socket.emitWithAck('ignored', 3));
      socket.emit('ignored', 4);
      await fixture.noted('promise');
      await fixture.served('/ event', 9);
      await fixture.settle(150);
    },
  },
  {
    name: 'retries: packets emitted while disconnected are sent on connect, volatile ones are not queued',
    run: async (fixture) => {
      const socket = fixture.watch(fixture.io('', { retries: 2, ackTimeout: 500, autoConnect: false }));
      socket.emit('echo', 1, (...args: unknown[]) => fixture.note('first', ...args));
      socket.volatile.emit('echo', 'volatile');
      socket.emit('echo', 2, (...args: unknown[]) => fixture.note('second', ...args));
      fixture.note('waiting', socket.sendBuffer.length);
      socket.on('connect', () => {
        socket.emit('echo', 3, (...args: unknown[]) => fixture.note('third', ...args));
      });
      socket.connect();
      await fixture.noted('third');
    },
  },
  {
    name: 'retries: a packet in flight is sent again after a cut',
    setup: (app) => {
      let seen = 0;
      app.on('connection', (socket) =>
        socket.on('once', (value, answer) => {
          seen += 1;
          if (seen === 1) socket.conn.close();
          else answer(value, seen);
        }),
      );
    },
    run: async (fixture) => {
      const socket = fixture.watch(fixture.io('', { retries: 5, ackTimeout: 2_000 }));
      socket.emit('once', 'a', (...args: unknown[]) => fixture.note('first', ...args));
      socket.emit('once', 'b', (...args: unknown[]) => fixture.note('second', ...args));
      await fixture.noted('second');
    },
  },
  {
    name: 'the server asks, the program answers',
    run: async (fixture) => {
      const socket = await fixture.connected();
      socket.on('ask', (...args) => {
        fixture.note('asked', ...args.slice(0, -1), typeof args.at(-1), args.length);
        args.at(-1)('answer', { to: args[0] });
      });
      socket.on('ask later', (answer) => setTimeout(() => answer('later'), 20));
      socket.on('ask twice', (answer) => {
        fixture.note('returned', answer('once'), answer('twice'));
      });
      socket.on('ask binary', (value, answer) => answer(Buffer.from(value), { nested: new Uint8Array([7]) }));
      socket.on('ask nothing', (answer) => answer());
      const onServer = fixture.server.latest();
      const asks: [string, ...unknown[]][] = [
        ['ask', 'me', 1],
        ['ask later'],
        ['ask twice'],
        ['ask binary', Buffer.from('x')],
        ['ask nothing'],
      ];
      for (const [event, ...args] of asks) {
        await new Promise<void>((resolve) => {
          onServer.emit(event, ...args, (...answer: unknown[]) => {
            fixture.onServer.add(`answer to ${event}`, answer);
            resolve();
          });
        });
      }
      const error = await onServer
        .timeout(50)
        .emitWithAck('ask nobody')
        .catch((reason) => reason);
      fixture.onServer.add('nobody', [error]);
    },
  },
  {
    name: 'an acknowledgement is not an outgoing event, and onAny gets the callback of a request',
    run: async (fixture) => {
      const socket = await fixture.connected();
      socket.onAny((...args) => fixture.note('any', ...args.map((arg) => typeof arg)));
      socket.onAnyOutgoing((...args) => fixture.note('outgoing', ...args.map((arg) => typeof arg)));
      socket.on('ask', (answer) => answer(1));
      fixture.onServer.add('answer', [await fixture.server.latest().emitWithAck('ask')]);
      socket.emit('echo', 1, () => fixture.note('acknowledged'));
      await fixture.noted('acknowledged');
    },
  },
  {
    name: 'many concurrent acknowledgements, in several namespaces',
    setup: (app) => void app.of('/a'),
    run: async (fixture) => {
      const root = await fixture.connected();
      const a = fixture.watch(root.io.socket('/a'), 'a');
      await fixture.noted('a connect');
      for (let index = 0; index < 20; index += 1) {
        const socket = index % 3 === 0 ? a : root;
        socket.emit('echo', index, (value: unknown) => fixture.note(`${nspOf(socket)} answer`, value));
      }
      await fixture.noted('/ answer', 13);
      await fixture.noted('/a answer', 7);
    },
  },
];
