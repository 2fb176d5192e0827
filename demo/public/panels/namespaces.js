// Lists the namespaces: each has its own socket, id and state, over the same connection.

import { byId, el } from '../shared/dom.js';
import { clock } from '../shared/format.js';

const NO_MESSAGE = 'No timed message yet';

export function mountNamespaces({ sockets }) {
  byId('namespaces').append(...sockets.map(row));
}

function row(socket) {
  const state = el('span', { className: 'state' });
  const id = el('code', { className: 'id' });
  const news = el('p', { className: 'news' }, NO_MESSAGE);
  const connect = el('button', { type: 'button' }, 'Connect');
  const disconnect = el('button', { type: 'button' }, 'Disconnect');
  const askServer = el('button', { type: 'button' }, 'Let the server disconnect me');
  // Members receive no timed messages.
  news.hidden = socket.nsp === '/members';
  const element = el(
    'article',
    { dataset: { nsp: socket.nsp }, ariaLabel: `Namespace ${socket.nsp}` },
    el('header', {}, el('b', {}, socket.nsp), state),
    id,
    news,
    el('div', { className: 'buttons' }, connect, disconnect, askServer),
  );

  let reason = 'not connected';

  function show() {
    // `active` is true while the socket is connected or will connect by itself.
    const { connected, active } = socket;
    element.dataset.state = connected ? 'connected' : active ? 'waiting' : 'disconnected';
    state.textContent = connected ? 'connected' : active ? 'connecting' : reason;
    id.textContent = socket.id ?? 'no id while disconnected';
    connect.hidden = active;
    disconnect.hidden = askServer.hidden = !active;
    askServer.disabled = !connected;
  }

  connect.addEventListener('click', () => {
    socket.connect();
    show();
  });
  disconnect.addEventListener('click', () => {
    reason = 'not connected';
    socket.disconnect();
    show();
  });
  askServer.addEventListener('click', () => socket.emit('disconnect-me'));

  socket.on('connect', show);
  socket.on('connect_error', (error) => {
    reason = error.message;
    show();
  });
  socket.on('disconnect', (disconnectReason) => {
    reason = disconnectReason;
    news.textContent = NO_MESSAGE;
    show();
  });
  socket.on('tick', (count, at, visitors) => {
    news.textContent = `Timed message ${count} at ${clock(at)} to ${visitors} ${visitors === 1 ? 'visitor' : 'visitors'}`;
  });
  socket.io.on('status', show);
  show();
  return element;
}
