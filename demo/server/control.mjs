// Stops and starts the Socket.IO server and switches its faults. The page reaches this over Express,
// on another port, so the switches work while the server they act on is down.

import { createFaults, WEBSOCKET_MODES } from './faults.mjs';
import { listen } from './ports.mjs';

export function createControl({ httpServer }, log) {
  const faults = createFaults(httpServer, log);
  const followers = new Set();
  let port = 0;

  const state = () => ({
    listening: httpServer.listening,
    webSocket: faults.webSocketMode,
  });
  const changed = () => {
    for (const follower of followers) follower(state());
  };

  async function start(wanted = port) {
    if (httpServer.listening) return;
    port = await listen(httpServer, wanted, 'the Socket.IO server', 'HOLDFAST_SOCKET_PORT');
    log.write('server', `listening on port ${port}`);
    changed();
  }

  async function stop({ quietly = false } = {}) {
    if (!httpServer.listening) return;
    const closed = new Promise((resolve) => httpServer.close(resolve));
    // `close` waits for open connections, and a WebSocket would keep it waiting for ever.
    faults.dropAll();
    await closed;
    if (quietly) return;
    log.write('server', `stopped: nothing listens on port ${port} now`);
    changed();
  }

  // One at a time, in the order asked for: a start in the middle of a stop would be lost.
  let last = Promise.resolve();
  const inTurn = (action) => (last = last.catch(() => {}).then(action));

  return {
    get port() {
      return port;
    },
    state,
    start: (wanted) => inTurn(() => start(wanted)),
    stop: (options) => inTurn(() => stop(options)),
    cut: () => faults.cut(),
    setWebSocket(mode) {
      if (!WEBSOCKET_MODES.includes(mode)) {
        throw new RangeError(`webSocket must be one of ${WEBSOCKET_MODES.join(', ')}`);
      }
      faults.webSocketMode = mode;
      changed();
    },
    follow(follower) {
      followers.add(follower);
      return () => followers.delete(follower);
    },
  };
}
