import msgpack from 'socket.io-msgpack-parser';
import { nextEvent } from '../../support/waiting.js';
import { idOf, nspOf, type Options, type Scenario } from '../record.js';

function engineEvents(transports: string[], events: string[]): Scenario {
  return {
    name: `the engine's events in order, with ${transports.join(', then ')}`,
    transports,
    server: { pingInterval: 250 },
    // The upgrade, if there is one, is over by then.
    setup: (app) => app.use((_socket, next) => setTimeout(next, transports.length > 1 ? 800 : 150)),
    run: async (lab) => {
      const socket = lab.io();
      const { engine } = socket.io;
      // The handshake names the server's limits; of transports, only the name is the program's business.
      for (const event of events) {
        engine.on(event as 'open', (...args: unknown[]) => {
          const [value] = args as [Record<string, unknown> | undefined];
          const isTransport = typeof value === 'object' && 'name' in value && 'query' in value;
          const shown = isTransport ? value.name : value;
          lab.note(`engine ${event}`, shown, engine.readyState, engine.transport?.name);
        });
      }
      socket.io.on('open', () => lab.note('manager open', engine.readyState));
      socket.on('connect', () => lab.note('socket connect'));
      await lab.noted('socket connect');
      if (transports.length > 1) await lab.noted('engine upgrade ');
      if (events.includes('ping')) await lab.noted('engine ping');
      socket.emit('echo', 1);
      await lab.served('/ event');
      await lab.settle();
      lab.note(
        'id',
        idOf(engine) === idOf(lab.server.latest().conn),
        engine.readyState,
        engine.transport.name,
      );
      socket.disconnect();
      await lab.noted('engine close');
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
    name: 'the manager tells of packets and pings',
    server: { pingInterval: 100 },
    run: async (lab) => {
      const socket = lab.io();
      socket.io.on('packet', ({ type, nsp, data, id }) => lab.note('packet', type, nsp, data, id));
      await lab.served('/ connection');
      socket.on('ask', (answer) => answer());
      socket.emit('echo', Buffer.from('x'), { a: 1 }, () => {});
      lab.server.latest().emit('event', Buffer.from('y'));
      lab.server.latest().emit('ask', () => {});
      await lab.noted('packet', 4);
      socket.io.once('ping', () => lab.note('ping'));
      await lab.noted('ping');
    },
  },
  {
    name: 'who listened to the manager before the socket was made hears of each opening before the socket connects',
    run: async (lab) => {
      const manager = lab.manager();
      for (const event of ['open', 'reconnect_attempt', 'reconnect'] as const) {
        manager.on(event, (...args: unknown[]) => lab.note(`manager ${event}`, ...args));
      }
      lab.watch(manager.socket('/'));
      await lab.noted('socket connect');
      manager.engine.close();
      await lab.noted('socket connect', 2);
    },
  },
  {
    name: 'settings are read and written by methods',
    run: async (lab) => {
      const manager = new lab.client.Manager(lab.url, { autoConnect: false });
      const settings = () => [
        manager.reconnection(),
        manager.reconnectionAttempts(),
        manager.reconnectionDelay(),
        manager.reconnectionDelayMax(),
        manager.randomizationFactor(),
        manager.timeout(),
      ];
      lab.note('standard', settings());
      const chained = manager
        .reconnection(false)
        .reconnectionAttempts(3)
        .reconnectionDelay(10)
        .reconnectionDelayMax(20)
        .randomizationFactor(0)
        .timeout(1_000);
      lab.note('set', settings(), chained === manager);
      manager.timeout(false).reconnection(true).reconnectionDelay(0).reconnectionAttempts(0);
      lab.note('set', settings());
      const given = new lab.client.Manager(lab.url, {
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
      lab.note(
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
      lab.note('path', manager.opts.path);
    },
  },
  {
    name: 'options that are undefined or null count as not given',
    run: async (lab) => {
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
        lab.attempt('socket', () => nspOf(lab.watch(lab.io('', { ...options, forceNew: true } as Options))));
      }
      await lab.noted('socket connect', 2);
    },
  },
  {
    name: 'options of a loose kind, as JavaScript programs and configuration files give them',
    run: async (lab) => {
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
          const socket = lab.io('', { ...options, forceNew: true } as Options);
          await nextEvent(socket, 'connect', 1_000);
          lab.note('connected', index);
        } catch (error) {
          lab.note('failed', index, error);
        }
      }
    },
  },
  {
    name: 'the manager is an emitter, too',
    run: async (lab) => {
      const manager = lab.manager({ autoConnect: false });
      const listener = () => lab.note('opened');
      lab.note('same', manager.on('open', listener) === manager, manager.hasListeners('open'));
      manager.off('open', listener);
      manager.once('open', listener);
      manager.once('open', () => lab.note('once'));
      lab.note('listeners', manager.listeners('open').length);
      lab.note('same', manager.open() === manager, manager.connect() === manager);
      await lab.noted('once');
    },
  },
  {
    name: 'an options object instead of an address',
    run: async (lab) => {
      const { port } = lab.server;
      const manager = new lab.client.Manager({ ...lab.options, host: '127.0.0.1', port });
      lab.watch(manager.socket('/'), 'host');
      await lab.noted('host connect');
      manager.socket('/').disconnect();
      const other = new lab.client.Manager({ ...lab.options, hostname: '127.0.0.1', port: String(port) });
      lab.watch(other.socket('/'), 'hostname');
      await lab.noted('hostname connect');
      other.socket('/').disconnect();
      await lab.served('/ disconnect', 2);
    },
  },
  {
    name: 'transportOptions reach their transport',
    transports: ['polling'],
    setup: (app, lab) =>
      app.on('connection', (socket) => lab.onServer.add('header', [socket.handshake.headers['x-one']])),
    run: async (lab) => {
      await lab.connected('', {
        transportOptions: { polling: { extraHeaders: { 'x-one': 'polling' } } },
        extraHeaders: { 'x-one': 'all' },
      });
    },
  },
  {
    name: 'timestampParam and timestampRequests',
    transports: ['polling'],
    setup: (app, lab) =>
      app.on('connection', (socket) => {
        const { t, stamp } = socket.handshake.query;
        lab.onServer.add('stamps', [typeof t, typeof stamp]);
      }),
    run: async (lab) => {
      const stamped = lab.io('', { timestampParam: 'stamp', forceNew: true });
      await lab.served('stamps');
      stamped.disconnect();
      lab.io('', { timestampRequests: false, forceNew: true });
      await lab.served('stamps', 2);
      lab.io('', { transports: ['websocket'], timestampRequests: true, forceNew: true });
      await lab.served('stamps', 3);
      lab.onServer.entries.splice(
        0,
        lab.onServer.entries.length,
        ...lab.onServer.entries.filter((entry) => entry.startsWith('stamps')),
      );
    },
  },
  {
    name: 'socket.io-msgpack-parser',
    server: { parser: msgpack },
    setup: (app) =>
      void app.of('/closed').use((_socket, next) => next(Object.assign(new Error('no'), { data: 1 }))),
    run: async (lab) => {
      const socket = lab.watch(lab.io('', { parser: msgpack, auth: { token: 1 } }));
      lab.hear(socket, 'echo');
      await lab.noted('socket connect');
      socket.emit('echo', 1, 'text', { deep: [Buffer.from('x'), null] }, new Date(0));
      socket.emit('echo', 'ack', (...args: unknown[]) => lab.note('answer', ...args));
      await lab.noted('answer');
      lab.watch(socket.io.socket('/closed'), 'closed');
      await lab.noted('closed connect_error');
      lab.server.latest().disconnect();
      await lab.noted('socket disconnect');
      socket.connect();
      await lab.noted('socket connect', 2);
    },
  },
];

export const recovering: Scenario[] = [
  {
    name: 'the connection state is recovered, and what was missed is replayed',
    server: { connectionStateRecovery: {} },
    setup: (app) => app.on('connection', (socket) => void socket.join('room')),
    run: async (lab) => {
      const socket = lab.watch(lab.io('', { reconnectionDelay: 100, reconnectionDelayMax: 100 }));
      lab.hear(socket, 'event', 'with ack');
      await lab.noted('socket connect');
      const onServer = lab.server.latest();
      onServer.data.kept = true;
      lab.server.io.emit('event', 'before');
      await lab.noted("heard event 'before'");
      socket.io.engine.close();
      await lab.served('/ disconnect');
      lab.server.io.to('room').emit('event', 'missed', Buffer.from('x'));
      lab.server.io.emit('event', 'missed too');
      socket.emit('echo', 'while away');
      await lab.noted('socket connect', 2);
      await lab.noted("heard event 'missed too'");
      lab.onServer.add('recovered', [lab.server.latest().recovered, lab.server.latest().data]);
      lab.note('heard offsets', socket.listeners('event').length);
      lab.server.io.emit('event', 'after');
      await lab.noted("heard event 'after'");
      socket.io.engine.close();
      await lab.noted('socket connect', 3);
      await lab.settle();
    },
  },
  {
    name: 'missed events come before connect fires',
    server: { connectionStateRecovery: {} },
    run: async (lab) => {
      const socket = lab.watch(lab.io('', { reconnectionDelay: 100, reconnectionDelayMax: 100 }));
      await lab.noted('socket connect');
      socket.onAny((event, ...args) =>
        lab.note(
          'any',
          event,
          args.length,
          args.map((arg) => typeof arg),
        ),
      );
      lab.server.io.emit('first');
      await lab.noted('any');
      lab.server.latest().conn.close();
      lab.server.io.emit('missed', 1);
      lab.server.io.emit('missed', 2);
      await lab.noted('any', 3);
      await lab.noted('socket connect', 2);
    },
  },
  {
    name: 'no recovery once the server has forgotten',
    server: { connectionStateRecovery: {} },
    run: async (lab) => {
      lab.watch(lab.io('', { reconnectionDelay: 300, reconnectionDelayMax: 300 }));
      await lab.noted('socket connect');
      lab.server.io.emit('first');
      await lab.settle();
      await lab.server.restart();
      await lab.noted('socket connect', 2);
    },
  },
];
