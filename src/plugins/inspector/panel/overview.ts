import { timeOfDay } from '../../../platform/dates.js';
import { describe } from '../describe.js';
import type { EventRow, StateRow } from '../record.js';
import { type Dom, each, say, set } from './dom.js';
import { duration } from './format.js';
import { newPlots, shownTime } from './plots.js';
import type { Shown, View } from './view.js';
import { STATE_WORDS } from './words.js';

/** A stretch that takes this part of the timeline has room for its name. */
const ROOM_FOR_WORDS = 0.16;

/** How many lines of the journal are shown. */
const MAX_LINES = 100;

interface Stretch extends StateRow {
  readonly untilMs: number;
}

/** The states with their ends, as far as they reach into what is shown. */
export function stretches(states: readonly StateRow[], fromMs: number, toMs: number): Stretch[] {
  return states
    .map((state, i) => ({ ...state, untilMs: states[i + 1]?.atMs ?? toMs }))
    .filter(({ untilMs }) => untilMs > fromMs);
}

/** What is worth a line: not what only the waterfall needs. */
const isTold = (event: EventRow): boolean =>
  event.type !== 'attempt' || event.phase === 'failed' || event.phase === 'won';

const isBad = (event: EventRow): boolean =>
  event.type === 'failure' ||
  event.type === 'dropped' ||
  event.type === 'gap' ||
  (event.type === 'attempt' && event.phase === 'failed' && event.error !== 'slower') ||
  (event.type === 'namespace' && event.state === 'refused') ||
  (event.type === 'state' && (event.state === 'waiting' || event.state === 'offline'));

const isGood = (event: EventRow): boolean =>
  (event.type === 'state' && event.state === 'connected') ||
  (event.type === 'namespace' && event.state === 'joined');

/** The states over time, the plots, and a journal in words. */
export function overviewView(dom: Dom): View {
  const strip = dom.el('div', { class: 'strip', role: 'img' });
  const marks = ['', '', 'now'].map((text) => dom.el('span', {}, text));
  const scale = dom.el('div', { class: 'scale', 'aria-hidden': 'true' }, ...marks);
  const plots = newPlots(dom);
  const lines = dom.el('tbody');
  const empty = dom.el('p', { class: 'empty' }, 'Nothing has happened yet.');
  const head = ['Time', 'What', 'Details'].map((name) => dom.el('th', { scope: 'col' }, name));
  const journal = dom.el(
    'div',
    { class: 'journal scroll', tabindex: 0, role: 'group', 'aria-label': 'What happened' },
    dom.el(
      'table',
      { class: 'rows' },
      dom.el('caption', { class: 'unseen' }, 'What happened, the newest first'),
      dom.el('thead', {}, dom.el('tr', {}, ...head)),
      lines,
    ),
    empty,
  );
  const element = dom.el(
    'div',
    { class: 'page overview' },
    dom.el(
      'div',
      { class: 'charts scroll', tabindex: 0, role: 'group', 'aria-label': 'Charts' },
      dom.el('div', { class: 'timeline' }, strip, scale),
      plots.element,
    ),
    journal,
  );
  const makeLine = (): HTMLTableRowElement =>
    dom.el('tr', {}, dom.el('td', { class: 'time' }), dom.el('th', { scope: 'row' }), dom.el('td'));

  function renderStrip(shown: Shown): void {
    const { fromMs, toMs } = shownTime(shown);
    const spanMs = toMs - fromMs;
    const seen = stretches([...shown.record.states], fromMs, toMs);
    const told = seen.map(
      ({ state, atMs, untilMs }) => `${STATE_WORDS[state]} for ${duration(untilMs - Math.max(atMs, fromMs))}`,
    );
    set(strip, 'aria-label', `States in the last ${duration(spanMs)}: ${told.join(', ') || 'none'}`);
    each(
      strip,
      seen,
      () => dom.el('i'),
      (part, { state, atMs, untilMs }) => {
        const left = Math.max(0, (atMs - fromMs) / spanMs);
        const width = (untilMs - fromMs) / spanMs - left;
        set(part, 'data-state', state);
        part.style.left = `${(100 * left).toFixed(3)}%`;
        part.style.width = `${(100 * width).toFixed(3)}%`;
        say(part, width > ROOM_FOR_WORDS ? STATE_WORDS[state] : '');
      },
    );
    for (const [i, part] of [1, 0.5].entries()) {
      say(scale.children[i] as Element, `−${Math.round((spanMs * part) / 1_000)} s`);
    }
  }

  return {
    title: 'Overview',
    element,
    render(shown: Shown) {
      renderStrip(shown);
      plots.render(shown);
      const told = [...shown.record.events].filter(isTold).slice(-MAX_LINES).reverse();
      set(empty, 'hidden', told.length > 0);
      each(lines, told, makeLine, (row, event) => {
        set(row, 'data-mood', isBad(event) ? 'bad' : isGood(event) ? 'good' : undefined);
        say(row.children[0] as Element, timeOfDay(shown.startedAtMs + event.atMs));
        say(row.children[1] as Element, event.type);
        say(row.children[2] as Element, describe(event));
      });
    },
  };
}
