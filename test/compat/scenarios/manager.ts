import msgpack from 'socket.io-msgpack-parser';
import { nextEvent } from '../../support/waiting.js';
import { idOf, nspOf, type Options, type Scenario } from '../record.js';

function engineEvents(transports: string[], events: string[]): Scenario {
  return {
    name: `the engine's events in order, with ${transports.join(', then ')}`,
    transports,
    // The namespace is joined by then, also on a busy machine.
    server: { pingInterval: 2_000 },
    // The upgrade, if there is one, is over by then.
    setup: (app) => app.use((_socket, next) => setTimeout(next, transports.length > 1 ? 800 : 150)),
    run: async (fixture) => {
      const socket = fixture.io();
      const { engine } = socket.io;
      // The handshake has the server's limits; of a transport, only the name is public.
      for (const event of events) {
        engine.on(event as 'open', (...args: unknown[]) => {
          const [value] = args as [Record<string, unknown> | undefined];
          const isTransport = typeof value === 'object' && 'name' in value && 'query' in value;
          const shown = isTransport ? value.name : value;
          fixture.note(`engine ${event}`, shown, engine.readyState, engine.transport?.name);
        });
      }
      socket.io.on('open', () => fixture.note('manager open', engine.readyState));
      socket.on('connect', () => fixture.note('socket connect'));
      await fixture.noted('socket connect');
      if (transports.length > 1) await fixture.noted('engine upgrade ');
      if (events.includes('ping')) await fixture.noted('engine ping');
      socket.emit('echo', 1);
      await fixture.served('/ event');
      await fixture.settle();
      fixture.note(
        'id',
        idOf(engine) === idOf(fixture.server.latest().conn),
        engine.readyState,
        engine.transport.name,
      );
      socket.disconnect();
      await fixture.noted('engine close');
    },
  };
}

const life = ['open', 'handshake', 'upgrading', 'upgrade', 'upgradeError', 'error', 'close'];

export const managing: Scenario[] = [
  engineEvents(['websocket'], life),
  engineEvents(['polling'], life),
  engineEvents(['polling', 'websocket'], life),
  engineEvents(
    ['websocket'],
    ['packet', 'packetCreate', 'data', 'message', 'ping', 'pong', 'heartbeat', 'close'],
  ),
  engineEvents(['polling'], ['packetCreate', 'data', 'message', 'ping', 'pong', 'heartbeat', 'close']),
  engineEvents(['websocket'], ['flush', 'drain', 'packetCreate', 'close']),
  {
    name: 'the manager reports packets and pings',
    server: { pingInterval: 100 },
    run: async (fixture) => {
      const socket = fixture.io();
      socket.io.on('packet', ({ type, nsp, data, id }) => fixture.note('packet', type, nsp, data, id));
      await fixture.served('/ connection');
      socket.on('ask', (answer) => answer());
      socket.emit('echo', Buffer.from('x'), { a: 1 }, () => {});
      fixture.server.latest().emit('event', Buffer.from('y'));
      fixture.server.latest().emit('ask', () => {});
      await fixture.noted('packet', 4);
      socket.io.once('ping', () => fixture.note('ping'));
      await fixture.noted('ping');
    },
  },
  {
    name: 'a listener of the manager that is older than the socket is called before the socket connects',
    run: async (fixture) => {
      const manager = fixture.manager();
      for (const event of ['open', 'reconnect_attempt', 'reconnect'] as const) {
        manager.on(event, (...args: unknown[]) => fixture.note(`manager ${event}`, ...args));
      }
      fixture.watch(manager.socket('/'));
      await fixture.noted('socket connect');
      manager.engine.close();
      await fixture.noted('socket connect', 2);
    },
  },
  {
    name: 'the state of the manager, in a member that other packages read',
    run: async (fixture) => {
      const manager = fixture.manager({ autoConnect: false });
      const note = (when: string): void => fixture.note(when, manager._readyState);
      const heard: (() => void)[] = [];
      for (const event of ['open', 'close', 'error', 'reconnect'] as const) {
        manager.on(event, () => {
          note(event);
          heard.shift()?.();
        });
      }
      const next = (): Promise<void> => new Promise((resolve) => heard.push(resolve));
      note('at first');
      const opened = next();
      manager.socket('/').connect();
      note('at once');
      await opened;
      manager.engine.close();
      note('cut');
      await fixture.noted('reconnect ');
      await fixture.server.stop();
      await fixture.noted('error');
      manager.reconnection(false);
      await fixture.settle();
      note('at the end');
    },
  },
  {
    name: 'methods read and write settings',
    run: async (fixture) => {
      const manager = new fixture.client.Manager(fixture.url, { autoConnect: false });
      const settings = () => [
        manager.reconnection(),
        manager.reconnectionAttempts(),
        manager.reconnectionDelay(),
        manager.reconnectionDelayMax(),
        manager.randomizationFactor(),
        manager.timeout(),
      ];
      fixture.note('standard', settings());
      const chained = manager
        .reconnection(false)
        .reconnectionAttempts(3)
        .reconnectionDelay(10)
        .reconnectionDelayMax(20)
        .randomizationFactor(0)
        .timeout(1_000);
      fixture.note('set', settings(), chained === manager);
      manager.timeout(false).reconnection(true).reconnectionDelay(0).reconnectionAttempts(0);
      fixture.note('set', settings());
      const given = new fixture.client.Manager(fixture.url, {
        autoConnect: false,
        reconnection: false,
        reconnectionAttempts: 5,
        reconnectionDelay: 1,
        reconnectionDelayMax: 2,
        randomizationFactor: 0.25,
        timeout: 3,
        path: '/p',
        transports: ['polling'],
      });
      fixture.note(
        'given',
        given.reconnection(),
        given.reconnectionAttempts(),
        given.reconnectionDelay(),
        given.reconnectionDelayMax(),
        given.randomizationFactor(),
        given.timeout(),
        given.opts.path,
        given.opts.transports,
      );
      fixture.note('path', manager.opts.path);
    },
  },
  {
    name: 'options that are undefined or null have their defaults',
    run: async (fixture) => {
      const names = [
        'auth',
        'query',
        'path',
        'reconnectionAttempts',
        'timeout',
        'parser',
        'extraHeaders',
        'retries',
      ];
      for (const nothing of [undefined, null]) {
        const options = Object.fromEntries(names.map((name) => [name, nothing]));
        fixture.attempt('socket', () =>
          nspOf(fixture.watch(fixture.io('', { ...options, forceNew: true } as Options))),
        );
      }
      await fixture.noted('socket connect', 2);
    },
  },
  {
    name: 'loosely typed options, as in JavaScript programs and configuration files',
    run: async (fixture) => {
      const loose: Record<string, unknown>[] = [
        { reconnectionDelay: '20', reconnectionDelayMax: '40' },
        { reconnectionAttempts: '5' },
        { forceNew: 1, multiplex: 0, reconnection: 1, secure: 0 },
        { upgrade: 1, forceBase64: 0, withCredentials: 1, autoConnect: 1 },
        { timeout: '2000' },
        { query: 'token=abc' },
        { path: '' },
        { auth: false },
        { randomizationFactor: '0.5' },
        { unknown: true, rejectUnauthorized: false, agent: false },
      ];
      for (const [index, options] of loose.entries()) {
        try {
          const socket = fixture.io('', { ...options, forceNew: true } as Options);
          await nextEvent(socket, 'connect', 1_000);
          fixture.note('connected', index);
        } catch (error) {
          fixture.note('failed', index, error);
        }
      }
    },
  },
  {
    name: 'the manager is an emitter, too',
    run: async (fixture) => {
      const manager = fixture.manager({ autoConnect: false });
      const listener = () => fixture.note('opened');
      fixture.note('same', manager.on('open', listener) === manager, manager.hasListeners('open'));
      manager.off('open', listener);
      manager.once('open', listener);
      manager.once('open', () => fixture.note('once'));
      fixture.note('listeners', manager.listeners('open').length);
      fixture.note('same', manager.open() === manager, manager.connect() === manager);
      await fixture.noted('once');
    },
  },
  {
    name: 'an options object instead of an address',
    run: async (fixture) => {
      const { port } = fixture.server;
      const manager = new fixture.client.Manager({ ...fixture.options, host: '127.0.0.1', port });
      fixture.watch(manager.socket('/'), 'host');
      await fixture.noted('host connect');
      manager.socket('/').disconnect();
      const other = new fixture.client.Manager({
        ...fixture.options,
        hostname: '127.0.0.1',
        port: String(port),
      });
      fixture.watch(other.socket('/'), 'hostname');
      await fixture.noted('hostname connect');
      other.socket('/').disconnect();
      await fixture.served('/ disconnect', 2);
    },
  },
  {
    name: 'transportOptions reach their transport',
    transports: ['polling'],
    setup: (app, fixture) =>
      app.on('connection', (socket) => fixture.onServer.add('header', [socket.handshake.headers['x-one']])),
    run: async (fixture) => {
      await fixture.connected('', {
        transportOptions: { polling: { extraHeaders: { 'x-one': 'polling' } } },
        extraHeaders: { 'x-one': 'all' },
      });
    },
  },
  {
    name: 'timestampParam and timestampRequests',
    transports: ['polling'],
    setup: (app, fixture) =>
      app.on('connection', (socket) => {
        const { t, stamp } = socket.handshake.query;
        fixture.onServer.add('stamps', [typeof t, typeof stamp]);
      }),
    run: async (fixture) => {
      const stamped = fixture.io('', { timestampParam: 'stamp', forceNew: true });
      await fixture.served('stamps');
      stamped.disconnect();
      fixture.io('', { timestampRequests: false, forceNew: true });
      await fixture.served('stamps', 2);
      fixture.io('', { transports: ['websocket'], timestampRequests: true, forceNew: true });
      await fixture.served('stamps', 3);
      fixture.onServer.entries.splice(
        0,
        fixture.onServer.entries.length,
        ...fixture.onServer.entries.filter((entry) => entry.startsWith('stamps')),
      );
    },
  },
  {
    name: 'socket.io-msgpack-parser',
    server: { parser: msgpack },
    setup: (app) =>
      void app.of('/closed').use((_socket, next) => next(Object.assign(new Error('no'), { data: 1 }))),
    run: async (fixture) => {
      const socket = fixture.watch(fixture.io('', { parser: msgpack, auth: { token: 1 } }));
      fixture.hear(socket, 'echo');
      await fixture.noted('socket connect');
      socket.emit('echo', 1, 'text', { deep: [Buffer.from('x'), null] }, new Date(0));
      socket.emit('echo', 'ack', (...args: unknown[]) => fixture.note('answer', ...args));
      await fixture.noted('answer');
      fixture.watch(socket.io.socket('/closed'), 'closed');
      await fixture.noted('closed connect_error');
      fixture.server.latest().disconnect();
      await fixture.noted('socket disconnect');
      socket.connect();
      await fixture.noted('socket connect', 2);
    },
  },
];

export const recovering: Scenario[] = [
  {
    name: 'the connection state is recovered, and missed events are replayed',
    server: { connectionStateRecovery: {} },
    setup: (app) => app.on('connection', (socket) => void socket.join('room')),
    run: async (fixture) => {
      const socket = fixture.watch(fixture.io('', { reconnectionDelay: 100, reconnectionDelayMax: 100 }));
      fixture.hear(socket, 'event', 'with ack');
      await fixture.noted('socket connect');
      const onServer = fixture.server.latest();
      onServer.data.kept = true;
      fixture.server.io.emit('event', 'before');
      await fixture.noted("heard event 'before'");
      socket.io.engine.close();
      await fixture.served('/ disconnect');
      fixture.server.io.to('room').emit('event', 'missed', Buffer.from('x'));
      fixture.server.io.emit('event', 'missed too');
      socket.emit('echo', 'while away');
      await fixture.noted('socket connect', 2);
      await fixture.noted("heard event 'missed too'");
      fixture.onServer.add('recovered', [fixture.server.latest().recovered, fixture.server.latest().data]);
      fixture.note('heard offsets', socket.listeners('event').length);
      fixture.server.io.emit('event', 'after');
      await fixture.noted("heard event 'after'");
      socket.io.engine.close();
      await fixture.noted('socket connect', 3);
      await fixture.settle();
    },
  },
  {
    name: 'missed events arrive before connect fires',
    server: { connectionStateRecovery: {} },
    run: async (fixture) => {
      const socket = fixture.watch(fixture.io('', { reconnectionDelay: 100, reconnectionDelayMax: 100 }));
      await fixture.noted('socket connect');
      socket.onAny((event, ...args) =>
        fixture.note(
          'any',
          event,
          args.length,
          args.map((arg) => typeof arg),
        ),
      );
      fixture.server.io.emit('first');
      await fixture.noted('any');
      fixture.server.latest().conn.close();
      fixture.server.io.emit('missed', 1);
      fixture.server.io.emit('missed', 2);
      await fixture.noted('any', 3);
      await fixture.noted('socket connect', 2);
    },
  },
  {
    name: 'no recovery after the server has forgotten the session',
    server: { connectionStateRecovery: {} },
    run: async (fixture) => {
      fixture.watch(fixture.io('', { reconnectionDelay: 300, reconnectionDelayMax: 300 }));
      await fixture.noted('socket connect');
      fixture.server.io.emit('first');
      await fixture.settle();
      await fixture.server.restart();
      await fixture.noted('socket connect', 2);
    },
  },
];
