import { axisX, axisY, gridY, lineY, ruleX, text } from '@observablehq/plot';
import { colours, draw, words } from './plot.js';

/** When the clients of a server that was away call it. */

export interface Crowd {
  readonly clients: number;
  readonly awayMs: number;
  /** The calls of each span of time, of so many milliseconds. */
  readonly spanMs: number;
  readonly holdfast: readonly number[];
  readonly official: readonly number[];
}

export async function drawCrowd({ clients, awayMs, spanMs, holdfast, official }: Crowd): Promise<void> {
  const x = (_: number, i: number): number => (i * spanMs) / 1_000;
  const steps = { x, y: (calls: number) => calls, curve: 'step-after', strokeWidth: 1.5 } as const;
  const back = awayMs / 1_000;
  const title = `${clients.toLocaleString('en-US')} clients of a server that is away for ${back} s`;
  await draw('crowd.svg', title, {
    width: 860,
    height: 400,
    marginLeft: 64,
    marginTop: 66,
    marginBottom: 44,
    x: { domain: [0, holdfast.length * (spanMs / 1_000)] },
    marks: [
      gridY({ stroke: colours.line, strokeOpacity: 1 }),
      axisX({ label: 'seconds since the server went away', labelAnchor: 'center', labelArrow: 'none' }),
      axisY({ label: `calls per ${spanMs} ms`, labelAnchor: 'center', labelArrow: 'none', tickSize: 0 }),
      ruleX([back], { stroke: colours.faint, strokeDasharray: '4 3' }),
      text([back], {
        text: () => 'the server is back',
        x: (at: number) => at,
        frameAnchor: 'top',
        textAnchor: 'end',
        dx: -6,
        fill: colours.faint,
      }),
      lineY(holdfast, { ...steps, stroke: colours.holdfast }),
      lineY(official, { ...steps, stroke: colours.official }),
      words(title, 0, -50, { fontWeight: 600 }),
      words('▬ holdfast', 0, -28, { fill: colours.holdfast }),
      words('▬ socket.io-client', 90, -28, { fill: colours.official }),
    ],
  });
}
