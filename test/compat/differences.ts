import { WebSocketServer } from 'ws';
import { freePort } from '../support/ports.js';
import type { Fixture, Scenario, Socket } from './record.js';

/** Deliberate differences. Each entry has the program's log with the official client and with holdfast. */

export interface Difference extends Scenario {
  readonly reason: string;
  /** The compared entries of the logs, by their beginning. */
  readonly about: string;
  readonly official: readonly string[];
  readonly holdfast: readonly string[];
}

/** A simple server that sends whatever the test wants. */
async function scripted(answer: (message: string, say: (text: string) => void) => void): Promise<{
  url: string;
  close(): void;
}> {
  const port = await freePort();
  const server = new WebSocketServer({ host: '127.0.0.1', port });
  server.on('connection', (client) => {
    client.send(
      '0{"sid":"engine","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}',
    );
    client.on('message', (message) => answer(String(message), (text) => client.send(text)));
  });
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      for (const client of server.clients) client.terminate();
      server.close();
    },
  };
}

const attempt = (fixture: Fixture, what: string, action: () => unknown): void => {
  try {
    action();
    fixture.note(what, 'did not throw');
  } catch {
    fixture.note(what, 'threw');
  }
};

const circular = (): object => {
  const value: Record<string, unknown> = {};
  value.self = value;
  return value;
};

export const differences: Difference[] = [
  {
    name: 'connect() twice while the server has not answered',
    reason: 'Fault 1: two sockets on the server, and every broadcast twice.',
    about: '/ connection',
    official: ["/ connection { EIO: '4' } {}", "/ connection { EIO: '4' } {}"],
    holdfast: ["/ connection { EIO: '4' } {}"],
    setup: (app) => app.use((_socket, next) => setTimeout(next, 50)),
    run: async (fixture) => {
      const socket = fixture.io();
      await new Promise<void>((resolve) => socket.io.once('open', resolve));
      await fixture.settle(10);
      socket.connect();
      await fixture.settle(250);
    },
  },
  {
    name: 'disconnect() while the server has not answered',
    reason: 'Fault 2: an orphan stays on the server.',
    about: 'a: sockets',
    official: ['a: sockets 1'],
    holdfast: ['a: sockets 0'],
    setup: (app) => {
      app.of('/a').use((_socket, next) => setTimeout(next, 50));
    },
    run: async (fixture) => {
      const root = await fixture.connected();
      const a = root.io.socket('/a');
      await fixture.settle(10);
      a.disconnect();
      await fixture.settle(200);
      fixture.note('a: sockets', fixture.server.io.of('/a').sockets.size);
    },
  },
  {
    name: 'disconnect() and connect() in one tick, next to another namespace',
    reason: 'Fault 2: the server closes the connection of all namespaces.',
    about: 'root disconnect',
    official: ['root disconnect transport close'],
    holdfast: [],
    setup: (app) => void app.of('/a'),
    run: async (fixture) => {
      const root = await fixture.connected();
      root.on('disconnect', (reason) => fixture.note(`root disconnect ${reason}`));
      const a = root.io.socket('/a');
      await new Promise<void>((resolve) => a.once('connect', resolve));
      a.disconnect().connect();
      await new Promise<void>((resolve) => a.once('connect', resolve));
    },
  },
  {
    name: 'an acknowledgement that is called after its namespace was left',
    reason: 'Fault 3: the server closes the connection of all namespaces.',
    about: 'root disconnect',
    official: ['root disconnect transport close'],
    holdfast: [],
    setup: (app) => {
      app.of('/a').on('connection', (socket) => socket.emit('ask', () => {}));
    },
    run: async (fixture) => {
      const root = await fixture.connected();
      root.on('disconnect', (reason) => fixture.note(`root disconnect ${reason}`));
      const a = root.io.socket('/a');
      const answer = await new Promise<() => void>((resolve) => a.once('ask', resolve));
      a.disconnect();
      await fixture.served('/a disconnect');
      answer();
      await fixture.settle(150);
    },
  },
  {
    name: 'a late answer of an auth function after disconnect()',
    reason: 'Fault 4: it creates a socket on the server.',
    about: '/a connection',
    official: ["/a connection { EIO: '4' } { token: 1 }"],
    holdfast: [],
    setup: (app) => void app.of('/a'),
    run: async (fixture) => {
      const root = await fixture.connected();
      let answer: ((data: object) => void) | undefined;
      const a = root.io.socket('/a', { auth: (late) => (answer = late) });
      await fixture.settle();
      a.disconnect();
      answer?.({ token: 1 });
      await fixture.settle(150);
    },
  },
  {
    name: 'an emit that cannot be serialised, while disconnected',
    reason: 'Fault 5: connect never fires again. It is the emit that fails.',
    about: 'emit',
    official: ["emit 'did not throw'"],
    holdfast: ["emit 'threw'"],
    run: async (fixture) => {
      const socket = fixture.io('', { autoConnect: false });
      attempt(fixture, 'emit', () => socket.emit('echo', circular()));
    },
  },
  {
    name: 'a modifier before an emit that throws',
    reason: 'Fault 6: it applies to the next emit, which is dropped.',
    about: 'waiting',
    official: ['waiting 0'],
    holdfast: ['waiting 1'],
    run: async (fixture) => {
      const socket = fixture.io('', { autoConnect: false });
      attempt(fixture, 'emit', () => socket.volatile.emit('connect'));
      socket.emit('echo');
      fixture.note('waiting', socket.sendBuffer.length);
    },
  },
  {
    name: 'a volatile emit in the handler of disconnect',
    reason: 'Fault 6: it is kept although the socket is disconnected.',
    about: 'waiting',
    official: ['waiting 1'],
    holdfast: ['waiting 0'],
    run: async (fixture) => {
      const socket = await fixture.connected();
      socket.once('disconnect', () => {
        socket.volatile.emit('echo', 'volatile');
        fixture.note('waiting', socket.sendBuffer.length);
      });
      socket.io.engine.close();
      await fixture.noted('waiting');
    },
  },
  {
    name: 'a volatile emit while the server has not answered',
    reason: 'Fault 6: it is kept although the socket is not connected.',
    about: 'waiting',
    official: ['waiting 1'],
    holdfast: ['waiting 0'],
    setup: (app) => app.use((_socket, next) => setTimeout(next, 100)),
    run: async (fixture) => {
      const socket = fixture.io();
      await new Promise<void>((resolve) => socket.io.once('open', resolve));
      await fixture.settle(20);
      socket.volatile.emit('echo', 'volatile');
      fixture.note('waiting', socket.sendBuffer.length);
    },
  },
  {
    name: 'a CONNECT_ERROR whose payload is a string',
    reason: 'Fault 7: the message is empty.',
    about: 'message',
    official: ['message '],
    holdfast: ['message Unable to connect'],
    run: async (fixture) => {
      const server = await scripted((message, say) => message === '40' && say('44"Unable to connect"'));
      const socket = fixture.manager({}, server.url).socket('/');
      await new Promise<void>((resolve) =>
        socket.once('connect_error', ({ message }) => {
          fixture.note(`message ${message ?? ''}`);
          resolve();
        }),
      );
      server.close();
    },
  },
  {
    name: 'a cut before the socket was ever connected',
    reason: 'Fault 8: disconnect fires on a socket that was never connected.',
    about: 'disconnect',
    official: ['disconnect'],
    holdfast: [],
    setup: (app) => app.use((_socket, next) => setTimeout(next, 200)),
    run: async (fixture) => {
      const socket = fixture.io('', { reconnection: false });
      socket.on('disconnect', () => fixture.note('disconnect'));
      await new Promise<void>((resolve) => socket.io.once('open', resolve));
      await fixture.settle(20);
      socket.io.engine.close();
      await fixture.settle();
    },
  },
  {
    name: 'recovered, with a server without connection state recovery',
    reason: 'Fault 10: it becomes undefined.',
    about: 'recovered',
    official: ['recovered undefined'],
    holdfast: ['recovered false'],
    run: async (fixture) => {
      const socket = await fixture.connected();
      fixture.note('recovered', socket.recovered);
    },
  },
  {
    name: 'connect() after disconnect(), with a server with connection state recovery',
    reason: 'disconnect() ends the session: recovering it could give a session without its rooms.',
    about: '/ connection',
    official: [
      "/ connection { EIO: '4' } {}",
      "/ connection { EIO: '4' } { pid: '<id 1>', offset: '<id 2>' }",
    ],
    holdfast: ["/ connection { EIO: '4' } {}", "/ connection { EIO: '4' } {}"],
    server: { connectionStateRecovery: {} },
    run: async (fixture) => {
      const socket = fixture.watch(fixture.io());
      await fixture.noted('socket connect');
      fixture.server.io.emit('first');
      await fixture.settle();
      socket.disconnect();
      await fixture.served('/ disconnect');
      socket.connect();
      await fixture.noted('socket connect', 2);
      await fixture.settle();
    },
  },
  {
    name: 'retries without ackTimeout, over reconnects',
    reason: 'Fault 11: the limit is ignored.',
    about: '/ event',
    official: Array(4).fill("/ event 'ignored' 'and wants an ack'"),
    holdfast: Array(2).fill("/ event 'ignored' 'and wants an ack'"),
    run: async (fixture) => {
      const socket = await fixture.connected('', { retries: 1 });
      // holdfast reports the end of the attempts; without a listener, there would be a warning.
      socket.on('dropped' as string, () => {});
      socket.emit('ignored');
      for (let count = 1; count < 4; count += 1) {
        await fixture.settle(40);
        socket.io.engine.close();
        await new Promise<void>((resolve) => socket.once('connect', resolve));
      }
    },
  },
  {
    name: 'a server that never answers CONNECT',
    reason: 'Fault 12: the socket hangs forever.',
    about: 'connect_error',
    official: [],
    holdfast: ['connect_error timeout'],
    run: async (fixture) => {
      const server = await scripted(() => {});
      const socket = fixture.manager({ timeout: 100, reconnection: false }, server.url).socket('/');
      socket.on('connect_error', ({ message }) => fixture.note(`connect_error ${message}`));
      await fixture.settle(300);
      server.close();
    },
  },
  {
    name: 'a listener that throws',
    reason: 'Fault 15: the listeners after it are not called.',
    about: 'second',
    official: [],
    holdfast: ['second'],
    run: async (fixture) => {
      const manager = fixture.manager({ autoConnect: false });
      manager.on('reconnect_failed', () => {
        throw new Error('of the program');
      });
      manager.on('reconnect_failed', () => fixture.note('second'));
      await fixture.server.stop();
      // The official client throws in a timer; this one reports it as an uncaught error.
      const scope = globalThis as { reportError?: (error: unknown) => void };
      const listeners = process.listeners('uncaughtException');
      process.removeAllListeners('uncaughtException');
      process.on('uncaughtException', () => {});
      scope.reportError = () => {};
      manager.reconnectionAttempts(1);
      manager.socket('/').connect();
      await fixture.settle(200);
      delete scope.reportError;
      process.removeAllListeners('uncaughtException');
      for (const listener of listeners) process.on('uncaughtException', listener);
    },
  },
  {
    name: 'the options of the program',
    reason: 'Fault 16: the query of one address is written into them, and sent to the next server.',
    about: 'query',
    official: ["query 'token=secret'"],
    holdfast: ['query undefined'],
    run: async (fixture) => {
      const options: { query?: object; autoConnect?: boolean } = {};
      const socket = (fixture.client.io as (...args: unknown[]) => ReturnType<Fixture['io']>)(
        `${fixture.url}?token=secret`,
        options,
      );
      socket.io.reconnection(false);
      socket.disconnect();
      fixture.note('query', options.query);
    },
  },
  {
    name: 'manager.off()',
    reason: 'Fault 17: the library no longer receives its own events.',
    about: 'connected',
    official: ['connected false'],
    holdfast: ['connected true'],
    run: async (fixture) => {
      const socket = fixture.io();
      socket.io.off();
      await fixture.settle(200);
      fixture.note('connected', socket.connected);
    },
  },
  {
    name: 'an address without a scheme, outside a page',
    reason: 'Fault 18: it is taken for a namespace.',
    about: 'namespace',
    official: ['namespace //<server>/b', 'namespace //undefined//<server>/c'],
    holdfast: ['namespace /b', 'namespace /c'],
    run: async (fixture) => {
      for (const address of [
        `${fixture.url.slice('http://'.length)}/b`,
        `${fixture.url.slice('http:'.length)}/c`,
      ]) {
        const { nsp } = fixture.client.io(address, { autoConnect: false }) as unknown as { nsp: string };
        fixture.note(`namespace ${nsp}`);
      }
    },
  },
  {
    name: 'after reconnect_failed',
    reason: 'Fault 18: active stays true although nothing will happen.',
    about: 'active',
    official: ['active true'],
    holdfast: ['active false'],
    run: async (fixture) => {
      await fixture.server.stop();
      const socket = fixture.io('', { reconnectionAttempts: 1 });
      await new Promise<void>((resolve) => socket.io.once('reconnect_failed', resolve));
      fixture.note('active', socket.active);
    },
  },
  {
    name: 'an unknown transport name',
    reason: 'Fault 19: io() throws an error that does not explain it.',
    about: 'error',
    official: ['error this._transportsByName[name] is not a constructor'],
    holdfast: [
      'error option "transports" is ["carrier-pigeon"]; accepted: a list of "websocket", "polling", "webtransport" or transport classes (https://unpkg.com/holdfast/docs/errors.md#bad_option)',
    ],
    run: async (fixture) => {
      try {
        fixture.manager({ transports: ['carrier-pigeon'] });
      } catch (error) {
        fixture.note(`error ${(error as Error).message}`);
      }
    },
  },
  {
    name: 'more than ten attachments',
    reason: 'Fault 21: the decoder refuses them, and the connection is lost again and again.',
    about: 'files',
    official: [],
    holdfast: ['files 12'],
    run: async (fixture) => {
      const socket = await fixture.connected('', { reconnection: false });
      socket.on('files', (...files) => fixture.note('files', files.length));
      fixture.server.latest().emit('files', ...Array.from({ length: 12 }, () => Buffer.from('x')));
      await fixture.settle(150);
    },
  },
  {
    name: 'a listener of the manager that is older than the socket, when the connection ends',
    reason:
      'The library tells its sockets by itself, and not as one more listener of the manager (fault 17): sockets hear first, ' +
      'a listener of the manager finds them disconnected already.',
    about: 'told',
    official: ["told 'the manager' true", "told 'the socket' false"],
    holdfast: ["told 'the socket' false", "told 'the manager' false"],
    run: async (fixture) => {
      const manager = fixture.manager();
      let connected: (() => boolean) | undefined;
      manager.on('close', () => fixture.note('told', 'the manager', connected?.()));
      const socket = manager.socket('/');
      connected = () => socket.connected;
      socket.on('disconnect', () => fixture.note('told', 'the socket', socket.connected));
      await new Promise<void>((resolve) => socket.once('connect', resolve));
      manager.engine.close();
      await fixture.noted('told', 2);
    },
  },
  {
    name: 'invalid options',
    reason:
      'The official client takes them, and does something that was not meant. What means the same (1, "20") is taken here, too; ' +
      'the rest is an error that names the option, at the call that gives it.',
    about: 'option',
    official: ['option taken', 'option taken', 'option taken'],
    holdfast: [
      'option BAD_OPTION "upgrade" is "yes"',
      'option BAD_OPTION "randomizationFactor" is 2',
      'option BAD_OPTION "reconnectionAttempts" is -1',
    ],
    run: async (fixture) => {
      const meaningless: Record<string, unknown>[] = [
        { upgrade: 'yes' },
        { randomizationFactor: 2 },
        { reconnectionAttempts: -1 },
      ];
      for (const options of meaningless) {
        try {
          const socket = fixture.io('', { ...options, forceNew: true });
          await new Promise<void>((resolve) => socket.once('connect', resolve));
          fixture.note('option taken');
        } catch (error) {
          const { code, message } = error as { code?: string; message: string };
          fixture.note(`option ${code} ${/"\w+" is [^;]+/.exec(message)?.[0]}`);
        }
      }
    },
  },
  {
    name: 'options of 0 for the retry loop',
    reason:
      'The official client takes the default for an option of 0, and 0 for the same value given to the method of that name. ' +
      'Here both mean 0.',
    about: '0',
    official: ['0 as options Infinity 1000 5000', '0 by methods 0 0 0'],
    holdfast: ['0 as options 0 0 0', '0 by methods 0 0 0'],
    run: async (fixture) => {
      const none = { reconnectionAttempts: 0, reconnectionDelay: 0, reconnectionDelayMax: 0 };
      const note = (what: string, { io }: Socket): void =>
        fixture.note(what, io.reconnectionAttempts(), io.reconnectionDelay(), io.reconnectionDelayMax());
      const socket = fixture.io('', { ...none, autoConnect: false });
      note('0 as options', socket);
      socket.io.reconnectionAttempts(0).reconnectionDelay(0).reconnectionDelayMax(0);
      note('0 by methods', socket);
    },
  },
  {
    name: 'ws:// and http:// addresses of one server',
    reason: 'They are the same server: its namespaces share one connection, however the address is spelled.',
    about: 'same',
    official: ['same false'],
    holdfast: ['same true'],
    run: async (fixture) => {
      const options = { ...fixture.options, autoConnect: false };
      const first = fixture.client.io(fixture.url, options);
      const second = fixture.client.io(`${fixture.url.replace('http', 'ws')}/a`, options);
      fixture.note('same', first.io === second.io);
    },
  },
  {
    name: 'the list of transports, if the program gives none',
    reason: 'WebSocket first: it opens in fewer round trips, and every listed transport is tried.',
    about: 'transport',
    official: ['transport polling'],
    holdfast: ['transport websocket'],
    run: async (fixture) => {
      const manager = new fixture.client.Manager(fixture.url, { autoConnect: false });
      await new Promise<void>((resolve) => {
        manager.open(() => {
          fixture.note(`transport ${manager.engine.transport.name}`);
          manager.engine.close();
          resolve();
        });
        manager.reconnection(false);
      });
    },
  },
  {
    name: 'a listed transport that is refused',
    reason: 'Every listed transport is tried, without tryAllTransports.',
    about: 'transport',
    official: [],
    holdfast: ['transport polling'],
    server: { transports: ['polling'] },
    run: async (fixture) => {
      const socket = fixture.io('', { transports: ['websocket', 'polling'], reconnection: false });
      socket.once('connect', () => fixture.note(`transport ${socket.io.engine.transport.name}`));
      await fixture.settle(500);
    },
  },
];
