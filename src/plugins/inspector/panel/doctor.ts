/** The tab “Doctor”: finds out what stands between the page and the server, and says what to change. */
import { timeOfDay } from '../../../platform/dates.js';
import type { Finding } from '../../doctor.js';
import { type Dom, renderList, setAttribute, setText } from './dom.js';
import { ICONS } from './icons.js';
import { isSaved, type ShownConnection, type View } from './view.js';

/** An examination of one connection. */
interface Examination {
  readonly findings: Finding[];
  /** Whether the page can connect; undefined during the examination. */
  ok?: boolean;
  readonly startedMs: number;
}

/** @param changed called with each finding */
export function doctorView(dom: Dom, changed: () => void): View {
  const examinations = new WeakMap<ShownConnection, Examination>();
  let shown: ShownConnection | undefined;

  const examine = (): void => {
    const patient = shown;
    const last = patient && examinations.get(patient);
    if (!patient?.diagnose || (last && last.ok === undefined)) return;
    const diagnosis: Examination = { findings: [], startedMs: patient.nowMs() };
    examinations.set(patient, diagnosis);
    changed();
    void patient
      .diagnose((finding) => {
        diagnosis.findings.push(finding);
        changed();
      })
      .then(({ ok }) => {
        diagnosis.ok = ok;
        changed();
      });
  };
  const button = dom.el('button', { type: 'button', class: 'primary', click: examine });
  const summary = dom.el('p', { class: 'verdict', role: 'status' });
  const about = dom.el('p', { class: 'about' });
  const list = dom.el('ul', { class: 'findings', 'aria-label': 'What the doctor found' });
  const element = dom.el(
    'div',
    { class: 'page scroll doctor', tabindex: 0, role: 'group', 'aria-label': 'Doctor' },
    dom.el('div', { class: 'lead' }, button, summary),
    about,
    list,
  );
  const make = (): HTMLLIElement =>
    dom.el(
      'li',
      {},
      dom.icon(''),
      dom.el('div', {}, dom.el('b', { class: 'unseen' }), dom.el('span'), dom.el('p', { class: 'change' })),
    );

  function verdictOf({ ok, startedMs }: Examination, { startedAtMs }: ShownConnection): string {
    if (ok === undefined) return 'Looking …';
    const time = timeOfDay(startedAtMs + startedMs).slice(0, 8);
    return `${ok ? 'This page can connect' : 'This page cannot connect'} (seen at ${time})`;
  }

  return {
    title: 'Doctor',
    element,
    render(connection) {
      shown = connection;
      const seen = examinations.get(connection);
      const running = seen !== undefined && seen.ok === undefined;
      setAttribute(button, 'hidden', isSaved(connection));
      setAttribute(button, 'aria-disabled', running ? 'true' : undefined);
      setText(button, seen ? 'Run the doctor again' : 'Run the doctor');
      setAttribute(summary, 'data-ok', seen?.ok === undefined ? undefined : String(seen.ok));
      setText(summary, seen ? verdictOf(seen, connection) : '');
      setAttribute(about, 'hidden', seen !== undefined);
      setText(
        about,
        isSaved(connection)
          ? 'The doctor tests the connection of the page that it runs in. This is a saved log of another page.'
          : 'It tests each step of the way to the server from this page, and says what works, what does not, and what to change: address, network, CORS, WebSocket, long-polling, namespace, clock. Your connection is not affected.',
      );
      renderList(list, seen?.findings ?? [], make, (item, { ok, text, change }) => {
        setAttribute(item, 'data-ok', String(ok));
        setAttribute(item.querySelector('path') as Element, 'd', ok ? ICONS.yes : ICONS.close);
        const [word, sentence, remedy] = (item.lastElementChild as Element).children as unknown as [
          Element,
          Element,
          Element,
        ];
        setText(word, ok ? 'Works: ' : 'Fails: ');
        setText(sentence, text);
        setAttribute(remedy, 'hidden', change === undefined);
        setText(remedy, change ?? '');
      });
    },
  };
}
