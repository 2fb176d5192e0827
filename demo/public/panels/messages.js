// Sends and receives messages, and custom events with several arguments.

import { appendTo, byId, el, onSubmit } from '../shared/dom.js';
import { clock, describe } from '../shared/format.js';

export function mountMessages({ sockets, chosen }) {
  const list = byId('messages');

  function show(socket, direction, text) {
    const item = el('p', { className: direction }, el('small', {}, socket.nsp), el('span', {}, text));
    appendTo(list, item, 60);
    return item;
  }

  function sent(socket, text) {
    const item = show(socket, 'out', text);
    if (socket.connected) return;
    // holdfast keeps messages sent while disconnected and delivers them after the next connect.
    item.classList.add('waiting');
    socket.once('connect', () => item.classList.remove('waiting'));
  }

  for (const socket of sockets) {
    socket.on('message', (text) => show(socket, 'in', text));
    socket.on('custom-event', (...args) =>
      show(socket, 'in', `custom-event: ${args.map(describe).join(', ')}`),
    );
  }

  onSubmit(byId('send-form'), () => {
    const socket = chosen();
    const text = byId('send-text').value;
    sent(socket, text);
    socket.send(text);
  });

  onSubmit(byId('event-form'), () => {
    const socket = chosen();
    const args = [
      byId('event-name').value,
      byId('event-amount').valueAsNumber,
      { sentAt: clock(Date.now()) },
    ];
    sent(socket, `custom-event: ${args.map(describe).join(', ')}`);
    socket.emit('custom-event', ...args);
  });
}
