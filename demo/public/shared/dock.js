// The dock, with the inspector of this page's connection and other panels.

import { byId } from './dom.js';

export function mountDock(manager) {
  const choice = byId('dock-choice');
  let inspector;

  /** The inspector closes by itself; chosen again, it opens again. Meanwhile its place shows another panel, not an empty card. */
  function open() {
    if (inspector) return;
    // holdfast.inspector.min.js adds `inspect` to the global `io`.
    inspector = io.inspect(manager, { parent: byId('inspector') });
    inspector.element.addEventListener('close', () => {
      inspector = undefined;
      const other = choice.querySelector('input:not([value="inspector"])');
      other.checked = true;
      other.focus();
      show(other.value);
    });
  }

  function show(name) {
    if (name === 'inspector') open();
    for (const part of document.querySelectorAll('[data-dock]')) {
      part.hidden = part.dataset.dock !== name;
      // A hidden list could not be scrolled.
      for (const list of part.querySelectorAll('[role="log"]')) list.scrollTop = list.scrollHeight;
    }
  }

  open();
  choice.addEventListener('change', ({ target }) => show(target.value));
}
