// The switches that break the connection.

import { byId } from '../dom.js';

const HINTS = {
  normal: 'As in a network that does nothing odd.',
  refused: 'As behind a strict proxy: it answers 403.',
  hanging: 'As behind a proxy that swallows the request: no answer, ever.',
};

export function mountFaults(server, log) {
  const modes = byId('websocket-mode');

  /** A switch whose server does not answer says so instead of failing in silence. */
  const control = (action) => async () => {
    try {
      await action();
    } catch (error) {
      byId('server-state').textContent = `That did not work: ${error.message}`;
      log.write('demo', error.message, 'problem');
    }
  };

  modes.addEventListener('change', ({ target }) => control(() => server.setWebSocket(target.value))());
  byId('cut').addEventListener('click', control(server.cut));
  byId('stop').addEventListener('click', control(server.stop));
  byId('start').addEventListener('click', control(server.start));
  byId('restore').addEventListener(
    'click',
    control(async () => {
      await server.setWebSocket('normal');
      await server.start();
    }),
  );

  // The state comes from the server, so two tabs that break it agree on what is broken.
  server.onState(({ listening, webSocket }) => {
    const hadFocus = [byId('stop'), byId('start')].includes(document.activeElement);
    byId('stop').hidden = !listening;
    byId('start').hidden = listening;
    byId('cut').disabled = !listening;
    // One button takes the other's place; the focus must not fall off the page.
    if (hadFocus) byId(listening ? 'stop' : 'start').focus();
    byId('server-state').textContent = listening ? 'The server is running.' : 'The server is stopped.';
    byId('server-state').dataset.listening = listening;
    modes.querySelector(`[value="${webSocket}"]`).checked = true;
    byId('websocket-hint').textContent = HINTS[webSocket];
  });
}
