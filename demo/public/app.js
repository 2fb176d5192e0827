// Sets up the page: the sockets first, then a panel for each feature.

import { mountLanes } from './lanes/lanes.js';
import { logEvents } from './log-events.js';
import { mountAttempts } from './panels/attempts.js';
import { mountBroadcast } from './panels/broadcast.js';
import { mountConnection } from './panels/connection.js';
import { mountData } from './panels/data.js';
import { mountLog } from './panels/log.js';
import { mountMembers } from './panels/members.js';
import { mountMessages } from './panels/messages.js';
import { mountNamespaceChoice } from './panels/namespace-choice.js';
import { mountNamespaces } from './panels/namespaces.js';
import { mountOrigin } from './panels/origin.js';
import { mountRooms } from './panels/rooms.js';
import { mountDock } from './shared/dock.js';
import { byId } from './shared/dom.js';
import { mountFaultBar } from './shared/fault-bar.js';
import { followServer } from './shared/server.js';
import { createSockets } from './sockets.js';

async function start() {
  const config = await (await fetch('/api/config')).json();
  const server = followServer();
  const { manager, root, custom, members } = createSockets(config);
  const open = [root, custom];

  const log = mountLog(server);
  logEvents({ manager, sockets: [root, custom, members], log });

  mountConnection({ manager, config, log });
  mountAttempts({ manager, sockets: open });
  mountFaultBar(config, server, log);
  mountLanes(config, server);
  mountDock(manager);

  const chosen = mountNamespaceChoice(open);
  mountMessages({ sockets: open, chosen });
  mountRooms({ sockets: open, chosen });
  mountBroadcast({ sockets: open, chosen });
  mountData({ sockets: open, chosen });
  mountNamespaces({ sockets: [root, custom, members] });
  mountMembers(members);
  mountOrigin({ config, socket: root });

  // All listeners are registered now, so the panels see the first attempt from the start.
  root.connect();
  custom.connect();
}

start().catch((error) => {
  const notice = byId('notice');
  notice.textContent = `The demo could not start: ${error.message}`;
  notice.hidden = false;
  throw error;
});
