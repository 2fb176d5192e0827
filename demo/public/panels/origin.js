// The server refuses pages from other origins. Browsers send the origin with every request, so
// the same page under another host name counts as another origin.

import { byId, el } from '../shared/dom.js';

export function mountOrigin({ config, socket }) {
  const { allowedOrigin, otherOrigin } = config;
  byId('allowed-origin').textContent = allowedOrigin;
  byId('other-origin').textContent = otherOrigin;
  byId('open-other-origin').href = otherOrigin;

  byId('try-other-origin').addEventListener('click', () => {
    // A page in a frame keeps the origin it was loaded from.
    const frame = el('iframe', {
      src: `${otherOrigin}/other-origin.html`,
      title: `A page from ${otherOrigin}`,
    });
    byId('other-origin-frame').replaceChildren(frame);
  });

  if (location.origin === allowedOrigin) return;
  byId('try-other-origin').disabled = true;
  socket.on('connect_error', () => {
    const notice = byId('notice');
    notice.replaceChildren(
      `The server refused this page: it accepts only pages from ${allowedOrigin}, and this one is from ${location.origin}. `,
      el('a', { href: allowedOrigin }, 'Open the allowed page'),
    );
    notice.hidden = false;
  });
}
