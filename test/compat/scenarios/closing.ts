import { startFaultProxy } from '../../support/fault-proxy.js';
import type { Scenario } from '../record.js';

const both = [['websocket'], ['polling']];

function byServer(transports: string[]): Scenario {
  return {
    name: `the server disconnects the socket, with ${transports}`,
    transports,
    run: async (fixture) => {
      const socket = fixture.watch(fixture.io());
      fixture.watchManager(socket.io);
      await fixture.noted('socket connect');
      fixture.server.latest().disconnect();
      await fixture.noted('socket disconnect');
      await fixture.settle(100);
      fixture.note('then', fixture.state(socket));
      socket.emit('echo', 'while away');
      socket.connect();
      await fixture.noted('socket connect', 2);
      await fixture.served('/ event');
    },
  };
}

function byServerWhole(transports: string[]): Scenario {
  return {
    name: `the server disconnects the socket and the connection, with ${transports}`,
    transports,
    run: async (fixture) => {
      const socket = fixture.watch(fixture.io());
      fixture.watchManager(socket.io);
      await fixture.noted('socket connect');
      fixture.server.latest().disconnect(true);
      await fixture.noted('socket disconnect');
      await fixture.settle(100);
      fixture.note('then', fixture.state(socket));
      socket.connect();
      await fixture.noted('socket connect', 2);
    },
  };
}

function byClient(transports: string[]): Scenario {
  return {
    name: `the client disconnects, then connects again, with ${transports}`,
    transports,
    run: async (fixture) => {
      const socket = fixture.watch(fixture.io());
      fixture.watchManager(socket.io);
      await fixture.noted('socket connect');
      socket.emit('echo', 'last');
      socket.disconnect();
      fixture.note('at once', fixture.state(socket));
      await fixture.served('/ disconnect');
      await fixture.settle(100);
      socket.emit('echo', 'while away');
      socket.connect();
      fixture.note('again', fixture.state(socket));
      await fixture.noted('socket connect', 2);
      await fixture.served('/ event', 2);
    },
  };
}

function serverClosed(transports: string[]): Scenario {
  return {
    name: `the server is closed and started again, with ${transports}`,
    transports,
    run: async (fixture) => {
      const socket = fixture.watch(fixture.io('', { reconnectionDelay: 300, reconnectionDelayMax: 300 }));
      fixture.watchManager(socket.io);
      await fixture.noted('socket connect');
      await fixture.server.restart();
      await fixture.noted('socket disconnect');
      socket.emit('echo', 'while away');
      await fixture.noted('socket connect', 2);
      await fixture.served('/ event');
      await fixture.settle();
    },
  };
}

function connectionClosed(transports: string[]): Scenario {
  return {
    name: `the server closes the engine's connection, with ${transports}`,
    transports,
    run: async (fixture) => {
      const socket = fixture.watch(fixture.io());
      fixture.watchManager(socket.io);
      await fixture.noted('socket connect');
      fixture.server.latest().conn.close();
      await fixture.noted('socket connect', 2);
    },
  };
}

function engineClosed(transports: string[]): Scenario {
  return {
    name: `the program closes the engine, with ${transports}`,
    transports,
    run: async (fixture) => {
      const socket = fixture.watch(fixture.io());
      const { engine } = socket.io;
      fixture.watchManager(socket.io);
      await fixture.noted('socket connect');
      socket.io.engine.on('close', (reason) => fixture.note('engine close', reason));
      socket.io.engine.close();
      fixture.note('at once', fixture.state(socket));
      await fixture.noted('socket connect', 2);
      fixture.note('another engine', engine !== socket.io.engine, engine.readyState);
    },
  };
}

function cut(transports: string[]): Scenario {
  return {
    name: `the connection is reset, with ${transports}`,
    transports,
    run: async (fixture) => {
      const proxy = await startFaultProxy(fixture.server.port);
      const socket = fixture.watch(fixture.manager({}, proxy.url).socket('/'));
      fixture.watchManager(socket.io);
      await fixture.noted('socket connect');
      await fixture.settle();
      proxy.cut();
      await fixture.noted('socket disconnect');
      socket.emit('echo', 'while away');
      await fixture.noted('socket connect', 2);
      await fixture.served('/ event');
      await fixture.settle();
      socket.disconnect();
      await fixture.served('/ disconnect', 2);
      await proxy.close();
    },
  };
}

export const closing: Scenario[] = [
  ...both.map(byServer),
  ...both.map(byServerWhole),
  ...both.map(byClient),
  ...both.map(serverClosed),
  ...both.map(connectionClosed),
  ...both.map(engineClosed),
  ...both.map(cut),
  {
    name: 'the server has gone silent: ping timeout',
    server: { pingInterval: 150, pingTimeout: 150 },
    run: async (fixture) => {
      const proxy = await startFaultProxy(fixture.server.port);
      const socket = fixture.watch(fixture.manager({}, proxy.url).socket('/'));
      fixture.watchManager(socket.io);
      await fixture.noted('socket connect');
      const heal = proxy.stall('to-client');
      await fixture.noted('socket disconnect');
      heal();
      await fixture.noted('socket connect', 2);
      fixture.note('then', fixture.state(socket));
      socket.disconnect();
      await fixture.served('/ disconnect', 2);
      // Either side may notice it first.
      const first = fixture.onServer.entries.findIndex((entry) => entry.startsWith('/ disconnect'));
      fixture.onServer.entries.splice(first, 1);
      await proxy.close();
    },
  },
  {
    name: 'an invalid packet: parse error',
    run: async (fixture) => {
      const socket = fixture.watch(fixture.io());
      fixture.watchManager(socket.io);
      await fixture.noted('socket connect');
      fixture.server.latest().conn.write('9nonsense');
      await fixture.noted('socket connect', 2);
      fixture.server.latest().conn.write('2["unclosed"');
      await fixture.noted('socket connect', 3);
    },
  },
  {
    name: 'disconnect() in the handler of connect',
    run: async (fixture) => {
      const socket = fixture.watch(fixture.io());
      socket.emit('echo', 'before');
      socket.on('connect', () => {
        socket.emit('echo', 'in connect');
        socket.disconnect();
        socket.emit('echo', 'after');
        fixture.note('left', fixture.state(socket));
      });
      await fixture.noted('left');
      await fixture.served('/ disconnect');
    },
  },
  {
    name: 'connect() in the handler of disconnect, after a disconnect by the server',
    run: async (fixture) => {
      const socket = fixture.watch(fixture.io());
      fixture.watchManager(socket.io);
      socket.on('disconnect', (reason) => {
        if (reason === 'io server disconnect') socket.connect();
        fixture.note('asked', fixture.state(socket));
      });
      await fixture.noted('socket connect');
      fixture.server.latest().disconnect();
      await fixture.noted('socket connect', 2);
    },
  },
  {
    name: 'connect() in the handler of disconnect, after disconnect()',
    run: async (fixture) => {
      const socket = fixture.watch(fixture.io());
      fixture.watchManager(socket.io);
      socket.once('disconnect', () => {
        socket.connect();
        fixture.note('asked', fixture.state(socket));
      });
      await fixture.noted('socket connect');
      socket.disconnect();
      fixture.note('after', fixture.state(socket));
      await fixture.noted('socket connect', 2);
    },
  },
  {
    name: 'disconnect() in the handler of disconnect stops the reconnection',
    run: async (fixture) => {
      const socket = fixture.watch(fixture.io());
      fixture.watchManager(socket.io);
      socket.once('disconnect', () => {
        socket.disconnect();
        fixture.note('left', fixture.state(socket));
      });
      await fixture.noted('socket connect');
      socket.io.engine.close();
      await fixture.settle(200);
      fixture.note('then', fixture.state(socket));
    },
  },
  {
    name: 'emits in the handler of disconnect wait for the next connect',
    run: async (fixture) => {
      const socket = fixture.watch(fixture.io());
      fixture.hear(socket, 'echo');
      socket.once('disconnect', () => {
        socket.emit('echo', 'in disconnect');
        fixture.note('kept', fixture.state(socket));
      });
      await fixture.noted('socket connect');
      socket.io.engine.close();
      socket.emit('echo', 'behind');
      await fixture.noted('heard echo', 2);
      await fixture.settle();
    },
  },
  {
    name: 'without reconnection a cut is final, until connect()',
    run: async (fixture) => {
      const socket = fixture.watch(fixture.io('', { reconnection: false }));
      fixture.watchManager(socket.io);
      await fixture.noted('socket connect');
      fixture.server.latest().conn.close();
      await fixture.noted('socket disconnect');
      await fixture.settle(150);
      fixture.note('then', socket.connected, socket.sendBuffer.length);
      socket.connect();
      await fixture.settle(100);
      fixture.note('asked', socket.connected);
      socket.io.open();
      await fixture.noted('socket connect', 2);
    },
  },
  {
    name: 'the server application closes all sockets of a namespace',
    setup: (app) => void app.of('/a'),
    run: async (fixture) => {
      const root = fixture.watch(fixture.io(), 'root');
      const a = fixture.watch(root.io.socket('/a'), 'a');
      await fixture.noted('a connect');
      await fixture.noted('root connect');
      fixture.server.io.of('/a').disconnectSockets();
      await fixture.noted('a disconnect');
      root.emit('echo', 1);
      a.emit('echo', 2);
      await fixture.served('/ event');
      fixture.note('then', fixture.state(root), fixture.state(a));
    },
  },
];
