import { nspOf, type Scenario } from '../record.js';

export const namespaces: Scenario[] = [
  {
    name: 'namespaces of one server share a manager',
    setup: (app) => {
      app.of('/a');
      app.of('/b');
    },
    run: async (fixture) => {
      const root = fixture.watch(fixture.io(), 'root');
      const a = fixture.watch(fixture.io('/a'), 'a');
      const b = fixture.watch(fixture.io('/b/'.slice(0, 2)), 'b');
      fixture.note('same', root.io === a.io, a.io === b.io, nspOf(root), nspOf(a));
      await Promise.all([
        fixture.noted('root connect'),
        fixture.noted('a connect'),
        fixture.noted('b connect'),
      ]);
      fixture.note('own ids', new Set([root.id, a.id, b.id]).size);
      a.emit('echo', 'a');
      await fixture.served('/a event');
    },
  },
  {
    name: 'a second socket for the same namespace gets its own manager',
    run: async (fixture) => {
      const first = await fixture.connected();
      const second = await fixture.connected();
      const third = await fixture.connected('/');
      fixture.note('same', first === second, first.io === second.io, second.io === third.io);
    },
  },
  {
    name: 'the same namespace again after disconnect()',
    run: async (fixture) => {
      const first = await fixture.connected();
      first.disconnect();
      const second = await fixture.connected();
      fixture.note('same', first === second, first.io === second.io, first.connected);
    },
  },
  {
    name: 'forceNew, "force new connection" and multiplex',
    setup: (app) => void app.of('/a'),
    run: async (fixture) => {
      const root = await fixture.connected();
      const managers = [
        await fixture.connected('/a', { forceNew: true }),
        await fixture.connected('/a', { 'force new connection': true } as never),
        await fixture.connected('/a', { multiplex: false }),
        await fixture.connected('/a', { multiplex: true }),
        await fixture.connected('/a', { forceNew: true }),
      ].map((socket) => socket.io);
      fixture.note(
        'same as the first',
        managers.map((manager) => manager === root.io),
      );
      fixture.note('different', new Set(managers).size);
    },
  },
  {
    name: 'another query shares the manager, another path does not',
    setup: (app) => void app.of('/a'),
    run: async (fixture) => {
      const root = await fixture.connected('?x=1');
      const a = await fixture.connected('/a?x=2');
      const path = fixture.io('/a', { path: '/elsewhere', reconnection: false });
      fixture.note('same', root.io === a.io, root.io === path.io, nspOf(a));
      fixture.note('paths', root.io.opts.path, path.io.opts.path);
    },
  },
  {
    name: 'spellings of one server share a manager',
    setup: (app) => void app.of('/a'),
    run: async (fixture) => {
      const { port } = fixture.server;
      const options = { ...fixture.options, autoConnect: false };
      const { io } = fixture.client;
      const first = io(`http://127.0.0.1:${port}`, options);
      const others = [
        `http://127.0.0.1:${port}/a`,
        `http://127.0.0.1:${port}/d?x=1#hash`,
        `http://localhost:${port}/e`,
        `https://127.0.0.1:${port}/f`,
        `http://127.0.0.1:${port}/g/h`,
      ].map((address) => io(address, options));
      for (const socket of others) {
        fixture.note('same', socket.io === first.io, nspOf(socket));
      }
      for (const address of [`http://127.0.0.1:${port}`, `ws://127.0.0.1:${port}`]) {
        const socket = io(address, { ...fixture.options, forceNew: true });
        await new Promise<void>((resolve) => socket.once('connect', resolve));
        socket.disconnect();
      }
    },
  },
  {
    name: 'manager.socket() returns the same socket again',
    setup: (app) => void app.of('/a'),
    run: async (fixture) => {
      const manager = fixture.manager();
      const a = fixture.watch(manager.socket('/a', { auth: { n: 1 } }), 'a');
      fixture.note('same', manager.socket('/a', { auth: { n: 2 } }) === a, a.auth, a.io === manager);
      await fixture.noted('a connect');
      fixture.note('same', manager.socket('/a') === a);
      await fixture.settle();
      a.disconnect();
      fixture.note('same', manager.socket('/a') === a, fixture.state(a));
      await fixture.noted('a connect', 2);
    },
  },
  {
    name: 'the last socket that leaves closes the connection',
    setup: (app) => void app.of('/a'),
    run: async (fixture) => {
      const root = fixture.watch(fixture.io(), 'root');
      const a = fixture.watch(fixture.io('/a'), 'a');
      fixture.watchManager(root.io);
      await fixture.noted('a connect');
      await fixture.noted('root connect');
      root.disconnect();
      await fixture.served('/ disconnect');
      await fixture.settle(100);
      fixture.note('still open', root.io.engine.readyState, fixture.state(a));
      fixture.census();
      a.disconnect();
      fixture.note('closed', root.io.engine.readyState);
      await fixture.served('/a disconnect');
      await fixture.settle();
      fixture.census();
      root.connect();
      await fixture.noted('root connect', 2);
      await fixture.settle();
      fixture.note('then', fixture.state(a));
    },
  },
  {
    name: 'a socket leaves and rejoins over the same connection',
    setup: (app) => void app.of('/a'),
    run: async (fixture) => {
      const root = fixture.watch(await fixture.connected(), 'root');
      const a = fixture.watch(root.io.socket('/a'), 'a');
      await fixture.noted('a connect');
      const { engine } = root.io;
      a.disconnect();
      await fixture.served('/a disconnect');
      a.connect();
      fixture.note('asked', fixture.state(a));
      await fixture.noted('a connect', 2);
      fixture.note('same engine', engine === root.io.engine);
    },
  },
  {
    name: 'events go to their namespace only',
    setup: (app) => {
      app.of('/a');
      app.of('/a/b');
    },
    run: async (fixture) => {
      const root = await fixture.connected();
      const a = root.io.socket('/a');
      const ab = root.io.socket('/a/b');
      await fixture.served('/a/b connection');
      for (const socket of [root, a, ab]) {
        socket.onAny((...args) => fixture.note('heard', nspOf(socket), ...args));
      }
      for (const nsp of ['/a/b', '/a', '/']) fixture.server.io.of(nsp).emit('event', nsp, Buffer.from(nsp));
      await fixture.noted('heard', 3);
    },
  },
  {
    name: 'a dynamic namespace',
    setup: (app) => void app.of(/^\/room-\d+$/),
    run: async (fixture) => {
      fixture.watch(fixture.io('/room-1'), 'one');
      fixture.watch(fixture.io('/room-2'), 'two');
      fixture.watch(fixture.io('/room-x'), 'x');
      await Promise.all([
        fixture.noted('one connect'),
        fixture.noted('two connect'),
        fixture.noted('x connect_error'),
      ]);
      await fixture.settle();
    },
  },
  {
    name: 'the exports, and the members of io',
    run: async (fixture) => {
      const { client } = fixture;
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
      for (const name of [...names, 'connect', 'default', 'io']) fixture.note(name, typeof exported[name]);
      fixture.note('protocol', client.protocol);
      const io = client.io as unknown as Record<string, unknown>;
      fixture.note(
        'io',
        io.io === io,
        io.connect === io,
        io.Manager === client.Manager,
        io.Socket === client.Socket,
      );
      fixture.note('default', client.default === client.io, client.connect === client.io);
      const socket = fixture.io();
      fixture.note('instances', socket instanceof client.Socket, socket.io instanceof client.Manager);
      fixture.note('own', socket.io.engine instanceof Object, typeof socket.io.opts);
    },
  },
];
