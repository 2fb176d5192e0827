import type { Sample } from '../record.js';
import type { Dom } from './dom.js';
import { duration, size } from './format.js';
import { type Line, newPlot } from './plot.js';
import type { Shown } from './view.js';

/** How far the plots and the timeline look back, in milliseconds: at most, and when there is little to look back on. */
const LONGEST_MS = 120_000;
const SHORTEST_MS = 15_000;

/** The time that is shown: from the first thing that happened, within bounds, to now. */
export function shownTime({ record, nowMs }: Shown): { readonly fromMs: number; readonly toMs: number } {
  const toMs = nowMs();
  const firstMs = record.states.at(0)?.atMs ?? toMs;
  return { fromMs: toMs - Math.min(LONGEST_MS, Math.max(SHORTEST_MS, toMs - firstMs)), toMs };
}

const perSecond = (bytes: number): string => `${size(bytes)}/s`;

/** A second in which nothing came is a zero in the plot, and not a slope between those around it. */
function secondBySecond(
  samples: readonly Sample[],
  fromMs: number,
  toMs: number,
  of: (sample: Sample) => number,
  between: 'zero' | 'same',
): Line['points'] {
  const points: { atMs: number; value: number }[] = [];
  const known = new Map(samples.map((sample) => [sample.second, sample]));
  let value = 0;
  const first = samples[0]?.second ?? Number.POSITIVE_INFINITY;
  // The second that runs is not over: its sum would always look like a drop.
  for (
    let second = Math.max(first, Math.floor(fromMs / 1_000));
    second < Math.floor(toMs / 1_000);
    second++
  ) {
    const sample = known.get(second);
    value = sample ? of(sample) : between === 'same' ? value : 0;
    points.push({ atMs: (second + 1) * 1_000, value });
  }
  return points;
}

/** Round-trip time, throughput and what waits. */
export function newPlots(dom: Dom): { readonly element: HTMLElement; render(shown: Shown): void } {
  const rtt = newPlot(dom, 'Round trip', 1);
  const bytes = newPlot(dom, 'Throughput', 2);
  const packets = newPlot(dom, 'Packets', 2);
  const waiting = newPlot(dom, 'Waiting to be sent', 2);
  const element = dom.el(
    'div',
    { class: 'plots' },
    rtt.element,
    bytes.element,
    packets.element,
    waiting.element,
  );

  return {
    element,
    render(shown) {
      const { record } = shown;
      const { fromMs, toMs } = shownTime(shown);
      const samples = [...record.samples].filter(({ second }) => second * 1_000 >= fromMs - 1_000);
      const line = (
        name: string,
        of: (sample: Sample) => number,
        between: 'zero' | 'same' = 'zero',
      ): Line => ({
        name,
        points: secondBySecond(samples, fromMs, toMs, of, between),
      });
      const measured = [...record.rtts];
      const seen = measured.filter(({ atMs }) => atMs >= fromMs).map(({ atMs, ms }) => ({ atMs, value: ms }));
      // Between two measurements, the last one holds.
      const before = measured.filter(({ atMs }) => atMs < fromMs).at(-1);
      if (before) seen.unshift({ atMs: fromMs, value: before.ms });
      const last = seen.at(-1);
      if (last) seen.push({ atMs: toMs, value: last.value });
      rtt.render({ fromMs, toMs, format: duration, lines: [{ name: '', points: seen }] });
      bytes.render({
        fromMs,
        toMs,
        format: perSecond,
        lines: [line('in', (one) => one.bytesIn), line('out', (one) => one.bytesOut)],
      });
      packets.render({
        fromMs,
        toMs,
        format: (value) => `${Math.round(value).toLocaleString('en-US')}/s`,
        lines: [line('in', (one) => one.packetsIn), line('out', (one) => one.packetsOut)],
      });
      waiting.render({
        fromMs,
        toMs,
        format: size,
        lines: [line('outbox', (one) => one.outbox, 'same'), line('buffered', (one) => one.buffered, 'same')],
      });
    },
  };
}
