// The server refuses pages from other origins. A browser names the origin with every request, so
// the same page under another host name is a stranger to it.

import { byId, el } from '../shared/dom.js';

export function mountOrigin({ config, socket }) {
  const { allowedOrigin, strangerOrigin } = config;
  byId('allowed-origin').textContent = allowedOrigin;
  byId('stranger-origin').textContent = strangerOrigin;
  byId('open-stranger').href = strangerOrigin;

  byId('try-stranger').addEventListener('click', () => {
    // A page in a frame keeps the origin it was loaded from, which makes it the stranger.
    const frame = el('iframe', {
      src: `${strangerOrigin}/other-origin.html`,
      title: `A page from ${strangerOrigin}`,
    });
    byId('stranger-frame').replaceChildren(frame);
  });

  if (location.origin === allowedOrigin) return;
  byId('try-stranger').disabled = true;
  socket.on('connect_error', () => {
    const notice = byId('notice');
    notice.replaceChildren(
      `The server refused this page: it lets in pages from ${allowedOrigin}, and this one is from ${location.origin}. `,
      el('a', { href: allowedOrigin }, 'Open the page that is allowed'),
    );
    notice.hidden = false;
  });
}
