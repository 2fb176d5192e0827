// The dock beside the page: the inspector of this page's connection, and what else the page keeps there.

import { byId } from './dom.js';

export function mountDock(manager) {
  // All that it takes: holdfast.inspector.min.js has added `inspect` to the global `io`.
  io.inspect(manager, { parent: byId('inspector') });

  byId('dock-choice').addEventListener('change', ({ target }) => {
    for (const part of document.querySelectorAll('[data-dock]')) {
      part.hidden = part.dataset.dock !== target.value;
      // What was hidden could not be scrolled.
      for (const list of part.querySelectorAll('[role="log"]')) list.scrollTop = list.scrollHeight;
    }
  });
}
