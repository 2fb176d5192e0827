import type { Scenario } from '../record.js';

export const listening: Scenario[] = [
  {
    name: 'on, once, off and their aliases',
    run: async (lab) => {
      const socket = await lab.connected();
      const first = (...args: unknown[]) => lab.note('first', ...args);
      const second = (...args: unknown[]) => lab.note('second', ...args);
      const other = (...args: unknown[]) => lab.note('other', ...args);
      const send = async (round: string) => {
        lab.server.latest().emit('event', round);
        lab.server.latest().emit('other', round);
        lab.server.latest().emit('done', round);
        await lab.noted(`done '${round}'`);
        lab.note(
          'listeners',
          socket.hasListeners('event'),
          socket.listeners('event').length,
          socket.listeners('event').indexOf(first),
        );
      };
      socket.on('done', (round) => lab.note('done', round));
      lab.note('none', socket.hasListeners('event'), socket.listeners('event'));
      lab.note('same', socket.on('event', first) === socket, socket.once('event', second) === socket);
      socket.on('event', first);
      await send('twice');
      lab.note('same', socket.off('event', first) === socket);
      await send('removed one');
      socket.off('event', second);
      socket.once('event', second);
      socket.off('event', second);
      await send('removed once');
      socket.on('event', second).off('event');
      await send('removed all of one event');
      const listenable = socket as unknown as Record<string, (event: string, listener: unknown) => void>;
      listenable.addEventListener?.('event', first);
      lab.note('added', socket.hasListeners('event'));
      listenable.removeEventListener?.('event', first);
      socket.on('event', second).removeListener('event', second);
      socket.on('event', second).removeAllListeners('event');
      await send('aliases');
      socket.on('event', first).on('other', other);
      socket.off('nothing', first).off('event', other);
      await send('unknown');
      socket.removeAllListeners();
      lab.note('all gone', socket.hasListeners('event'), socket.hasListeners('done'));
      socket.emit('echo', 'still connected');
      await lab.served('/ event');
    },
  },
  {
    name: 'listeners that add and remove listeners',
    run: async (lab) => {
      const socket = await lab.connected();
      const second = () => lab.note('second');
      socket.on('event', () => {
        lab.note('first');
        socket.off('event', second);
        socket.on('event', () => lab.note('added'));
        socket.off('event', third);
      });
      socket.once('event', second);
      const third = () => lab.note('third');
      socket.on('event', third);
      lab.server.latest().emit('event');
      lab.server.latest().emit('event');
      await lab.noted('first', 2);
    },
  },
  {
    name: 'the list of listeners is live',
    run: async (lab) => {
      const socket = await lab.connected();
      const listener = () => lab.note('heard');
      socket.on('event', listener);
      lab.note('listeners', socket.listeners('event').includes(listener));
      socket.listeners('event').length = 0;
      lab.note('emptied', socket.hasListeners('event'));
      socket.onAny(listener);
      socket.listenersAny().length = 0;
      lab.note('emptied', socket.listenersAny().length);
    },
  },
  {
    name: 'this is the socket in a listener',
    run: async (lab) => {
      const socket = await lab.connected();
      socket.on('event', function (this: unknown) {
        lab.note('on', this === socket);
      });
      socket.once('event', function (this: unknown) {
        lab.note('once', this === socket);
      });
      socket.onAny(function (this: unknown) {
        lab.note('onAny', this === socket);
      });
      socket.onAnyOutgoing(function (this: unknown) {
        lab.note('onAnyOutgoing', this === socket);
      });
      lab.server.latest().emit('event');
      await lab.noted('once');
      socket.emit('echo');
      await lab.served('/ event');
    },
  },
  {
    name: 'onAny, prependAny, offAny and listenersAny',
    run: async (lab) => {
      const socket = await lab.connected();
      const first = (...args: unknown[]) => lab.note('first', ...args);
      const second = (...args: unknown[]) => lab.note('second', ...args);
      const send = async (round: string) => {
        lab.server.latest().emit('event', round, 1);
        lab.server.latest().emit('done', round);
        await lab.noted(`done '${round}'`);
        lab.note('listeners', socket.listenersAny().length, socket.listenersAny().indexOf(first));
      };
      socket.on('done', (round) => lab.note('done', round));
      socket.on('event', () => lab.note('event'));
      lab.note('none', socket.listenersAny());
      socket.offAny(first);
      lab.note('same', socket.onAny(first) === socket, socket.prependAny(second) === socket);
      await send('both');
      socket.onAny(first);
      lab.note('same', socket.offAny(first) === socket);
      await send('one of two removed');
      socket.offAny(() => {});
      await send('a stranger removed');
      lab.note('same', socket.offAny() === socket);
      await send('all removed');
    },
  },
  {
    name: 'onAny does not hear of the socket’s own events',
    run: async (lab) => {
      const socket = lab.watch(lab.io());
      socket.onAny((...args) => lab.note('any', ...args));
      await lab.noted('socket connect');
      lab.server.latest().emit('event');
      await lab.noted('any');
      socket.disconnect();
    },
  },
  {
    name: 'onAnyOutgoing, prependAnyOutgoing, offAnyOutgoing and listenersAnyOutgoing',
    run: async (lab) => {
      const socket = lab.io('', { autoConnect: false });
      const first = (...args: unknown[]) => lab.note('first', ...args);
      const second = (...args: unknown[]) => lab.note('second', ...args);
      lab.note('none', socket.listenersAnyOutgoing());
      lab.note('same', socket.onAnyOutgoing(first) === socket, socket.prependAnyOutgoing(second) === socket);
      socket.emit('event', 'kept', { a: 1 }, () => {});
      socket.volatile.emit('event', 'dropped');
      lab.note('not yet', socket.listenersAnyOutgoing().length, socket.listenersAnyOutgoing().indexOf(first));
      socket.on('connect', () => lab.note('connect'));
      socket.connect();
      await lab.noted('connect');
      socket.emit('event', 'sent', Buffer.from('x'), () => {});
      socket.volatile.emit('event', 'volatile');
      socket.send('sent');
      lab.note('same', socket.offAnyOutgoing(first) === socket);
      socket.emit('event', 'one removed');
      socket.offAnyOutgoing(() => {});
      socket.emit('event', 'a stranger removed');
      lab.note('same', socket.offAnyOutgoing() === socket, socket.listenersAnyOutgoing());
      socket.emit('event', 'all removed');
      await lab.served("/ event 'event' 'all removed'");
    },
  },
  {
    name: 'events that come right behind the CONNECT',
    setup: (app) => {
      app.on('connection', (socket) => {
        socket.emit('one', 1);
        socket.emit('two', Buffer.from('2'));
        socket.emit('three', (answer: unknown) => socket.emit('answered', answer));
      });
    },
    run: async (lab) => {
      const socket = lab.watch(lab.io());
      lab.hear(socket, 'one', 'two', 'answered');
      socket.on('three', (answer) => {
        lab.note('asked');
        answer('three');
      });
      await lab.noted('heard answered');
    },
  },
  {
    name: 'events of the server that are named like those of the library',
    run: async (lab) => {
      const socket = await lab.connected();
      lab.watchManager(socket.io);
      const names = [
        'error',
        'open',
        'close',
        'ping',
        'pong',
        'packet',
        'message',
        'reconnect',
        'data',
        'upgrade',
      ];
      lab.hear(socket, ...names);
      for (const name of names) lab.server.latest().emit(name, name);
      await lab.noted('heard', names.length);
    },
  },
  {
    name: 'nothing is heard after disconnect()',
    setup: (app) => void app.of('/a'),
    run: async (lab) => {
      const root = await lab.connected();
      const a = root.io.socket('/a');
      await new Promise<void>((resolve) => a.once('connect', resolve));
      lab.hear(a, 'event');
      lab.server.latest('/a').emit('event', 1);
      a.disconnect();
      await lab.served('/a disconnect');
      lab.note('then', lab.state(a));
    },
  },
];
