/** The edge by which the panel is resized, with the pointer or the arrow keys. */
import { type Dom, setAttribute } from './dom.js';

const SMALLEST_PX = 120;
const LARGEST_PX = 2_000;
const STEP_PX = 24;

/** @param resized called with each new size */
export function newGrip(
  dom: Dom,
  host: HTMLElement,
  startPx: number,
  resized: (px: number) => void,
): HTMLElement {
  let sizePx = startPx;
  let from: { readonly atPx: number; readonly sizePx: number } | undefined;
  const isVertical = (): boolean => host.getAttribute('dock') === 'right';
  const resize = (px: number): void => {
    sizePx = Math.round(Math.min(LARGEST_PX, Math.max(SMALLEST_PX, px)));
    resized(sizePx);
    setAttribute(grip, 'aria-valuenow', sizePx);
  };
  const position = (event: PointerEvent): number => (isVertical() ? event.clientX : event.clientY);
  const grip = dom.el('div', {
    class: 'grip',
    role: 'separator',
    tabindex: 0,
    'aria-label': 'Size of the inspector',
    'aria-valuemin': SMALLEST_PX,
    'aria-valuemax': LARGEST_PX,
    'aria-valuenow': sizePx,
    pointerdown(event: PointerEvent) {
      grip.setPointerCapture(event.pointerId);
      from = { atPx: position(event), sizePx };
    },
    pointermove(event: PointerEvent) {
      if (from) resize(from.sizePx + from.atPx - position(event));
    },
    pointerup() {
      from = undefined;
    },
    keydown(event: KeyboardEvent) {
      const larger = event.key === 'ArrowUp' || event.key === 'ArrowLeft';
      const smaller = event.key === 'ArrowDown' || event.key === 'ArrowRight';
      if (!larger && !smaller) return;
      event.preventDefault();
      resize(sizePx + (larger ? STEP_PX : -STEP_PX));
    },
  });
  resize(sizePx);
  return grip;
}
