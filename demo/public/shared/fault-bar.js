// The buttons that break the connection, the same on every page: one for each fault that the server knows.

import { byId, el } from './dom.js';

const GROUPS = {
  cut: 'Break what stands',
  away: 'Take the server away',
  websocket: 'Spoil WebSocket',
  network: 'Spoil the network',
};

/** @param {{ faults: object[] }} config */
export function mountFaultBar({ faults }, server, log) {
  const hint = byId('fault-hint');
  const buttons = new Map();
  const restful = hint.textContent;

  /** A button whose server does not answer says so instead of failing in silence. */
  async function attempt(action) {
    try {
      await action();
    } catch (error) {
      hint.textContent = `That did not work: ${error.message}`;
      log?.write('demo', error.message, 'problem');
    }
  }

  function press(fault, button) {
    if (button.getAttribute('aria-disabled') === 'true') return;
    if (button.getAttribute('aria-pressed') === 'true') attempt(() => server.end(fault.id));
    else if (fault.page === 'sleep') sleep(fault, button);
    else attempt(() => server.strike(fault.id));
  }

  function sleep(fault, button) {
    button.setAttribute('aria-pressed', 'true');
    // Painted first: after that nothing is.
    requestAnimationFrame(() => setTimeout(() => attempt(async () => server.sleepThrough(fault.id))));
  }

  const groups = Object.entries(GROUPS).map(([group, title]) => {
    const list = faults.filter((fault) => fault.group === group);
    return el('fieldset', {}, el('legend', {}, title), el('div', {}, ...list.map(buttonOf)));
  });

  function buttonOf(fault) {
    const button = el('button', { type: 'button', dataset: { fault: fault.id } }, fault.label);
    // What lasts can be switched off again; what happens at once cannot.
    if (fault.lasts !== 0) button.setAttribute('aria-pressed', 'false');
    const words = fault.unavailable ?? fault.hint;
    button.setAttribute('aria-description', words);
    if (fault.unavailable) button.setAttribute('aria-disabled', 'true');
    button.addEventListener('click', () => press(fault, button));
    for (const event of ['pointerenter', 'focus']) {
      button.addEventListener(event, () => {
        hint.textContent = words;
      });
    }
    button.addEventListener('pointerleave', () => {
      hint.textContent = restful;
    });
    buttons.set(fault.id, { button, fault });
    return button;
  }

  byId('fault-groups').replaceChildren(...groups);
  byId('heal').addEventListener('click', () => attempt(server.heal));

  // The state comes from the server, so two tabs that break it agree on what is broken.
  server.onState(({ active }) => {
    const ends = new Map(active.map(({ id, endsAt }) => [id, endsAt]));
    for (const [id, { button, fault }] of buttons) {
      if (fault.lasts === 0) continue;
      button.setAttribute('aria-pressed', String(ends.has(id)));
      const leftMs = ends.get(id) === undefined ? 0 : Math.max(0, ends.get(id) - Date.now());
      button.style.setProperty('--left', `${leftMs}ms`);
    }
    const names = active.map(({ id }) => buttons.get(id)?.fault.label).filter(Boolean);
    byId('broken').textContent = names.length === 0 ? 'Nothing is broken' : names.join(', ');
    byId('broken').dataset.broken = String(names.length > 0);
    byId('heal').disabled = names.length === 0;
  });

  // What the browser would tell its pages: both clients listen to it.
  server.onFault(({ signals }) => {
    for (const signal of signals) window.dispatchEvent(new Event(signal));
  });
}
