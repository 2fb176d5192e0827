// One lane: the state of a client as text, as numbers, and as a strip.

import { el } from '../shared/dom.js';
import { drawTimeline } from './timeline.js';

const TRANSPORTS = { websocket: 'WebSocket', polling: 'long-polling' };
const STATES = {
  websocket: 'Connected',
  polling: 'Connected',
  unresponsive: 'No answers',
  disconnected: 'Reconnecting',
};

const LABELS = {
  sent: 'sent',
  acked: 'arrived',
  waiting: 'waiting',
  told: 'failed with an error',
  silent: 'lost silently',
};

export function createLane({ name, version, probe }) {
  const headline = el('p', { className: 'headline' });
  const detail = el('p', { className: 'detail' });
  const canvas = el('canvas', { className: 'strip' });
  canvas.setAttribute('role', 'img');
  const numbers = Object.fromEntries(Object.keys(LABELS).map((key) => [key, el('dd', {}, '0')]));
  const status = el('p', { className: 'lane-state' }, el('i'), el('span'));
  const element = el(
    'article',
    { className: 'lane', dataset: { lane: name }, ariaLabel: name },
    el('header', {}, el('h3', {}, name, ' ', el('small', {}, version)), status),
    headline,
    detail,
    canvas,
    el('p', { className: 'axis', ariaHidden: 'true' }, el('span', {}, '60 s ago'), el('span', {}, 'now')),
    el(
      'dl',
      {},
      ...Object.entries(numbers).map(([key, dd]) =>
        el('div', { dataset: { count: key } }, el('dt', {}, LABELS[key]), dd),
      ),
    ),
  );

  function show(marks) {
    probe.update();
    const now = Date.now();
    const state = probe.state();
    const { title, about, outcome } = describeRecovery(probe.fault(), state, now);
    element.dataset.state = state;
    element.dataset.outcome = outcome;
    write(status.lastElementChild, STATES[state]);
    write(headline, title);
    const over = TRANSPORTS[probe.transport()];
    write(
      detail,
      [state === 'disconnected' ? undefined : over && `over ${over}`, about].filter(Boolean).join(' · '),
    );
    canvas.setAttribute('aria-label', `${name}, the last minute. Now: ${STATES[state]}. ${title}.`);
    for (const [key, count] of Object.entries(probe.counts())) {
      write(numbers[key], count.toLocaleString('en'));
      numbers[key].parentElement.dataset.any = String(count > 0);
    }
    drawTimeline(canvas, { history: probe.history, marks, now });
  }

  return { element, show };
}

/** Describes how the client has coped with the latest fault. */
export function describeRecovery(fault, state, now) {
  if (fault === undefined) {
    return {
      title: state === 'disconnected' ? 'Connecting' : 'Live',
      about: 'no fault yet',
      outcome: 'calm',
    };
  }
  const about = fault.label;
  if (!fault.ended)
    return { title: 'Cut off', about: `${about}, for ${seconds(now - fault.at)}`, outcome: 'disconnected' };
  if (fault.backAt === undefined) {
    if (!fault.interrupted) return { title: 'Live', about: `${about}, just now`, outcome: 'calm' };
    return { title: `Down for ${seconds(now - fault.since)}`, about, outcome: 'disconnected' };
  }
  if (!fault.interrupted) return { title: 'Not interrupted', about, outcome: 'recovered' };
  const after = `Back after ${seconds(Math.max(0, fault.backAt - fault.since))}`;
  return {
    title: after,
    about: fault.closed ? `counted from the end of: ${about}` : about,
    outcome: 'recovered',
  };
}

const seconds = (ms) => `${(ms / 1_000).toFixed(1)} s`;

/** Writes only changed text, so that a reader's selection stays. */
function write(element, text) {
  if (element.textContent !== String(text)) element.textContent = text;
}
