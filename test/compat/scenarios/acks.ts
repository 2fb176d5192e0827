import { type Lab, nspOf, type Scenario, type Socket } from '../record.js';

/** Writes down what becomes of a promise. */
function follow(lab: Lab, name: string, promise: Promise<unknown>): void {
  promise.then(
    (value) => lab.note(`${name} resolved`, value),
    (error) => lab.note(`${name} rejected`, error),
  );
}

/** Emits one request of each kind that nobody answers. */
function ask(lab: Lab, socket: Socket, when: string): void {
  socket.emit('ignored', when, (...args: unknown[]) => lab.note(`${when}: plain`, ...args));
  socket
    .timeout(5_000)
    .emit('ignored', when, (...args: unknown[]) => lab.note(`${when}: with timeout`, ...args));
  follow(lab, `${when}: emitWithAck`, socket.emitWithAck('ignored', when));
  follow(lab, `${when}: emitWithAck with timeout`, socket.timeout(5_000).emitWithAck('ignored', when));
}

export const acks: Scenario[] = [
  {
    name: 'a plain callback gets what the server answers',
    run: async (lab) => {
      const socket = await lab.connected();
      socket.emit('echo', (...args: unknown[]) => lab.note('nothing', ...args));
      socket.emit('echo', 1, 'two', { three: 3 }, (...args: unknown[]) => lab.note('three', ...args));
      socket.emit('echo', Buffer.from('bin'), null, undefined, (...args: unknown[]) =>
        lab.note('binary', ...args),
      );
      await lab.noted('binary');
    },
  },
  {
    name: 'a callback given before the connect is called after it',
    run: async (lab) => {
      const socket = lab.watch(lab.io());
      socket.emit('echo', 'early', (...args: unknown[]) => lab.note('answer', ...args));
      follow(lab, 'promise', socket.emitWithAck('echo', 'early too'));
      await lab.noted('promise');
    },
  },
  {
    name: 'emitWithAck resolves with the first argument of the answer',
    setup: (app) => app.on('connection', (socket) => socket.on('none', (answer) => answer())),
    run: async (lab) => {
      const socket = await lab.connected();
      follow(lab, 'one', socket.emitWithAck('echo', 1));
      follow(lab, 'two', socket.emitWithAck('echo', 'a', 'b'));
      follow(lab, 'none', socket.emitWithAck('none'));
      follow(lab, 'error-like', socket.emitWithAck('echo', { message: 'no error' }));
      follow(lab, 'with timeout', socket.timeout(1_000).emitWithAck('echo', 2));
      await lab.noted('with timeout');
    },
  },
  {
    name: 'timeout() puts null before the answer',
    run: async (lab) => {
      const socket = await lab.connected();
      lab.note('same', socket.timeout(1_000) === socket);
      socket.emit('echo', 'a', 'b', (...args: unknown[]) => lab.note('answer', ...args));
      await lab.noted('answer');
    },
  },
  {
    name: 'timeout() runs out, and a late answer is nobody’s',
    setup: (app) =>
      app.on('connection', (socket) => socket.on('slow', (answer) => setTimeout(() => answer('late'), 100))),
    run: async (lab) => {
      const socket = await lab.connected();
      socket.timeout(30).emit('slow', (...args: unknown[]) => lab.note('callback', ...args));
      follow(lab, 'promise', socket.timeout(40).emitWithAck('slow'));
      await lab.noted('promise');
      await lab.settle(150);
      socket.emit('slow', (...args: unknown[]) => lab.note('without', ...args));
      await lab.noted('without');
    },
  },
  {
    name: 'timeout(0)',
    run: async (lab) => {
      const socket = await lab.connected();
      socket.timeout(0).emit('ignored', (...args: unknown[]) => lab.note('callback', ...args));
      await lab.noted('callback');
    },
  },
  {
    name: 'timeout() without a callback',
    run: async (lab) => {
      const socket = await lab.connected();
      socket.timeout(10).emit('echo', 'nobody asks');
      lab.hear(socket, 'echo');
      await lab.noted('heard');
      await lab.settle();
    },
  },
  {
    name: 'timeout() while away takes the packet out of the sendBuffer',
    run: async (lab) => {
      const socket = lab.io('', { autoConnect: false });
      socket.emit('echo', 'stays', (...args: unknown[]) => lab.note('stays', ...args));
      socket
        .timeout(30)
        .emit('echo', 'goes', (...args: unknown[]) => lab.note('goes', ...args, socket.sendBuffer.length));
      follow(lab, 'promise', socket.timeout(40).emitWithAck('echo', 'goes too'));
      lab.note('waiting', socket.sendBuffer.length);
      await lab.noted('promise');
      lab.note('waiting', socket.sendBuffer.length);
      socket.connect();
      await lab.noted('stays');
      await lab.settle();
    },
  },
  {
    name: 'the ids of what is pending, in a member that is private by its type alone',
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
    run: async (lab) => {
      const socket = lab.watch(lab.io());
      await lab.noted('socket connect');
      ask(lab, socket, 'sent');
      await lab.served('/ event', 4);
      lab.server.latest().conn.close();
      await lab.noted('socket connect', 2);
      await lab.settle();
    },
  },
  {
    name: 'acknowledgements that are pending at disconnect()',
    run: async (lab) => {
      const socket = lab.watch(lab.io());
      await lab.noted('socket connect');
      ask(lab, socket, 'sent');
      await lab.served('/ event', 4);
      socket.disconnect();
      lab.note('left');
      ask(lab, socket, 'kept');
      await lab.settle();
      lab.note('then', lab.state(socket));
      socket.connect();
      await lab.noted('socket connect', 2);
      await lab.served('/ event', 8);
    },
  },
  {
    name: 'acknowledgements of packets that wait survive a cut, and are answered later',
    run: async (lab) => {
      const socket = lab.watch(lab.io());
      await lab.noted('socket connect');
      socket.io.engine.close();
      socket.emit('echo', 1, (...args: unknown[]) => lab.note('plain', ...args));
      socket.timeout(2_000).emit('echo', 2, (...args: unknown[]) => lab.note('with timeout', ...args));
      follow(lab, 'promise', socket.emitWithAck('echo', 3));
      await lab.noted('promise');
    },
  },
  {
    name: 'ackTimeout puts an error first for every callback',
    run: async (lab) => {
      const socket = await lab.connected('', { ackTimeout: 50 });
      socket.emit('echo', 'a', (...args: unknown[]) => lab.note('in time', ...args));
      socket.emit('ignored', (...args: unknown[]) => lab.note('too late', ...args));
      follow(lab, 'promise', socket.emitWithAck('ignored'));
      follow(lab, 'resolved', socket.emitWithAck('echo', 'b'));
      socket.timeout(100).emit('ignored', (...args: unknown[]) => lab.note('own timeout', ...args));
      await lab.noted('own timeout');
    },
  },
  {
    name: 'retries: each packet waits for the acknowledgement of the one before',
    setup: (app) => {
      const seen = new Map<unknown, number>();
      app.on('connection', (socket) =>
        socket.on('unreliable', (value, answer) => {
          seen.set(value, (seen.get(value) ?? 0) + 1);
          if (seen.get(value) === 2) answer('got', value);
        }),
      );
    },
    run: async (lab) => {
      const socket = lab.watch(lab.io('', { retries: 3, ackTimeout: 60 }));
      socket.emit('unreliable', 1, (...args: unknown[]) => lab.note('first', ...args));
      socket.emit('unreliable', 2, (...args: unknown[]) => lab.note('second', ...args));
      follow(lab, 'promise', socket.emitWithAck('unreliable', 3));
      lab.note('at once', lab.state(socket));
      await lab.noted('promise');
    },
  },
  {
    name: 'retries: gives up after as many, and goes on with the next packet',
    run: async (lab) => {
      const socket = await lab.connected('', { retries: 2, ackTimeout: 40 });
      // Here, the fourth packet's end is told; where nobody listened, it would be reported.
      socket.on('dropped' as string, () => {});
      socket.emit('ignored', 1, (...args: unknown[]) => lab.note('first', ...args));
      socket.emit('echo', 2, (...args: unknown[]) => lab.note('second', ...args));
      follow(lab, 'promise', socket.emitWithAck('ignored', 3));
      socket.emit('ignored', 4);
      await lab.noted('promise');
      await lab.served('/ event', 9);
      await lab.settle(150);
    },
  },
  {
    name: 'retries: packets emitted while away are sent on connect, volatile ones are not queued',
    run: async (lab) => {
      const socket = lab.watch(lab.io('', { retries: 2, ackTimeout: 500, autoConnect: false }));
      socket.emit('echo', 1, (...args: unknown[]) => lab.note('first', ...args));
      socket.volatile.emit('echo', 'volatile');
      socket.emit('echo', 2, (...args: unknown[]) => lab.note('second', ...args));
      lab.note('waiting', socket.sendBuffer.length);
      socket.on('connect', () => {
        socket.emit('echo', 3, (...args: unknown[]) => lab.note('third', ...args));
      });
      socket.connect();
      await lab.noted('third');
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
    run: async (lab) => {
      const socket = lab.watch(lab.io('', { retries: 5, ackTimeout: 2_000 }));
      socket.emit('once', 'a', (...args: unknown[]) => lab.note('first', ...args));
      socket.emit('once', 'b', (...args: unknown[]) => lab.note('second', ...args));
      await lab.noted('second');
    },
  },
  {
    name: 'the server asks, the program answers',
    run: async (lab) => {
      const socket = await lab.connected();
      socket.on('ask', (...args) => {
        lab.note('asked', ...args.slice(0, -1), typeof args.at(-1), args.length);
        args.at(-1)('answer', { to: args[0] });
      });
      socket.on('ask later', (answer) => setTimeout(() => answer('later'), 20));
      socket.on('ask twice', (answer) => {
        lab.note('returned', answer('once'), answer('twice'));
      });
      socket.on('ask binary', (value, answer) => answer(Buffer.from(value), { nested: new Uint8Array([7]) }));
      socket.on('ask nothing', (answer) => answer());
      const onServer = lab.server.latest();
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
            lab.onServer.add(`answer to ${event}`, answer);
            resolve();
          });
        });
      }
      const error = await onServer
        .timeout(50)
        .emitWithAck('ask nobody')
        .catch((reason) => reason);
      lab.onServer.add('nobody', [error]);
    },
  },
  {
    name: 'an acknowledgement is no outgoing event, and a request shows its callback to onAny',
    run: async (lab) => {
      const socket = await lab.connected();
      socket.onAny((...args) => lab.note('any', ...args.map((arg) => typeof arg)));
      socket.onAnyOutgoing((...args) => lab.note('outgoing', ...args.map((arg) => typeof arg)));
      socket.on('ask', (answer) => answer(1));
      lab.onServer.add('answer', [await lab.server.latest().emitWithAck('ask')]);
      socket.emit('echo', 1, () => lab.note('acknowledged'));
      await lab.noted('acknowledged');
    },
  },
  {
    name: 'many acknowledgements at a time, in several namespaces',
    setup: (app) => void app.of('/a'),
    run: async (lab) => {
      const root = await lab.connected();
      const a = lab.watch(root.io.socket('/a'), 'a');
      await lab.noted('a connect');
      for (let index = 0; index < 20; index += 1) {
        const socket = index % 3 === 0 ? a : root;
        socket.emit('echo', index, (value: unknown) => lab.note(`${nspOf(socket)} answer`, value));
      }
      await lab.noted('/ answer', 13);
      await lab.noted('/a answer', 7);
    },
  },
];
