/** The tab “Overview”: the states over time, the plots, and a journal. */
import { timeOfDay } from '../../../platform/dates.js';
import { describe } from '../describe.js';
import { journalOf, type Line } from '../fold.js';
import type { EventRow, StateRow } from '../record.js';
import { type Dom, renderList, setAttribute, setText } from './dom.js';
import { duration, grouped } from './format.js';
import { newPlots, shownTime } from './plots.js';
import { STATE_LABELS } from './state-labels.js';
import { isSaved, type ShownConnection, type View } from './view.js';

/** A period that takes this share of the timeline has room for its label. */
const ROOM_FOR_LABEL = 0.16;

/** How many lines of the journal are shown. */
const MAX_LINES = 100;

interface Period extends StateRow {
  readonly untilMs: number;
}

/** The states with their ends, without those that ended before `fromMs`. */
export function periodsOf(states: readonly StateRow[], fromMs: number, toMs: number): Period[] {
  return states
    .map((state, i) => ({ ...state, untilMs: states[i + 1]?.atMs ?? toMs }))
    .filter(({ untilMs }) => untilMs > fromMs);
}

const isBad = (event: EventRow): boolean =>
  event.type === 'failure' ||
  event.type === 'dropped' ||
  event.type === 'invalid' ||
  event.type === 'gap' ||
  (event.type === 'attempt' && event.phase === 'failed' && event.error !== 'slower') ||
  (event.type === 'namespace' && event.state === 'refused') ||
  (event.type === 'state' && (event.state === 'waiting' || event.state === 'offline'));

const isGood = (event: EventRow): boolean =>
  (event.type === 'state' && event.state === 'connected') ||
  (event.type === 'namespace' && event.state === 'joined');

export function overviewView(dom: Dom): View {
  const strip = dom.el('div', { class: 'strip', role: 'img' });
  const marks = [0, 1, 2].map(() => dom.el('span'));
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
    dom.el(
      'tr',
      {},
      dom.el('td', { class: 'time' }),
      dom.el('th', { scope: 'row' }),
      dom.el('td', {}, dom.el('b', { class: 'times' }), dom.el('span')),
    );
  /** Folded again only after new events. */
  let folded: { readonly version: string; readonly lines: readonly Line[] } | undefined;
  let foldedOf: ShownConnection | undefined;
  function journalLines(shown: ShownConnection): readonly Line[] {
    const { events } = shown.record;
    const version = `${events.discarded} ${events.length}`;
    if (foldedOf !== shown || folded?.version !== version) {
      folded = { version, lines: journalOf(events, MAX_LINES) };
      foldedOf = shown;
    }
    return folded.lines;
  }

  function renderStrip(shown: ShownConnection): void {
    const { fromMs, toMs } = shownTime(shown);
    const spanMs = toMs - fromMs;
    const periods = periodsOf([...shown.record.states], fromMs, toMs);
    const labels = periods.map(
      ({ state, atMs, untilMs }) =>
        `${STATE_LABELS[state]} for ${duration(untilMs - Math.max(atMs, fromMs))}`,
    );
    setAttribute(
      strip,
      'aria-label',
      `States in the ${isSaved(shown) ? '' : 'last '}${duration(spanMs)}${isSaved(shown) ? ' before the log was saved' : ''}: ${labels.join(', ') || 'none'}`,
    );
    renderList(
      strip,
      periods,
      () => dom.el('i'),
      (part, { state, atMs, untilMs }) => {
        const left = Math.max(0, (atMs - fromMs) / spanMs);
        const width = (untilMs - fromMs) / spanMs - left;
        setAttribute(part, 'data-state', state);
        part.style.left = `${(100 * left).toFixed(3)}%`;
        part.style.width = `${(100 * width).toFixed(3)}%`;
        setText(part, width > ROOM_FOR_LABEL ? STATE_LABELS[state] : '');
      },
    );
    for (let i = 0; i < 3; i++) {
      const backMs = spanMs * (1 - i / 2);
      const ago = backMs ? `−${Math.round(backMs / 1_000)} s` : 'now';
      setText(
        scale.children[i] as Element,
        isSaved(shown) ? timeOfDay(shown.startedAtMs + toMs - backMs).slice(0, 8) : ago,
      );
    }
  }

  return {
    title: 'Overview',
    element,
    render(shown: ShownConnection) {
      renderStrip(shown);
      plots.render(shown);
      const listed = journalLines(shown);
      setAttribute(empty, 'hidden', listed.length > 0);
      renderList(lines, listed, makeLine, (row, { event, count, sinceMs }) => {
        setAttribute(row, 'data-mood', isBad(event) ? 'bad' : isGood(event) ? 'good' : undefined);
        setText(row.children[0] as Element, timeOfDay(shown.startedAtMs + event.atMs));
        setText(row.children[1] as Element, event.type);
        const [times, text] = (row.children[2] as Element).children as unknown as [Element, Element];
        setAttribute(times, 'hidden', count < 2);
        setText(
          times,
          count < 2
            ? ''
            : `${grouped(count)} times since ${timeOfDay(shown.startedAtMs + sinceMs).slice(0, 8)}`,
        );
        setText(text, describe(event));
      });
    },
  };
}
