// Shows the other users' pens, and the lines they are drawing.

import { el } from '../shared/dom.js';
import { BOARD } from './paper.js';

export function createCursors(layer) {
  /** Other users by id. */
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
    /** Shown while drawing with the keyboard; a mouse has its own cursor. */
    own(x, y, down) {
      place(mine, x, y);
      mine.dataset.down = String(down);
    },
    /** `points` are the new points of the line being drawn, if any. */
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
