import type { Scenario } from '../record.js';

function exhausted(transports: string[]): Scenario {
  return {
    name: `gives up after reconnectionAttempts, with ${transports}`,
    transports,
    run: async (fixture) => {
      const socket = fixture.io('', { reconnectionAttempts: 3 });
      fixture.watchManager(socket.io);
      socket.on('connect', () => fixture.note('socket connect'));
      socket.on('connect_error', (error) => fixture.note('socket connect_error', error));
      socket.on('disconnect', () => fixture.note('socket disconnect'));
      await fixture.noted('socket connect');
      socket.io.engine.on('close', () => fixture.note('engine close'));
      await fixture.server.stop();
      await fixture.noted('manager reconnect_failed');
      await fixture.settle(150);
      fixture.note('then', socket.connected);
    },
  };
}

export const reconnecting: Scenario[] = [
  exhausted(['websocket']),
  exhausted(['polling']),
  {
    name: 'gives up on the first connect, too, and can connect again',
    run: async (fixture) => {
      await fixture.server.stop();
      const socket = fixture.io('', { reconnectionAttempts: 2 });
      fixture.watchManager(socket.io);
      socket.on('connect', () => fixture.note('socket connect', socket.connected, socket.active));
      socket.on('connect_error', (error) => fixture.note('socket connect_error', error));
      await fixture.noted('manager reconnect_failed');
      await fixture.settle(100);
      await fixture.server.start();
      socket.io.open();
      await fixture.noted('socket connect true');
    },
  },
  {
    name: 'numbers its attempts until the server returns',
    run: async (fixture) => {
      const socket = fixture.watch(fixture.io('', { reconnectionDelay: 100, reconnectionDelayMax: 100 }));
      fixture.watchManager(socket.io);
      let failures = 0;
      socket.io.on('reconnect_error', () => {
        failures += 1;
        if (failures === 3) void fixture.server.start();
      });
      socket.io.on('reconnect_attempt', () => fixture.note('trying', fixture.state(socket)));
      await fixture.noted('socket connect');
      await fixture.server.stop();
      await fixture.noted('socket connect {', 2);
      await fixture.settle();
      socket.io.engine.close();
      await fixture.noted('socket connect {', 3);
      await fixture.settle();
    },
  },
  {
    name: 'emits made while disconnected are sent in order, before those of the connect handler',
    transports: ['polling'],
    run: async (fixture) => {
      const socket = fixture.io();
      fixture.hear(socket, 'echo');
      socket.on('connect', () => socket.emit('echo', 'in connect', socket.sendBuffer.length));
      socket.on('disconnect', () => socket.emit('echo', 'in disconnect'));
      fixture.watchManager(socket.io);
      socket.io.on('reconnect_attempt', () => socket.emit('echo', 'in attempt'));
      socket.io.on('reconnect', () => socket.emit('echo', 'in reconnect'));
      socket.io.on('open', () => socket.emit('echo', 'in open'));
      socket.emit('echo', 'first');
      await fixture.noted('heard echo', 3);
      socket.io.engine.close();
      socket.emit('echo', 'away');
      await fixture.noted('heard echo', 9);
    },
  },
  {
    name: 'two namespaces disconnect and reconnect in this order',
    setup: (app) => {
      app.of('/a');
      app.of('/b');
    },
    run: async (fixture) => {
      const b = fixture.watch(fixture.io('/b'), 'b');
      const root = fixture.watch(fixture.io('/'), 'root');
      const a = fixture.watch(fixture.io('/a'), 'a');
      fixture.watchManager(root.io);
      await Promise.all([
        fixture.noted('a connect'),
        fixture.noted('b connect'),
        fixture.noted('root connect'),
      ]);
      root.io.engine.close();
      for (const [index, socket] of [b, a, root, a].entries()) socket.emit('echo', index);
      await Promise.all([
        fixture.noted('a connect', 2),
        fixture.noted('b connect', 2),
        fixture.noted('root connect', 2),
      ]);
      await fixture.served('/a event', 2);
    },
  },
  {
    name: 'has another id after a reconnect',
    run: async (fixture) => {
      const socket = fixture.watch(fixture.io());
      await fixture.noted('socket connect');
      const first = socket.id;
      fixture.note('same as on the server', first === fixture.server.latest().id);
      socket.io.engine.close();
      fixture.note('away', socket.id);
      await fixture.noted('socket connect', 2);
      fixture.note('another', first !== socket.id, socket.id === fixture.server.latest().id);
    },
  },
  {
    name: 'disconnect() while waiting to reconnect ends the wait; connect() starts again',
    run: async (fixture) => {
      const socket = fixture.watch(fixture.io('', { reconnectionDelay: 100, reconnectionDelayMax: 100 }));
      fixture.watchManager(socket.io);
      await fixture.noted('socket connect');
      socket.io.engine.close();
      socket.disconnect();
      fixture.note('left', fixture.state(socket));
      await fixture.settle(250);
      fixture.note('quiet', fixture.state(socket));
      socket.connect();
      await fixture.noted('socket connect', 2);
    },
  },
  {
    name: 'connect() while waiting to reconnect does not shorten the wait',
    run: async (fixture) => {
      const socket = fixture.watch(fixture.io('', { reconnectionDelay: 150, reconnectionDelayMax: 150 }));
      fixture.watchManager(socket.io);
      await fixture.noted('socket connect');
      socket.io.engine.close();
      socket.connect();
      fixture.note('asked', fixture.state(socket));
      await fixture.noted('socket connect', 2);
    },
  },
  {
    name: 'one namespace disconnects while another waits to reconnect',
    setup: (app) => void app.of('/a'),
    run: async (fixture) => {
      const root = fixture.watch(fixture.io(), 'root');
      const a = fixture.watch(fixture.io('/a'), 'a');
      fixture.watchManager(root.io);
      await fixture.noted('a connect');
      await fixture.noted('root connect');
      root.io.engine.close();
      a.disconnect();
      await fixture.noted('root connect', 2);
      await fixture.settle();
      fixture.note('then', fixture.state(a));
    },
  },
  {
    name: 'a namespace requested while waiting to reconnect connects with the others',
    setup: (app) => void app.of('/a'),
    run: async (fixture) => {
      const root = fixture.watch(fixture.io(), 'root');
      fixture.watchManager(root.io);
      await fixture.noted('root connect');
      root.io.engine.close();
      const a = fixture.watch(root.io.socket('/a'), 'a');
      fixture.note('asked', fixture.state(a));
      await fixture.noted('a connect');
      await fixture.noted('root connect', 2);
    },
  },
  {
    name: 'manager.opts changed in reconnect_attempt apply to that attempt',
    setup: (app, fixture) =>
      app.on('connection', (socket) => fixture.onServer.add('header', [socket.handshake.headers['x-try']])),
    run: async (fixture) => {
      const socket = fixture.watch(fixture.io('', { query: { try: '0' }, extraHeaders: { 'x-try': '0' } }));
      socket.io.on('reconnect_attempt', (attempt) => {
        fixture.note('attempt', attempt, socket.io.opts.query, socket.io.opts.extraHeaders);
        (socket.io.opts.query as Record<string, string>).try = 'changed';
        socket.io.opts.extraHeaders = { 'x-try': 'changed' };
      });
      await fixture.noted('socket connect');
      socket.io.engine.close();
      await fixture.noted('socket connect', 2);
    },
  },
  {
    name: 'manager.opts.transports changed in reconnect_attempt apply',
    run: async (fixture) => {
      const socket = fixture.watch(fixture.io());
      socket.io.on('reconnect_attempt', () => {
        socket.io.opts.transports = ['polling'];
      });
      await fixture.noted('socket connect');
      fixture.note('transport', socket.io.engine.transport.name);
      socket.io.engine.close();
      await fixture.noted('socket connect', 2);
      fixture.note('transport', socket.io.engine.transport.name);
    },
  },
  {
    name: 'reconnection(false) during the wait',
    run: async (fixture) => {
      const socket = fixture.watch(fixture.io('', { reconnectionDelay: 50 }));
      fixture.watchManager(socket.io);
      await fixture.noted('socket connect');
      socket.io.reconnection(false);
      socket.io.engine.close();
      await fixture.settle(200);
      socket.io.reconnection(true);
      socket.io.open();
      await fixture.noted('socket connect', 2);
    },
  },
  {
    name: 'a middleware that refuses after a reconnect',
    setup: (app) => {
      let served = 0;
      app.use((_socket, next) => {
        served += 1;
        next(served === 2 ? new Error('not again') : undefined);
      });
    },
    run: async (fixture) => {
      const socket = fixture.watch(fixture.io());
      fixture.watchManager(socket.io);
      await fixture.noted('socket connect {');
      socket.io.engine.close();
      socket.emit('echo', 'kept');
      await fixture.noted('socket connect_error');
      await fixture.settle(150);
      fixture.note('then', fixture.state(socket));
      socket.connect();
      await fixture.noted('socket connect {', 2);
      await fixture.served('/ event');
    },
  },
];
