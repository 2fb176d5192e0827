// Shows the state of the connection in the top bar. The width of the longest text is reserved, so nothing moves when it changes.

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
  const text = el('span');
  // Not read to anybody: it only takes the room.
  const room = ['Reconnecting', 'Connected over long-polling'].map((longest) =>
    el('span', { className: longest.includes(' ') ? 'room wide' : 'room', ariaHidden: 'true' }, longest),
  );
  pill.lastElementChild.replaceWith(el('span', { className: 'stack' }, text, ...room));
  function show() {
    const { status, transport } = manager;
    pill.dataset.status = status;
    pill.dataset.transport = transport ?? '';
    const over =
      status === 'connected' ? [el('span', { className: 'wide' }, `over ${TRANSPORTS[transport]}`)] : [];
    text.replaceChildren(TITLES[status], ' ', ...over);
  }
  manager.on('status', show);
  show();
}
