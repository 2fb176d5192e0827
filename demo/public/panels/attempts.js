// Shows how each connection was opened: rounds of attempts, with one row per transport in each round.

import { byId, el } from '../shared/dom.js';
import { clock, duration } from '../shared/format.js';

const KEPT_ROUNDS = 12;
/** The duration of a full bar; a hanging transport fills it. */
const FULL_BAR_MS = 1_500;
const OUTCOMES = { start: 'trying', failed: 'failed', won: 'won', lost: 'not needed' };

export function mountAttempts({ manager, sockets }) {
  const list = byId('attempts');
  let round;

  function begin(title) {
    const rows = el('ul', { className: 'candidates' });
    const element = el(
      'li',
      {},
      el('p', { className: 'round' }, el('b', {}, title), el('time', {}, clock(Date.now()))),
      rows,
    );
    list.prepend(element);
    while (list.children.length > KEPT_ROUNDS) list.lastElementChild.remove();
    list.scrollTop = 0;
    round = { element, rows, candidates: new Map(), over: false };
  }

  function candidate(transport) {
    let row = round.candidates.get(transport);
    if (row === undefined) {
      row = { element: el('li'), startedAt: performance.now() };
      round.candidates.set(transport, row);
      round.rows.append(row.element);
    }
    return row;
  }

  function show(row, transport, outcome, ms, details = '') {
    row.outcome = outcome;
    row.element.dataset.outcome = outcome;
    const bar = el('i', { className: 'meter' });
    bar.style.setProperty('--part', Math.min(1, (ms ?? 0) / FULL_BAR_MS));
    row.element.replaceChildren(
      el('b', {}, transport),
      bar,
      el('span', {}, ms === undefined ? OUTCOMES[outcome] : `${OUTCOMES[outcome]} · ${duration(ms)}`),
    );
    if (details) row.element.append(el('small', {}, details));
  }

  manager.on('reconnect_attempt', (attempt) => begin(`Retry ${attempt}`));

  manager.on('attempt', ({ transport, phase, ms, error }) => {
    // An attempt while connected is an upgrade to a better transport.
    if (round === undefined || round.over) begin(manager.status === 'connected' ? 'Upgrade' : 'Connect');
    const row = candidate(transport);
    show(row, transport, phase, ms, error);
    if (phase !== 'won') return;
    round.over = true;
    for (const [name, other] of round.candidates) {
      if (other.outcome === 'start') show(other, name, 'lost', performance.now() - other.startedAt);
    }
  });

  // When all transports have failed, the error describes each attempt in detail.
  for (const socket of sockets) {
    socket.on('connect_error', (error) => {
      if (!error.attempts || round === undefined) return;
      for (const { transport, phase, ms, status, message } of error.attempts) {
        const details = [`${phase}:`, status, message].filter(Boolean).join(' ');
        show(candidate(transport), transport, 'failed', ms, details);
      }
      round.over = true;
    });
  }
}
