// The buttons that break the connection, the same on every page: one for each of the server's faults.

import { byId, el } from './dom.js';

const GROUPS = {
  cut: 'Break the open connection',
  outage: 'Make the server unreachable',
  websocket: 'Break WebSocket',
  network: 'Degrade the network',
};

/** @param {{ faults: object[] }} config */
export function mountFaultBar({ faults }, server, log) {
  const hint = byId('fault-hint');
  const buttons = new Map();
  const defaultHint = hint.textContent;

  /** Shows an error if the server does not answer. */
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
    else attempt(() => server.inject(fault.id));
  }

  function sleep(fault, button) {
    button.setAttribute('aria-pressed', 'true');
    // Paints the pressed button first, because the page is blocked afterwards.
    requestAnimationFrame(() => setTimeout(() => attempt(async () => server.sleepThrough(fault.id))));
  }

  const groups = Object.entries(GROUPS).map(([group, title]) => {
    const list = faults.filter((fault) => fault.group === group);
    return el('fieldset', {}, el('legend', {}, title), el('div', {}, ...list.map(buttonOf)));
  });

  function buttonOf(fault) {
    const button = el('button', { type: 'button', dataset: { fault: fault.id } }, fault.label);
    // Only an ongoing fault can be stopped.
    if (fault.lasts !== 0) button.setAttribute('aria-pressed', 'false');
    const description = fault.unavailable ?? fault.hint;
    button.setAttribute('aria-description', description);
    if (fault.unavailable) button.setAttribute('aria-disabled', 'true');
    button.addEventListener('click', () => press(fault, button));
    for (const event of ['pointerenter', 'focus']) {
      button.addEventListener(event, () => {
        hint.textContent = description;
      });
    }
    button.addEventListener('pointerleave', () => {
      hint.textContent = defaultHint;
    });
    buttons.set(fault.id, { button, fault });
    return button;
  }

  byId('fault-groups').replaceChildren(...groups);
  byId('heal').addEventListener('click', () => attempt(server.heal));

  // The state comes from the server, so all tabs show the same active faults.
  server.onState(({ active }) => {
    const ends = new Map(active.map(({ id, endsAt }) => [id, endsAt]));
    for (const [id, { button, fault }] of buttons) {
      if (fault.lasts === 0) continue;
      button.setAttribute('aria-pressed', String(ends.has(id)));
      const leftMs = ends.get(id) === undefined ? 0 : Math.max(0, ends.get(id) - Date.now());
      button.style.setProperty('--left', `${leftMs}ms`);
    }
    const names = active.map(({ id }) => buttons.get(id)?.fault.label).filter(Boolean);
    byId('broken').textContent = names.length === 0 ? 'No active fault' : names.join(', ');
    byId('broken').dataset.broken = String(names.length > 0);
    byId('heal').disabled = names.length === 0;
  });

  // Dispatches the events that a browser would fire in such a network; both clients listen to them.
  server.onFault(({ signals }) => {
    for (const signal of signals) window.dispatchEvent(new Event(signal));
  });
}
