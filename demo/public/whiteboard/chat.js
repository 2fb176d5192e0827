// The board's chat: a separate namespace over the same connection. Messages are stored until the server has them.

import { byId, el, onSubmit } from '../shared/dom.js';
import { clock } from '../shared/format.js';
import { loadWhenNew } from './connect.js';
import { keepGuest } from './guest.js';

export function mountChat({ socket, outbox, guest, showError }) {
  const list = byId('messages');
  /** Messages by id, in the server's order; pending ones come last. */
  let messages = new Map();

  function show() {
    const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 24;
    list.replaceChildren(...[...messages.values()].map(bubble));
    if (atEnd) list.scrollTop = list.scrollHeight;
    list.dataset.waiting = String([...messages.values()].filter(({ at }) => at === undefined).length);
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
    // A saved message moves to its place in the server's order.
    messages.delete(message.id);
    const waiting = [...messages.values()].filter(({ at }) => at === undefined);
    for (const { id } of waiting) messages.delete(id);
    for (const one of [message, ...waiting]) messages.set(one.id, one);
    show();
  }

  function wait(id, text) {
    const { id: by, name, colour } = guest;
    messages.set(id, { id, by, name, colour, text });
    show();
  }

  async function say(text) {
    const id = crypto.randomUUID();
    wait(id, text);
    try {
      answered(id, await outbox.emitWithAck(socket.idempotent(id), 'say', text));
    } catch (error) {
      refused(id, `Not sent: ${error.message}`);
    }
  }

  function answered(id, { error }) {
    if (error) {
      refused(id, error);
      return;
    }
    // Usually it has already arrived as an event; after a cut in between it has not.
    const message = messages.get(id);
    if (message && message.at === undefined) take({ ...message, at: Date.now() });
  }

  function refused(id, reason) {
    showError(reason);
    messages.delete(id);
    show();
  }

  // Written before the page was reloaded, and not yet answered.
  outbox.onRestored((entries) => {
    for (const { idempotencyKey: id, args } of entries) if (!messages.has(id)) wait(id, args[0]);
  });
  outbox.onSettled(({ idempotencyKey: id }, { answer, error }) => {
    if (error) refused(id, `Not sent: ${error.message}`);
    else answered(id, answer[0]);
  });
  socket.on('said', (message) => {
    if (messages.get(message.id)?.at === undefined) take(message);
  });
  loadWhenNew(socket, async () => {
    const loaded = await socket.emitWithAck('load').catch(() => undefined);
    if (!Array.isArray(loaded)) return;
    const waiting = [...messages.values()].filter(({ at }) => at === undefined);
    messages = new Map(
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
    /** Calls `renamed` when the user changes the name. */
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
