// Breaks the network on purpose, at the place where real networks break: the HTTP server in front of Socket.IO.

/**
 * What happens to a request that asks for a WebSocket:
 * `normal`  Socket.IO answers it
 * `refused` 403, as a strict proxy or firewall does
 * `hanging` no answer, ever: the kind of proxy that swallows what it does not understand
 */
export const WEBSOCKET_MODES = ['normal', 'refused', 'hanging'];

/** Call it after Socket.IO was attached: it steps in front of Socket.IO's own `upgrade` listener. */
export function createFaults(httpServer, log) {
  const connections = new Set();
  const webSockets = new Set();
  let mode = 'normal';

  httpServer.on('connection', (connection) => {
    connections.add(connection);
    connection.once('close', () => {
      connections.delete(connection);
      webSockets.delete(connection);
    });
  });

  const listeners = httpServer.listeners('upgrade');
  const letThrough = (...upgrade) => {
    for (const listener of listeners) listener.apply(httpServer, upgrade);
  };
  /** What lets the upgrades go on that got no answer yet. */
  const held = new Set();

  httpServer.removeAllListeners('upgrade');
  httpServer.on('upgrade', (request, connection, head) => {
    webSockets.add(connection);
    if (mode === 'normal') {
      letThrough(request, connection, head);
    } else if (mode === 'refused') {
      log.write('server', 'fault: WebSocket refused with 403');
      refuse(connection);
    } else {
      log.write('server', 'fault: WebSocket swallowed, it gets no answer');
      const release = hold(connection, () => letThrough(request, connection, head));
      held.add(release);
      connection.once('close', () => held.delete(release));
    }
  });

  /** A reset (RST), not a polite close: what a client sees when a router forgets it. */
  const reset = (victims) => {
    const count = victims.size;
    for (const connection of [...victims]) connection.resetAndDestroy();
    return count;
  };

  return {
    get webSocketMode() {
      return mode;
    },
    set webSocketMode(next) {
      if (next === mode) return;
      mode = next;
      log.write('server', `fault: WebSocket is ${next} from now on`);
      // A firewall stops new WebSockets only. Resetting the open ones shows its effect at once.
      if (next !== 'normal') reset(webSockets);
      // Those that still wait get their late answer: a network that was merely slow.
      for (const release of held) release();
      held.clear();
    },
    cut() {
      log.write('server', `fault: ${reset(connections)} TCP connections cut`);
    },
    /** For a server that stops: its connections go with it. */
    dropAll() {
      for (const connection of [...connections]) connection.destroy();
    },
  };
}

function refuse(connection) {
  const words = 'This demo refuses WebSocket at the moment.';
  const answer = [
    'HTTP/1.1 403 Forbidden',
    'Connection: close',
    'Content-Type: text/plain',
    `Content-Length: ${words.length}`,
    '',
    words,
  ].join('\r\n');
  // Nobody else listens to this connection now, and an `error` without a listener would end the process.
  connection.on('error', () => connection.destroy());
  connection.end(answer, () => connection.destroy());
}

/** Returns what ends the wait: it hands the connection on, unless the client has gone away meanwhile. */
function hold(connection, handOn) {
  const gone = () => connection.destroy();
  connection.on('error', gone);
  connection.on('end', gone);
  // A client sends nothing before it was answered; reading is how we notice that it has left.
  connection.resume();
  return () => {
    if (connection.destroyed) return;
    connection.off('error', gone);
    connection.off('end', gone);
    handOn();
  };
}
