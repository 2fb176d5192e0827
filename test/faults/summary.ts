import type { Entry } from './client-program.js';

/** What a client was told, in a line. */
export function story(entries: readonly Entry[]): string {
  const steps: { words: string; times: number }[] = [];
  for (const step of entries.filter(({ what }) => inStory.has(what)).map(words)) {
    const last = steps.at(-1);
    if (last?.words === step) last.times += 1;
    else steps.push({ words: step, times: 1 });
  }
  return folded(steps.map(({ words, times }) => (times > 1 ? `${words} ×${times}` : words))).join('; ');
}

const inStory: ReadonlySet<Entry['what']> = new Set([
  'failed',
  'won',
  'moved',
  'disconnect',
  'connect_error',
]);

function words({ what, detail }: Entry): string {
  switch (what) {
    case 'won':
      return `${detail} won`;
    case 'moved':
      return `moved to ${detail}`;
    case 'connect_error':
      return 'error told';
    default:
      return detail;
  }
}

const longestStory = 6;

/** A long outage is the same all the time. */
function folded(steps: readonly string[]): readonly string[] {
  if (steps.length <= longestStory) return steps;
  return [...steps.slice(0, longestStory - 3), '…', ...steps.slice(-2)];
}
