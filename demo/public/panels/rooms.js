// Rooms belong to the server: a page can only ask to join or leave one.

import { appendTo, byId, el, onSubmit } from '../shared/dom.js';

const ANSWER_WITHIN_MS = 5_000;

export function mountRooms({ sockets, chosen }) {
  const joined = new Map(sockets.map((socket) => [socket, new Set()]));
  const result = byId('rooms-result');

  async function ask(socket, action, room) {
    try {
      const answer = await socket.timeout(ANSWER_WITHIN_MS).emitWithAck(action, room);
      if (answer.error) throw new Error(answer.error);
      joined.set(socket, new Set(answer.rooms));
      result.textContent = `${action === 'join' ? 'Joined' : 'Left'} ${room}`;
    } catch (error) {
      result.textContent = `Could not ${action} ${room}: ${error.message}`;
    }
    showRooms();
  }

  function showRooms() {
    const chips = [...joined].flatMap(([socket, rooms]) =>
      [...rooms].map((room) => {
        const leave = el('button', { type: 'button', ariaLabel: `Leave ${room} in ${socket.nsp}` }, '×');
        leave.addEventListener('click', () => ask(socket, 'leave', room));
        return el('li', {}, el('small', {}, socket.nsp), room, leave);
      }),
    );
    byId('rooms').replaceChildren(
      ...(chips.length > 0 ? chips : [el('li', { className: 'none' }, 'Not in any room yet')]),
    );
  }

  for (const socket of sockets) {
    // A new session is in no room; a recovered session is still in its rooms.
    socket.on('connect', () => {
      if (socket.recovered) return;
      for (const room of joined.get(socket)) ask(socket, 'join', room);
    });
    socket.on('room-message', (room, from, text) => {
      const mine = socket.id?.startsWith(from);
      const item = el(
        'p',
        { className: 'in' },
        el('small', {}, `${socket.nsp} · ${room} · ${mine ? 'you' : from}`),
        el('span', {}, text),
      );
      appendTo(byId('room-messages'), item, 60);
    });
  }

  onSubmit(byId('room-form'), () => ask(chosen(), 'join', byId('room-name').value.trim()));
  onSubmit(byId('room-message-form'), (button) => {
    const audience = button?.value ?? 'everyone';
    const room = byId('room-name').value.trim();
    chosen().emit('room-message', room, byId('room-text').value, audience);
    result.textContent = `Sent to ${audience === 'everyone' ? 'everyone' : 'the others'} in ${room}`;
  });
  showRooms();
}
