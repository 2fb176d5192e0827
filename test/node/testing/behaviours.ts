import type { AnyServer } from './stage.js';
import { answering, asText, type Behaviour, flush, joined, pair, record, thrown, until } from './tools.js';

/** Behaviours of a server, as its handlers and clients see them. Each runs on an in-memory server and on a real one. */

export const behaviours: Readonly<Record<string, Behaviour>> = {
  // Connecting

  'a client connects and has the id of its socket': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      return [client.id === socket.id, socket.id.length, socket.connected, socket.disconnected];
    },
  },
  'events emitted in the connection handler arrive after connect': {
    async play(stage) {
      stage.server.on('connection', (socket: AnyServer) => socket.emit('hello', 1));
      const client = stage.connect();
      const log = record(client, 'connect', 'hello');
      await stage.next(client, 'hello');
      return log;
    },
  },
  'the event connect fires before connection': {
    async play(stage) {
      const log: string[] = [];
      stage.server.on('connection', () => log.push('connection'));
      stage.server.on('connect', () => log.push('connect'));
      await joined(stage);
      return log;
    },
  },
  'auth reaches the handshake': {
    async play(stage) {
      const { socket } = await pair(stage, '/', { auth: { token: 'abc', n: 1 } });
      return socket.handshake.auth;
    },
  },
  'auth may be a function': {
    async play(stage) {
      const { socket } = await pair(stage, '/', { auth: (done: (data: object) => void) => done({ t: 2 }) });
      return socket.handshake.auth;
    },
  },
  'the query reaches the handshake': {
    async play(stage) {
      const { socket } = await pair(stage, '/', { query: { room: 'a b', n: 5 } });
      const { EIO, transport, room, n } = socket.handshake.query;
      return { EIO, transport, room, n, url: /^\/socket\.io\/\?/.test(socket.handshake.url) };
    },
  },
  'request headers reach the handshake': {
    async play(stage) {
      const { socket } = await pair(stage, '/', { extraHeaders: { 'X-Tenant': 'blue' } });
      return [socket.handshake.headers['x-tenant'], socket.request.headers['x-tenant']];
    },
  },
  'the handshake has the time and the address': {
    async play(stage) {
      const { socket } = await pair(stage);
      const { issued, time, address, secure, xdomain } = socket.handshake;
      const kinds = [typeof issued, typeof time, Math.abs(Date.now() - issued) < 60_000];
      return [...kinds, /127\.0\.0\.1$/.test(address), secure, xdomain];
    },
  },
  'socket.data is a separate object for each socket': {
    async play(stage) {
      stage.server.use((socket: AnyServer, next: () => void) => {
        socket.data.user = 'ada';
        next();
      });
      const { socket } = await pair(stage);
      const [found] = await stage.server.fetchSockets();
      return [socket.data, found.data];
    },
  },
  'the connection has its protocol and transport': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      const { conn } = socket;
      return [conn.protocol, conn.transport.name, conn.readyState, conn.id === client.io.engine.id];
    },
  },
  'socket.client has the connection': {
    async play(stage) {
      const { socket } = await pair(stage);
      return [socket.client.conn === socket.conn, socket.client.id === socket.conn.id];
    },
  },
  'the engine counts and reports its clients': {
    async play(stage) {
      let told = 0;
      stage.server.engine.on('connection', () => {
        told += 1;
      });
      await joined(stage);
      await joined(stage);
      return [told, stage.server.engine.clientsCount];
    },
  },
  'a session may have a custom id': {
    async play(stage) {
      let count = 0;
      stage.server.engine.generateId = () => `own-${++count}`;
      const { client, socket } = await pair(stage);
      return [socket.conn.id, client.io.engine.id];
    },
  },
  'listeners of the handler are called once': {
    async play(stage) {
      let calls = 0;
      stage.server.once('connection', () => {
        calls += 1;
      });
      await joined(stage);
      await joined(stage);
      return calls;
    },
  },

  // Middleware

  'a middleware refuses with a message and data': {
    async play(stage) {
      stage.server.use((_: unknown, next: (error: Error) => void) => {
        next(Object.assign(new Error('not you'), { data: { retry: false } }));
      });
      const client = stage.connect();
      const [error] = await stage.next(client, 'connect_error');
      return [asText(error), (error as { data: unknown }).data, client.connected];
    },
  },
  'a middleware refuses without data': {
    async play(stage) {
      stage.server.use((_: unknown, next: (error: Error) => void) => next(new Error('no')));
      const [error] = await stage.next(stage.connect(), 'connect_error');
      return [asText(error), (error as { data?: unknown }).data === undefined];
    },
  },
  'middlewares run in their order, and the first refusal ends it': {
    async play(stage) {
      const log: number[] = [];
      stage.server.use((_: unknown, next: () => void) => {
        log.push(1);
        setTimeout(next, 5);
      });
      stage.server.use((_: unknown, next: (error: Error) => void) => {
        log.push(2);
        next(new Error('two'));
      });
      stage.server.use((_: unknown, next: () => void) => {
        log.push(3);
        next();
      });
      const [error] = await stage.next(stage.connect(), 'connect_error');
      return [log, asText(error)];
    },
  },
  'a refused client is not listed': {
    async play(stage) {
      stage.server.use((socket: AnyServer, next: (error?: Error) => void) =>
        next(socket.handshake.auth.ok ? undefined : new Error('no')),
      );
      await stage.next(stage.connect(), 'connect_error');
      await joined(stage, '/', { auth: { ok: true } });
      return [stage.server.sockets.sockets.size, (await stage.server.fetchSockets()).length];
    },
  },
  'a socket is not connected inside of a middleware': {
    async play(stage) {
      let seen: unknown;
      stage.server.use((socket: AnyServer, next: () => void) => {
        seen = [socket.connected, socket.rooms.size, typeof socket.id];
        next();
      });
      await joined(stage);
      return seen;
    },
  },
  'a middleware of a socket sees each event, and refuses some': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      const log: unknown[] = [];
      socket.use((event: unknown[], next: (error?: Error) => void) => {
        if (event[0] !== 'flush') log.push(['use', ...event.slice(0, 2)]);
        next(event[0] === 'bad' ? new Error('refused') : undefined);
      });
      socket.on('bad', () => log.push('bad came'));
      socket.on('good', () => log.push('good came'));
      socket.on('error', (error: Error) => log.push(error.message));
      socket.on('flush', (done: () => void) => done());
      client.emit('bad', 1);
      await flush(client);
      client.emit('good', 2);
      await flush(client);
      return log;
    },
  },
  'a middleware of a socket may change the arguments': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      socket.use((event: unknown[], next: () => void) => {
        event[1] = 'changed';
        next();
      });
      const came = stage.next(socket, 'note');
      client.emit('note', 'original');
      return came;
    },
  },

  // Events

  'arguments of every kind arrive': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      const came = stage.next(socket, 'many');
      client.emit('many', 1, 'two', null, true, [1, { a: [] }], { b: undefined, c: 'd' }, 'ünïcode 🙂');
      return came;
    },
  },
  'undefined becomes null, and dates become text': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      const came = stage.next(client, 'odd');
      socket.emit('odd', undefined, new Date(0), Number.NaN, new Map([[1, 2]]));
      return came;
    },
  },
  'events arrive in their order': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      const numbers: number[] = [];
      socket.on('n', (n: number) => numbers.push(n));
      socket.on('flush', (done: () => void) => done());
      for (let i = 0; i < 50; i++) client.emit('n', i);
      await flush(client);
      return numbers;
    },
  },
  'send and message': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      const [there, back] = [stage.next(socket, 'message'), stage.next(client, 'message')];
      client.send('up', 1);
      socket.send('down', 2);
      return [await there, await back];
    },
  },
  'emit returns true and refuses reserved names': {
    async play(stage) {
      const { socket } = await pair(stage);
      const names = [
        'connect',
        'connect_error',
        'disconnect',
        'disconnecting',
        'newListener',
        'removeListener',
      ];
      return [
        socket.emit('a'),
        stage.server.emit('a'),
        ...names.map((name) => thrown(() => socket.emit(name))),
        ...names.map((name) => thrown(() => stage.server.emit(name))),
      ];
    },
  },
  'onAny sees every event before its listeners': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      const log: unknown[] = [];
      // Which of two events that arrive together goes first through this is up to the network.
      const note = (name: string, what: unknown): void => {
        if (name !== 'flush') log.push(what);
      };
      const second = (name: string): void => note(name, `second ${name}`);
      socket.onAny((name: string, ...args: unknown[]) => note(name, ['any', name, args.length]));
      socket.onAny(second);
      socket.prependAny((name: string) => note(name, `first ${name}`));
      socket.on('a', () => log.push('a'));
      socket.on('flush', (done: () => void) => done());
      client.emit('a', 1, 2);
      await flush(client);
      socket.offAny(second);
      client.emit('a');
      await flush(client);
      log.push(socket.listenersAny().length);
      socket.offAny();
      client.emit('a');
      await flush(client);
      return log;
    },
  },
  'onAnyOutgoing sees what is sent': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      const log: unknown[] = [];
      socket.onAnyOutgoing((...args: unknown[]) => log.push(args));
      socket.prependAnyOutgoing((name: string) => log.push(name));
      socket.emit('a', 1);
      stage.server.emit('b', 2);
      await stage.next(client, 'b');
      log.push(socket.listenersAnyOutgoing().length);
      socket.offAnyOutgoing();
      socket.emit('c');
      return log;
    },
  },
  'once, off and removeAllListeners': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      const log: string[] = [];
      const off = (): void => void log.push('off');
      socket.once('a', () => log.push('once'));
      socket.on('a', off);
      socket.on('b', () => log.push('b'));
      socket.on('flush', (done: () => void) => done());
      client.emit('a');
      await flush(client);
      socket.off('a', off);
      socket.removeAllListeners('b');
      client.emit('a');
      client.emit('b');
      await flush(client);
      return [log, socket.listenerCount('a'), socket.listenerCount('b'), socket.listeners('flush').length];
    },
  },
  'an event without a listener does nothing': {
    async play(stage) {
      answering(stage.server);
      const client = await joined(stage);
      client.emit('nobody', 1);
      await flush(client);
      return client.connected;
    },
  },

  // Acknowledgements

  'the server answers a client': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      socket.on('add', (a: number, b: number, done: (sum: number, more: string) => void) =>
        done(a + b, 'more'),
      );
      const answer = await new Promise((resolve) =>
        client.emit('add', 1, 2, (...args: unknown[]) => resolve(args)),
      );
      return [answer, await client.emitWithAck('add', 3, 4)];
    },
  },
  'an acknowledgement answers once': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      socket.on('twice', (done: (n: number) => void) => {
        done(1);
        done(2);
      });
      socket.on('flush', (done: () => void) => done());
      const answers: number[] = [];
      client.emit('twice', (n: number) => answers.push(n));
      await flush(client);
      return answers;
    },
  },
  'a client answers the server': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      client.on('name', (given: string, done: (name: string) => void) => done(`${given} lovelace`));
      const answer = await new Promise((resolve) =>
        socket.emit('name', 'ada', (...args: unknown[]) => resolve(args)),
      );
      return [answer, await socket.emitWithAck('name', 'grace')];
    },
  },
  'the server stops waiting for an answer after its timeout': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      client.on('silent', () => {});
      client.on('quick', (done: (n: number) => void) => done(7));
      const late = await new Promise((resolve) =>
        socket.timeout(40).emit('silent', (error: Error) => resolve(asText(error))),
      );
      const quick = await new Promise((resolve) =>
        socket.timeout(9_000).emit('quick', (...args: unknown[]) => resolve(args)),
      );
      const rejected = await socket.timeout(40).emitWithAck('silent').catch(asText);
      return [late, quick, rejected, await socket.timeout(9_000).emitWithAck('quick')];
    },
  },
  'a broadcast asks every client': {
    async play(stage) {
      for (const n of [1, 2, 3]) {
        const client = await joined(stage);
        client.on('sum', (a: number, done: (sum: number) => void) => done(a + n));
      }
      const answers = await stage.server.timeout(9_000).emitWithAck('sum', 10);
      const called = await new Promise((resolve) =>
        stage.server
          .timeout(9_000)
          .emit('sum', 20, (error: unknown, all: number[]) => resolve([error, all.sort()])),
      );
      return [answers.sort(), called];
    },
  },
  'one client does not answer a broadcast': {
    async play(stage) {
      const first = await joined(stage);
      first.on('sum', (done: (n: number) => void) => done(1));
      const second = await joined(stage);
      second.on('sum', () => {});
      const error = await stage.server
        .timeout(1_500)
        .emitWithAck('sum')
        .catch((given: unknown) => given);
      const called = await new Promise((resolve) =>
        stage.server
          .timeout(1_500)
          .emit('sum', (given: Error, all: unknown) => resolve([asText(given), all])),
      );
      return [asText(error), (error as { responses: unknown }).responses, called];
    },
  },
  'a broadcast asks, with no client connected': {
    async play(stage) {
      return stage.server.timeout(1_000).emitWithAck('sum');
    },
  },
  'an answer after a disconnect is ignored': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      let late: (() => void) | undefined;
      socket.on('slow', (done: () => void) => {
        late = done;
      });
      client.emit('slow', () => {});
      await until(() => late);
      const gone = stage.next(socket, 'disconnect');
      client.disconnect();
      await gone;
      return thrown(() => late?.());
    },
  },

  // Rooms

  'a socket is in its own room': {
    async play(stage) {
      const { socket } = await pair(stage);
      return [[...socket.rooms].map((room) => room === socket.id)];
    },
  },
  'join and leave': {
    async play(stage) {
      const { socket } = await pair(stage);
      socket.join('a');
      socket.join(['b', 'c']);
      socket.leave('b');
      const rooms = [...socket.rooms].filter((room) => room !== socket.id);
      const { adapter } = stage.server.of('/');
      return [rooms, adapter.rooms.get('a').size, adapter.rooms.has('b'), adapter.sids.get(socket.id).size];
    },
  },
  'a broadcast reaches a room, and each of its members once': {
    async play(stage) {
      const both = await pair(stage);
      const one = await pair(stage);
      const none = await pair(stage);
      both.socket.join(['a', 'b']);
      one.socket.join('b');
      const logs = [both, one, none].map(({ client }) => record(client, 'x'));
      stage.server.to('a').to('b').emit('x', 1);
      stage.server.in(['a', 'b']).emit('x', 2);
      stage.server.emit('x', 3);
      await until(() => logs.every((log) => log.length > 0 && (log.at(-1) as unknown[])[1] === 3));
      return logs;
    },
  },
  'except excludes rooms': {
    async play(stage) {
      const a = await pair(stage);
      const b = await pair(stage);
      a.socket.join(['all', 'quiet']);
      b.socket.join('all');
      const logs = [a, b].map(({ client }) => record(client, 'x'));
      stage.server.to('all').except('quiet').emit('x', 1);
      stage.server.except('quiet').emit('x', 2);
      stage.server.except(['quiet', 'other']).emit('x', 3);
      stage.server.emit('x', 9);
      await until(() => logs.every((log) => log.length > 0 && (log.at(-1) as unknown[])[1] === 9));
      return logs;
    },
  },
  'a broadcast of a socket excludes the socket': {
    async play(stage) {
      const a = await pair(stage);
      const b = await pair(stage);
      for (const { socket } of [a, b]) socket.join('room');
      const logs = [a, b].map(({ client }) => record(client, 'x'));
      a.socket.broadcast.emit('x', 1);
      a.socket.to('room').emit('x', 2);
      a.socket.in('room').emit('x', 3);
      a.socket.except('other').emit('x', 4);
      a.socket.to(b.socket.id).emit('x', 5);
      a.socket.to(a.socket.id).emit('x', 6);
      stage.server.emit('x', 9);
      await until(() => logs.every((log) => log.length > 0 && (log.at(-1) as unknown[])[1] === 9));
      return logs;
    },
  },
  'a broadcast of a socket may request answers': {
    async play(stage) {
      const a = await pair(stage);
      const b = await pair(stage);
      for (const { client } of [a, b]) client.on('who', (done: (id: string) => void) => done('me'));
      return [
        await a.socket.timeout(9_000).broadcast.emitWithAck('who'),
        await b.socket.timeout(9_000).to(a.socket.id).emitWithAck('who'),
      ];
    },
  },
  'an empty room is removed': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      socket.join('a');
      const gone = stage.next(socket, 'disconnect');
      client.disconnect();
      await gone;
      const { adapter } = stage.server.of('/');
      return [adapter.rooms.size, adapter.sids.size, socket.rooms.size];
    },
  },
  'the adapter reports its rooms': {
    async play(stage) {
      const log: unknown[] = [];
      const { adapter } = stage.server.of('/');
      for (const event of ['create-room', 'join-room', 'leave-room', 'delete-room']) {
        adapter.on(event, (room: string) => {
          if (room === 'a') log.push(event);
        });
      }
      const { socket } = await pair(stage);
      socket.join('a');
      socket.join('a');
      socket.leave('a');
      return log;
    },
  },
  'rooms are still there while disconnecting': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      socket.join('a');
      const log: unknown[] = [];
      socket.on('disconnecting', (reason: string) =>
        log.push(reason, socket.rooms.has('a'), socket.connected),
      );
      socket.on('disconnect', (reason: string) => log.push(reason, socket.rooms.has('a'), socket.connected));
      const gone = stage.next(socket, 'disconnect');
      client.disconnect();
      await gone;
      return log;
    },
  },
  'socketsJoin, socketsLeave and fetchSockets': {
    async play(stage) {
      const a = await pair(stage);
      const b = await pair(stage);
      stage.server.socketsJoin('all');
      stage.server.in(a.socket.id).socketsJoin(['x', 'y']);
      stage.server.in('all').socketsLeave('y');
      const names = async (room: string): Promise<number> =>
        (await stage.server.in(room).fetchSockets()).length;
      const [found] = await stage.server.in('x').fetchSockets();
      return [
        await names('all'),
        await names('x'),
        await names('y'),
        found.id === a.socket.id,
        found.rooms.has('x'),
        b.socket.rooms.has('all'),
        (await stage.server.except('x').fetchSockets()).length,
      ];
    },
  },
  'a fetched socket can be used': {
    async play(stage) {
      const { client } = await pair(stage);
      const [found] = await stage.server.fetchSockets();
      const came = stage.next(client, 'x');
      found.emit('x', 1);
      const data = await came;
      const gone = stage.next(client, 'disconnect');
      found.join('a');
      found.disconnect();
      return [data, (await gone)[0]];
    },
  },
  'disconnectSockets of a room': {
    async play(stage) {
      const a = await pair(stage);
      const b = await pair(stage);
      a.socket.join('out');
      const gone = stage.next(a.client, 'disconnect');
      stage.server.in('out').disconnectSockets();
      const [reason] = await gone;
      return [reason, b.client.connected, a.socket.connected, stage.server.of('/').sockets.size];
    },
  },
  'volatile, local and compress can be combined': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      const log = record(client, 'x');
      socket.volatile.emit('x', 1);
      socket.compress(false).emit('x', 2);
      stage.server.volatile.emit('x', 3);
      stage.server.local.emit('x', 4);
      stage.server.compress(true).to(socket.id).emit('x', 5);
      await until(() => log.length === 5);
      return log;
    },
  },

  // Namespaces

  'a namespace has its own clients': {
    async play(stage) {
      const chat = await pair(stage, '/chat');
      const main = await pair(stage);
      const logs = [chat.client, main.client].map((client) => record(client, 'x'));
      stage.server.of('/chat').emit('x', 1);
      stage.server.emit('x', 2);
      await until(() => logs.every((log) => log.length === 1));
      return [logs, chat.socket.nsp.name, stage.server.of('chat') === stage.server.of('/chat')];
    },
  },
  'several namespaces share a connection': {
    async play(stage) {
      stage.server.of('/chat');
      const client = await joined(stage);
      const chat = client.io.socket('/chat');
      await stage.next(chat, 'connect');
      const [a] = await stage.server.fetchSockets();
      const [b] = await stage.server.of('/chat').fetchSockets();
      return [a.conn === b.conn, a.id === b.id, stage.server.engine.clientsCount];
    },
  },
  'an unknown namespace is refused': {
    async play(stage) {
      const [error] = await stage.next(stage.connect('/nowhere'), 'connect_error');
      return [asText(error), (error as { data?: unknown }).data === undefined];
    },
  },
  'leaving one namespace keeps the others': {
    async play(stage) {
      stage.server.of('/chat');
      answering(stage.server);
      const client = await joined(stage);
      const chat = client.io.socket('/chat');
      await stage.next(chat, 'connect');
      const [socket] = await stage.server.of('/chat').fetchSockets();
      const gone = stage.next(socket, 'disconnect');
      chat.disconnect();
      const [reason] = await gone;
      await flush(client);
      return [reason, client.connected];
    },
  },
  'namespaces by an expression': {
    async play(stage) {
      const names: string[] = [];
      const parent = stage.server.of(/^\/room-\d+$/);
      parent.on('connection', (socket: AnyServer) => {
        names.push(socket.nsp.name);
        socket.emit('welcome', socket.nsp.name);
      });
      const first = stage.connect('/room-1');
      const second = stage.connect('/room-2');
      const welcomes = await Promise.all([stage.next(first, 'welcome'), stage.next(second, 'welcome')]);
      const [error] = await stage.next(stage.connect('/room-x'), 'connect_error');
      return [names.sort(), welcomes, asText(error), [...parent.children].length];
    },
  },
  'namespaces by a function': {
    async play(stage) {
      stage.server
        .of((name: string, auth: { key?: string }, next: (error: null, ok: boolean) => void) =>
          next(null, name.startsWith('/t-') && auth.key === 'ok'),
        )
        .on('connection', (socket: AnyServer) => socket.emit('in', socket.nsp.name));
      const allowed = stage.connect('/t-1', { auth: { key: 'ok' } });
      const welcome = await stage.next(allowed, 'in');
      const [error] = await stage.next(stage.connect('/t-2', { auth: { key: 'no' } }), 'connect_error');
      return [welcome, asText(error)];
    },
  },
  'a dynamic namespace has middlewares, and broadcasts to its children': {
    async play(stage) {
      const parent = stage.server.of(/^\/dyn-/);
      parent.use((socket: AnyServer, next: (error?: Error) => void) =>
        next(socket.handshake.auth.ok ? undefined : new Error('no')),
      );
      const [error] = await stage.next(stage.connect('/dyn-0'), 'connect_error');
      const one = await joined(stage, '/dyn-1', { auth: { ok: true } });
      const two = await joined(stage, '/dyn-2', { auth: { ok: true } });
      const came = Promise.all([stage.next(one, 'x'), stage.next(two, 'x')]);
      parent.emit('x', 1);
      return [asText(error), await came];
    },
  },
  'new namespaces are reported': {
    async play(stage) {
      const names: string[] = [];
      stage.server.on('new_namespace', ({ name }: { name: string }) => names.push(name));
      stage.server.of('/a');
      stage.server.of(/^\/b\d$/);
      await joined(stage, '/b1');
      return names;
    },
  },
  'children without clients are removed on request': {
    options: { cleanupEmptyChildNamespaces: true },
    async play(stage) {
      const parent = stage.server.of(/^\/gone-/);
      const client = await joined(stage, '/gone-1');
      const before = parent.children.size;
      client.disconnect();
      await until(() => parent.children.size === 0);
      return [before, parent.children.size];
    },
  },

  // Ending

  'the server disconnects a socket': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      const ends = [stage.next(client, 'disconnect'), stage.next(socket, 'disconnect')];
      socket.disconnect();
      const [there, here] = await Promise.all(ends);
      return [there?.[0], here?.[0], socket.connected, socket.disconnect() === socket];
    },
  },
  'the server closes the connection of a socket': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      client.io.reconnection(false);
      const ends = [stage.next(client, 'disconnect'), stage.next(socket, 'disconnect')];
      socket.disconnect(true);
      const [there, here] = await Promise.all(ends);
      await until(() => stage.server.engine.clientsCount === 0);
      return [there?.[0], here?.[0], stage.server.engine.clientsCount];
    },
  },
  'the client disconnects': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      const gone = stage.next(socket, 'disconnect');
      client.disconnect();
      return (await gone)[0];
    },
  },
  'the client closes its engine': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      client.io.reconnection(false);
      const gone = stage.next(socket, 'disconnect');
      client.io.engine.close();
      return (await gone)[0];
    },
  },
  'the network cuts the connection, and the client returns': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      const [gone, left] = [stage.next(socket, 'disconnect'), stage.next(client, 'disconnect')];
      const back = stage.next(client, 'connect');
      stage.cut(client);
      const reasons = [(await gone)[0], (await left)[0]];
      await back;
      return [reasons, client.id !== socket.id, stage.server.of('/').sockets.size];
    },
  },
  'the server closes the engine below': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      client.io.reconnection(false);
      const ends = [stage.next(client, 'disconnect'), stage.next(socket, 'disconnect')];
      socket.conn.close();
      const [there, here] = await Promise.all(ends);
      return [there?.[0], here?.[0]];
    },
  },
  'the server shuts down': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      client.io.reconnection(false);
      const ends = [stage.next(client, 'disconnect'), stage.next(socket, 'disconnect')];
      await stage.server.close();
      const [there, here] = await Promise.all(ends);
      return [there?.[0], here?.[0]];
    },
  },
  'disconnectSockets for all sockets, with their connections': {
    async play(stage) {
      const { client } = await pair(stage);
      client.io.reconnection(false);
      const gone = stage.next(client, 'disconnect');
      stage.server.disconnectSockets(true);
      await until(() => stage.server.engine.clientsCount === 0);
      return [(await gone)[0], stage.server.engine.clientsCount];
    },
  },
  'a client that does not answer the heartbeat is dropped': {
    options: { pingInterval: 60, pingTimeout: 60 },
    async play(stage) {
      const { client, socket } = await pair(stage);
      client.io.reconnection(false);
      // It receives, and sends nothing.
      client.io.engine.transport.send = () => {};
      return (await stage.next(socket, 'disconnect'))[0];
    },
  },
  'a client that never sends CONNECT is dropped': {
    options: { connectTimeout: 60 },
    async play(stage) {
      let ended: unknown;
      stage.server.engine.on('connection', (conn: AnyServer) =>
        conn.on('close', (reason: string) => {
          ended = reason;
        }),
      );
      const client = stage.connect('/', { autoConnect: false, reconnection: false });
      client.io.open();
      await until(() => ended);
      return ended;
    },
  },
  'a malformed packet ends the connection': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      client.io.reconnection(false);
      const gone = stage.next(socket, 'disconnect');
      client.io.engine.write('2["unfinished');
      return (await gone)[0];
    },
  },
  'an event with a reserved name ends the connection': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      client.io.reconnection(false);
      const gone = stage.next(socket, 'disconnect');
      client.io.engine.write('2["disconnect","me"]');
      return (await gone)[0];
    },
  },
  'a packet for a namespace that was not joined ends the connection': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      stage.server.of('/other');
      client.io.reconnection(false);
      const gone = stage.next(socket, 'disconnect');
      client.io.engine.write('2/other,["x"]');
      return (await gone)[0];
    },
  },
  'an unexpected answer is ignored': {
    async play(stage) {
      answering(stage.server);
      const client = await joined(stage);
      client.io.engine.write('3999["late"]');
      await flush(client);
      return client.connected;
    },
  },
  'a second CONNECT to the same namespace': {
    async play(stage) {
      answering(stage.server);
      let connections = 0;
      stage.server.on('connection', () => {
        connections += 1;
      });
      const client = await joined(stage);
      client.io.engine.write('0');
      await until(() => connections === 2);
      return connections;
    },
  },

  // Binary

  'bytes arrive as a Buffer': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      const came = stage.next(socket, 'bytes');
      client.emit('bytes', new Uint8Array([1, 2, 3]), { deep: [Buffer.from('abc'), new ArrayBuffer(2)] });
      const [first, second] = (await came) as [Buffer, { deep: Buffer[] }];
      return [Buffer.isBuffer(first), [...first], second.deep.map((one) => [Buffer.isBuffer(one), ...one])];
    },
  },
  'bytes are sent to one client, and to all': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      const log: unknown[] = [];
      client.on('bytes', (bytes: Uint8Array) => log.push([...new Uint8Array(bytes)]));
      socket.emit('bytes', Buffer.from([1, 2]));
      stage.server.emit('bytes', new Uint8Array([3]));
      stage.server.emit('bytes', new Uint8Array([9, 4, 9]).subarray(1, 2));
      socket.emit('bytes', new Uint16Array([258]));
      await until(() => log.length === 4);
      return log;
    },
  },
  'bytes in an answer': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      socket.on('get', (done: (bytes: Buffer) => void) => done(Buffer.from([7])));
      client.on('get', (done: (bytes: Uint8Array) => void) => done(new Uint8Array([8])));
      const there = await client.emitWithAck('get');
      const back = await socket.emitWithAck('get');
      return [[...new Uint8Array(there)], [...back]];
    },
  },
  'bytes that change after emit are sent unchanged': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      const bytes = new Uint8Array([1]);
      const came = stage.next(socket, 'bytes');
      client.emit('bytes', bytes);
      await came;
      bytes[0] = 2;
      return [...((await came)[0] as Buffer)];
    },
  },
  'an empty attachment': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      const came = stage.next(socket, 'bytes');
      client.emit('bytes', new Uint8Array(0), 'after');
      const [bytes, after] = await came;
      return [(bytes as Buffer).length, after];
    },
  },

  // Limits

  'a message that is too large ends the connection': {
    options: { maxHttpBufferSize: 1_000 },
    async play(stage) {
      const { client, socket } = await pair(stage);
      client.io.reconnection(false);
      const ends = [stage.next(socket, 'disconnect'), stage.next(client, 'disconnect')];
      client.io.engine.write(`2["big","${'x'.repeat(2_000)}"]`);
      const [here, there] = await Promise.all(ends);
      return [here?.[0], there?.[0]];
    },
  },
  'a message of exactly the maximum size is accepted': {
    options: { maxHttpBufferSize: 1_000 },
    async play(stage) {
      const { client, socket } = await pair(stage);
      const came = stage.next(socket, 'a');
      // One byte is the type of the Engine.IO packet.
      client.io.engine.write(`2["a","${'x'.repeat(1_000 - 1 - '2["a",""]'.length)}"]`);
      return ((await came)[0] as string).length;
    },
  },
  'more attachments than the parser accepts end the connection': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      client.io.reconnection(false);
      const gone = stage.next(socket, 'disconnect');
      client.io.engine.write('511-["many"]');
      return (await gone)[0];
    },
  },

  // Recovery

  'a session that was cut is recovered, with its missed events': {
    options: { connectionStateRecovery: {} },
    async play(stage) {
      const { client, socket } = await pair(stage);
      socket.join('room');
      socket.data.name = 'ada';
      const log: unknown[] = [];
      client.on('x', (n: number) => log.push(n));
      socket.emit('x', 1);
      await until(() => log.length === 1);
      const again = stage.next(stage.server, 'connection');
      const gone = stage.next(socket, 'disconnect');
      const left = stage.next(client, 'disconnect');
      stage.cut(client);
      await Promise.all([gone, left]);
      stage.server.to('room').emit('x', 2);
      stage.server.to('elsewhere').emit('x', 3);
      stage.server.emit('x', 4);
      const [back] = (await again) as [AnyServer];
      await until(() => log.length === 3);
      return [
        back.recovered,
        back.id === socket.id,
        back.rooms.has('room'),
        back.data,
        client.recovered,
        log,
      ];
    },
  },
  'a session that disconnected itself is not recovered': {
    options: { connectionStateRecovery: {} },
    async play(stage) {
      const { client, socket } = await pair(stage);
      const came = stage.next(client, 'x');
      socket.emit('x', 1);
      await came;
      client.disconnect();
      const again = stage.next(stage.server, 'connection');
      client.connect();
      const [back] = (await again) as [AnyServer];
      return [back.recovered, back.id === socket.id];
    },
  },
  'middlewares are skipped for a recovered session': {
    options: { connectionStateRecovery: {} },
    async play(stage) {
      let calls = 0;
      stage.server.use((_: unknown, next: () => void) => {
        calls += 1;
        next();
      });
      const { client, socket } = await pair(stage);
      const came = stage.next(client, 'x');
      socket.emit('x', 1);
      await came;
      const again = stage.next(client, 'connect');
      stage.cut(client);
      await again;
      return [calls, client.recovered];
    },
  },
  'middlewares run for a recovered session with skipMiddlewares: false': {
    options: { connectionStateRecovery: { skipMiddlewares: false } },
    async play(stage) {
      let calls = 0;
      stage.server.use((_: unknown, next: () => void) => {
        calls += 1;
        next();
      });
      const { client, socket } = await pair(stage);
      const came = stage.next(client, 'x');
      socket.emit('x', 1);
      await came;
      const again = stage.next(client, 'connect');
      stage.cut(client);
      await again;
      return [calls, client.recovered];
    },
  },
  'an event carries its offset, unless it requests an answer': {
    options: { connectionStateRecovery: {} },
    async play(stage) {
      const { client, socket } = await pair(stage);
      const plain = stage.next(client, 'plain');
      socket.emit('plain', 'a');
      const [, offset] = await plain;
      const volatile = stage.next(client, 'volatile');
      socket.volatile.emit('volatile', 'b');
      const asks = stage.next(client, 'asks');
      socket.emit('asks', 'c', () => {});
      return [typeof offset, (await volatile).length, (await asks).length];
    },
  },
  'without recovery, nothing is added': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      const came = stage.next(client, 'x');
      socket.emit('x', 1);
      return [(await came).length, socket.recovered, client.recovered];
    },
  },

  // The rest

  'the path of the server': {
    async play(stage) {
      return stage.server.path();
    },
  },
  'the methods of the server are those of the namespace /': {
    async play(stage) {
      const { server } = stage;
      return [
        server.of('/') === server.sockets,
        server.on('connection', () => {}) === server,
        server.use((_: unknown, next: () => void) => next()) === server,
        server.sockets.name,
      ];
    },
  },
  'a handler passed to of()': {
    async play(stage) {
      const came = new Promise((resolve) => stage.server.of('/h', ({ nsp }: AnyServer) => resolve(nsp.name)));
      stage.connect('/h');
      return came;
    },
  },
  'events of a disconnected client are not delivered': {
    async play(stage) {
      const log: string[] = [];
      const { client, socket } = await pair(stage);
      socket.on('leave', () => socket.disconnect());
      socket.on('late', () => log.push('late'));
      client.emit('leave');
      client.emit('late');
      await stage.next(client, 'disconnect');
      await until(() => !socket.connected);
      return log;
    },
  },
  'an emit to a disconnected socket is not an error': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      const gone = stage.next(socket, 'disconnect');
      client.disconnect();
      await gone;
      return [thrown(() => socket.emit('x', 1)), socket.rooms.size];
    },
  },
  'eventNames of a socket': {
    async play(stage) {
      const { socket } = await pair(stage);
      socket.on('a', () => {});
      socket.on('b', () => {});
      return socket.eventNames();
    },
  },
};
