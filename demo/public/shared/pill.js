// Shows the state of the connection in the top bar.

import { byId, el } from './dom.js';

export const TITLES = {
  idle: 'Idle',
  connecting: 'Connecting',
  connected: 'Connected',
  reconnecting: 'Reconnecting',
  offline: 'Offline',
  closed: 'Closed',
};
export const TRANSPORTS = {
  websocket: 'WebSocket',
  polling: 'long-polling',
  tabs: 'one connection for all tabs',
};

export function mountPill(manager) {
  const pill = byId('pill');
  function show() {
    const { status, transport } = manager;
    pill.dataset.status = status;
    pill.dataset.transport = transport ?? '';
    const over =
      status === 'connected' ? [el('span', { className: 'wide' }, `over ${TRANSPORTS[transport]}`)] : [];
    pill.lastElementChild.replaceChildren(TITLES[status], ' ', ...over);
  }
  manager.on('status', show);
  show();
}
