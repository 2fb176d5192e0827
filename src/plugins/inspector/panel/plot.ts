/** A small plot of one or two lines, with a sentence for screen readers. */
import { type Dom, setAttribute, setText } from './dom.js';

export interface Line {
  readonly name: string;
  readonly points: readonly { readonly atMs: number; readonly value: number }[];
}

export interface PlotData {
  readonly fromMs: number;
  readonly toMs: number;
  readonly lines: readonly Line[];
  /** For a saved log, which does not end now. */
  readonly saved: boolean;
  /** Formats a value. */
  format(value: number): string;
}

export interface Plot {
  readonly element: HTMLElement;
  render(data: PlotData): void;
}

const WIDTH = 300;
const HEIGHT = 64;

/** The smallest of 1, 2 or 5 times a power of ten that is not below `value`. */
export function roundUp(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value * 0.9999) as number;
}

export function newPlot(dom: Dom, title: string, count: 1 | 2): Plot {
  const now = dom.el('span', { class: 'now' });
  const most = dom.el('span', { class: 'most' });
  const paths = [0, 1]
    .slice(0, count)
    .map((i) => [dom.svg('path', { class: `area line-${i}` }), dom.svg('path', { class: `line line-${i}` })]);
  const picture = dom.svg(
    'svg',
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img' },
    dom.svg('path', { class: 'grid', d: `M0 ${HEIGHT / 2}H${WIDTH}M0 .5H${WIDTH}` }),
    ...paths.flat(),
    dom.svg('path', { class: 'floor', d: `M0 ${HEIGHT - 0.5}H${WIDTH}` }),
  );
  const element = dom.el(
    'figure',
    { class: 'plot' },
    dom.el('figcaption', {}, dom.el('span', {}, title), now),
    dom.el('div', { class: 'canvas' }, picture, most),
  );

  return {
    element,
    render({ fromMs, toMs, lines, saved, format }) {
      const values = lines.flatMap(({ points }) => points.map(({ value }) => value));
      const top = roundUp(Math.max(0, ...values));
      const newest = lines.map(({ name, points }) => `${name} ${format(points.at(-1)?.value ?? 0)}`.trim());
      setText(now, values.length > 0 ? newest.join(' · ') : '–');
      setText(most, values.length > 0 ? format(top) : '');
      const seconds = Math.round((toMs - fromMs) / 1_000);
      const sentences = lines.map(({ name, points }) => {
        const all = points.map(({ value }) => value);
        const range = `from ${format(Math.min(...all))} to ${format(Math.max(...all))}`;
        return all.length === 0
          ? `${name} no data`
          : `${name} ${saved ? 'at the end' : 'now'} ${format(all.at(-1) as number)}, ${range}`;
      });
      setAttribute(
        picture,
        'aria-label',
        `${title}, last ${seconds} seconds: ${sentences.map((sentence) => sentence.trim()).join('; ')}`,
      );
      for (let i = 0; i < lines.length; i++) {
        const { points } = lines[i] as Line;
        const [area, line] = paths[i] as [SVGPathElement, SVGPathElement];
        const at = points.map(({ atMs, value }) => {
          const x = (WIDTH * (atMs - fromMs)) / (toMs - fromMs);
          return `${x.toFixed(1)} ${(HEIGHT - 1 - (value / top) * (HEIGHT - 4)).toFixed(1)}`;
        });
        const first = at[0]?.split(' ')[0];
        const last = at.at(-1)?.split(' ')[0];
        setAttribute(line, 'd', at.length === 0 ? '' : `M${at.join('L')}`);
        setAttribute(
          area,
          'd',
          at.length === 0 ? '' : `M${first} ${HEIGHT}L${at.join('L')}L${last} ${HEIGHT}Z`,
        );
      }
    },
  };
}
