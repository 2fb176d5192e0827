// The pen's colour and width.

import { byId, el } from '../shared/dom.js';
import { COLOURS, keepGuest } from './guest.js';

export function readTools(guest) {
  const colours = byId('colours');
  const widths = byId('widths');

  for (const { value, name } of COLOURS) {
    const input = el('input', { type: 'radio', name: 'colour', value, checked: value === guest.colour });
    const swatch = el('span', { title: name });
    swatch.style.setProperty('--pen', value);
    input.setAttribute('aria-label', name);
    colours.append(el('label', {}, input, swatch));
  }
  colours.addEventListener('change', ({ target }) => {
    guest.colour = target.value;
    keepGuest(guest);
  });

  return {
    get now() {
      return { colour: guest.colour, width: Number(widths.querySelector(':checked').value) };
    },
  };
}
