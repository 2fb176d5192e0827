// A combined log of the page and the server, ordered by time.

import { appendTo, byId, el } from '../shared/dom.js';
import { clock } from '../shared/format.js';

const KEPT_LINES = 300;

export function mountLog(server) {
  const list = byId('log');

  function show(side, { at, area, kind, text }) {
    appendTo(
      list,
      el(
        'p',
        { dataset: { side, kind } },
        el('time', { dateTime: new Date(at).toISOString() }, clock(at)),
        el('b', {}, side),
        // The server's own lines have the area `server`: not shown twice.
        el('code', {}, area === side ? '' : area),
        el('span', {}, text),
      ),
      KEPT_LINES,
    );
  }

  server.onLine((line) => {
    show('server', line);
    console.log(`[server] ${line.area} ${line.text}`);
  });

  // The filters only hide lines; they reappear when a filter is removed.
  byId('log-side').addEventListener('change', ({ target }) => {
    list.dataset.show = target.value;
    list.scrollTop = list.scrollHeight;
  });
  byId('show-timer').addEventListener('change', ({ target }) => {
    list.dataset.timer = target.checked ? 'show' : 'hide';
    list.scrollTop = list.scrollHeight;
  });
  byId('clear-log').addEventListener('click', () => list.replaceChildren());

  return {
    /** `kind` is `event`, `timer` or `problem`. */
    write(area, text, kind = 'event') {
      show('page', { at: Date.now(), area, kind, text });
      console[kind === 'problem' ? 'warn' : 'log'](`[page] ${area} ${text}`);
    },
  };
}
