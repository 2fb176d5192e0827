// The dock next to the page, with the inspector of this page's connection and other panels.

import { byId } from './dom.js';

export function mountDock(manager) {
  // holdfast.inspector.min.js adds `inspect` to the global `io`.
  io.inspect(manager, { parent: byId('inspector') });

  byId('dock-choice').addEventListener('change', ({ target }) => {
    for (const part of document.querySelectorAll('[data-dock]')) {
      part.hidden = part.dataset.dock !== target.value;
      // A hidden list could not be scrolled.
      for (const list of part.querySelectorAll('[role="log"]')) list.scrollTop = list.scrollHeight;
    }
  });
}
