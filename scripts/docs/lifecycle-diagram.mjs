// Draws the diagram in docs/connection.md by visiting every state that the machine in src/connection/lifecycle.ts can reach.
import { importSource } from './source.mjs';

/** What each event of the machine means, for readers of the diagram. @type {Record<string, string>} */
const DESCRIPTIONS = {
  open: 'the program asks for a connection',
  won: 'a transport has completed its handshake',
  exhausted: 'every transport has failed',
  lost: 'the connection was lost',
  unresponsive: 'the server does not answer over this transport, and another transport is left',
  due: 'the delay is over',
  close: 'the program closed the connection, or its last socket disconnected',
  offline: 'the browser reports that there is no network',
  stored: 'the page enters the back/forward cache',
  online: 'the network or the page returned, the computer woke up, or the network changed',
  'gave up': '`exhausted` or `lost`, with `reconnection` off or no retries left',
};

/** Longer than every duration in the machine's decisions. */
const LONG_MS = 60_000;

const REASON = 'transport close';
const error = new Error('websocket error');

/** @typedef {{ name: string, epoch: number, sinceMs?: number, outage?: { attempt: number }, single?: boolean }} State */
/** @typedef {{ type: string, label?: string }} Event */

/** @typedef {(state: State, steps: object) => State} React A plugin's decision. */

/**
 * Every event that can occur in a state that has lasted for a long time.
 *
 * @param {State} state @param {Record<string, React>} plugins By label. @returns {Event[]}
 */
function eventsFor({ name, epoch, sinceMs = 0 }, plugins) {
  const atMs = sinceMs + LONG_MS;
  const events = [
    { type: 'open', single: false },
    { type: 'open', single: true },
    { type: 'won', epoch, link: {} },
    { type: 'exhausted', epoch, error },
    { type: 'lost', epoch, reason: REASON },
    { type: 'due', epoch },
    { type: 'close', reason: REASON },
    ...Object.entries(plugins)
      // Only a connection can be without an answer.
      .filter(([label]) => label !== 'unresponsive' || name === 'connected')
      .map(([label, react]) => ({ type: 'plugin', label, react })),
  ];
  return events.map((event) => ({ ...event, atMs }));
}

const SIGNALS = ['offline', 'online', 'moved', 'woken', 'stored', 'restored'];

/** Every combination of settings that influences the next state. */
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
function labelOf({ type, label: given = type }, after) {
  if (after.name === 'closed' && type !== 'close') return 'gave up';
  const label = ['moved', 'woken', 'restored'].includes(given) ? 'online' : given;
  if (!(label in DESCRIPTIONS)) throw new Error(`the lifecycle diagram has no description of "${label}"`);
  return label;
}

/** States that lead to the same decisions count as one. @param {State} state */
const kind = ({ name, outage, single }) => `${name} ${(outage?.attempt ?? 0) > 0} ${single ?? false}`;

/** @returns {Promise<Map<string, Set<string>>>} The events that lead from one state to another, by "one --> other". */
async function explore() {
  const [{ next }, { afterSignal }, { afterSilence }] = await Promise.all(
    ['connection/lifecycle', 'plugins/page', 'plugins/race'].map((path) => importSource(`src/${path}.ts`)),
  );
  /** @type {Record<string, React>} */
  const plugins = { unresponsive: (state, steps) => afterSilence(REASON, state, steps) };
  for (const signal of SIGNALS) plugins[signal] = (state, steps) => afterSignal(signal, state, steps);
  /** @type {Map<string, Set<string>>} */
  const steps = new Map();
  /** @type {State[]} */
  const reached = [{ name: 'idle', epoch: 0 }];
  const known = new Set(reached.map(kind));
  for (const state of reached) {
    for (const event of eventsFor(state, plugins)) {
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

/** @returns {Promise<string>} A fenced Mermaid block, which code hosts draw, and a table of its labels. */
export async function lifecycleDiagram() {
  const steps = await explore();
  const lines = [...steps].map(([step, labels]) => `  ${step}: ${[...labels].join(', ')}`);
  const seen = new Set([...steps.values()].flatMap((labels) => [...labels]));
  const rows = Object.entries(DESCRIPTIONS).map(([label, description]) => {
    if (!seen.has(label)) throw new Error(`no step of the lifecycle is called "${label}"`);
    return `| \`${label}\` | ${description} |`;
  });
  const diagram = ['```mermaid', 'stateDiagram-v2', '  [*] --> idle', ...lines, '```'];
  return [...diagram, '', '| step | what has happened |', '|---|---|', ...rows].join('\n');
}
