// Sends strings, objects and every type of binary data, which may be nested anywhere in the arguments.

import { byId, el } from '../shared/dom.js';
import { bytes, describe } from '../shared/format.js';

/** The server accepts messages of up to 5 MB, including some overhead. */
const MAX_FILE_BYTES = 4_000_000;
const ANSWER_WITHIN_MS = 10_000;
const KEPT_ROWS = 8;

const samples = {
  string: () => 'Grüße, κόσμε',
  object: () => ({ list: [1, 2, 3], nested: { deep: true } }),
  ArrayBuffer: () => new Uint8Array([104, 111, 108, 100, 102, 97, 115, 116]).buffer,
  Blob: () => new Blob(['a blob of text'], { type: 'text/plain' }),
};

export function mountData({ sockets, chosen }) {
  const result = byId('data-result');
  const waiting = new Map();
  let count = 0;

  async function send(kind, value) {
    const socket = chosen();
    const got = el('td', {}, '…');
    const back = el('td', {}, '…');
    const row = el('tr', { dataset: { kind } }, el('th', { scope: 'row' }, describe(value)), got, back);
    const rows = byId('data-rows');
    rows.prepend(row);
    while (rows.children.length > KEPT_ROWS) rows.lastElementChild.remove();

    // The server sends the value back with its name, which distinguishes values of the same type.
    const name = `${kind} ${++count}`;
    waiting.set(name, { value, back });
    try {
      const answer = await socket.timeout(ANSWER_WITHIN_MS).emitWithAck('data', name, value);
      got.textContent = `${answer.type}, ${bytes(answer.bytes)}`;
      result.textContent = '';
    } catch (error) {
      waiting.delete(name);
      got.textContent = back.textContent = 'no answer';
      result.textContent = `The ${kind} was not acknowledged: ${error.message}`;
    }
  }

  for (const socket of sockets) {
    socket.on('data-back', async (name, value) => {
      const sent = waiting.get(name);
      if (sent === undefined) return;
      waiting.delete(name);
      sent.back.textContent = `${describe(value)} ${(await same(sent.value, value)) ? '✓ same' : '✗ differs'}`;
    });
  }

  for (const button of byId('data-buttons').querySelectorAll('button')) {
    const { kind } = button.dataset;
    button.addEventListener('click', () => send(kind, samples[kind]()));
  }
  byId('file').addEventListener('change', ({ target }) => {
    const [file] = target.files;
    target.value = ''; // so that the same file can be chosen again
    if (file === undefined) return;
    if (file.size > MAX_FILE_BYTES) {
      result.textContent = `${file.name} has ${bytes(file.size)}; this server accepts up to ${bytes(MAX_FILE_BYTES)}`;
    } else {
      send('File', file);
    }
  });
}

/** Every type of binary data comes back as an ArrayBuffer; everything else comes back unchanged. */
async function same(sent, received) {
  if (!(received instanceof ArrayBuffer)) return JSON.stringify(sent) === JSON.stringify(received);
  const before = new Uint8Array(await new Response(sent).arrayBuffer());
  const after = new Uint8Array(received);
  return before.length === after.length && before.every((byte, index) => byte === after[index]);
}
