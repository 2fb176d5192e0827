import { type Dom, set } from './dom.js';

const SMALLEST_PX = 120;
const LARGEST_PX = 2_000;
const STEP_PX = 24;

/** The edge by which the panel is made larger: by pointer or by the arrow keys. */
export function newGrip(dom: Dom, host: HTMLElement, startPx: () => number): HTMLElement {
  let sizePx = startPx();
  let from: { readonly atPx: number; readonly sizePx: number } | undefined;
  const upright = (): boolean => host.getAttribute('dock') === 'right';
  const resize = (px: number): void => {
    sizePx = Math.round(Math.min(LARGEST_PX, Math.max(SMALLEST_PX, px)));
    host.style.setProperty('--size', `${sizePx}px`);
    set(grip, 'aria-valuenow', sizePx);
  };
  const position = (event: PointerEvent): number => (upright() ? event.clientX : event.clientY);
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
