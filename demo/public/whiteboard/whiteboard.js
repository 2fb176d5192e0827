// Sets up the whiteboard: the sockets first, then the board and the chat.

import { mountDock } from '../shared/dock.js';
import { byId, el } from '../shared/dom.js';
import { mountFaultBar } from '../shared/fault-bar.js';
import { mountPill } from '../shared/pill.js';
import { followServer } from '../shared/server.js';
import { mountChat } from './chat.js';
import { createSockets } from './connect.js';
import { mountDrawing } from './drawing.js';
import { readGuest } from './guest.js';
import { mountTabs } from './tabs.js';

function showError(message) {
  byId('notice').textContent = message;
  byId('notice').hidden = false;
}

async function start() {
  const config = await (await fetch('/api/config')).json();
  const server = followServer();
  const guest = readGuest();
  const { manager, board, chat, outbox } = await createSockets(config, guest);

  byId('board-title').textContent = `Board “${guest.board}”`;
  const address = `/whiteboard.html?board=${encodeURIComponent(guest.board)}`;
  byId('invite').href = guest.shared ? `${address}&shared` : address;
  byId('share').href = `${address}&shared`;
  mountTabs({ manager, guest });
  mountPill(manager);
  mountFaultBar(config, server);
  mountDrawing({ socket: board, guest, showError });
  const { onRename } = mountChat({ socket: chat, outbox, guest, showError });

  board.on('here', (guests) => {
    byId('people').replaceChildren(
      ...guests.map(({ id, name, colour }) => {
        const mark = el('i');
        mark.style.setProperty('--pen', colour);
        return el('li', {}, mark, id === guest.id ? `${name} (you)` : name);
      }),
    );
  });
  // The server receives the name when a socket connects.
  onRename(() => {
    for (const socket of [board, chat]) socket.disconnect().connect();
  });
  for (const socket of [board, chat]) {
    socket.on('connect_error', (error) => {
      // If `active` is false, the server refused; otherwise the connection failed and will be retried.
      if (!socket.active) showError(`The server refused this page: ${error.message}`);
    });
  }

  mountDock(manager);
  board.connect();
  chat.connect();
}

start().catch((error) => {
  showError(`The whiteboard could not start: ${error.message}`);
  throw error;
});
