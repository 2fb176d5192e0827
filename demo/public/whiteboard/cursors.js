// Where the others' pens are, and what they draw at this moment.

import { el } from '../shared/dom.js';
import { BOARD } from './paper.js';

export function createCursors(layer) {
  /** By the id of the guest. */
  const others = new Map();
  const mine = el('i', { className: 'own', hidden: true });
  layer.append(mine);

  function place(element, x, y) {
    element.style.left = `${(x / BOARD.width) * 100}%`;
    element.style.top = `${(y / BOARD.height) * 100}%`;
    element.hidden = false;
  }

  return {
    get drawing() {
      return [...others.values()].map(({ stroke }) => stroke).filter((stroke) => stroke?.points.length > 0);
    },
    /** Seen while the keyboard draws; a mouse has a cursor of its own. */
    own(x, y, down) {
      place(mine, x, y);
      mine.dataset.down = String(down);
    },
    /** `points` are those that were added to the line, where one is being drawn. */
    moved(by, x, y, stroke, points) {
      const other = others.get(by);
      if (other === undefined) return;
      other.stroke = points && { ...stroke, points: [...(other.stroke?.points ?? []), ...points] };
      place(other.element, x, y);
    },
    finished(by) {
      const other = others.get(by);
      if (other) other.stroke = undefined;
    },
    here(guests) {
      const ids = new Set(guests.map(({ id }) => id));
      for (const [id, { element }] of others) {
        if (ids.has(id)) continue;
        element.remove();
        others.delete(id);
      }
      for (const { id, name, colour } of guests) {
        if (!others.has(id)) {
          const element = el('p', { hidden: true }, el('i'), el('span'));
          layer.append(element);
          others.set(id, { element, stroke: undefined });
        }
        const { element } = others.get(id);
        element.style.setProperty('--pen', colour);
        element.lastElementChild.textContent = name;
      }
    },
  };
}
