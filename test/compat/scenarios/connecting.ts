import { createServer } from 'node:net';
import { startFaultProxy } from '../../support/fault-proxy.js';
import { freePort, listen } from '../../support/ports.js';
import { nspOf, type Scenario } from '../record.js';

const upgrading = ['polling', 'websocket'];

function plainConnect(transports: string[]): Scenario {
  return {
    name: `connects with ${transports.join(', then ')}`,
    transports,
    run: async (lab) => {
      const socket = lab.watch(lab.io());
      lab.note('at once', lab.state(socket), nspOf(socket), typeof socket.io, socket.auth);
      await lab.noted('socket connect');
      socket.emit('echo', 1);
      lab.hear(socket, 'echo');
      await lab.noted('heard echo');
      lab.note('later', lab.state(socket));
      socket.disconnect();
      lab.note('after', lab.state(socket));
      await lab.served('/ disconnect');
    },
  };
}

function order(transports: string[]): Scenario {
  return {
    name: `opens, connects, flushes and answers in this order, with ${transports.join(', then ')}`,
    transports,
    setup: (app) => app.on('connection', (socket) => socket.emit('welcome', 'early')),
    run: async (lab) => {
      const socket = lab.io();
      lab.watchManager(socket.io);
      lab.watch(socket);
      lab.hear(socket, 'welcome', 'echo');
      socket.emit('echo', 'before');
      socket.io.on('open', () => socket.emit('echo', 'in open'));
      socket.on('connect', () => {
        lab.note('waiting in connect', socket.sendBuffer.length);
        socket.emit('echo', 'in connect');
      });
      socket.onAnyOutgoing((event, ...args) => lab.note('outgoing', event, args));
      socket.emit('echo', 'before too');
      lab.note('waiting at once', socket.sendBuffer.length);
      await lab.noted('heard echo', 4);
    },
  };
}

function refused(transports: string[]): Scenario {
  return {
    name: `tells why it cannot connect with ${transports.join(', then ')}, and connects once it can`,
    transports,
    run: async (lab) => {
      await lab.server.stop();
      const socket = lab.io('', { reconnectionDelay: 200, reconnectionDelayMax: 200 });
      lab.watchManager(socket.io);
      lab.watch(socket);
      socket.on('connect_error', (error) => {
        const { description, context } = error as unknown as Record<
          string,
          { status?: number; responseText?: string }
        >;
        lab.note('details', typeof description, typeof context?.status, typeof context?.responseText);
      });
      await lab.noted('manager reconnect_error');
      await lab.server.start();
      await lab.noted('socket connect {');
      await lab.settle();
    },
  };
}

function once(transports: string[]): Scenario {
  return {
    name: `tries once without reconnection, with ${transports.join(', then ')}`,
    transports,
    run: async (lab) => {
      await lab.server.stop();
      const socket = lab.io('', { reconnection: false });
      lab.watchManager(socket.io);
      lab.watch(socket);
      await lab.noted('socket connect_error');
      await lab.settle(150);
      lab.note('then', lab.state(socket));
      await lab.server.start();
      socket.connect();
      await lab.noted('socket connect {');
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
    name: 'upgrades before the server has answered, and keeps the order of what is sent meanwhile',
    transports: upgrading,
    setup: (app) => app.use((_socket, next) => setTimeout(next, 200)),
    run: async (lab) => {
      const socket = lab.watch(lab.io());
      lab.hear(socket, 'echo');
      const { engine } = socket.io;
      engine.on('upgrading', (transport) => lab.note('upgrading to', transport.name, engine.transport.name));
      engine.on('upgrade', (transport) => lab.note('upgraded to', transport.name, engine.transport.name));
      for (let index = 0; index < 10; index += 1) socket.emit('echo', index, Buffer.from([index]));
      await lab.noted('socket connect');
      await lab.noted('heard echo', 10);
    },
  },
  {
    name: 'upgrades while connected, and keeps the order of what is sent meanwhile',
    transports: upgrading,
    run: async (lab) => {
      const proxy = await startFaultProxy(lab.server.port);
      proxy.holdUpgrades(200);
      const socket = lab.watch(lab.manager({}, proxy.url).socket('/'));
      lab.hear(socket, 'echo');
      const { engine } = socket.io;
      engine.on('upgrading', (transport) => {
        lab.note('upgrading to', transport.name, engine.transport.name);
        for (let index = 0; index < 20; index += 1) socket.emit('echo', index, Buffer.from([index]));
      });
      engine.on('upgrade', (transport) => {
        lab.note('upgraded to', transport.name, engine.transport.name);
        for (let index = 20; index < 30; index += 1) socket.emit('echo', index, Buffer.from([index]));
      });
      await lab.noted('upgraded');
      await lab.noted('heard echo', 30);
      socket.disconnect();
      await lab.served('/ disconnect');
      await proxy.close();
    },
  },
  {
    name: 'stays with polling where upgrade is false',
    transports: upgrading,
    run: async (lab) => {
      const socket = await lab.connected('', { upgrade: false });
      await lab.settle(150);
      lab.note('transport', socket.io.engine.transport.name);
    },
  },
  {
    name: 'goes on to the next transport with tryAllTransports',
    transports: ['websocket', 'polling'],
    server: { transports: ['polling'] },
    run: async (lab) => {
      const socket = lab.watch(lab.io('', { tryAllTransports: true }));
      await lab.noted('socket connect');
      lab.note('transport', socket.io.engine.transport.name);
    },
  },
  {
    name: 'takes transport classes',
    run: async (lab) => {
      const { Fetch, NodeXHR, NodeWebSocket } = lab.client;
      for (const transport of [Fetch, NodeXHR, NodeWebSocket]) {
        const socket = await lab.connected('', { transports: [transport], forceNew: true });
        lab.note('transport', socket.io.engine.transport.name);
        socket.disconnect();
      }
      await lab.served('/ disconnect', 3);
    },
  },
  {
    name: 'connect() while connected, and disconnect() twice, change nothing',
    run: async (lab) => {
      const socket = lab.watch(lab.io());
      await lab.noted('socket connect');
      lab.note('same', socket.connect() === socket, socket.open() === socket);
      await lab.settle();
      lab.note('same', socket.disconnect() === socket, socket.close() === socket, lab.state(socket));
      await lab.served('/ disconnect');
    },
  },
  {
    name: 'disconnect() at once, then connect()',
    run: async (lab) => {
      const socket = lab.watch(lab.io());
      lab.watchManager(socket.io);
      socket.disconnect();
      lab.note('at once', lab.state(socket));
      await lab.settle(150);
      socket.connect();
      lab.note('again', lab.state(socket));
      await lab.noted('socket connect');
    },
  },
  {
    name: 'disconnect() and connect() at once',
    run: async (lab) => {
      const socket = lab.watch(lab.io());
      socket.disconnect();
      socket.connect();
      await lab.noted('socket connect');
    },
  },
  {
    name: 'keeps quiet with autoConnect false until it is asked',
    run: async (lab) => {
      const socket = lab.watch(lab.io('', { autoConnect: false }));
      lab.note('at once', lab.state(socket), socket.io.engine);
      socket.emit('echo', 'kept');
      lab.note('kept', lab.state(socket));
      await lab.settle(100);
      lab.note('same', socket.connect() === socket, lab.state(socket), typeof socket.io.engine);
      await lab.noted('socket connect');
      await lab.served('/ event');
    },
  },
  {
    name: 'a manager with autoConnect false opens on open(), its sockets on connect()',
    setup: (app) => void app.of('/a'),
    run: async (lab) => {
      const manager = lab.watchManager(lab.manager({ autoConnect: false }));
      const socket = lab.watch(manager.socket('/'));
      const other = lab.watch(manager.socket('/a'), 'other');
      lab.note('same', manager.open() === manager);
      await lab.noted('manager open');
      await lab.settle();
      lab.note('open', lab.state(socket), lab.state(other));
      socket.connect();
      await lab.noted('socket connect');
      manager.socket('/a');
      await lab.settle();
      lab.note('then', lab.state(other));
      other.connect();
      await lab.noted('other connect');
    },
  },
  {
    name: 'a manager opens with nobody to connect',
    run: async (lab) => {
      const manager = lab.watchManager(lab.manager());
      await lab.noted('manager open');
      await lab.settle();
      lab.watch(manager.socket('/'));
      await lab.noted('socket connect');
    },
  },
  {
    name: 'open(callback) tells of success',
    run: async (lab) => {
      const manager = lab.watchManager(lab.manager({ autoConnect: false }));
      manager.open((error) => lab.note('opened', error));
      manager.connect((error) => lab.note('opened while opening', error));
      await lab.noted('manager open');
      await lab.settle();
      manager.open((error) => lab.note('opened while open', error));
      await lab.settle();
    },
  },
  {
    name: 'open(callback) tells of failure, and does not retry',
    run: async (lab) => {
      await lab.server.stop();
      const manager = lab.watchManager(lab.manager({ autoConnect: false }));
      manager.open((error) => lab.note('opened', error));
      await lab.noted('opened');
      await lab.settle(150);
      await lab.server.start();
      manager.open((error) => lab.note('opened', error));
      await lab.noted('opened', 2);
    },
  },
  {
    name: 'auth as an object',
    run: async (lab) => {
      const auth = { token: 'abc', nested: { list: [1, null] } };
      const socket = await lab.connected('', { auth });
      lab.note('auth', socket.auth, socket.auth === auth);
    },
  },
  {
    name: 'auth as a function, asked for each CONNECT',
    setup: (app) => void app.of('/a'),
    run: async (lab) => {
      let asked = 0;
      const socket = lab.io('', {
        auth: (answer: (data: object) => void) => {
          asked += 1;
          lab.note('asked', asked);
          if (asked === 1) answer({ asked });
          else setTimeout(() => answer({ asked }), 10);
        },
      });
      lab.watch(socket);
      await lab.noted('socket connect');
      socket.io.engine.close();
      await lab.noted('socket connect', 2);
      socket.disconnect().connect();
      await lab.noted('socket connect', 3);
    },
  },
  {
    name: 'auth that the program changed applies to the next CONNECT',
    run: async (lab) => {
      const socket = lab.watch(lab.io('', { auth: { token: 1 } }));
      await lab.noted('socket connect');
      (socket.auth as Record<string, unknown>).token = 2;
      socket.io.engine.close();
      await lab.noted('socket connect', 2);
      socket.auth = { other: true };
      socket.disconnect().connect();
      await lab.noted('socket connect', 3);
      socket.auth = (answer) => answer({ late: 1 });
      socket.io.engine.close();
      await lab.noted('socket connect', 4);
    },
  },
  {
    name: 'every socket of a manager has its own auth',
    setup: (app) => void app.of('/a'),
    run: async (lab) => {
      const manager = lab.manager();
      lab.watch(manager.socket('/', { auth: { root: 1 } }), 'root');
      await lab.noted('root connect');
      lab.watch(manager.socket('/a', { auth: { a: 1 } }), 'a');
      await lab.noted('a connect');
    },
  },
  {
    name: 'opts.query reaches the server',
    run: async (lab) => {
      const socket = await lab.connected('', { query: { token: 'a b&c', n: 1, list: ['x', 'y'] as never } });
      lab.note('query', socket.io.opts.query);
    },
  },
  {
    name: 'a query in the address reaches the server',
    run: async (lab) => {
      await lab.connected('?token=a%20b&n=1&empty=');
      await lab.connected('/?token=c', { forceNew: true });
    },
  },
  {
    name: 'opts.query wins over a query in the address',
    run: async (lab) => {
      await lab.connected('?token=address&other=1', { query: { token: 'opts' } });
    },
  },
  {
    name: 'extraHeaders reach the server',
    transports: upgrading,
    setup: (app, lab) =>
      app.on('connection', (socket) => lab.onServer.add('header', [socket.handshake.headers['x-custom']])),
    run: async (lab) => {
      await lab.connected('', { extraHeaders: { 'x-custom': 'yes' } });
    },
  },
  {
    name: 'another path',
    server: { path: '/other/' },
    run: async (lab) => {
      const socket = lab.watch(lab.io('', { path: '/other', forceNew: true }));
      await lab.noted('socket connect');
      lab.note('path', socket.io.opts.path);
      lab.watch(lab.io('', { path: '/other/' }), 'slashed');
      await lab.noted('slashed connect');
    },
  },
  {
    name: 'a path where nobody listens',
    server: { destroyUpgradeTimeout: 50 },
    run: async (lab) => {
      const socket = lab.watch(lab.io('', { path: '/wrong', reconnection: false }));
      await lab.noted('socket connect_error');
      lab.note('then', lab.state(socket));
    },
  },
  {
    name: 'a server that refuses the handshake',
    transports: ['polling'],
    server: { allowRequest: (_request, answer) => answer('no', false) },
    run: async (lab) => {
      const socket = lab.watch(lab.io('', { reconnection: false }));
      lab.watchManager(socket.io);
      socket.on('connect_error', (error) => {
        const { description, context } = error as unknown as { description: unknown; context?: object };
        const { status, responseText } = context as Record<string, unknown>;
        lab.note('details', description, status, responseText);
      });
      await lab.noted('socket connect_error');
    },
  },
  {
    name: 'a server that never answers',
    run: async (lab) => {
      const silent = createServer();
      const port = await freePort();
      await listen(silent, port);
      const manager = lab.manager({ timeout: 100, reconnectionAttempts: 1 }, `http://127.0.0.1:${port}`);
      const socket = manager.socket('/');
      lab.watchManager(manager);
      socket.on('connect_error', (error) => lab.note('socket connect_error', error));
      await lab.noted('manager reconnect_failed');
      silent.close();
    },
  },
  {
    name: 'a middleware that refuses, with data; then one that lets in',
    setup: (app) =>
      app.use((socket, next) => {
        if (socket.handshake.auth.token === 'right') return next();
        const error = Object.assign(new Error('not you'), { data: { code: 7, list: ['a'] } });
        next(error);
      }),
    run: async (lab) => {
      const socket = lab.watch(lab.io('', { auth: { token: 'wrong' } }));
      lab.watchManager(socket.io);
      socket.emit('echo', 'kept');
      socket.on('connect_error', (error) => {
        lab.note('data', (error as Error & { data?: unknown }).data, error instanceof Error);
      });
      await lab.noted('socket connect_error');
      await lab.settle(100);
      lab.note('then', lab.state(socket));
      socket.auth = { token: 'right' };
      socket.connect();
      await lab.noted('socket connect {');
      await lab.served('/ event');
    },
  },
  {
    name: 'connect() in the handler of connect_error',
    setup: (app) =>
      app.use((socket, next) => next(socket.handshake.auth.token === 2 ? undefined : new Error('no'))),
    run: async (lab) => {
      const socket = lab.watch(lab.io('', { auth: { token: 1 } }));
      lab.watchManager(socket.io);
      socket.once('connect_error', () => {
        socket.auth = { token: 2 };
        socket.connect();
      });
      await lab.noted('socket connect {');
    },
  },
  {
    name: 'a namespace that does not exist',
    run: async (lab) => {
      const socket = lab.watch(lab.io('/nowhere'));
      lab.watchManager(socket.io);
      await lab.noted('socket connect_error');
      await lab.settle(100);
      lab.note('then', lab.state(socket));
    },
  },
  {
    name: 'a namespace that refuses next to one that accepts',
    setup: (app) => void app.of('/closed').use((_socket, next) => next(new Error('closed'))),
    run: async (lab) => {
      const socket = lab.watch(lab.io());
      const closed = lab.watch(lab.io('/closed'), 'closed');
      await lab.noted('closed connect_error');
      await lab.noted('socket connect');
      socket.io.engine.close();
      await lab.noted('socket connect', 2);
      await lab.settle(100);
      lab.note('then', lab.state(closed));
      closed.connect();
      await lab.noted('closed connect_error', 2);
    },
  },
];
