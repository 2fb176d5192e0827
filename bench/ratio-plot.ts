import { axisX, axisY, dot, gridX, ruleX, ruleY, text, tickX } from '@observablehq/plot';
import type { Row } from './figures.js';
import { colours, draw, label } from './plot.js';

/** Plots every scenario as a ratio: holdfast's figure divided by the one it is compared with. */

interface Ratio {
  readonly name: string;
  readonly ratio: number;
  readonly quartiles: readonly [number, number];
  readonly target: number | undefined;
  readonly colour: string;
}

const drawn = ({ scenario, ratio, spread }: Row): Ratio[] =>
  ratio === null
    ? []
    : [
        {
          name: scenario.name,
          ratio,
          quartiles: spread ?? [ratio, ratio],
          target: scenario.target.ratio,
          colour: scenario.against === 'bare' ? colours.bare : colours.holdfast,
        },
      ];

const rowHeight = 24;
const margins = { marginLeft: 170, marginRight: 70, marginTop: 84, marginBottom: 30 };
const ticks = [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20];

/** Covers all ratios with a small margin, and always includes 1. */
function domainOf(ratios: readonly Ratio[]): [number, number] {
  const all = ratios.flatMap(({ ratio, quartiles, target = 1 }) => [ratio, ...quartiles, target]);
  return [Math.min(0.5, ...all) * 0.85, Math.max(2, ...all) * 1.15];
}

export async function drawRatios(rows: readonly Row[]): Promise<void> {
  const ratios = rows.flatMap(drawn);
  const about =
    "holdfast's figure divided by the one it is compared with, in every scenario: left of 1 is better";
  const domain = domainOf(ratios);
  const shownTicks = ticks.filter((tick) => tick >= domain[0] && tick <= domain[1]);
  const y = 'name';
  await draw('ratios.svg', about, {
    width: 860,
    height: margins.marginTop + margins.marginBottom + ratios.length * rowHeight,
    ...margins,
    x: { type: 'log', domain },
    y: { domain: ratios.map(({ name }) => name), padding: 0.3, paddingOuter: 0.3 },
    marks: [
      gridX({ ticks: shownTicks, stroke: colours.line, strokeOpacity: 0.6 }),
      axisX({ ticks: shownTicks, tickFormat: (tick: number) => `${tick} ×`, tickSize: 0, label: null }),
      axisY({ tickSize: 0, label: null }),
      ruleX([1], { stroke: 'currentColor' }),
      label('Ratio to the compared figure, in every scenario', -margins.marginLeft + 12, -66, {
        fontWeight: 600,
      }),
      label('● socket.io-client', -margins.marginLeft + 12, -44, { fill: colours.holdfast }),
      label('● polling only', -26, -44, { fill: colours.bare }),
      label('▬ quartiles of the rounds', 94, -44, { fill: colours.faint }),
      label('┃ target', 274, -44, { fill: colours.target }),
      ruleY(ratios, {
        x1: ({ quartiles }: Ratio) => quartiles[0],
        x2: ({ quartiles }: Ratio) => quartiles[1],
        y,
        stroke: 'colour',
        strokeWidth: 4,
        strokeOpacity: 0.4,
        strokeLinecap: 'round',
      }),
      tickX(ratios, { x: 'target', y, stroke: colours.target, strokeWidth: 2.5 }),
      dot(ratios, { x: 'ratio', y, fill: 'colour', r: 4.5 }),
      text(ratios, {
        text: ({ ratio }: Ratio) => ratio.toFixed(2),
        y,
        frameAnchor: 'right',
        dx: 50,
        fill: 'colour',
      }),
    ],
  });
}
