// A namespace whose middleware accepts a visitor or says why not.

import { byId, el, onSubmit } from '../shared/dom.js';
import { describe } from '../shared/format.js';

export function mountMembers(members) {
  const result = byId('members-result');
  const leave = byId('members-leave');

  function show(outcome, ...content) {
    result.dataset.outcome = outcome;
    result.replaceChildren(...content);
    leave.hidden = !members.connected;
  }

  // `auth` reads the password at every connect, so reconnecting sends the current one.
  onSubmit(byId('members-form'), () => {
    members.disconnect();
    show('waiting', 'Checking…');
    members.connect();
  });
  leave.addEventListener('click', () => members.disconnect());

  members.on('connect', () => show('in', `You are in, as ${members.id}`));
  members.on('secret', (text) => show('in', el('b', {}, 'You are in. '), text));
  members.on('connect_error', (error) => {
    // An error with `data` comes from the middleware; without it, the connection failed.
    if (error.data === undefined) return show('waiting', `Waiting for the connection: ${error.message}`);
    return show('refused', el('b', {}, error.message), el('br'), el('code', {}, describe(error.data)));
  });
  members.on('disconnect', (reason) => show('out', `Disconnected: ${reason}`));
}
