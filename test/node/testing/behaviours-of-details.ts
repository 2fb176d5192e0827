import type { AnyClient, AnyServer } from './stage.js';
import { answering, asText, type Behaviour, flush, joined, pair, record } from './tools.js';

/** Details that programs come to rely on without noticing. Each runs on an in-memory server and on a real one. */

const refusals: Readonly<Record<string, unknown>> = {
  'a text': 'text',
  'an object': { message: 'plain', data: 1 },
  'an object without a message': { data: { a: 1 } },
  'a number': 5,
  'an error without data': new Error('no'),
  'an error whose data is null': Object.assign(new Error('no'), { data: null }),
  'an error whose data is undefined': Object.assign(new Error('no'), { data: undefined }),
  'an error whose data is a text': Object.assign(new Error('no'), { data: 'why' }),
  'an error without a message': new Error(''),
  'an error whose message is no text': Object.assign(new Error('no'), { message: 5 }),
};

const refused = (error: unknown): Behaviour => ({
  async play(stage) {
    stage.server.use((_socket: AnyServer, next: (error: unknown) => void) => next(error));
    const client = stage.connect('/', { reconnection: false });
    const [given] = (await stage.next(client, 'connect_error')) as [Error & { data?: unknown }];
    return [given.message ?? 'no message', 'data' in given && given.data !== undefined, given.data];
  },
});

export const behavioursOfDetails: Readonly<Record<string, Behaviour>> = {
  'missed events arrive before connect': {
    options: { connectionStateRecovery: {} },
    async play(stage) {
      const { client, socket } = await pair(stage);
      const log = record(client, 'news', 'connect');
      client.on('connect', () => log.push(client.recovered));
      const first = stage.next(client, 'news');
      socket.emit('news', 0);
      await first;
      const gone = stage.next(socket, 'disconnect');
      stage.cut(client);
      await gone;
      stage.server.emit('news', 1);
      stage.server.to(socket.id).emit('news', 2, Buffer.from([1]));
      const again = stage.next(stage.server, 'connection');
      const [next] = (await again) as [AnyServer];
      const last = stage.next(client, 'last');
      next.emit('last');
      await last;
      return log.map((one) => (Array.isArray(one) ? [one[0], one[1]?.message ? 'offset' : one[1]] : one));
    },
  },
  'a middleware of a socket renames an event': {
    async play(stage) {
      answering(stage.server);
      const { client, socket } = await pair(stage);
      const log: unknown[] = [];
      socket.onAny((...args: unknown[]) => log.push(['any', ...args]));
      socket.use((event: unknown[], next: () => void) => {
        if (event[0] === 'a') {
          event[0] = 'b';
          event[1] = 'changed';
          event.splice(2, 0, 'more');
        }
        next();
      });
      socket.use((event: unknown[], next: () => void) => {
        log.push(['use', event[0]]);
        next();
      });
      for (const name of ['a', 'b'])
        socket.on(name, (...args: unknown[]) => log.push([name, ...args.slice(0, 3).map(String)]));
      client.emit('a', 1);
      await flush(client);
      client.emit('b', 2);
      await flush(client);
      return log.filter((one) => !JSON.stringify(one).includes('flush'));
    },
  },
  'a middleware of a socket renames an event that requests an answer': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      socket.use((event: unknown[], next: () => void) => {
        event[0] = 'other';
        next();
      });
      socket.on('ask', (done: (answer: string) => void) => done('ask'));
      socket.on('other', (done: (answer: string) => void) => done('other'));
      return client.timeout(9_000).emitWithAck('ask');
    },
  },
  'what the server, a namespace and a broadcast can do': {
    async play(stage) {
      const { server } = stage;
      const { socket } = await pair(stage);
      const names = [
        'emit',
        'emitWithAck',
        'serverSideEmit',
        'serverSideEmitWithAck',
        'timeout',
        'fetchSockets',
        'allSockets',
      ];
      names.push(
        'socketsJoin',
        'socketsLeave',
        'disconnectSockets',
        'send',
        'write',
        'compress',
        'to',
        'in',
        'except',
        'use',
      );
      const things = {
        server,
        sockets: server.sockets,
        namespace: server.of('/other'),
        parent: server.of(/^\/p-\d$/),
        room: server.to('room'),
        timed: server.timeout(100),
        of: server.of('/').timeout(100),
        socket,
        broadcast: socket.broadcast,
        rooms: socket.to('room'),
      };
      return Object.entries(things).map(([what, thing]) => [
        what,
        names.filter((name) => typeof thing[name] === 'function'),
      ]);
    },
  },
  'methods for all sockets of a dynamic namespace do nothing': {
    async play(stage) {
      const { server } = stage;
      const parent = server.of(/^\/room-\d+$/);
      parent.on('connection', (socket: AnyServer) => socket.on('flush', (done: () => void) => done()));
      const clients = [await joined(stage, '/room-1'), await joined(stage, '/room-2')];
      const log: unknown[] = [];
      for (const method of ['socketsJoin', 'socketsLeave', 'disconnectSockets']) {
        for (const target of [parent, parent.to('q'), parent.except('none')]) {
          try {
            log.push([method, target[method](method === 'disconnectSockets' ? false : 'q') === undefined]);
          } catch (error) {
            log.push([method, asText(error)]);
          }
        }
      }
      for (const client of clients) await flush(client);
      for (const name of ['/room-1', '/room-2']) {
        const [one] = await server.of(name).fetchSockets();
        log.push([...one.rooms].length);
      }
      for (const target of [parent, parent.to('q')])
        for (const method of ['fetchSockets', 'allSockets']) {
          try {
            log.push([
              method,
              await Promise.resolve(target[method]()).then((one) => one.size ?? one.length, asText),
            ]);
          } catch (error) {
            log.push([method, 'throws', asText(error)]);
          }
        }
      log.push(clients.map(({ connected }: AnyClient) => connected));
      return log;
    },
  },
  'an object that looks like a placeholder, beside bytes': {
    async play(stage) {
      const { client, socket } = await pair(stage);
      const log: unknown[] = [];
      socket.on('q', (...args: unknown[]) =>
        log.push(args.map((one) => (Buffer.isBuffer(one) ? [...one] : one))),
      );
      socket.on('flush', (done: () => void) => done());
      client.emit('q', { _placeholder: true, num: 0 });
      await flush(client);
      client.emit('q', { _placeholder: true, num: 0 }, new Uint8Array([7]));
      client.emit('q', new Uint8Array([8]), { _placeholder: true, num: 0 });
      await flush(client);
      return [log, client.connected];
    },
  },
  'a broadcast to nobody calls back later': {
    async play(stage) {
      const { server } = stage;
      const log: unknown[] = [];
      const given = new Promise<void>((resolve) => {
        server.timeout(50).emit('q', (error: unknown, answers: unknown[]) => {
          log.push(['all', error, answers]);
        });
        server
          .to('none')
          .timeout(50)
          .emit('q', (error: unknown, answers: unknown[]) => {
            log.push(['room', error, answers]);
            resolve();
          });
      });
      log.push('emitted');
      await given;
      log.push(await server.to('none').timeout(50).emitWithAck('q'));
      return log;
    },
  },
  ...Object.fromEntries(
    Object.entries(refusals).map(([what, error]) => [
      `a middleware refuses a client by ${what}`,
      refused(error),
    ]),
  ),
};
