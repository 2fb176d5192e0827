// The chat of the board: a namespace of its own, over the same connection.

import { byId, el, onSubmit } from '../shared/dom.js';
import { clock } from '../shared/format.js';
import { loadWhenNew } from './connect.js';
import { keepGuest } from './guest.js';

export function mountChat({ socket, guest, complain }) {
  const list = byId('messages');
  /** By id, in the order of the server; what is on its way comes last. */
  let said = new Map();

  function show() {
    const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 24;
    list.replaceChildren(...[...said.values()].map(bubble));
    if (atEnd) list.scrollTop = list.scrollHeight;
    list.dataset.waiting = String([...said.values()].filter(({ at }) => at === undefined).length);
  }

  function bubble({ by, name, colour, text, at }) {
    const mine = by === guest.id;
    const who = el(
      'small',
      {},
      el('i'),
      `${mine ? 'You' : name}${at === undefined ? '' : ` · ${clock(at)}`}`,
    );
    who.firstElementChild.style.setProperty('--pen', colour);
    const classes = [mine ? 'out' : 'in', at === undefined ? 'waiting' : ''];
    return el('p', { className: classes.join(' ').trim() }, who, el('span', {}, text));
  }

  function take(message) {
    // Once the server has it, it has its place among the others.
    said.delete(message.id);
    const waiting = [...said.values()].filter(({ at }) => at === undefined);
    for (const { id } of waiting) said.delete(id);
    for (const one of [message, ...waiting]) said.set(one.id, one);
    show();
  }

  async function say(text) {
    const id = crypto.randomUUID();
    const { id: by, name, colour } = guest;
    said.set(id, { id, by, name, colour, text });
    show();
    try {
      const answer = await socket.idempotent(id).emitWithAck('say', text);
      if (!answer.error) {
        // Usually it has come as an event already; after a cut in between it has not.
        const message = said.get(id);
        if (message && message.at === undefined) take({ ...message, at: Date.now() });
        return;
      }
      complain(answer.error);
    } catch (error) {
      complain(`Not sent: ${error.message}`);
    }
    said.delete(id);
    show();
  }

  socket.on('said', (message) => {
    if (said.get(message.id)?.at === undefined) take(message);
  });
  loadWhenNew(socket, async () => {
    const loaded = await socket.emitWithAck('load').catch(() => undefined);
    if (!Array.isArray(loaded)) return;
    const waiting = [...said.values()].filter(({ at }) => at === undefined);
    said = new Map(
      [...loaded, ...waiting.filter(({ id }) => !loaded.some((one) => one.id === id))].map((one) => [
        one.id,
        one,
      ]),
    );
    show();
  });

  byId('name').value = guest.name;
  onSubmit(byId('say-form'), () => {
    const field = byId('say-text');
    say(field.value);
    field.value = '';
  });
  return {
    /** Under another name from now on. */
    onRename(renamed) {
      byId('name').addEventListener('change', ({ target }) => {
        const name = target.value.trim();
        if (name === '' || name === guest.name) return;
        guest.name = name;
        keepGuest(guest);
        renamed();
      });
    },
  };
}
