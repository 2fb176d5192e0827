/** A plot of steps as SVG that can be read on light and on dark ground. */

export interface Series {
  readonly name: string;
  /** One value for each step. */
  readonly values: readonly number[];
}

export interface Plot {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  /** The width of a step on the x axis, in its unit. */
  readonly step: number;
  readonly xTicks: readonly number[];
  readonly yTicks: readonly number[];
  /** Upright lines with words. */
  readonly marks: readonly { readonly at: number; readonly text: string }[];
  readonly series: readonly Series[];
}

const width = 860;
const height = 400;
const margin = { left: 78, right: 20, top: 66, bottom: 52 };
const plotWidth = width - margin.left - margin.right;
const plotHeight = height - margin.top - margin.bottom;

const style = `
    text { font: 13px system-ui, sans-serif; fill: #333 }
    .title { font-size: 15px; font-weight: 600 }
    .grid { stroke: #8884; stroke-width: 1 }
    .mark { stroke: #888; stroke-dasharray: 4 3 }
    .series { fill: none; stroke-width: 1.6; stroke-linejoin: round }
    .series-0 { stroke: #0a67c2 } .series-1 { stroke: #c2410c }
    @media (prefers-color-scheme: dark) {
      text { fill: #ddd }
      .series-0 { stroke: #6cb6ff } .series-1 { stroke: #ff9d5c }
    }`;

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const figure = (value: number): string => value.toLocaleString('en-US');
const round = (value: number): string => String(Math.round(value * 10) / 10);

export function plotSvg({ title, x, y, step, xTicks, yTicks, marks, series }: Plot): string {
  const xMax = Math.max(...series.map(({ values }) => values.length)) * step;
  const yMax = Math.max(...yTicks, ...series.flatMap(({ values }) => values));
  const left = (value: number): string => round(margin.left + (value / xMax) * plotWidth);
  const top = (value: number): string => round(margin.top + (1 - value / yMax) * plotHeight);
  const bottom = margin.top + plotHeight;

  const text = (at: [number | string, number | string], words: string, attributes = ''): string =>
    `<text x="${at[0]}" y="${at[1]}"${attributes}>${escaped(words)}</text>`;
  const path = (values: readonly number[]): string =>
    values
      .map((value, i) => `${i === 0 ? 'M' : 'L'}${left(i * step)} ${top(value)}H${left((i + 1) * step)}`)
      .join('');

  const lines = [
    text([margin.left, 24], title, ' class="title"'),
    ...yTicks.flatMap((tick) => [
      `<path class="grid" d="M${margin.left} ${top(tick)}H${width - margin.right}"/>`,
      text([margin.left - 8, Number(top(tick)) + 4], figure(tick), ' text-anchor="end"'),
    ]),
    ...xTicks.map((tick) => text([left(tick), bottom + 20], figure(tick), ' text-anchor="middle"')),
    text([margin.left + plotWidth / 2, height - 10], x, ' text-anchor="middle"'),
    text(
      [0, 0],
      y,
      ` text-anchor="middle" transform="translate(16 ${margin.top + plotHeight / 2}) rotate(-90)"`,
    ),
    ...marks.flatMap(({ at, text: words }) => [
      `<path class="mark" d="M${left(at)} ${margin.top}V${bottom}"/>`,
      text([Number(left(at)) - 6, margin.top + 14], words, ' text-anchor="end"'),
    ]),
    ...series.flatMap(({ name, values }, i) => [
      `<path class="series series-${i}" d="${path(values)}"/>`,
      `<path class="series series-${i}" d="M${margin.left + i * 180} 46h24"/>`,
      text([margin.left + i * 180 + 32, 50], name),
    ]),
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}">`,
    `  <style>${style}\n  </style>`,
    ...lines.map((line) => `  ${line}`),
    '</svg>',
    '',
  ].join('\n');
}
