import { axisX, axisY, gridY, lineY, ruleX, text } from '@observablehq/plot';
import { colours, draw, label } from './plot.js';

/** Plots when the clients of a server that was down try to reconnect. */

export interface Crowd {
  readonly clients: number;
  readonly awayMs: number;
  /** The length of each span in which attempts are counted, in milliseconds. */
  readonly spanMs: number;
  readonly holdfast: readonly number[];
  readonly official: readonly number[];
}

export async function drawCrowd({ clients, awayMs, spanMs, holdfast, official }: Crowd): Promise<void> {
  const x = (_: number, i: number): number => (i * spanMs) / 1_000;
  const steps = { x, y: (calls: number) => calls, curve: 'step-after', strokeWidth: 1.5 } as const;
  const back = awayMs / 1_000;
  const title = `${clients.toLocaleString('en-US')} clients of a server that is down for ${back} s`;
  await draw('crowd.svg', title, {
    width: 860,
    height: 400,
    marginLeft: 64,
    marginTop: 66,
    marginBottom: 44,
    x: { domain: [0, holdfast.length * (spanMs / 1_000)] },
    marks: [
      gridY({ stroke: colours.line, strokeOpacity: 1 }),
      axisX({ label: 'seconds since the server went down', labelAnchor: 'center', labelArrow: 'none' }),
      axisY({ label: `attempts per ${spanMs} ms`, labelAnchor: 'center', labelArrow: 'none', tickSize: 0 }),
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
      label(title, 0, -50, { fontWeight: 600 }),
      label('▬ holdfast', 0, -28, { fill: colours.holdfast }),
      label('▬ socket.io-client', 90, -28, { fill: colours.official }),
    ],
  });
}
