// Shows the current state of the connection.

import { byId } from '../shared/dom.js';
import { clock, since } from '../shared/format.js';
import { mountPill, TITLES, TRANSPORTS } from '../shared/pill.js';

export function mountConnection({ manager, config, log }) {
  let changedAt = Date.now();
  let heartbeatAt;
  let retry = 0;
  let last = {};

  function changed() {
    const { status, transport } = manager;
    if (status !== last.status) changedAt = Date.now();
    if (status === 'connected') retry = 0;
    // An upgrade keeps the session and its messages.
    if (status === 'connected' && last.transport === 'polling' && transport === 'websocket') {
      byId('upgrade').textContent = `long-polling → WebSocket, ${clock(Date.now())}`;
      log.write('connection', 'upgraded from polling to websocket, same session');
    }
    last = { status, transport };

    byId('status').dataset.status = status;
    byId('status').lastElementChild.textContent = TITLES[status];
    byId('transport').textContent = TRANSPORTS[transport] ?? 'none';
    byId('transport').dataset.transport = transport ?? '';
    byId('session').textContent = status === 'connected' ? manager.engine.id : 'none';
    showDetail();
  }

  // No event fires as seconds pass, so this line is updated every second.
  function showDetail() {
    const elapsed = since(changedAt);
    byId('status-detail').textContent = {
      idle: 'No namespace is in use, so no connection is needed',
      connecting: 'Opening the first connection',
      connected: `over ${TRANSPORTS[last.transport] ?? 'no transport'}, for ${elapsed}`,
      reconnecting: `${nextRetry()}, disconnected for ${elapsed}`,
      offline: 'The browser reports that there is no network',
      closed: 'Closed, because every namespace was disconnected',
    }[last.status];
    byId('heartbeat').textContent = heartbeatAt === undefined ? 'none yet' : `${since(heartbeatAt)} ago`;
  }

  function nextRetry() {
    const { retryInMs } = manager;
    if (retryInMs === undefined) return `Retry ${retry}`;
    return `Retry ${retry + 1} in ${Math.ceil(retryInMs / 1000)} s`;
  }

  mountPill(manager);
  manager.on('status', changed);
  manager.on('ping', () => {
    heartbeatAt = Date.now();
    showDetail();
  });
  manager.on('reconnect_attempt', (attempt) => {
    retry = attempt;
    showDetail();
  });

  byId('server-url').textContent = `${new URL(config.socketUrl).host}${config.path}`;
  setInterval(showDetail, 1000);
  changed();
}
