// Selects the namespace for messages, data, rooms and broadcasts.

import { byId } from '../shared/dom.js';

export function mountNamespaceChoice(sockets) {
  const choice = byId('namespace');
  return () => sockets.find((socket) => socket.nsp === choice.querySelector(':checked').value);
}
