// The dock beside the page: the inspector of this page's connection, and where there is one, the log.

import { byId, el } from './dom.js';

export async function mountDock(manager) {
  byId('dock-choice')?.addEventListener('change', ({ target }) => {
    byId('inspector').hidden = target.value !== 'inspector';
    byId('log-panel').hidden = target.value !== 'log';
    byId('log').scrollTop = byId('log').scrollHeight;
  });
  const parent = byId('inspector');
  parent.replaceChildren(el('p', { className: 'hint' }, 'The inspector is not part of this build.'));
}
