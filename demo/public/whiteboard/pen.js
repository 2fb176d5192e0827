// The user's pen: a mouse, a finger, a stylus, or the arrow keys.

import { BOARD } from './paper.js';

const STEP = 10;
const LONG_STEP = 50;
/** Points closer than this count as the same point. */
const NEAR = 2;
/** A longer line is split, because the server limits its size. */
const MAX_NUMBERS = 12_000;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * @param {HTMLElement} board
 * @param {object} callbacks
 * @param {(x: number, y: number, points: number[] | undefined) => void} callbacks.moved  with `points` while drawing
 * @param {(points: number[]) => void} callbacks.drawn
 * @param {() => void} callbacks.undo
 */
export function createPen(board, place, { moved, drawn, undo }) {
  let points;
  /** The pointer that draws; other fingers and a resting palm are ignored. */
  let drawingPointer;
  let at = [BOARD.width / 2, BOARD.height / 2];

  function put(x, y) {
    at = [x, y];
    if (points) {
      const [lastX, lastY] = points.slice(-2);
      if (Math.hypot(x - lastX, y - lastY) >= NEAR) points.push(x, y);
      if (points.length >= MAX_NUMBERS) {
        drawn(points);
        points = [x, y];
      }
    }
    moved(x, y, points);
  }

  function down() {
    points = [...at];
    moved(...at, points);
  }

  function up() {
    if (!points) return;
    const done = points;
    points = undefined;
    drawn(done);
    moved(...at, undefined);
  }

  function cancel() {
    points = undefined;
    moved(...at, undefined);
  }

  board.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || points) return;
    drawingPointer = event.pointerId;
    board.setPointerCapture(event.pointerId);
    at = place(event);
    down();
  });
  board.addEventListener('pointermove', (event) => {
    if (points && event.pointerId !== drawingPointer) return;
    // Includes the moves since the last frame, so that fast curves stay smooth.
    const moves = event.getCoalescedEvents?.() ?? [];
    for (const move of moves.length > 0 ? moves : [event]) put(...place(move));
  });
  board.addEventListener('pointerup', ({ pointerId }) => {
    if (pointerId === drawingPointer) up();
  });
  board.addEventListener('pointercancel', ({ pointerId }) => {
    if (pointerId === drawingPointer) cancel();
  });

  board.addEventListener('keydown', (event) => {
    const arrow = ARROWS[event.key];
    if (arrow) {
      const step = event.shiftKey ? LONG_STEP : STEP;
      const [x, y] = [at[0] + arrow[0] * step, at[1] + arrow[1] * step];
      put(Math.min(BOARD.width, Math.max(0, x)), Math.min(BOARD.height, Math.max(0, y)));
    } else if (event.key === ' ') {
      if (points) up();
      else down();
    } else if (event.key === 'Escape' && points) {
      cancel();
    } else if (event.key === 'z' && (event.ctrlKey || event.metaKey)) {
      undo();
    } else {
      return;
    }
    event.preventDefault();
  });
  board.addEventListener('focus', () => moved(...at, points));

  return {
    get drawing() {
      return points;
    },
    get at() {
      return at;
    },
  };
}
