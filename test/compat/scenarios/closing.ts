import { startFaultProxy } from '../../support/fault-proxy.js';
import type { Scenario } from '../record.js';

const both = [['websocket'], ['polling']];

function byServer(transports: string[]): Scenario {
  return {
    name: `the server disconnects the socket, with ${transports}`,
    transports,
    run: async (lab) => {
      const socket = lab.watch(lab.io());
      lab.watchManager(socket.io);
      await lab.noted('socket connect');
      lab.server.latest().disconnect();
      await lab.noted('socket disconnect');
      await lab.settle(100);
      lab.note('then', lab.state(socket));
      socket.emit('echo', 'while away');
      socket.connect();
      await lab.noted('socket connect', 2);
      await lab.served('/ event');
    },
  };
}

function byServerWhole(transports: string[]): Scenario {
  return {
    name: `the server disconnects the socket and the connection, with ${transports}`,
    transports,
    run: async (lab) => {
      const socket = lab.watch(lab.io());
      lab.watchManager(socket.io);
      await lab.noted('socket connect');
      lab.server.latest().disconnect(true);
      await lab.noted('socket disconnect');
      await lab.settle(100);
      lab.note('then', lab.state(socket));
      socket.connect();
      await lab.noted('socket connect', 2);
    },
  };
}

function byClient(transports: string[]): Scenario {
  return {
    name: `the client disconnects, then connects again, with ${transports}`,
    transports,
    run: async (lab) => {
      const socket = lab.watch(lab.io());
      lab.watchManager(socket.io);
      await lab.noted('socket connect');
      socket.emit('echo', 'last');
      socket.disconnect();
      lab.note('at once', lab.state(socket));
      await lab.served('/ disconnect');
      await lab.settle(100);
      socket.emit('echo', 'while away');
      socket.connect();
      lab.note('again', lab.state(socket));
      await lab.noted('socket connect', 2);
      await lab.served('/ event', 2);
    },
  };
}

function serverClosed(transports: string[]): Scenario {
  return {
    name: `the server is closed and started again, with ${transports}`,
    transports,
    run: async (lab) => {
      const socket = lab.watch(lab.io('', { reconnectionDelay: 300, reconnectionDelayMax: 300 }));
      lab.watchManager(socket.io);
      await lab.noted('socket connect');
      await lab.server.restart();
      await lab.noted('socket disconnect');
      socket.emit('echo', 'while away');
      await lab.noted('socket connect', 2);
      await lab.served('/ event');
      await lab.settle();
    },
  };
}

function connectionClosed(transports: string[]): Scenario {
  return {
    name: `the server closes the engine's connection, with ${transports}`,
    transports,
    run: async (lab) => {
      const socket = lab.watch(lab.io());
      lab.watchManager(socket.io);
      await lab.noted('socket connect');
      lab.server.latest().conn.close();
      await lab.noted('socket connect', 2);
    },
  };
}

function engineClosed(transports: string[]): Scenario {
  return {
    name: `the program closes the engine, with ${transports}`,
    transports,
    run: async (lab) => {
      const socket = lab.watch(lab.io());
      const { engine } = socket.io;
      lab.watchManager(socket.io);
      await lab.noted('socket connect');
      socket.io.engine.on('close', (reason) => lab.note('engine close', reason));
      socket.io.engine.close();
      lab.note('at once', lab.state(socket));
      await lab.noted('socket connect', 2);
      lab.note('another engine', engine !== socket.io.engine, engine.readyState);
    },
  };
}

function cut(transports: string[]): Scenario {
  return {
    name: `the connection is reset, with ${transports}`,
    transports,
    run: async (lab) => {
      const proxy = await startFaultProxy(lab.server.port);
      const socket = lab.watch(lab.manager({}, proxy.url).socket('/'));
      lab.watchManager(socket.io);
      await lab.noted('socket connect');
      await lab.settle();
      proxy.cut();
      await lab.noted('socket disconnect');
      socket.emit('echo', 'while away');
      await lab.noted('socket connect', 2);
      await lab.served('/ event');
      await lab.settle();
      socket.disconnect();
      await lab.served('/ disconnect', 2);
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
    run: async (lab) => {
      const proxy = await startFaultProxy(lab.server.port);
      const socket = lab.watch(lab.manager({}, proxy.url).socket('/'));
      lab.watchManager(socket.io);
      await lab.noted('socket connect');
      const heal = proxy.stall('to-client');
      await lab.noted('socket disconnect');
      heal();
      await lab.noted('socket connect', 2);
      lab.note('then', lab.state(socket));
      socket.disconnect();
      await lab.served('/ disconnect', 2);
      // Which side notices first is a matter of chance.
      const first = lab.onServer.entries.findIndex((entry) => entry.startsWith('/ disconnect'));
      lab.onServer.entries.splice(first, 1);
      await proxy.close();
    },
  },
  {
    name: 'a packet that is none: parse error',
    run: async (lab) => {
      const socket = lab.watch(lab.io());
      lab.watchManager(socket.io);
      await lab.noted('socket connect');
      lab.server.latest().conn.write('9nonsense');
      await lab.noted('socket connect', 2);
      lab.server.latest().conn.write('2["unclosed"');
      await lab.noted('socket connect', 3);
    },
  },
  {
    name: 'disconnect() in the handler of connect',
    run: async (lab) => {
      const socket = lab.watch(lab.io());
      socket.emit('echo', 'before');
      socket.on('connect', () => {
        socket.emit('echo', 'in connect');
        socket.disconnect();
        socket.emit('echo', 'after');
        lab.note('left', lab.state(socket));
      });
      await lab.noted('left');
      await lab.served('/ disconnect');
    },
  },
  {
    name: 'connect() in the handler of disconnect, after the server said good-bye',
    run: async (lab) => {
      const socket = lab.watch(lab.io());
      lab.watchManager(socket.io);
      socket.on('disconnect', (reason) => {
        if (reason === 'io server disconnect') socket.connect();
        lab.note('asked', lab.state(socket));
      });
      await lab.noted('socket connect');
      lab.server.latest().disconnect();
      await lab.noted('socket connect', 2);
    },
  },
  {
    name: 'connect() in the handler of disconnect, after disconnect()',
    run: async (lab) => {
      const socket = lab.watch(lab.io());
      lab.watchManager(socket.io);
      socket.once('disconnect', () => {
        socket.connect();
        lab.note('asked', lab.state(socket));
      });
      await lab.noted('socket connect');
      socket.disconnect();
      lab.note('after', lab.state(socket));
      await lab.noted('socket connect', 2);
    },
  },
  {
    name: 'disconnect() in the handler of disconnect ends the reconnecting',
    run: async (lab) => {
      const socket = lab.watch(lab.io());
      lab.watchManager(socket.io);
      socket.once('disconnect', () => {
        socket.disconnect();
        lab.note('left', lab.state(socket));
      });
      await lab.noted('socket connect');
      socket.io.engine.close();
      await lab.settle(200);
      lab.note('then', lab.state(socket));
    },
  },
  {
    name: 'emits in the handler of disconnect wait for the next connect',
    run: async (lab) => {
      const socket = lab.watch(lab.io());
      lab.hear(socket, 'echo');
      socket.once('disconnect', () => {
        socket.emit('echo', 'in disconnect');
        lab.note('kept', lab.state(socket));
      });
      await lab.noted('socket connect');
      socket.io.engine.close();
      socket.emit('echo', 'behind');
      await lab.noted('heard echo', 2);
      await lab.settle();
    },
  },
  {
    name: 'without reconnection a cut is the end, until connect()',
    run: async (lab) => {
      const socket = lab.watch(lab.io('', { reconnection: false }));
      lab.watchManager(socket.io);
      await lab.noted('socket connect');
      lab.server.latest().conn.close();
      await lab.noted('socket disconnect');
      await lab.settle(150);
      lab.note('then', socket.connected, socket.sendBuffer.length);
      socket.connect();
      await lab.settle(100);
      lab.note('asked', socket.connected);
      socket.io.open();
      await lab.noted('socket connect', 2);
    },
  },
  {
    name: 'the application closes all sockets of a namespace',
    setup: (app) => void app.of('/a'),
    run: async (lab) => {
      const root = lab.watch(lab.io(), 'root');
      const a = lab.watch(root.io.socket('/a'), 'a');
      await lab.noted('a connect');
      await lab.noted('root connect');
      lab.server.io.of('/a').disconnectSockets();
      await lab.noted('a disconnect');
      root.emit('echo', 1);
      a.emit('echo', 2);
      await lab.served('/ event');
      lab.note('then', lab.state(root), lab.state(a));
    },
  },
];
