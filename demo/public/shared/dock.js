// The dock beside the page: the inspector of this page's connection, and what else the page keeps there.

import { byId, el } from './dom.js';

export async function mountDock(manager) {
  byId('dock-choice').addEventListener('change', ({ target }) => {
    for (const part of document.querySelectorAll('[data-dock]')) {
      part.hidden = part.dataset.dock !== target.value;
      // What was hidden could not be scrolled.
      for (const list of part.querySelectorAll('[role="log"]')) list.scrollTop = list.scrollHeight;
    }
  });
  byId('inspector').replaceChildren(
    el('p', { className: 'hint' }, 'The inspector is not part of this build.'),
  );
}
