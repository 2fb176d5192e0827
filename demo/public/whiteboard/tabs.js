// Tabs that share one connection: which of them has it, and a button that takes it away.

import { byId } from '../shared/dom.js';

const ROLES = {
  leader: 'This tab has the connection',
  follower: 'Another tab has the connection',
  worker: 'A worker has the connection',
  off: 'This tab has its own connection',
};

export function mountTabs({ manager, guest }) {
  byId('not-shared').hidden = guest.shared;
  byId('tabs').hidden = !guest.shared;
  if (!guest.shared) return;

  const role = byId('tabs-role');
  const show = () => {
    const { role: name, tabs, reason } = manager.sharing;
    role.dataset.role = name;
    const shared = tabs > 1 ? `; ${tabs} tabs share it` : '';
    role.textContent = `${ROLES[name]}${shared}${reason ? ` (${reason})` : ''}.`;
  };
  manager.on('sharing', show);
  show();

  // The tab that leads goes away at once, as one that is closed does.
  const killings = new BroadcastChannel('whiteboard-kill');
  const kill = () => {
    if (manager.sharing.role === 'leader') location.replace('/killed.html');
  };
  killings.onmessage = kill;
  byId('kill').addEventListener('click', () => {
    killings.postMessage('');
    kill();
  });
}
