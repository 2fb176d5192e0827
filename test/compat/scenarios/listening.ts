import type { Scenario } from '../record.js';

export const listening: Scenario[] = [
  {
    name: 'on, once, off and their aliases',
    run: async (fixture) => {
      const socket = await fixture.connected();
      const first = (...args: unknown[]) => fixture.note('first', ...args);
      const second = (...args: unknown[]) => fixture.note('second', ...args);
      const other = (...args: unknown[]) => fixture.note('other', ...args);
      const send = async (round: string) => {
        fixture.server.latest().emit('event', round);
        fixture.server.latest().emit('other', round);
        fixture.server.latest().emit('done', round);
        await fixture.noted(`done '${round}'`);
        fixture.note(
          'listeners',
          socket.hasListeners('event'),
          socket.listeners('event').length,
          socket.listeners('event').indexOf(first),
        );
      };
      socket.on('done', (round) => fixture.note('done', round));
      fixture.note('none', socket.hasListeners('event'), socket.listeners('event'));
      fixture.note('same', socket.on('event', first) === socket, socket.once('event', second) === socket);
      socket.on('event', first);
      await send('twice');
      fixture.note('same', socket.off('event', first) === socket);
      await send('removed one');
      socket.off('event', second);
      socket.once('event', second);
      socket.off('event', second);
      await send('removed once');
      socket.on('event', second).off('event');
      await send('removed all of one event');
      const listenable = socket as unknown as Record<string, (event: string, listener: unknown) => void>;
      listenable.addEventListener?.('event', first);
      fixture.note('added', socket.hasListeners('event'));
      listenable.removeEventListener?.('event', first);
      socket.on('event', second).removeListener('event', second);
      socket.on('event', second).removeAllListeners('event');
      await send('aliases');
      socket.on('event', first).on('other', other);
      socket.off('nothing', first).off('event', other);
      await send('unknown');
      socket.removeAllListeners();
      fixture.note('all gone', socket.hasListeners('event'), socket.hasListeners('done'));
      socket.emit('echo', 'still connected');
      await fixture.served('/ event');
    },
  },
  {
    name: 'listeners that add and remove listeners',
    run: async (fixture) => {
      const socket = await fixture.connected();
      const second = () => fixture.note('second');
      socket.on('event', () => {
        fixture.note('first');
        socket.off('event', second);
        socket.on('event', () => fixture.note('added'));
        socket.off('event', third);
      });
      socket.once('event', second);
      const third = () => fixture.note('third');
      socket.on('event', third);
      fixture.server.latest().emit('event');
      fixture.server.latest().emit('event');
      await fixture.noted('first', 2);
    },
  },
  {
    name: 'the list of listeners is live',
    run: async (fixture) => {
      const socket = await fixture.connected();
      const listener = () => fixture.note('heard');
      socket.on('event', listener);
      fixture.note('listeners', socket.listeners('event').includes(listener));
      socket.listeners('event').length = 0;
      fixture.note('emptied', socket.hasListeners('event'));
      socket.onAny(listener);
      socket.listenersAny().length = 0;
      fixture.note('emptied', socket.listenersAny().length);
    },
  },
  {
    name: 'this is the socket in a listener',
    run: async (fixture) => {
      const socket = await fixture.connected();
      socket.on('event', function (this: unknown) {
        fixture.note('on', this === socket);
      });
      socket.once('event', function (this: unknown) {
        fixture.note('once', this === socket);
      });
      socket.onAny(function (this: unknown) {
        fixture.note('onAny', this === socket);
      });
      socket.onAnyOutgoing(function (this: unknown) {
        fixture.note('onAnyOutgoing', this === socket);
      });
      fixture.server.latest().emit('event');
      await fixture.noted('once');
      socket.emit('echo');
      await fixture.served('/ event');
    },
  },
  {
    name: 'onAny, prependAny, offAny and listenersAny',
    run: async (fixture) => {
      const socket = await fixture.connected();
      const first = (...args: unknown[]) => fixture.note('first', ...args);
      const second = (...args: unknown[]) => fixture.note('second', ...args);
      const send = async (round: string) => {
        fixture.server.latest().emit('event', round, 1);
        fixture.server.latest().emit('done', round);
        await fixture.noted(`done '${round}'`);
        fixture.note('listeners', socket.listenersAny().length, socket.listenersAny().indexOf(first));
      };
      socket.on('done', (round) => fixture.note('done', round));
      socket.on('event', () => fixture.note('event'));
      fixture.note('none', socket.listenersAny());
      socket.offAny(first);
      fixture.note('same', socket.onAny(first) === socket, socket.prependAny(second) === socket);
      await send('both');
      socket.onAny(first);
      fixture.note('same', socket.offAny(first) === socket);
      await send('one of two removed');
      socket.offAny(() => {});
      await send('a stranger removed');
      fixture.note('same', socket.offAny() === socket);
      await send('all removed');
    },
  },
  {
    name: 'onAny is not called for the socket’s own events',
    run: async (fixture) => {
      const socket = fixture.watch(fixture.io());
      socket.onAny((...args) => fixture.note('any', ...args));
      await fixture.noted('socket connect');
      fixture.server.latest().emit('event');
      await fixture.noted('any');
      socket.disconnect();
    },
  },
  {
    name: 'onAnyOutgoing, prependAnyOutgoing, offAnyOutgoing and listenersAnyOutgoing',
    run: async (fixture) => {
      const socket = fixture.io('', { autoConnect: false });
      const first = (...args: unknown[]) => fixture.note('first', ...args);
      const second = (...args: unknown[]) => fixture.note('second', ...args);
      fixture.note('none', socket.listenersAnyOutgoing());
      fixture.note(
        'same',
        socket.onAnyOutgoing(first) === socket,
        socket.prependAnyOutgoing(second) === socket,
      );
      socket.emit('event', 'kept', { a: 1 }, () => {});
      socket.volatile.emit('event', 'dropped');
      fixture.note(
        'not yet',
        socket.listenersAnyOutgoing().length,
        socket.listenersAnyOutgoing().indexOf(first),
      );
      socket.on('connect', () => fixture.note('connect'));
      socket.connect();
      await fixture.noted('connect');
      socket.emit('event', 'sent', Buffer.from('x'), () => {});
      socket.volatile.emit('event', 'volatile');
      socket.send('sent');
      fixture.note('same', socket.offAnyOutgoing(first) === socket);
      socket.emit('event', 'one removed');
      socket.offAnyOutgoing(() => {});
      socket.emit('event', 'a stranger removed');
      fixture.note('same', socket.offAnyOutgoing() === socket, socket.listenersAnyOutgoing());
      socket.emit('event', 'all removed');
      await fixture.served("/ event 'event' 'all removed'");
    },
  },
  {
    name: 'events that arrive right after the CONNECT',
    setup: (app) => {
      app.on('connection', (socket) => {
        socket.emit('one', 1);
        socket.emit('two', Buffer.from('2'));
        socket.emit('three', (answer: unknown) => socket.emit('answered', answer));
      });
    },
    run: async (fixture) => {
      const socket = fixture.watch(fixture.io());
      fixture.hear(socket, 'one', 'two', 'answered');
      socket.on('three', (answer) => {
        fixture.note('asked');
        answer('three');
      });
      await fixture.noted('heard answered');
    },
  },
  {
    name: 'events of the server that are named like those of the library',
    run: async (fixture) => {
      const socket = await fixture.connected();
      fixture.watchManager(socket.io);
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
      fixture.hear(socket, ...names);
      for (const name of names) fixture.server.latest().emit(name, name);
      await fixture.noted('heard', names.length);
    },
  },
  {
    name: 'no event is delivered after disconnect()',
    setup: (app) => void app.of('/a'),
    run: async (fixture) => {
      const root = await fixture.connected();
      const a = root.io.socket('/a');
      await new Promise<void>((resolve) => a.once('connect', resolve));
      fixture.hear(a, 'event');
      fixture.server.latest('/a').emit('event', 1);
      a.disconnect();
      await fixture.served('/a disconnect');
      fixture.note('then', fixture.state(a));
    },
  },
];
