// The state of the connection in the bar.

import { byId } from './dom.js';

export const TITLES = {
  idle: 'Idle',
  connecting: 'Connecting',
  connected: 'Connected',
  reconnecting: 'Reconnecting',
  offline: 'Offline',
  closed: 'Closed',
};
export const TRANSPORTS = { websocket: 'WebSocket', polling: 'long-polling' };

export function mountPill(manager) {
  const pill = byId('pill');
  function show() {
    const { status, transport } = manager;
    pill.dataset.status = status;
    pill.dataset.transport = transport ?? '';
    pill.lastElementChild.textContent =
      status === 'connected' ? `${TITLES.connected} over ${TRANSPORTS[transport]}` : TITLES[status];
  }
  manager.on('status', show);
  show();
}
