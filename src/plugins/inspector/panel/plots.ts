/** The plots of the overview: round-trip time, throughput, packets, and queued bytes. */
import type { Sample } from '../record.js';
import type { Dom } from './dom.js';
import { duration, grouped, size } from './format.js';
import { type Line, newPlot } from './plot.js';
import { isSaved, type ShownConnection } from './view.js';

/** The longest and the shortest time that the plots and the timeline show, in milliseconds. */
const LONGEST_MS = 120_000;
const SHORTEST_MS = 15_000;

/** The displayed time: from the first event to now, within bounds. */
export function shownTime({ record, nowMs }: ShownConnection): {
  readonly fromMs: number;
  readonly toMs: number;
} {
  const toMs = nowMs();
  const firstMs = record.states.at(0)?.atMs ?? toMs;
  return { fromMs: toMs - Math.min(LONGEST_MS, Math.max(SHORTEST_MS, toMs - firstMs)), toMs };
}

const perSecond = (bytes: number): string => `${size(bytes)}/s`;

/** One point for each second; without a sample, it is zero or the previous value, not a slope between its neighbours. */
function pointsOf(
  samples: readonly Sample[],
  fromMs: number,
  toMs: number,
  read: (sample: Sample) => number,
  without: 'zero' | 'same',
): Line['points'] {
  const points: { atMs: number; value: number }[] = [];
  const known = new Map(samples.map((sample) => [sample.second, sample]));
  let value = 0;
  const first = samples[0]?.second ?? Number.POSITIVE_INFINITY;
  // The current second is not over: its sum would always look like a drop.
  for (
    let second = Math.max(first, Math.floor(fromMs / 1_000));
    second < Math.floor(toMs / 1_000);
    second++
  ) {
    const sample = known.get(second);
    value = sample ? read(sample) : without === 'same' ? value : 0;
    points.push({ atMs: (second + 1) * 1_000, value });
  }
  return points;
}

export function newPlots(dom: Dom): { readonly element: HTMLElement; render(shown: ShownConnection): void } {
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
      const saved = isSaved(shown);
      const samples = [...record.samples].filter(({ second }) => second * 1_000 >= fromMs - 1_000);
      const line = (
        name: string,
        read: (sample: Sample) => number,
        without: 'zero' | 'same' = 'zero',
      ): Line => ({
        name,
        points: pointsOf(samples, fromMs, toMs, read, without),
      });
      const measured = [...record.rtts];
      const points = measured
        .filter(({ atMs }) => atMs >= fromMs)
        .map(({ atMs, ms }) => ({ atMs, value: ms }));
      // A measurement is valid until the next one.
      const before = measured.filter(({ atMs }) => atMs < fromMs).at(-1);
      if (before) points.unshift({ atMs: fromMs, value: before.ms });
      const last = points.at(-1);
      if (last) points.push({ atMs: toMs, value: last.value });
      rtt.render({ fromMs, toMs, saved, format: duration, lines: [{ name: '', points }] });
      bytes.render({
        fromMs,
        toMs,
        saved,
        format: perSecond,
        lines: [line('in', (one) => one.bytesIn), line('out', (one) => one.bytesOut)],
      });
      packets.render({
        fromMs,
        toMs,
        saved,
        format: (value) => `${grouped(Math.round(value))}/s`,
        lines: [line('in', (one) => one.packetsIn), line('out', (one) => one.packetsOut)],
      });
      waiting.render({
        fromMs,
        toMs,
        saved,
        format: size,
        lines: [line('outbox', (one) => one.outbox, 'same'), line('buffered', (one) => one.buffered, 'same')],
      });
    },
  };
}
