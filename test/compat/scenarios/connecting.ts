import { createServer } from 'node:net';
import { startFaultProxy } from '../../support/fault-proxy.js';
import { freePort, listen } from '../../support/ports.js';
import { nspOf, type Scenario } from '../record.js';

const upgrading = ['polling', 'websocket'];

function plainConnect(transports: string[]): Scenario {
  return {
    name: `connects with ${transports.join(', then ')}`,
    transports,
    run: async (fixture) => {
      const socket = fixture.watch(fixture.io());
      fixture.note('at once', fixture.state(socket), nspOf(socket), typeof socket.io, socket.auth);
      await fixture.noted('socket connect');
      socket.emit('echo', 1);
      fixture.hear(socket, 'echo');
      await fixture.noted('heard echo');
      fixture.note('later', fixture.state(socket));
      socket.disconnect();
      fixture.note('after', fixture.state(socket));
      await fixture.served('/ disconnect');
    },
  };
}

function order(transports: string[]): Scenario {
  return {
    name: `opens, connects, flushes and answers in this order, with ${transports.join(', then ')}`,
    transports,
    setup: (app) => app.on('connection', (socket) => socket.emit('welcome', 'early')),
    run: async (fixture) => {
      const socket = fixture.io();
      fixture.watchManager(socket.io);
      fixture.watch(socket);
      fixture.hear(socket, 'welcome', 'echo');
      socket.emit('echo', 'before');
      socket.io.on('open', () => socket.emit('echo', 'in open'));
      socket.on('connect', () => {
        fixture.note('waiting in connect', socket.sendBuffer.length);
        socket.emit('echo', 'in connect');
      });
      socket.onAnyOutgoing((event, ...args) => fixture.note('outgoing', event, args));
      socket.emit('echo', 'before too');
      fixture.note('waiting at once', socket.sendBuffer.length);
      await fixture.noted('heard echo', 4);
    },
  };
}

function refused(transports: string[]): Scenario {
  return {
    name: `tells why it cannot connect with ${transports.join(', then ')}, and connects once it can`,
    transports,
    run: async (fixture) => {
      await fixture.server.stop();
      const socket = fixture.io('', { reconnectionDelay: 200, reconnectionDelayMax: 200 });
      fixture.watchManager(socket.io);
      fixture.watch(socket);
      socket.on('connect_error', (error) => {
        const { description, context } = error as unknown as Record<
          string,
          { status?: number; responseText?: string }
        >;
        fixture.note('details', typeof description, typeof context?.status, typeof context?.responseText);
      });
      await fixture.noted('manager reconnect_error');
      await fixture.server.start();
      await fixture.noted('socket connect {');
      await fixture.settle();
    },
  };
}

function once(transports: string[]): Scenario {
  return {
    name: `tries once without reconnection, with ${transports.join(', then ')}`,
    transports,
    run: async (fixture) => {
      await fixture.server.stop();
      const socket = fixture.io('', { reconnection: false });
      fixture.watchManager(socket.io);
      fixture.watch(socket);
      await fixture.noted('socket connect_error');
      await fixture.settle(150);
      fixture.note('then', fixture.state(socket));
      await fixture.server.start();
      socket.connect();
      await fixture.noted('socket connect {');
    },
  };
}

export const connecting: Scenario[] = [
  plainConnect(['websocket']),
  plainConnect(['polling']),
  order(['websocket']),
  order(['polling']),
  refused(['websocket']),
  refused(['polling']),
  once(['websocket']),
  once(['polling']),
  {
    name: 'upgrades before the server has answered, and keeps the order of events sent meanwhile',
    transports: upgrading,
    setup: (app) => app.use((_socket, next) => setTimeout(next, 200)),
    run: async (fixture) => {
      const socket = fixture.watch(fixture.io());
      fixture.hear(socket, 'echo');
      const { engine } = socket.io;
      engine.on('upgrading', (transport) =>
        fixture.note('upgrading to', transport.name, engine.transport.name),
      );
      engine.on('upgrade', (transport) => fixture.note('upgraded to', transport.name, engine.transport.name));
      for (let index = 0; index < 10; index += 1) socket.emit('echo', index, Buffer.from([index]));
      await fixture.noted('socket connect');
      await fixture.noted('heard echo', 10);
    },
  },
  {
    name: 'upgrades while connected, and keeps the order of events sent meanwhile',
    transports: upgrading,
    run: async (fixture) => {
      const proxy = await startFaultProxy(fixture.server.port);
      proxy.holdUpgrades(200);
      const socket = fixture.watch(fixture.manager({}, proxy.url).socket('/'));
      fixture.hear(socket, 'echo');
      const { engine } = socket.io;
      engine.on('upgrading', (transport) => {
        fixture.note('upgrading to', transport.name, engine.transport.name);
        for (let index = 0; index < 20; index += 1) socket.emit('echo', index, Buffer.from([index]));
      });
      engine.on('upgrade', (transport) => {
        fixture.note('upgraded to', transport.name, engine.transport.name);
        for (let index = 20; index < 30; index += 1) socket.emit('echo', index, Buffer.from([index]));
      });
      await fixture.noted('upgraded');
      await fixture.noted('heard echo', 30);
      socket.disconnect();
      await fixture.served('/ disconnect');
      await proxy.close();
    },
  },
  {
    name: 'stays on polling if upgrade is false',
    transports: upgrading,
    run: async (fixture) => {
      const socket = await fixture.connected('', { upgrade: false });
      await fixture.settle(150);
      fixture.note('transport', socket.io.engine.transport.name);
    },
  },
  {
    name: 'continues with the next transport with tryAllTransports',
    transports: ['websocket', 'polling'],
    server: { transports: ['polling'] },
    run: async (fixture) => {
      const socket = fixture.watch(fixture.io('', { tryAllTransports: true }));
      await fixture.noted('socket connect');
      fixture.note('transport', socket.io.engine.transport.name);
    },
  },
  {
    name: 'accepts transport classes',
    run: async (fixture) => {
      const { Fetch, NodeXHR, NodeWebSocket } = fixture.client;
      for (const transport of [Fetch, NodeXHR, NodeWebSocket]) {
        const socket = await fixture.connected('', { transports: [transport], forceNew: true });
        fixture.note('transport', socket.io.engine.transport.name);
        socket.disconnect();
      }
      await fixture.served('/ disconnect', 3);
    },
  },
  {
    name: 'connect() while connected, and disconnect() twice, change nothing',
    run: async (fixture) => {
      const socket = fixture.watch(fixture.io());
      await fixture.noted('socket connect');
      fixture.note('same', socket.connect() === socket, socket.open() === socket);
      await fixture.settle();
      fixture.note('same', socket.disconnect() === socket, socket.close() === socket, fixture.state(socket));
      await fixture.served('/ disconnect');
    },
  },
  {
    name: 'disconnect() immediately, then connect()',
    run: async (fixture) => {
      const socket = fixture.watch(fixture.io());
      fixture.watchManager(socket.io);
      socket.disconnect();
      fixture.note('at once', fixture.state(socket));
      await fixture.settle(150);
      socket.connect();
      fixture.note('again', fixture.state(socket));
      await fixture.noted('socket connect');
    },
  },
  {
    name: 'disconnect() and connect() in one tick',
    run: async (fixture) => {
      const socket = fixture.watch(fixture.io());
      socket.disconnect();
      socket.connect();
      await fixture.noted('socket connect');
    },
  },
  {
    name: 'does nothing with autoConnect false until connect()',
    run: async (fixture) => {
      const socket = fixture.watch(fixture.io('', { autoConnect: false }));
      fixture.note('at once', fixture.state(socket), socket.io.engine);
      socket.emit('echo', 'kept');
      fixture.note('kept', fixture.state(socket));
      await fixture.settle(100);
      fixture.note('same', socket.connect() === socket, fixture.state(socket), typeof socket.io.engine);
      await fixture.noted('socket connect');
      await fixture.served('/ event');
    },
  },
  {
    name: 'a manager with autoConnect false opens on open(), its sockets on connect()',
    setup: (app) => void app.of('/a'),
    run: async (fixture) => {
      const manager = fixture.watchManager(fixture.manager({ autoConnect: false }));
      const socket = fixture.watch(manager.socket('/'));
      const other = fixture.watch(manager.socket('/a'), 'other');
      fixture.note('same', manager.open() === manager);
      await fixture.noted('manager open');
      await fixture.settle();
      fixture.note('open', fixture.state(socket), fixture.state(other));
      socket.connect();
      await fixture.noted('socket connect');
      manager.socket('/a');
      await fixture.settle();
      fixture.note('then', fixture.state(other));
      other.connect();
      await fixture.noted('other connect');
    },
  },
  {
    name: 'disconnect() of a socket that was never connected closes a connection that the program opened',
    run: async (fixture) => {
      const manager = fixture.watchManager(fixture.manager({ autoConnect: false }));
      const socket = fixture.watch(manager.socket('/'));
      manager.open();
      await fixture.noted('manager open');
      socket.disconnect();
      await fixture.noted('manager close');
      await fixture.settle();
      fixture.note('closed', fixture.state(socket));
      socket.connect();
      await fixture.noted('socket connect');
    },
  },
  {
    name: 'a manager opens without sockets',
    run: async (fixture) => {
      const manager = fixture.watchManager(fixture.manager());
      await fixture.noted('manager open');
      await fixture.settle();
      fixture.watch(manager.socket('/'));
      await fixture.noted('socket connect');
    },
  },
  {
    name: 'open(callback) reports success',
    run: async (fixture) => {
      const manager = fixture.watchManager(fixture.manager({ autoConnect: false }));
      manager.open((error) => fixture.note('opened', error));
      manager.connect((error) => fixture.note('opened while opening', error));
      await fixture.noted('manager open');
      await fixture.settle();
      manager.open((error) => fixture.note('opened while open', error));
      await fixture.settle();
    },
  },
  {
    name: 'open(callback) reports failure, and does not retry',
    run: async (fixture) => {
      await fixture.server.stop();
      const manager = fixture.watchManager(fixture.manager({ autoConnect: false }));
      manager.open((error) => fixture.note('opened', error));
      await fixture.noted('opened');
      await fixture.settle(150);
      await fixture.server.start();
      manager.open((error) => fixture.note('opened', error));
      await fixture.noted('opened', 2);
    },
  },
  {
    name: 'auth as an object',
    run: async (fixture) => {
      const auth = { token: 'abc', nested: { list: [1, null] } };
      const socket = await fixture.connected('', { auth });
      fixture.note('auth', socket.auth, socket.auth === auth);
    },
  },
  {
    name: 'auth as a function, called for each CONNECT',
    setup: (app) => void app.of('/a'),
    run: async (fixture) => {
      let asked = 0;
      const socket = fixture.io('', {
        auth: (answer: (data: object) => void) => {
          asked += 1;
          fixture.note('asked', asked);
          if (asked === 1) answer({ asked });
          else setTimeout(() => answer({ asked }), 10);
        },
      });
      fixture.watch(socket);
      await fixture.noted('socket connect');
      socket.io.engine.close();
      await fixture.noted('socket connect', 2);
      socket.disconnect().connect();
      await fixture.noted('socket connect', 3);
    },
  },
  {
    name: 'auth that the program changed applies to the next CONNECT',
    run: async (fixture) => {
      const socket = fixture.watch(fixture.io('', { auth: { token: 1 } }));
      await fixture.noted('socket connect');
      (socket.auth as Record<string, unknown>).token = 2;
      socket.io.engine.close();
      await fixture.noted('socket connect', 2);
      socket.auth = { other: true };
      socket.disconnect().connect();
      await fixture.noted('socket connect', 3);
      socket.auth = (answer) => answer({ late: 1 });
      socket.io.engine.close();
      await fixture.noted('socket connect', 4);
    },
  },
  {
    name: 'every socket of a manager has its own auth',
    setup: (app) => void app.of('/a'),
    run: async (fixture) => {
      const manager = fixture.manager();
      fixture.watch(manager.socket('/', { auth: { root: 1 } }), 'root');
      await fixture.noted('root connect');
      fixture.watch(manager.socket('/a', { auth: { a: 1 } }), 'a');
      await fixture.noted('a connect');
    },
  },
  {
    name: 'opts.query reaches the server',
    run: async (fixture) => {
      const socket = await fixture.connected('', {
        query: { token: 'a b&c', n: 1, list: ['x', 'y'] as never },
      });
      fixture.note('query', socket.io.opts.query);
    },
  },
  {
    name: 'a query in the address reaches the server',
    run: async (fixture) => {
      await fixture.connected('?token=a%20b&n=1&empty=');
      await fixture.connected('/?token=c', { forceNew: true });
    },
  },
  {
    name: 'opts.query overrides a query in the address',
    run: async (fixture) => {
      await fixture.connected('?token=address&other=1', { query: { token: 'opts' } });
    },
  },
  {
    name: 'extraHeaders reach the server',
    transports: upgrading,
    setup: (app, fixture) =>
      app.on('connection', (socket) =>
        fixture.onServer.add('header', [socket.handshake.headers['x-custom']]),
      ),
    run: async (fixture) => {
      await fixture.connected('', { extraHeaders: { 'x-custom': 'yes' } });
    },
  },
  {
    name: 'another path',
    server: { path: '/other/' },
    run: async (fixture) => {
      const socket = fixture.watch(fixture.io('', { path: '/other', forceNew: true }));
      await fixture.noted('socket connect');
      fixture.note('path', socket.io.opts.path);
      fixture.watch(fixture.io('', { path: '/other/' }), 'slashed');
      await fixture.noted('slashed connect');
    },
  },
  {
    name: 'a path without a server',
    server: { destroyUpgradeTimeout: 50 },
    run: async (fixture) => {
      const socket = fixture.watch(fixture.io('', { path: '/wrong', reconnection: false }));
      await fixture.noted('socket connect_error');
      fixture.note('then', fixture.state(socket));
    },
  },
  {
    name: 'a server that refuses the handshake',
    transports: ['polling'],
    server: { allowRequest: (_request, answer) => answer('no', false) },
    run: async (fixture) => {
      const socket = fixture.watch(fixture.io('', { reconnection: false }));
      fixture.watchManager(socket.io);
      socket.on('connect_error', (error) => {
        const { description, context } = error as unknown as { description: unknown; context?: object };
        const { status, responseText } = context as Record<string, unknown>;
        fixture.note('details', description, status, responseText);
      });
      await fixture.noted('socket connect_error');
    },
  },
  {
    name: 'a server that never answers',
    run: async (fixture) => {
      const silent = createServer();
      const port = await freePort();
      await listen(silent, port);
      const manager = fixture.manager({ timeout: 100, reconnectionAttempts: 1 }, `http://127.0.0.1:${port}`);
      const socket = manager.socket('/');
      fixture.watchManager(manager);
      socket.on('connect_error', (error) => fixture.note('socket connect_error', error));
      await fixture.noted('manager reconnect_failed');
      silent.close();
    },
  },
  {
    name: 'a middleware that refuses, with data; then one that accepts',
    setup: (app) =>
      app.use((socket, next) => {
        if (socket.handshake.auth.token === 'right') return next();
        const error = Object.assign(new Error('not you'), { data: { code: 7, list: ['a'] } });
        next(error);
      }),
    run: async (fixture) => {
      const socket = fixture.watch(fixture.io('', { auth: { token: 'wrong' } }));
      fixture.watchManager(socket.io);
      socket.emit('echo', 'kept');
      socket.on('connect_error', (error) => {
        fixture.note('data', (error as Error & { data?: unknown }).data, error instanceof Error);
      });
      await fixture.noted('socket connect_error');
      await fixture.settle(100);
      fixture.note('then', fixture.state(socket));
      socket.auth = { token: 'right' };
      socket.connect();
      await fixture.noted('socket connect {');
      await fixture.served('/ event');
    },
  },
  {
    name: 'connect() in the handler of connect_error',
    setup: (app) =>
      app.use((socket, next) => next(socket.handshake.auth.token === 2 ? undefined : new Error('no'))),
    run: async (fixture) => {
      const socket = fixture.watch(fixture.io('', { auth: { token: 1 } }));
      fixture.watchManager(socket.io);
      socket.once('connect_error', () => {
        socket.auth = { token: 2 };
        socket.connect();
      });
      await fixture.noted('socket connect {');
    },
  },
  {
    name: 'a namespace that does not exist',
    run: async (fixture) => {
      const socket = fixture.watch(fixture.io('/nowhere'));
      fixture.watchManager(socket.io);
      await fixture.noted('socket connect_error');
      await fixture.settle(100);
      fixture.note('then', fixture.state(socket));
    },
  },
  {
    name: 'a namespace that refuses next to one that accepts',
    setup: (app) => void app.of('/closed').use((_socket, next) => next(new Error('closed'))),
    run: async (fixture) => {
      const socket = fixture.watch(fixture.io());
      const closed = fixture.watch(fixture.io('/closed'), 'closed');
      await fixture.noted('closed connect_error');
      await fixture.noted('socket connect');
      socket.io.engine.close();
      await fixture.noted('socket connect', 2);
      await fixture.settle(100);
      fixture.note('then', fixture.state(closed));
      closed.connect();
      await fixture.noted('closed connect_error', 2);
    },
  },
];
