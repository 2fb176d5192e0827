// Broadcasts to everyone in the namespace except the sender: other tabs show the message, this one does not.

import { appendTo, byId, el, onSubmit } from '../shared/dom.js';

export function mountBroadcast({ sockets, chosen }) {
  for (const socket of sockets) {
    socket.on('broadcast', (from, text) => {
      const item = el(
        'p',
        { className: 'in' },
        el('small', {}, `${socket.nsp} · ${from}`),
        el('span', {}, text),
      );
      appendTo(byId('broadcasts'), item, 60);
    });
  }
  onSubmit(byId('broadcast-form'), () => chosen().emit('broadcast', byId('broadcast-text').value));
}
