import type { Entry } from './client-program.js';

/** Summarises a client's log in one line. */
export function summarize(entries: readonly Entry[]): string {
  const steps: { text: string; times: number }[] = [];
  for (const step of entries.filter(({ what }) => summarized.has(what)).map(describe)) {
    const last = steps.at(-1);
    if (last?.text === step) last.times += 1;
    else steps.push({ text: step, times: 1 });
  }
  return shorten(steps.map(({ text, times }) => (times > 1 ? `${text} ×${times}` : text))).join('; ');
}

const summarized: ReadonlySet<Entry['what']> = new Set([
  'failed',
  'won',
  'upgraded',
  'disconnect',
  'connect_error',
]);

function describe({ what, detail }: Entry): string {
  switch (what) {
    case 'won':
      return `${detail} won`;
    case 'upgraded':
      return `upgraded to ${detail}`;
    case 'connect_error':
      return 'connect_error';
    default:
      return detail;
  }
}

const maxSteps = 6;

/** Shortens the repetitive steps of a long outage. */
function shorten(steps: readonly string[]): readonly string[] {
  if (steps.length <= maxSteps) return steps;
  return [...steps.slice(0, maxSteps - 3), '…', ...steps.slice(-2)];
}
