/** The tab “Attempts”: each attempt to open the connection, as a waterfall of its transports. */
import { timeOfDay } from '../../../platform/dates.js';
import { type FoldedRound, foldRounds } from '../fold.js';
import type { Candidate, Round } from '../rounds.js';
import { type Dom, renderList, setAttribute, setText } from './dom.js';
import { duration, grouped } from './format.js';
import { isSaved, type ShownConnection, type View } from './view.js';

const COLUMNS = ['Transport', 'Waterfall', 'Took', 'Outcome'];
/** How many attempts are shown, the newest first. */
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

/** The phases of a candidate, from its start to its end or now. */
export function spansOf(candidate: Candidate, nowMs: number): Span[] {
  const { startMs, openMs, endMs, connect } = candidate;
  const end = endMs ?? nowMs;
  const spans: Span[] = [{ phase: 'open', fromMs: startMs, toMs: openMs ?? end }];
  if (openMs !== undefined) spans.push({ phase: 'handshake', fromMs: openMs, toMs: end });
  if (connect) spans.push({ phase: 'connect', fromMs: connect.startMs, toMs: connect.endMs ?? nowMs });
  return spans;
}

function outcomeOf({ outcome, error, status, probe, connect }: Candidate, saved: boolean): string {
  const failure = [status, error].filter((part) => part !== undefined).join(' ');
  if (outcome === 'won' && connect?.endMs !== undefined && !connect.answered)
    return 'opened, but CONNECT was not answered';
  if (outcome === 'won') return probe ? 'upgraded' : 'won';
  if (outcome === 'trying') return saved ? 'not finished' : 'trying …';
  return failure ? `${outcome}: ${failure}` : outcome;
}

function titleOf({ round, firstNumber, count }: FoldedRound): string {
  const winner = round.candidates.find(({ outcome, probe }) => outcome === 'won' && !probe);
  if (count > 1)
    return `Attempts ${firstNumber}–${round.number}: failed ${grouped(count)} times in the same way`;
  const what = `Attempt ${round.number}`;
  if (winner) return `${what}: ${winner.transport}`;
  return round.message === undefined ? what : `${what}: failed`;
}

export function attemptsView(dom: Dom): View {
  const list = dom.el('ol', { class: 'rounds' });
  const empty = dom.el(
    'p',
    { class: 'empty' },
    'No attempt has been recorded yet. Attempts that ended before the inspector opened are not shown.',
  );
  const legend = dom.el(
    'p',
    { class: 'legend' },
    ...LEGEND.map(([phase, label]) => dom.el('span', {}, dom.el('i', { class: `key ${phase}` }), label)),
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
    saved: boolean,
  ): void {
    const [name, waterfall, took, outcome] = row.children as unknown as [Element, Element, Element, Element];
    const spans = spansOf(candidate, nowMs);
    const fromMs = spans[0]?.fromMs ?? 0;
    const toMs = spans.at(-1)?.toMs ?? 0;
    setAttribute(row, 'data-outcome', candidate.outcome);
    setText(name, candidate.probe ? `↑ ${candidate.transport}` : candidate.transport);
    setAttribute(name, 'aria-label', candidate.probe ? `upgrade to ${candidate.transport}` : undefined);
    setText(took, duration(toMs - fromMs));
    setText(outcome, outcomeOf(candidate, saved));
    const bars = waterfall.firstElementChild as HTMLElement;
    const parts = spans.map((span) => `${span.phase} ${duration(span.toMs - span.fromMs)}`).join(', ');
    // A probe may start minutes after the attempt: it is drawn from the left edge.
    const zeroMs = candidate.probe ? candidate.startMs : round.startMs;
    setAttribute(
      bars,
      'aria-label',
      `${candidate.transport}: starts at ${duration(fromMs - zeroMs)}; ${parts}`,
    );
    renderList(
      bars,
      spans,
      () => dom.el('i'),
      (bar, span) => {
        setAttribute(bar, 'class', span.phase);
        const percent = (ms: number): string => `${((100 * ms) / scaleMs).toFixed(2)}%`;
        bar.style.left = percent(span.fromMs - zeroMs);
        bar.style.width = percent(span.toMs - span.fromMs);
      },
    );
  }

  return {
    title: 'Attempts',
    element,
    render(shown: ShownConnection) {
      const { record, startedAtMs } = shown;
      const nowMs = shown.nowMs();
      const rounds = foldRounds([...record.rounds]).slice(0, MAX_SHOWN);
      setAttribute(empty, 'hidden', rounds.length > 0);
      setAttribute(legend, 'hidden', rounds.length === 0);
      renderList(list, rounds, makeRound, (item, folded) => {
        const { round } = folded;
        const [title, table, hint] = item.children as unknown as [Element, HTMLTableElement, Element];
        setText(title.children[0] as Element, titleOf(folded));
        setText(title.children[1] as Element, timeOfDay(startedAtMs + round.startMs));
        const lengthsMs = round.candidates.map((one) => {
          const toMs = spansOf(one, nowMs).at(-1)?.toMs ?? one.startMs;
          return toMs - (one.probe ? one.startMs : round.startMs);
        });
        const scaleMs = Math.max(1, ...lengthsMs);
        renderList(table.tBodies[0] as Element, round.candidates, makeRow, (row, candidate) =>
          showRow(row, candidate, round, scaleMs, nowMs, isSaved(shown)),
        );
        setText(hint, [round.message, round.hint].filter(Boolean).join(' – '));
        setAttribute(hint, 'hidden', round.message === undefined);
      });
    },
  };
}
