import { timeOfDay } from '../../../platform/dates.js';
import type { Candidate, Round } from '../rounds.js';
import { type Dom, each, say, set } from './dom.js';
import { duration } from './format.js';
import type { Shown, View } from './view.js';

const COLUMNS = ['Transport', 'Waterfall', 'Took', 'Outcome'];
/** Rounds are shown, the newest first. */
const MAX_SHOWN = 20;

interface Span {
  readonly phase: 'open' | 'handshake' | 'connect';
  readonly fromMs: number;
  readonly toMs: number;
}

const LEGEND: readonly (readonly [Span['phase'], string])[] = [
  ['open', 'open'],
  ['handshake', 'handshake'],
  ['connect', 'CONNECT'],
];

/** The phases that a candidate has gone through, from its start to now. */
export function spansOf(candidate: Candidate, nowMs: number): Span[] {
  const { startMs, openMs, endMs, connect } = candidate;
  const end = endMs ?? nowMs;
  const spans: Span[] = [{ phase: 'open', fromMs: startMs, toMs: openMs ?? end }];
  if (openMs !== undefined) spans.push({ phase: 'handshake', fromMs: openMs, toMs: end });
  if (connect) spans.push({ phase: 'connect', fromMs: connect.startMs, toMs: connect.endMs ?? nowMs });
  return spans;
}

function outcomeOf({ outcome, error, status, probe, connect }: Candidate): string {
  const failure = [status, error].filter((word) => word !== undefined).join(' ');
  if (outcome === 'won' && connect?.endMs !== undefined && !connect.answered)
    return 'opened, but CONNECT was not answered';
  if (outcome === 'won') return probe ? 'upgraded' : 'won';
  if (outcome === 'trying') return 'trying …';
  return failure ? `${outcome}: ${failure}` : outcome;
}

function wordsOf(round: Round, first: boolean): string {
  const winner = round.candidates.find(({ outcome, probe }) => outcome === 'won' && !probe);
  const what = first ? 'First try' : `Try ${round.number}`;
  if (winner) return `${what}: ${winner.transport}`;
  return round.message === undefined ? what : `${what}: failed`;
}

/** Each try to open the connection, as a waterfall of its transports. */
export function attemptsView(dom: Dom): View {
  const list = dom.el('ol', { class: 'rounds' });
  const empty = dom.el(
    'p',
    { class: 'empty' },
    'No try has been seen yet. One that was over before the inspector opened is not shown.',
  );
  const legend = dom.el(
    'p',
    { class: 'legend' },
    ...LEGEND.map(([phase, word]) => dom.el('span', {}, dom.el('i', { class: `key ${phase}` }), word)),
  );
  const element = dom.el(
    'div',
    { class: 'page scroll', tabindex: 0, role: 'group', 'aria-label': 'Attempts' },
    legend,
    list,
    empty,
  );

  const makeRow = (): HTMLTableRowElement =>
    dom.el(
      'tr',
      {},
      dom.el('th', { scope: 'row' }),
      dom.el('td', { class: 'fall' }, dom.el('div', { class: 'bars', role: 'img' })),
      dom.el('td', { class: 'number' }),
      dom.el('td', { class: 'outcome' }),
    );
  const makeRound = (): HTMLLIElement =>
    dom.el(
      'li',
      {},
      dom.el('h2', {}, dom.el('span'), dom.el('time')),
      dom.el(
        'table',
        {},
        dom.el('colgroup', {}, ...COLUMNS.map((_, i) => dom.el('col', { class: `column-${i}` }))),
        dom.el(
          'thead',
          { class: 'unseen' },
          dom.el('tr', {}, ...COLUMNS.map((name) => dom.el('th', { scope: 'col' }, name))),
        ),
        dom.el('tbody'),
      ),
      dom.el('p', { class: 'hint' }),
    );

  function showRow(
    row: HTMLTableRowElement,
    candidate: Candidate,
    round: Round,
    scaleMs: number,
    nowMs: number,
  ): void {
    const [name, fall, took, outcome] = row.children as unknown as [Element, Element, Element, Element];
    const spans = spansOf(candidate, nowMs);
    const fromMs = spans[0]?.fromMs ?? 0;
    const toMs = spans.at(-1)?.toMs ?? 0;
    set(row, 'data-outcome', candidate.outcome);
    say(name, candidate.probe ? `↑ ${candidate.transport}` : candidate.transport);
    set(name, 'aria-label', candidate.probe ? `upgrade to ${candidate.transport}` : undefined);
    say(took, duration(toMs - fromMs));
    say(outcome, outcomeOf(candidate));
    const bars = fall.firstElementChild as HTMLElement;
    const told = spans.map((span) => `${span.phase} ${duration(span.toMs - span.fromMs)}`).join(', ');
    // A probe may come minutes after its session began: it is drawn from the left.
    const zeroMs = candidate.probe ? candidate.startMs : round.startMs;
    set(bars, 'aria-label', `${candidate.transport}: starts at ${duration(fromMs - zeroMs)}; ${told}`);
    each(
      bars,
      spans,
      () => dom.el('i'),
      (bar, span) => {
        set(bar, 'class', span.phase);
        const place = (ms: number): string => `${((100 * ms) / scaleMs).toFixed(2)}%`;
        bar.style.left = place(span.fromMs - zeroMs);
        bar.style.width = place(span.toMs - span.fromMs);
      },
    );
  }

  return {
    title: 'Attempts',
    element,
    render({ record, nowMs: now, startedAtMs }: Shown) {
      const nowMs = now();
      const rounds = [...record.rounds].slice(-MAX_SHOWN).reverse();
      set(empty, 'hidden', rounds.length > 0);
      set(legend, 'hidden', rounds.length === 0);
      each(list, rounds, makeRound, (item, round) => {
        const [title, table, hint] = item.children as unknown as [Element, HTMLTableElement, Element];
        say(title.children[0] as Element, wordsOf(round, round.number === 1));
        say(title.children[1] as Element, timeOfDay(startedAtMs + round.startMs));
        const lengths = round.candidates.map((one) => {
          const toMs = spansOf(one, nowMs).at(-1)?.toMs ?? one.startMs;
          return toMs - (one.probe ? one.startMs : round.startMs);
        });
        const scaleMs = Math.max(1, ...lengths);
        each(table.tBodies[0] as Element, round.candidates, makeRow, (row, candidate) =>
          showRow(row, candidate, round, scaleMs, nowMs),
        );
        say(hint, [round.message, round.hint].filter(Boolean).join(' – '));
        set(hint, 'hidden', round.message === undefined);
      });
    },
  };
}
