import type { Scenario } from '../record.js';

function exhausted(transports: string[]): Scenario {
  return {
    name: `gives up after reconnectionAttempts, with ${transports}`,
    transports,
    run: async (lab) => {
      const socket = lab.io('', { reconnectionAttempts: 3 });
      lab.watchManager(socket.io);
      socket.on('connect', () => lab.note('socket connect'));
      socket.on('connect_error', (error) => lab.note('socket connect_error', error));
      socket.on('disconnect', () => lab.note('socket disconnect'));
      await lab.noted('socket connect');
      socket.io.engine.on('close', () => lab.note('engine close'));
      await lab.server.stop();
      await lab.noted('manager reconnect_failed');
      await lab.settle(150);
      lab.note('then', socket.connected);
    },
  };
}

export const reconnecting: Scenario[] = [
  exhausted(['websocket']),
  exhausted(['polling']),
  {
    name: 'gives up on the first connect, too, and can be asked again',
    run: async (lab) => {
      await lab.server.stop();
      const socket = lab.io('', { reconnectionAttempts: 2 });
      lab.watchManager(socket.io);
      socket.on('connect', () => lab.note('socket connect', socket.connected, socket.active));
      socket.on('connect_error', (error) => lab.note('socket connect_error', error));
      await lab.noted('manager reconnect_failed');
      await lab.settle(100);
      await lab.server.start();
      socket.io.open();
      await lab.noted('socket connect true');
    },
  },
  {
    name: 'numbers its attempts until the server is back',
    run: async (lab) => {
      const socket = lab.watch(lab.io('', { reconnectionDelay: 100, reconnectionDelayMax: 100 }));
      lab.watchManager(socket.io);
      let failures = 0;
      socket.io.on('reconnect_error', () => {
        failures += 1;
        if (failures === 3) void lab.server.start();
      });
      socket.io.on('reconnect_attempt', () => lab.note('trying', lab.state(socket)));
      await lab.noted('socket connect');
      await lab.server.stop();
      await lab.noted('socket connect {', 2);
      await lab.settle();
      socket.io.engine.close();
      await lab.noted('socket connect {', 3);
      await lab.settle();
    },
  },
  {
    name: 'emits made while away go out in order, before those of the connect handler',
    transports: ['polling'],
    run: async (lab) => {
      const socket = lab.io();
      lab.hear(socket, 'echo');
      socket.on('connect', () => socket.emit('echo', 'in connect', socket.sendBuffer.length));
      socket.on('disconnect', () => socket.emit('echo', 'in disconnect'));
      lab.watchManager(socket.io);
      socket.io.on('reconnect_attempt', () => socket.emit('echo', 'in attempt'));
      socket.io.on('reconnect', () => socket.emit('echo', 'in reconnect'));
      socket.io.on('open', () => socket.emit('echo', 'in open'));
      socket.emit('echo', 'first');
      await lab.noted('heard echo', 3);
      socket.io.engine.close();
      socket.emit('echo', 'away');
      await lab.noted('heard echo', 9);
    },
  },
  {
    name: 'two namespaces leave and come back in this order',
    setup: (app) => {
      app.of('/a');
      app.of('/b');
    },
    run: async (lab) => {
      const b = lab.watch(lab.io('/b'), 'b');
      const root = lab.watch(lab.io('/'), 'root');
      const a = lab.watch(lab.io('/a'), 'a');
      lab.watchManager(root.io);
      await Promise.all([lab.noted('a connect'), lab.noted('b connect'), lab.noted('root connect')]);
      root.io.engine.close();
      for (const [index, socket] of [b, a, root, a].entries()) socket.emit('echo', index);
      await Promise.all([lab.noted('a connect', 2), lab.noted('b connect', 2), lab.noted('root connect', 2)]);
      await lab.served('/a event', 2);
    },
  },
  {
    name: 'has another id after a reconnect',
    run: async (lab) => {
      const socket = lab.watch(lab.io());
      await lab.noted('socket connect');
      const first = socket.id;
      lab.note('same as on the server', first === lab.server.latest().id);
      socket.io.engine.close();
      lab.note('away', socket.id);
      await lab.noted('socket connect', 2);
      lab.note('another', first !== socket.id, socket.id === lab.server.latest().id);
    },
  },
  {
    name: 'disconnect() while waiting to reconnect ends it; connect() starts anew',
    run: async (lab) => {
      const socket = lab.watch(lab.io('', { reconnectionDelay: 100, reconnectionDelayMax: 100 }));
      lab.watchManager(socket.io);
      await lab.noted('socket connect');
      socket.io.engine.close();
      socket.disconnect();
      lab.note('left', lab.state(socket));
      await lab.settle(250);
      lab.note('quiet', lab.state(socket));
      socket.connect();
      await lab.noted('socket connect', 2);
    },
  },
  {
    name: 'connect() while waiting to reconnect does not hurry',
    run: async (lab) => {
      const socket = lab.watch(lab.io('', { reconnectionDelay: 150, reconnectionDelayMax: 150 }));
      lab.watchManager(socket.io);
      await lab.noted('socket connect');
      socket.io.engine.close();
      socket.connect();
      lab.note('asked', lab.state(socket));
      await lab.noted('socket connect', 2);
    },
  },
  {
    name: 'one namespace disconnects while another waits to reconnect',
    setup: (app) => void app.of('/a'),
    run: async (lab) => {
      const root = lab.watch(lab.io(), 'root');
      const a = lab.watch(lab.io('/a'), 'a');
      lab.watchManager(root.io);
      await lab.noted('a connect');
      await lab.noted('root connect');
      root.io.engine.close();
      a.disconnect();
      await lab.noted('root connect', 2);
      await lab.settle();
      lab.note('then', lab.state(a));
    },
  },
  {
    name: 'a namespace that is asked for while waiting to reconnect connects with the others',
    setup: (app) => void app.of('/a'),
    run: async (lab) => {
      const root = lab.watch(lab.io(), 'root');
      lab.watchManager(root.io);
      await lab.noted('root connect');
      root.io.engine.close();
      const a = lab.watch(root.io.socket('/a'), 'a');
      lab.note('asked', lab.state(a));
      await lab.noted('a connect');
      await lab.noted('root connect', 2);
    },
  },
  {
    name: 'manager.opts changed in reconnect_attempt apply to that attempt',
    setup: (app, lab) =>
      app.on('connection', (socket) => lab.onServer.add('header', [socket.handshake.headers['x-try']])),
    run: async (lab) => {
      const socket = lab.watch(lab.io('', { query: { try: '0' }, extraHeaders: { 'x-try': '0' } }));
      socket.io.on('reconnect_attempt', (attempt) => {
        lab.note('attempt', attempt, socket.io.opts.query, socket.io.opts.extraHeaders);
        (socket.io.opts.query as Record<string, string>).try = 'changed';
        socket.io.opts.extraHeaders = { 'x-try': 'changed' };
      });
      await lab.noted('socket connect');
      socket.io.engine.close();
      await lab.noted('socket connect', 2);
    },
  },
  {
    name: 'manager.opts.transports changed in reconnect_attempt apply',
    run: async (lab) => {
      const socket = lab.watch(lab.io());
      socket.io.on('reconnect_attempt', () => {
        socket.io.opts.transports = ['polling'];
      });
      await lab.noted('socket connect');
      lab.note('transport', socket.io.engine.transport.name);
      socket.io.engine.close();
      await lab.noted('socket connect', 2);
      lab.note('transport', socket.io.engine.transport.name);
    },
  },
  {
    name: 'reconnection(false) during the wait',
    run: async (lab) => {
      const socket = lab.watch(lab.io('', { reconnectionDelay: 50 }));
      lab.watchManager(socket.io);
      await lab.noted('socket connect');
      socket.io.reconnection(false);
      socket.io.engine.close();
      await lab.settle(200);
      socket.io.reconnection(true);
      socket.io.open();
      await lab.noted('socket connect', 2);
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
    run: async (lab) => {
      const socket = lab.watch(lab.io());
      lab.watchManager(socket.io);
      await lab.noted('socket connect {');
      socket.io.engine.close();
      socket.emit('echo', 'kept');
      await lab.noted('socket connect_error');
      await lab.settle(150);
      lab.note('then', lab.state(socket));
      socket.connect();
      await lab.noted('socket connect {', 2);
      await lab.served('/ event');
    },
  },
];
