// To everyone in the namespace but the sender: another tab shows it, this one does not.

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
