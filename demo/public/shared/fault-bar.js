// The buttons that break the connection, the same on every page: one for each of the server's faults, by what happens to people.

import { byId, el } from './dom.js';
import { makeToolbar } from './toolbar.js';

const GROUPS = {
  tunnel: 'On the train',
  laptop: 'On a laptop',
  office: 'In an office',
  deploy: 'At your server',
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

  function explain(button, text) {
    button.setAttribute('aria-description', text);
    for (const event of ['pointerenter', 'focus']) {
      button.addEventListener(event, () => {
        hint.textContent = text;
      });
    }
    button.addEventListener('pointerleave', () => {
      hint.textContent = defaultHint;
    });
  }

  function buttonOf(fault) {
    const { story, label, id } = fault;
    const words = story === undefined ? [label] : [el('b', {}, story), ' ', el('small', {}, label)];
    const button = el('button', { type: 'button', dataset: { fault: id } }, ...words);
    if (story !== undefined) button.classList.add('story');
    // Only an ongoing fault can be stopped.
    if (fault.lasts !== 0) button.setAttribute('aria-pressed', 'false');
    if (fault.unavailable) button.setAttribute('aria-disabled', 'true');
    explain(button, fault.unavailable ?? fault.hint);
    button.addEventListener('click', () => press(fault, button));
    buttons.set(id, { button, fault });
    return button;
  }

  const rest = [];
  const groups = Object.entries(GROUPS).map(([group, title]) => {
    const list = faults.filter((fault) => fault.group === group);
    const more = el('div', { className: 'more', hidden: true });
    more.append(...list.filter(({ story }) => story === undefined).map(buttonOf));
    rest.push(more);
    const first = list.filter(({ story }) => story !== undefined).map(buttonOf);
    const element = el('div', { className: 'group' }, el('p', {}, title), ...first, more);
    element.setAttribute('role', 'group');
    element.setAttribute('aria-label', title);
    return element;
  });

  const heal = el('button', { type: 'button', id: 'heal' }, 'Back to normal');
  heal.setAttribute('aria-disabled', 'true');
  heal.addEventListener('click', () => {
    if (heal.getAttribute('aria-disabled') === 'false') attempt(server.heal);
  });
  // The width of the longer text is reserved.
  const all = el(
    'button',
    { type: 'button', id: 'all-faults', className: 'quiet' },
    el(
      'span',
      { className: 'either' },
      el('span', {}, `All ${faults.length} faults`),
      el('span', {}, 'Fewer faults'),
    ),
  );
  const showAll = (on) => {
    all.setAttribute('aria-expanded', String(on));
    const [more, fewer] = all.firstElementChild.children;
    more.classList.toggle('off', on);
    fewer.classList.toggle('off', !on);
    for (const part of rest) part.hidden = !on;
    toolbar.refresh();
  };
  const bar = byId('fault-groups');
  bar.setAttribute('aria-label', 'Faults');
  bar.replaceChildren(...groups, el('div', { className: 'ends' }, heal, all));
  const toolbar = makeToolbar(bar);
  all.addEventListener('click', () => showAll(all.getAttribute('aria-expanded') !== 'true'));
  showAll(false);

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
    heal.setAttribute('aria-disabled', String(names.length === 0));
    // An ongoing fault is never folded away.
    if (active.some(({ id }) => buttons.get(id)?.fault.story === undefined)) showAll(true);
  });

  // Dispatches the events that a browser would fire in such a network; both clients listen to them.
  server.onFault(({ signals }) => {
    for (const signal of signals) window.dispatchEvent(new Event(signal));
  });
}
