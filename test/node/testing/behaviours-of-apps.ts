import { once } from 'node:events';
import type { AnyClient, AnyServer } from './stage.js';
import { answering, asText, type Behaviour, flush, joined, pair, record, thrown, until } from './tools.js';

/** Behaviours of handlers, as in guides and answers, and edge cases. */

type Next = (error?: Error) => void;

/** The exception of `act`, or the code with which its Promise rejects. */
const failing = async (act: () => unknown): Promise<string> => {
  try {
    await act();
    return 'nothing';
  } catch (error) {
    return (error as Error).message;
  }
};

export const behavioursOfApps: Readonly<Record<string, Behaviour>> = {
  // What a socket and its server are reached by

  'a socket refers to its server and its namespace': {
    async play(stage) {
      const { client, socket } = await pair(stage, '/chat');
      const log = record(client, 'x');
      socket.server.of('/chat').emit('x', 1);
      socket.nsp.emit('x', 2);
      socket.nsp.to(socket.id).emit('x', 3);
      socket.nsp.server.of('/chat').in(socket.id).emit('x', 4);
      await until(() => log.length === 4);
      return [log, socket.server === stage.server, socket.nsp.server === stage.server];
    },
  },
  'a socket by its id': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      const log = record(client, 'x');
      stage.server.sockets.sockets.get(socket.id).emit('x', 1);
      stage.server.of('/').sockets.get(client.id).emit('x', 2);
      await until(() => log.length === 2);
      return [log, stage.server.sockets.sockets.has('nobody')];
    },
  },
  'the address of a client in every place': {
    async play(stage) {
      const { socket } = await pair(stage);
      const places = [
        socket.handshake.address,
        socket.conn.remoteAddress,
        socket.request.connection.remoteAddress,
        socket.request.socket.remoteAddress,
      ];
      return places.map((address: string) => /127\.0\.0\.1$/.test(address));
    },
  },
  'the query of a request': {
    async play(stage) {
      const { socket } = await pair(stage, '/', { query: { token: 'a&b' } });
      return [socket.request._query.token, socket.request._query.EIO, socket.conn.request === socket.request];
    },
  },
  'a handshake has only the data of its client': {
    async play(stage) {
      const { socket } = await pair(stage, '/', {
        extraHeaders: { Cookie: 'a=1', Authorization: 'Bearer x' },
      });
      const { handshake } = socket;
      return [
        Object.keys(handshake).sort(),
        handshake.auth,
        handshake.headers.cookie,
        handshake.headers.authorization,
        Number.isNaN(Date.parse(handshake.time)),
      ];
    },
  },
  'auth that is not an object': {
    async play(stage) {
      const kinds: unknown[] = [];
      stage.server.on('connection', (socket: AnyServer) => kinds.push(socket.handshake.auth));
      await joined(stage, '/', { auth: {} });
      await joined(stage);
      return kinds;
    },
  },
  'a custom property of a socket and of its request': {
    async play(stage) {
      stage.server.use((socket: AnyServer, next: Next) => {
        socket.user = { name: 'ada' };
        socket.request.session = { visits: 1 };
        next();
      });
      const { socket } = await pair(stage);
      return [socket.user, socket.request.session];
    },
  },
  'the maximum number of listeners is set and read': {
    async play(stage) {
      const { socket } = await pair(stage);
      return [
        socket.setMaxListeners(0) === socket,
        socket.getMaxListeners(),
        stage.server.of('/').setMaxListeners(50) === stage.server.of('/'),
        stage.server.of('/').getMaxListeners(),
      ];
    },
  },
  "Node's events.once waits for an event of a socket": {
    async play(stage) {
      const { client, socket } = await pair(stage);
      const came = once(socket, 'note');
      client.emit('note', 'a', 1);
      return came;
    },
  },
  'the same listener by on and by once': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      let calls = 0;
      const listener = (): void => {
        calls += 1;
      };
      socket.once('a', listener);
      socket.on('a', listener);
      socket.on('flush', (done: () => void) => done());
      client.emit('a');
      await flush(client);
      const first = calls;
      client.emit('a');
      await flush(client);
      socket.off('a', listener);
      client.emit('a');
      await flush(client);
      return [first, calls];
    },
  },
  'raw listeners and their count': {
    async play(stage) {
      const { socket } = await pair(stage);
      const listener = (): void => {};
      socket.once('a', listener);
      socket.on('a', listener);
      return [
        socket.rawListeners('a').length,
        socket.listeners('a').every((one: unknown) => one === listener),
        socket.listenerCount('a'),
      ];
    },
  },
  'a listener that removes itself and another': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      const log: string[] = [];
      const second = (): void => void log.push('second');
      const first = (): void => {
        log.push('first');
        socket.off('a', first);
        socket.off('a', second);
      };
      socket.on('a', first);
      socket.on('a', second);
      socket.on('flush', (done: () => void) => done());
      client.emit('a');
      await flush(client);
      client.emit('a');
      await flush(client);
      return log;
    },
  },
  'this inside a listener': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      const same = new Promise((resolve) => {
        socket.on('a', function (this: unknown) {
          resolve(this === socket);
        });
      });
      client.emit('a');
      return same;
    },
  },
  'events with names of everyday objects': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      const names = ['constructor', 'toString', '__proto__', 'hasOwnProperty', '', ' ', 'a.b', '🙂', '0'];
      const log: unknown[] = [];
      for (const name of names) socket.on(name, (n: number) => log.push([name, n]));
      socket.on('flush', (done: () => void) => done());
      for (const name of names) client.emit(name, 1);
      await flush(client);
      return [log, client.connected];
    },
  },
  'an event named by a number': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      const log: unknown[] = [];
      socket.onAny((name: unknown) => log.push(typeof name));
      socket.on(5, () => log.push('five'));
      socket.on('flush', (done: () => void) => done());
      client.io.engine.write('2[5,1]');
      await flush(client);
      return [log[0], client.connected];
    },
  },

  // Chats, games, presence

  'a chat with rooms, names and a list of members': {
    async play(stage) {
      const { server } = stage;
      const people = new Map<string, string>();
      server.on('connection', (socket: AnyServer) => {
        socket.on(
          'join',
          ({ room, name }: { room: string; name: string }, done: (list: string[]) => void) => {
            people.set(socket.id, name);
            socket.join(room);
            socket.to(room).emit('came', name);
            done(
              [...(server.sockets.adapter.rooms.get(room) ?? [])].map(
                (id) => people.get(id as string) ?? '?',
              ),
            );
          },
        );
        socket.on('say', (room: string, text: string) => {
          server.to(room).emit('said', people.get(socket.id), text);
        });
        socket.on('disconnecting', () => {
          for (const room of socket.rooms) {
            if (room !== socket.id) socket.to(room).emit('went', people.get(socket.id), room);
          }
        });
        socket.on('flush', (done: () => void) => done());
      });
      const [ada, bob] = [await joined(stage), await joined(stage)];
      const logs = [record(ada, 'came', 'said', 'went'), record(bob, 'came', 'said', 'went')];
      const first = await ada.emitWithAck('join', { room: 'tea', name: 'ada' });
      const second = await bob.emitWithAck('join', { room: 'tea', name: 'bob' });
      ada.emit('say', 'tea', 'hello');
      await flush(ada);
      await until(() => logs[1]?.length === 1);
      bob.disconnect();
      await until(() => logs[0]?.length === 3);
      return [first, second, logs];
    },
  },
  'one visitor with several tabs shares a room of the user': {
    async play(stage) {
      stage.server.use((socket: AnyServer, next: Next) => {
        socket.join(`user:${socket.handshake.auth.user}`);
        next();
      });
      stage.server.on('connection', (socket: AnyServer) => {
        socket.on('logout', () =>
          stage.server.in(`user:${socket.handshake.auth.user}`).disconnectSockets(true),
        );
      });
      const one = await joined(stage, '/', { auth: { user: 1 }, reconnection: false });
      const two = await joined(stage, '/', { auth: { user: 1 }, reconnection: false });
      const other = await joined(stage, '/', { auth: { user: 2 } });
      const gone = Promise.all([stage.next(one, 'disconnect'), stage.next(two, 'disconnect')]);
      one.emit('logout');
      return [(await gone).map(([reason]) => reason), other.connected];
    },
  },
  'a refused client leaves a room that a middleware joined': {
    async play(stage) {
      stage.server.use((socket: AnyServer, next: Next) => {
        socket.join('lobby');
        next(socket.handshake.auth.ok ? undefined : new Error('no'));
      });
      const { adapter } = stage.server.of('/');
      await stage.next(stage.connect(), 'connect_error');
      const after = [adapter.rooms.has('lobby'), adapter.sids.size];
      const { socket } = await pair(stage, '/', { auth: { ok: true } });
      return [after, adapter.rooms.get('lobby').size, [...socket.rooms].length];
    },
  },
  'a broadcast to an empty room, and to no room': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      const log = record(client, 'x');
      stage.server.to('nobody').emit('x', 1);
      stage.server.to([]).emit('x', 2);
      stage.server.to('nobody').except('nobody').emit('x', 3);
      socket.to([]).emit('x', 4);
      socket.emit('x', 9);
      await until(() => log.some((one) => (one as unknown[])[1] === 9));
      return log;
    },
  },
  'broadcast operators are not modified by derived ones': {
    async play(stage) {
      const a = await pair(stage);
      const b = await pair(stage);
      a.socket.join('a');
      b.socket.join('b');
      const logs = [a, b].map(({ client }) => record(client, 'x'));
      const toA = stage.server.to('a');
      toA.to('b').emit('x', 1);
      toA.emit('x', 2);
      toA.except('a').emit('x', 3);
      stage.server.emit('x', 9);
      await until(() => logs.every((log) => (log.at(-1) as unknown[] | undefined)?.[1] === 9));
      return logs;
    },
  },
  'flags of one emit do not apply to the next': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      client.on('late', () => {});
      client.on('ask', (done: (n: number) => void) => setTimeout(done, 60, 5));
      const first = await failing(() => socket.timeout(20).emitWithAck('late'));
      const second = await new Promise((resolve) =>
        socket.emit('ask', (...args: unknown[]) => resolve(args)),
      );
      return [first, second];
    },
  },
  'rooms may have any name': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      socket.join(['', 'ö', '__proto__', 'constructor']);
      const log = record(client, 'x');
      for (const room of ['', 'ö', '__proto__', 'constructor']) stage.server.to(room).emit('x', room);
      await until(() => log.length === 4);
      return log;
    },
  },
  'joining can be awaited': {
    async play(stage) {
      const { socket } = await pair(stage);
      await socket.join('a');
      await socket.leave('a');
      await socket.join('b');
      return [...socket.rooms].filter((room) => room !== socket.id);
    },
  },
  'the rooms of the adapter can be read': {
    async play(stage) {
      const a = await pair(stage);
      const b = await pair(stage);
      a.socket.join('a');
      b.socket.join(['a', 'b']);
      const { adapter } = stage.server.of('/');
      return [
        (await adapter.sockets(new Set(['a']))).size,
        (await adapter.sockets(new Set())).size,
        [...adapter.socketRooms(b.socket.id)].filter((room) => room !== b.socket.id),
        adapter.socketRooms('nobody') ?? null,
        (await stage.server.allSockets()).size,
        (await stage.server.in('b').allSockets()).size,
        (await stage.server.of('/').allSockets()).has(a.socket.id),
      ];
    },
  },
  'the result of fetchSockets': {
    async play(stage) {
      const { socket } = await pair(stage, '/', { auth: { a: 1 } });
      socket.data.name = 'ada';
      const [found] = await stage.server.fetchSockets();
      return [
        found.id === socket.id,
        found.handshake.auth,
        found.data,
        [...found.rooms].length,
        found.timeout(50) !== undefined,
      ];
    },
  },
  'a fetched socket is asked, with a timeout': {
    async play(stage) {
      const { client } = await pair(stage);
      client.on('quick', (done: (n: number) => void) => done(1));
      const [found] = await stage.server.fetchSockets();
      return [
        await found.timeout(9_000).emitWithAck('quick'),
        await failing(() => found.timeout(30).emitWithAck('slow')),
      ];
    },
  },
  'socketsJoin through a room that was just joined': {
    async play(stage) {
      const a = await pair(stage);
      const b = await pair(stage);
      a.socket.join('one');
      stage.server.in('one').socketsJoin('two');
      stage.server.in(['two', b.socket.id]).socketsJoin(['three', 'four']);
      stage.server.except('one').socketsLeave('three');
      b.socket.broadcast.socketsJoin('five');
      return [a, b].map(({ socket }) => [...socket.rooms].filter((room) => room !== socket.id).sort());
    },
  },
  'a volatile typing indicator': {
    async play(stage) {
      const a = await pair(stage);
      const b = await pair(stage);
      const log = record(b.client, 'typing', 'end');
      a.socket.on('typing', (name: string) => a.socket.broadcast.volatile.emit('typing', name));
      a.client.emit('typing', 'ada');
      await until(() => log.length === 1);
      stage.server.emit('end');
      await until(() => log.length === 2);
      return log;
    },
  },
  'a handler awaits work before it answers': {
    async play(stage) {
      stage.server.on('connection', (socket: AnyServer) => {
        socket.on('order', async (order: { n: number }, done: (answer: object) => void) => {
          await new Promise((resolve) => setTimeout(resolve, 5 * (3 - order.n)));
          done({ status: 'OK', n: order.n });
        });
      });
      const client = await joined(stage);
      const order: number[] = [];
      const answers = await Promise.all(
        [1, 2].map(async (n) => {
          const answer = await client.emitWithAck('order', { n });
          order.push(n);
          return answer;
        }),
      );
      return [answers, order.length];
    },
  },
  'a handler that is registered late': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      socket.on('flush', (done: () => void) => done());
      client.emit('early', 1);
      await flush(client);
      const came = stage.next(socket, 'early');
      client.emit('early', 2);
      return came;
    },
  },
  'a handler that awaits before it registers listeners misses events': {
    async play(stage) {
      const log: unknown[] = [];
      stage.server.on('connection', async (socket: AnyServer) => {
        await new Promise<void>((resolve) => {
          socket.conn.on('packet', ({ data }: { data: string }) => {
            if (data.includes('"a"')) setTimeout(resolve, 20);
          });
        });
        socket.on('a', (n: number) => log.push(n));
        socket.on('flush', (done: () => void) => done());
        socket.emit('set');
      });
      const client = stage.connect();
      client.emit('a', 1);
      await stage.next(client, 'set');
      client.emit('a', 2);
      await flush(client);
      return log;
    },
  },
  'a catch-all that answers': {
    async play(stage) {
      stage.server.on('connection', (socket: AnyServer) => {
        socket.onAny((name: string, ...args: unknown[]) => {
          const done = args.at(-1);
          if (typeof done === 'function') done(`unknown: ${name}`);
        });
      });
      const client = await joined(stage);
      return client.emitWithAck('whatever', 1);
    },
  },

  // Middlewares

  'a middleware that is asynchronous': {
    async play(stage) {
      stage.server.use(async (socket: AnyServer, next: Next) => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        socket.data.ready = true;
        next();
      });
      const { socket } = await pair(stage);
      return socket.data;
    },
  },
  'a middleware that refuses with odd errors': {
    async play(stage) {
      const errors = [
        Object.assign(new Error('a'), { data: null }),
        Object.assign(new Error('b'), { data: 0 }),
        Object.assign(new TypeError('c'), { data: { code: 4 }, code: 'X' }),
        Object.assign(new Error(''), { data: [1] }),
      ];
      const told: unknown[] = [];
      stage.server.use((socket: AnyServer, next: Next) => next(errors[socket.handshake.auth.at]));
      for (let at = 0; at < errors.length; at++) {
        const [error] = await stage.next(stage.connect('/', { auth: { at } }), 'connect_error');
        told.push([asText(error), (error as { data?: unknown }).data ?? null]);
      }
      return told;
    },
  },
  'middlewares of namespaces are separate': {
    async play(stage) {
      stage.server.use((_: unknown, next: Next) => next(new Error('main')));
      stage.server.of('/open').on('connection', (socket: AnyServer) => socket.emit('in'));
      const open = stage.connect('/open');
      await stage.next(open, 'in');
      const [error] = await stage.next(stage.connect('/'), 'connect_error');
      return [open.connected, asText(error)];
    },
  },
  'a middleware that is added later applies to later clients': {
    async play(stage) {
      const first = await joined(stage);
      stage.server.use((_: unknown, next: Next) => next(new Error('full')));
      const [error] = await stage.next(stage.connect(), 'connect_error');
      return [first.connected, asText(error)];
    },
  },
  'a client that disconnects while a middleware runs': {
    async play(stage) {
      const log: string[] = [];
      let go: Next | undefined;
      stage.server.use((_: unknown, next: Next) => {
        go = next;
      });
      stage.server.on('connection', () => log.push('connection'));
      const client = stage.connect('/', { reconnection: false });
      await until(() => go);
      client.disconnect();
      await until(() => stage.server.engine.clientsCount === 0);
      go?.();
      await new Promise((resolve) => setTimeout(resolve, 30));
      return [log, stage.server.of('/').sockets.size, stage.server.of('/').adapter.sids.size];
    },
  },
  'an asynchronous socket middleware keeps no order': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      socket.use((event: unknown[], next: Next) => {
        if (event[0] === 'slow') setTimeout(next, 40);
        else next();
      });
      const log: string[] = [];
      socket.on('slow', () => log.push('slow'));
      socket.on('quick', () => log.push('quick'));
      client.emit('slow');
      client.emit('quick');
      await until(() => log.length === 2);
      return log;
    },
  },
  'an error of a socket middleware with data, sent to the client': {
    async play(stage) {
      stage.server.on('connection', (socket: AnyServer) => {
        socket.use(([name]: [string], next: Next) =>
          name === 'secret' ? next(Object.assign(new Error('unauthorized'), { code: 7 })) : next(),
        );
        socket.on('error', (error: Error & { code: number }) => {
          socket.emit('problem', error.message, error.code);
          if (error.message === 'unauthorized') socket.disconnect();
        });
      });
      const client = await joined(stage);
      const problem = stage.next(client, 'problem');
      const gone = stage.next(client, 'disconnect');
      client.emit('secret');
      return [await problem, (await gone)[0]];
    },
  },

  // The engine below

  'the initial headers of a response': {
    async play(stage) {
      const log: string[] = [];
      stage.server.engine.on('initial_headers', (headers: Record<string, string>, request: AnyServer) => {
        headers['x-test'] = '1';
        log.push(`initial ${request.url.startsWith('/socket.io/')}`);
      });
      stage.server.engine.on('headers', (headers: object, request: AnyServer) => {
        log.push(`headers ${typeof headers} ${typeof request.headers}`);
      });
      await joined(stage);
      return log;
    },
  },
  'allowRequest decides who may connect': {
    options: {
      allowRequest: (request: AnyServer, done: (error: string | null, ok: boolean) => void) =>
        done(request.headers.x === 'no' ? 'not you' : null, request.headers.x !== 'no'),
    },
    async play(stage) {
      const errors: unknown[] = [];
      stage.server.engine.on('connection_error', ({ code, message, context, req }: AnyServer) =>
        errors.push([code, message, context.message, typeof req.url]),
      );
      await joined(stage);
      const client = stage.connect('/', { extraHeaders: { x: 'no' }, reconnection: false });
      const [error] = await stage.next(client, 'connect_error');
      return [errors, (error as Error) instanceof Error, stage.server.engine.clientsCount];
    },
  },
  'session ids that cannot be generated': {
    async play(stage) {
      const errors: unknown[] = [];
      stage.server.engine.on('connection_error', ({ code, message, context }: AnyServer) =>
        errors.push([code, message, context.name]),
      );
      stage.server.engine.generateId = () => {
        throw new Error('no ids today');
      };
      const first = stage.connect('/', { reconnection: false });
      await stage.next(first, 'connect_error');
      stage.server.engine.generateId = async () => {
        throw new Error('none later');
      };
      const second = stage.connect('/', { reconnection: false });
      await stage.next(second, 'connect_error');
      return [errors, stage.server.engine.clientsCount];
    },
  },
  'session ids that are generated asynchronously': {
    async play(stage) {
      let count = 0;
      stage.server.engine.generateId = async () => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        return `later-${++count}`;
      };
      const { client, socket } = await pair(stage);
      return [socket.conn.id, client.io.engine.id];
    },
  },
  'the packets of a connection can be observed': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      const log: unknown[] = [];
      socket.conn.on('packet', ({ type, data }: AnyServer) => log.push(['in', type, data]));
      socket.conn.on('packetCreate', ({ type, data }: AnyServer) => log.push(['out', type, data]));
      socket.on('ask', (done: (n: number) => void) => done(1));
      await client.emitWithAck('ask');
      return log;
    },
  },
  'a connection reports its end': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      const log: unknown[] = [];
      socket.conn.on('close', (reason: string) => log.push(reason));
      const drained = new Promise((resolve) => socket.conn.once('drain', () => resolve('drained')));
      socket.emit('x');
      const outcome = await drained;
      client.io.engine.close();
      await until(() => log.length > 0);
      return [outcome, log, socket.conn.readyState];
    },
  },
  'a middleware of HTTP': {
    async play(stage) {
      const log: unknown[] = [];
      stage.server.engine.use((request: AnyServer, response: AnyServer, next: Next) => {
        if (request._query.sid === undefined)
          log.push([typeof request.headers, request.url.startsWith('/socket.io/')]);
        response.setHeader('x-own', '1');
        request.user = { name: 'ada' };
        next();
      });
      const { socket } = await pair(stage);
      return [log, socket.request.user];
    },
  },
  'a middleware of HTTP that refuses': {
    async play(stage) {
      const errors: unknown[] = [];
      stage.server.engine.on('connection_error', ({ code, message, context }: AnyServer) =>
        errors.push([code, message, context]),
      );
      stage.server.engine.use((request: AnyServer, response: AnyServer, next: Next) => {
        const { how } = request._query;
        if (how === 'error') next(new Error('no'));
        else if (how === 'end') {
          response.writeHead(401);
          response.end('who are you?');
        } else next();
      });
      for (const how of ['error', 'end']) {
        await stage.next(stage.connect('/', { query: { how }, reconnection: false }), 'connect_error');
      }
      await joined(stage);
      return [errors, stage.server.engine.clientsCount];
    },
  },
  "a path other than the server's": {
    options: { path: '/chat' },
    async play(stage) {
      const client = stage.connect('/', { path: '/elsewhere', reconnection: false });
      const [error] = await stage.next(client, 'connect_error');
      await joined(stage, '/', { path: '/chat' });
      return [error instanceof Error, stage.server.engine.clientsCount];
    },
  },
  'a server that accepts only one transport': {
    options: { transports: ['websocket'] },
    async play(stage) {
      const client = await joined(stage);
      return client.io.engine.transport.name;
    },
  },
  'server options without effect in a test': {
    options: {
      cors: { origin: '*' },
      serveClient: false,
      cookie: false,
      perMessageDeflate: false,
      httpCompression: false,
    },
    async play(stage) {
      return (await joined(stage)).connected;
    },
  },
  'sends directly over Engine.IO': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      const came = stage.next(client, 'x');
      socket.conn.write('2["x",1]');
      return came;
    },
  },

  // Acknowledgements at the edges

  'a client that disconnects while it is asked': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      client.on('ask', () => client.disconnect());
      return [await failing(() => socket.timeout(60).emitWithAck('ask')), socket.acks.size];
    },
  },
  'a broadcast asks every client, and one disconnects': {
    async play(stage) {
      const one = await joined(stage);
      const two = await joined(stage);
      one.on('ask', (done: (n: number) => void) => done(1));
      two.on('ask', () => two.disconnect());
      const error = await stage.server
        .timeout(1_500)
        .emitWithAck('ask')
        .catch((given: unknown) => given);
      return [asText(error), (error as { responses: unknown }).responses];
    },
  },
  'an answer with several values, and without a value': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      client.on('several', (done: (...values: number[]) => void) => done(1, 2, 3));
      client.on('none', (done: () => void) => done());
      const several = await new Promise((resolve) =>
        socket.emit('several', (...all: unknown[]) => resolve(all)),
      );
      const none = await new Promise((resolve) => socket.emit('none', (...all: unknown[]) => resolve(all)));
      return [several, none, await socket.timeout(9_000).emitWithAck('several')];
    },
  },
  'functions before the last argument are not callbacks': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      const came = stage.next(client, 'x');
      socket.emit('x', () => {}, 1);
      return came;
    },
  },
  'a late answer is sent only once': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      socket.on('ask', (done: (n: number) => void) => {
        setTimeout(() => {
          done(1);
          done(2);
        }, 20);
      });
      return [await client.emitWithAck('ask'), await client.timeout(9_000).emitWithAck('ask')];
    },
  },
  'a client asks with a timeout and gets no answer': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      socket.on('silent', () => {});
      return failing(() => client.timeout(40).emitWithAck('silent'));
    },
  },
  'arguments of an event with a callback, with undefined before it': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      const came = new Promise((resolve) =>
        socket.on('ask', (...args: unknown[]) =>
          resolve(args.map((one) => (one === undefined ? 'undefined' : typeof one))),
        ),
      );
      client.emit('ask', undefined, null, () => {});
      return came;
    },
  },

  // Other servers, which are not there

  'an event for other servers has no recipient': {
    async play(stage) {
      const log: string[] = [];
      stage.server.on('hello', () => log.push('hello'));
      return [
        thrown(() => stage.server.serverSideEmit('hello', 1)),
        thrown(() => stage.server.of('/').serverSideEmit('connection', 1)),
        log,
      ];
    },
  },

  // Namespaces

  'methods that a dynamic namespace does not support': {
    async play(stage) {
      const parent = stage.server.of(/^\/dyn-\d$/);
      parent.on('connection', () => {});
      await joined(stage, '/dyn-1');
      return [await failing(() => parent.fetchSockets())];
    },
  },
  'a dynamic namespace and its child of the same name': {
    async play(stage) {
      const names: string[] = [];
      const parent = stage.server.of(/^\/p-\d$/, (socket: AnyServer) => names.push(socket.nsp.name));
      const child = stage.server.of('/p-1');
      const one = await joined(stage, '/p-1');
      const two = await joined(stage, '/p-2');
      const came = stage.next(one, 'x');
      const log = record(two, 'x', 'end');
      child.emit('x', 1);
      await came;
      stage.server.of('/p-2').emit('end');
      await until(() => log.length > 0);
      return [names, parent.children.has(child), log, child.sockets.size];
    },
  },
  'the first matching dynamic namespace': {
    async play(stage) {
      const log: string[] = [];
      stage.server.of(/^\/a/).on('connection', () => log.push('a'));
      stage.server.of(/^\/ab/).on('connection', () => log.push('ab'));
      stage.server
        .of((name: string, _: unknown, next: (error: Error | null, ok: boolean) => void) =>
          next(name === '/error' ? new Error('bad') : null, name === '/fn'),
        )
        .on('connection', (socket: AnyServer) => log.push(socket.nsp.name));
      await joined(stage, '/abc');
      await joined(stage, '/fn');
      const [error] = await stage.next(stage.connect('/error'), 'connect_error');
      return [log, asText(error)];
    },
  },
  'a namespace with a query': {
    async play(stage) {
      const connected = stage.next(stage.server.of('/chat'), 'connection');
      await joined(stage, '/chat?token=a');
      const [socket] = (await connected) as [AnyServer];
      return [socket.nsp.name, socket.handshake.query.token, socket.handshake.url.includes('token=a')];
    },
  },
  'the id of a socket differs from namespace to namespace': {
    async play(stage) {
      stage.server.of('/a');
      const main = await joined(stage);
      const other = main.io.socket('/a');
      await stage.next(other, 'connect');
      return [main.id === other.id, other.id === main.io.engine.id];
    },
  },
  'one namespace is left and rejoined': {
    async play(stage) {
      const reasons: unknown[] = [];
      stage.server.of('/a').on('connection', (socket: AnyServer) => {
        socket.on('disconnect', (reason: string) => reasons.push(reason));
      });
      const main = await joined(stage);
      const other = main.io.socket('/a');
      await stage.next(other, 'connect');
      const first = other.id;
      other.disconnect();
      // One after the other: both in one chunk of TCP confuse a real server.
      await until(() => reasons.length === 1);
      other.connect();
      await stage.next(other, 'connect');
      return [reasons, other.id !== first, main.connected, stage.server.engine.clientsCount];
    },
  },
  'a server that disconnects a client from one namespace': {
    async play(stage) {
      const main = await pair(stage);
      stage.server.of('/a');
      const other = main.client.io.socket('/a');
      await stage.next(other, 'connect');
      const gone = stage.next(other, 'disconnect');
      stage.server.of('/a').disconnectSockets();
      const [reason] = await gone;
      const came = stage.next(main.client, 'x');
      main.socket.emit('x', 1);
      return [reason, await came, other.active];
    },
  },
  'the whole connection ends in every namespace': {
    async play(stage) {
      const reasons: string[] = [];
      for (const name of ['/', '/a']) {
        stage.server.of(name).on('connection', (socket: AnyServer) => {
          socket.on('disconnect', (reason: string) => reasons.push(`${name} ${reason}`));
        });
      }
      const main = await joined(stage, '/', { reconnection: false });
      const other = main.io.socket('/a');
      await stage.next(other, 'connect');
      const gone = [stage.next(main, 'disconnect'), stage.next(other, 'disconnect')];
      stage.server.disconnectSockets(true);
      const ends = await Promise.all(gone);
      await until(() => reasons.length === 2);
      return [reasons.sort(), ends.map(([reason]) => reason)];
    },
  },

  // Ending

  'the possibilities of a disconnect handler': {
    async play(stage) {
      const one = await pair(stage);
      const two = await pair(stage);
      const log = record(two.client, 'left');
      one.socket.on('disconnect', (reason: string) => {
        one.socket.broadcast.emit('left', reason, one.socket.id.length);
        one.socket.join('after');
        one.socket.emit('never');
      });
      one.client.disconnect();
      await until(() => log.length === 1);
      const { adapter } = stage.server.of('/');
      return [log, adapter.rooms.has('after')];
    },
  },
  'disconnect in the connection handler': {
    async play(stage) {
      stage.server.on('connection', (socket: AnyServer) => socket.disconnect());
      const client = stage.connect();
      const log = record(client, 'connect', 'disconnect');
      await until(() => log.length === 2);
      return log.map((one) => (one as unknown[]).slice(0, 2));
    },
  },
  'disconnect with the connection, in the connection handler': {
    async play(stage) {
      stage.server.on('connection', (socket: AnyServer) => socket.disconnect(true));
      const client = stage.connect('/', { reconnection: false });
      const [reason] = await stage.next(client, 'disconnect');
      return reason;
    },
  },
  'a closed server calls back, and accepts no client': {
    async play(stage) {
      const { client } = await pair(stage, '/', { reconnection: false });
      const gone = stage.next(client, 'disconnect');
      const called = await new Promise((resolve) =>
        stage.server.close((error?: Error) => resolve(error ?? 'closed')),
      );
      await gone;
      const late = stage.connect('/', { reconnection: false });
      const [error] = await stage.next(late, 'connect_error');
      return [called, error instanceof Error, stage.server.engine.clientsCount];
    },
  },
  'emit on a closed server': {
    async play(stage) {
      const { client } = await pair(stage, '/', { reconnection: false });
      const gone = stage.next(client, 'disconnect');
      await stage.server.close();
      await gone;
      return [thrown(() => stage.server.emit('x')), thrown(() => stage.server.to('a').emit('x'))];
    },
  },
  'a client that connects and disconnects at once': {
    async play(stage) {
      let connections = 0;
      stage.server.on('connection', () => {
        connections += 1;
      });
      const client = stage.connect('/', { reconnection: false });
      client.disconnect();
      await new Promise((resolve) => setTimeout(resolve, 200));
      await until(() => stage.server.engine.clientsCount === 0);
      return [connections, stage.server.engine.clientsCount];
    },
  },

  // Recovery

  'a session that returns too late is not recovered': {
    options: { connectionStateRecovery: { maxDisconnectionDuration: 1 } },
    async play(stage) {
      const { client, socket } = await pair(stage, '/', {
        reconnectionDelay: 120,
        reconnectionDelayMax: 150,
        randomizationFactor: 0,
      });
      const came = stage.next(client, 'x');
      socket.emit('x', 1);
      await came;
      const again = stage.next(client, 'connect');
      stage.cut(client);
      await again;
      return [client.recovered, client.id === socket.id];
    },
  },
  'a session without an event from the server': {
    options: { connectionStateRecovery: {} },
    async play(stage) {
      const { client, socket } = await pair(stage);
      const again = stage.next(client, 'connect');
      stage.cut(client);
      await again;
      return [client.recovered, client.id === socket.id];
    },
  },
  'a session of a namespace other than /': {
    options: { connectionStateRecovery: {} },
    async play(stage) {
      const { client, socket } = await pair(stage, '/chat');
      socket.join('a');
      socket.data.n = 1;
      const came = stage.next(client, 'x');
      socket.emit('x', 1);
      await came;
      const again = stage.next(stage.server.of('/chat'), 'connection');
      const left = stage.next(socket, 'disconnect');
      stage.cut(client);
      await left;
      stage.server.of('/chat').to('a').emit('x', 2);
      const missed = stage.next(client, 'x');
      const [back] = (await again) as [AnyServer];
      return [back.recovered, back.data, back.rooms.has('a'), (await missed)[0]];
    },
  },
  'a session that a broken packet ended': {
    options: { connectionStateRecovery: {} },
    async play(stage) {
      const { client, socket } = await pair(stage);
      const came = stage.next(client, 'x');
      socket.emit('x', 1);
      await came;
      const gone = stage.next(socket, 'disconnect');
      const again = stage.next(client, 'connect');
      client.io.engine.write('2["unfinished');
      const [reason] = await gone;
      await again;
      return [reason, client.recovered];
    },
  },
  'events sent in every way while a client is disconnected': {
    options: { connectionStateRecovery: {} },
    async play(stage) {
      const other = await pair(stage);
      const { client, socket } = await pair(stage);
      socket.join('room');
      const log: unknown[] = [];
      client.on('x', (what: string) => log.push(what));
      socket.emit('x', 'first');
      await until(() => log.length === 1);
      const again = stage.next(client, 'connect');
      const gone = stage.next(socket, 'disconnect');
      stage.cut(client);
      await gone;
      other.socket.broadcast.emit('x', 'broadcast');
      other.socket.to('room').emit('x', 'to a room');
      stage.server.to(socket.id).emit('x', 'to its id');
      stage.server.except('room').emit('x', 'not to the room');
      stage.server.volatile.emit('x', 'volatile');
      stage.server.timeout(30).emit('x', 'asks', () => {});
      socket.emit('x', 'to the old socket');
      socket.volatile.emit('x', 'volatile, to the old socket');
      stage.server.emit('x', 'last');
      await again;
      await until(() => log.at(-1) === 'last');
      return log;
    },
  },
  'data and rooms of a session recovered twice': {
    options: { connectionStateRecovery: {} },
    async play(stage) {
      const { client, socket } = await pair(stage);
      socket.join('room');
      socket.data.visits = 1;
      const seen: unknown[] = [];
      client.on('x', (n: number) => seen.push(n));
      socket.emit('x', 0);
      await until(() => seen.length === 1);
      for (let i = 1; i <= 2; i++) {
        const back = stage.next(stage.server, 'connection');
        const again = stage.next(client, 'connect');
        stage.cut(client);
        const [one] = (await back) as [AnyServer];
        await again;
        one.data.visits += 1;
        stage.server.to('room').emit('x', i);
        await until(() => seen.length === i + 1);
      }
      const [last] = await stage.server.fetchSockets();
      return [seen, last.data, client.recovered];
    },
  },

  // Limits

  'attachments whose total size is too large end the connection': {
    options: { maxHttpBufferSize: 1_000 },
    async play(stage) {
      const { client, socket } = await pair(stage, '/', { reconnection: false });
      const gone = stage.next(socket, 'disconnect');
      client.io.engine.write('451-["bytes",{"_placeholder":true,"num":0}]');
      client.io.engine.write(new Uint8Array(2_000));
      return (await gone)[0];
    },
  },
  'data sent by the server has no limit': {
    options: { maxHttpBufferSize: 1_000 },
    async play(stage) {
      const { client, socket } = await pair(stage);
      const came = stage.next(client, 'big');
      socket.emit('big', 'x'.repeat(5_000));
      return ((await came)[0] as string).length;
    },
  },
  'many attachments in one event': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      const came = stage.next(socket, 'many');
      client.emit(
        'many',
        Array.from({ length: 10 }, (_, n) => new Uint8Array([n])),
      );
      return ((await came)[0] as Buffer[]).map((one) => [...one]);
    },
  },
  'events around bytes keep their order': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      const log: unknown[] = [];
      socket.on('n', (what: unknown) => log.push(Buffer.isBuffer(what) ? [...what] : what));
      socket.on('flush', (done: () => void) => done());
      client.emit('n', 1);
      client.emit('n', new Uint8Array([2]));
      client.emit('n', 3);
      await flush(client);
      return log;
    },
  },
  'a frame that is not a packet': {
    async play(stage) {
      answering(stage.server);
      const outcomes: unknown[] = [];
      for (const raw of ['9', 'x', '2{}', '2[]', '7["a"]', '2[null]', '4"text"']) {
        const { client, socket } = await pair(stage, '/', { reconnection: false });
        const gone = stage.next(socket, 'disconnect');
        client.io.engine.write(raw);
        const outcome = await Promise.race([
          gone,
          flush(client).then(
            () => ['stays'],
            () => gone,
          ),
        ]);
        outcomes.push([raw, outcome?.[0]]);
        (client as AnyClient).disconnect();
      }
      return outcomes;
    },
  },
};
