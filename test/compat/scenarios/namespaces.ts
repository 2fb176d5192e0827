import { nspOf, type Scenario } from '../record.js';

export const namespaces: Scenario[] = [
  {
    name: 'namespaces of one server share a manager',
    setup: (app) => {
      app.of('/a');
      app.of('/b');
    },
    run: async (lab) => {
      const root = lab.watch(lab.io(), 'root');
      const a = lab.watch(lab.io('/a'), 'a');
      const b = lab.watch(lab.io('/b/'.slice(0, 2)), 'b');
      lab.note('same', root.io === a.io, a.io === b.io, nspOf(root), nspOf(a));
      await Promise.all([lab.noted('root connect'), lab.noted('a connect'), lab.noted('b connect')]);
      lab.note('own ids', new Set([root.id, a.id, b.id]).size);
      a.emit('echo', 'a');
      await lab.served('/a event');
    },
  },
  {
    name: 'the same namespace twice gets a manager of its own',
    run: async (lab) => {
      const first = await lab.connected();
      const second = await lab.connected();
      const third = await lab.connected('/');
      lab.note('same', first === second, first.io === second.io, second.io === third.io);
    },
  },
  {
    name: 'the same namespace again after disconnect()',
    run: async (lab) => {
      const first = await lab.connected();
      first.disconnect();
      const second = await lab.connected();
      lab.note('same', first === second, first.io === second.io, first.connected);
    },
  },
  {
    name: 'forceNew, "force new connection" and multiplex',
    setup: (app) => void app.of('/a'),
    run: async (lab) => {
      const root = await lab.connected();
      const managers = [
        await lab.connected('/a', { forceNew: true }),
        await lab.connected('/a', { 'force new connection': true } as never),
        await lab.connected('/a', { multiplex: false }),
        await lab.connected('/a', { multiplex: true }),
        await lab.connected('/a', { forceNew: true }),
      ].map((socket) => socket.io);
      lab.note(
        'same as the first',
        managers.map((manager) => manager === root.io),
      );
      lab.note('different', new Set(managers).size);
    },
  },
  {
    name: 'another query shares the manager, another path does not',
    setup: (app) => void app.of('/a'),
    run: async (lab) => {
      const root = await lab.connected('?x=1');
      const a = await lab.connected('/a?x=2');
      const path = lab.io('/a', { path: '/elsewhere', reconnection: false });
      lab.note('same', root.io === a.io, root.io === path.io, nspOf(a));
      lab.note('paths', root.io.opts.path, path.io.opts.path);
    },
  },
  {
    name: 'spellings of one server share a manager',
    setup: (app) => void app.of('/a'),
    run: async (lab) => {
      const { port } = lab.server;
      const options = { ...lab.options, autoConnect: false };
      const { io } = lab.client;
      const first = io(`http://127.0.0.1:${port}`, options);
      const others = [
        `http://127.0.0.1:${port}/a`,
        `http://127.0.0.1:${port}/d?x=1#hash`,
        `http://localhost:${port}/e`,
        `https://127.0.0.1:${port}/f`,
        `http://127.0.0.1:${port}/g/h`,
      ].map((address) => io(address, options));
      for (const socket of others) {
        lab.note('same', socket.io === first.io, nspOf(socket));
      }
      for (const address of [`http://127.0.0.1:${port}`, `ws://127.0.0.1:${port}`]) {
        const socket = io(address, { ...lab.options, forceNew: true });
        await new Promise<void>((resolve) => socket.once('connect', resolve));
        socket.disconnect();
      }
    },
  },
  {
    name: 'manager.socket() gives the same socket again',
    setup: (app) => void app.of('/a'),
    run: async (lab) => {
      const manager = lab.manager();
      const a = lab.watch(manager.socket('/a', { auth: { n: 1 } }), 'a');
      lab.note('same', manager.socket('/a', { auth: { n: 2 } }) === a, a.auth, a.io === manager);
      await lab.noted('a connect');
      lab.note('same', manager.socket('/a') === a);
      await lab.settle();
      a.disconnect();
      lab.note('same', manager.socket('/a') === a, lab.state(a));
      await lab.noted('a connect', 2);
    },
  },
  {
    name: 'the last socket that leaves closes the connection',
    setup: (app) => void app.of('/a'),
    run: async (lab) => {
      const root = lab.watch(lab.io(), 'root');
      const a = lab.watch(lab.io('/a'), 'a');
      lab.watchManager(root.io);
      await lab.noted('a connect');
      await lab.noted('root connect');
      root.disconnect();
      await lab.served('/ disconnect');
      await lab.settle(100);
      lab.note('still open', root.io.engine.readyState, lab.state(a));
      lab.census();
      a.disconnect();
      lab.note('closed', root.io.engine.readyState);
      await lab.served('/a disconnect');
      await lab.settle();
      lab.census();
      root.connect();
      await lab.noted('root connect', 2);
      await lab.settle();
      lab.note('then', lab.state(a));
    },
  },
  {
    name: 'a socket leaves and comes back over the same connection',
    setup: (app) => void app.of('/a'),
    run: async (lab) => {
      const root = lab.watch(await lab.connected(), 'root');
      const a = lab.watch(root.io.socket('/a'), 'a');
      await lab.noted('a connect');
      const { engine } = root.io;
      a.disconnect();
      await lab.served('/a disconnect');
      a.connect();
      lab.note('asked', lab.state(a));
      await lab.noted('a connect', 2);
      lab.note('same engine', engine === root.io.engine);
    },
  },
  {
    name: 'events go to their namespace only',
    setup: (app) => {
      app.of('/a');
      app.of('/a/b');
    },
    run: async (lab) => {
      const root = await lab.connected();
      const a = root.io.socket('/a');
      const ab = root.io.socket('/a/b');
      await lab.served('/a/b connection');
      for (const socket of [root, a, ab]) {
        socket.onAny((...args) => lab.note('heard', nspOf(socket), ...args));
      }
      for (const nsp of ['/a/b', '/a', '/']) lab.server.io.of(nsp).emit('event', nsp, Buffer.from(nsp));
      await lab.noted('heard', 3);
    },
  },
  {
    name: 'a dynamic namespace',
    setup: (app) => void app.of(/^\/room-\d+$/),
    run: async (lab) => {
      lab.watch(lab.io('/room-1'), 'one');
      lab.watch(lab.io('/room-2'), 'two');
      lab.watch(lab.io('/room-x'), 'x');
      await Promise.all([lab.noted('one connect'), lab.noted('two connect'), lab.noted('x connect_error')]);
      await lab.settle();
    },
  },
  {
    name: 'the exports, and what hangs on io',
    run: async (lab) => {
      const { client } = lab;
      const exported = client as unknown as Record<string, unknown>;
      const names = [
        'Fetch',
        'Manager',
        'NodeWebSocket',
        'NodeXHR',
        'Socket',
        'WebSocket',
        'WebTransport',
        'XHR',
      ];
      for (const name of [...names, 'connect', 'default', 'io']) lab.note(name, typeof exported[name]);
      lab.note('protocol', client.protocol);
      const io = client.io as unknown as Record<string, unknown>;
      lab.note(
        'io',
        io.io === io,
        io.connect === io,
        io.Manager === client.Manager,
        io.Socket === client.Socket,
      );
      lab.note('default', client.default === client.io, client.connect === client.io);
      const socket = lab.io();
      lab.note('instances', socket instanceof client.Socket, socket.io instanceof client.Manager);
      lab.note('own', socket.io.engine instanceof Object, typeof socket.io.opts);
    },
  },
];
