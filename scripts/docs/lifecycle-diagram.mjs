// The diagram in docs/connection.md, drawn by walking through every state that the machine of src/connection/lifecycle.ts can reach.
import { importSource } from './source.mjs';

/** Whoever adds an event to the machine says here, in the words of a reader, what it is. @type {Record<string, string>} */
const WORDS = {
  open: 'somebody asks for a connection',
  won: 'a transport has won',
  exhausted: 'every transport has failed',
  lost: 'the connection is gone',
  deaf: 'the server does not answer over this transport, and another one is left',
  due: 'the wait is over',
  close: 'closed by hand, or the last socket has left',
  offline: 'the browser says that there is no network',
  stored: 'the page goes into the back/forward cache',
  online: 'the network or the page is back, the computer is awake, or the network is another one',
  'gave up': 'as `exhausted` or `lost`, where `reconnection` is off or the retries have come to their end',
};

/** Longer than anything that the machine compares a time with. */
const LONG_MS = 60_000;

const REASON = 'transport close';
const error = new Error('websocket error');

/** @typedef {{ name: string, epoch: number, sinceMs?: number, attempt?: number, single?: boolean }} State */
/** @typedef {{ type: string, signal?: string }} Event */

/** Everything that can happen to a state, at a time when it has lasted long. @param {State} state @returns {Event[]} */
function eventsFor({ epoch, sinceMs = 0 }) {
  const atMs = sinceMs + LONG_MS;
  const attempt = { transport: 'websocket', phase: 'connect', ms: 1, message: 'timeout' };
  const events = [
    { type: 'open', single: false },
    { type: 'open', single: true },
    { type: 'won', epoch, link: {} },
    { type: 'exhausted', epoch, error },
    { type: 'lost', epoch, reason: REASON },
    { type: 'deaf', epoch, attempt },
    { type: 'due', epoch },
    { type: 'close', reason: REASON },
    ...SIGNALS.map((signal) => ({ type: 'signal', signal })),
  ];
  return events.map((event) => ({ ...event, atMs }));
}

const SIGNALS = ['offline', 'online', 'moved', 'woken', 'stored', 'restored'];

/** The settings that lead to other states. */
const RULES = [true, false].flatMap((reconnection) =>
  [true, false].flatMap((online) =>
    [1_000, null].map((delayMs) => ({
      reconnection,
      online,
      maxAttempts: Number.POSITIVE_INFINITY,
      delayMs: () => delayMs,
      wakeDelayMs: () => 100,
      offlineDelayMs: 5_000,
    })),
  ),
);

/** The name of an event in the diagram. @param {Event} event @param {State} after */
function labelOf({ type, signal }, after) {
  if (after.name === 'closed' && type !== 'close') return 'gave up';
  const label = type !== 'signal' ? type : signal === 'stored' || signal === 'offline' ? signal : 'online';
  if (!(label in WORDS)) throw new Error(`the diagram of the lifecycle has no words for "${label}"`);
  return label;
}

/** States that differ in nothing that a decision depends on are one. @param {State} state */
const kind = ({ name, attempt, single }) => `${name} ${(attempt ?? 0) > 0} ${single ?? false}`;

/** @returns {Promise<Map<string, Set<string>>>} From "one → another" to what leads there. */
async function explore() {
  const { next } = await importSource('src/connection/lifecycle.ts');
  /** @type {Map<string, Set<string>>} */
  const steps = new Map();
  /** @type {State[]} */
  const reached = [{ name: 'idle', epoch: 0 }];
  const known = new Set(reached.map(kind));
  for (const state of reached) {
    for (const event of eventsFor(state)) {
      for (const rules of RULES) {
        const after = next(state, event, rules).state;
        if (after === state) continue;
        const step = `${state.name} --> ${after.name}`;
        const label = labelOf(event, after);
        steps.set(step, (steps.get(step) ?? new Set()).add(label));
        if (known.has(kind(after))) continue;
        known.add(kind(after));
        reached.push(after);
      }
    }
  }
  return steps;
}

/** @returns {Promise<string>} A fenced block of Mermaid, which code hosts draw, and what its words mean. */
export async function lifecycleDiagram() {
  const steps = await explore();
  const lines = [...steps].map(([step, labels]) => `  ${step}: ${[...labels].join(', ')}`);
  const seen = new Set([...steps.values()].flatMap((labels) => [...labels]));
  const rows = Object.entries(WORDS).map(([label, words]) => {
    if (!seen.has(label)) throw new Error(`no step of the lifecycle is called "${label}" any more`);
    return `| \`${label}\` | ${words} |`;
  });
  const diagram = ['```mermaid', 'stateDiagram-v2', '  [*] --> idle', ...lines, '```'];
  return [...diagram, '', '| step | what has happened |', '|---|---|', ...rows].join('\n');
}
