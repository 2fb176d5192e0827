// Writes the figures of README.md and docs/choosing.md, from bench/latest.json and docs/fault-table.md, which contain the measurements.
import { readFile } from 'node:fs/promises';
import { root } from '../run.mjs';

/** @typedef {{ scenario: string, unit: string, holdfast: number, official: number | null }} Result */

/** The scenarios that README.md shows, with their labels and units. @type {[string, string, (value: number) => string][]} */
const ROWS = [
  ['fallback.hung.first', 'a proxy swallows WebSocket: time to connect, first visit', seconds],
  ['fallback.hung.again', 'the same, second visit', seconds],
  ['websocket.rtt100', 'time until connected over WebSocket, 100 ms round trip', seconds],
  ['recover.dead', 'the network changed and the connection is dead: time to detect it', seconds],
  ['recover.online', 'the network returns after 12 s: time to connect', seconds],
  ['recover.cut', 'the connection is cut once: time to reconnect', seconds],
  ['namespaces.1000', 'CPU time per message, with 1,000 namespaces on the connection', microseconds],
  ['emit.small', 'CPU time to send a small message', microseconds],
  ['receive.small', 'CPU time to receive a small message', microseconds],
  ['memory.idle', 'memory per connected socket with its own connection', kilobytes],
  ['size.script', 'the script tag, brotli', bytes],
];

/** @param {number} ms */
function seconds(ms) {
  return `${(ms / 1_000).toFixed(2)} s`;
}
/** @param {number} us */
function microseconds(us) {
  return `${us.toFixed(1)} µs`;
}
/** @param {number} kb */
function kilobytes(kb) {
  return `${kb.toFixed(1)} kB`;
}
/** @param {number} size */
function bytes(size) {
  return kilobytes(size / 1_000);
}

/** The scenarios that docs/choosing.md shows. @type {[string, string, (value: number) => string][]} */
const CHOOSING = [
  ['size.io', '`import { io }`, brotli', bytes],
  ['memory.idle', 'memory per connected socket with its own connection', kilobytes],
  ['emit.small', 'CPU time to send a small message', microseconds],
  ['websocket.rtt100', 'time until connected over WebSocket, 100 ms round trip', seconds],
  ['fallback.hung.first', 'a proxy swallows WebSocket: time to connect, first visit', seconds],
  ['recover.cut', 'the connection is cut once: time to reconnect', seconds],
  ['recover.dead', 'the network changed and the connection is dead: time to detect it', seconds],
];

/** @returns {Promise<string>} The table of README.md. */
export const figures = () => tableOf(ROWS);

/** @returns {Promise<string>} The table of docs/choosing.md. */
export const choosing = () => tableOf(CHOOSING);

/** @param {typeof ROWS} rows */
async function tableOf(rows) {
  /** @type {Result[]} */
  const results = JSON.parse(await readFile(`${root}bench/latest.json`, 'utf8'));
  const page = await readFile(`${root}docs/performance.md`, 'utf8');
  const lines = rows.map(([scenario, label, show]) => {
    const result = results.find((one) => one.scenario === scenario);
    if (!result) throw new Error(`bench/latest.json has no ${scenario}, which the documents show.`);
    const { holdfast, official } = result;
    // Only the benchmark's table says how long a client that never connected was tried.
    const row = page.split('\n').find((line) => line.startsWith(`| \`${scenario}\``));
    const theirs = official === null ? `${row?.split('|')[4]?.trim()}` : show(official);
    const cells = [show(holdfast), theirs];
    // The better figure is bold, whichever client it belongs to.
    const best = official === null || holdfast < official ? 0 : 1;
    if (cells[0] !== cells[1]) cells[best] = `**${cells[best]}**`;
    return `| ${label} | ${cells.join(' | ')} |`;
  });
  return ['| | holdfast | socket.io-client 4.8 |', '|---|--:|--:|', ...lines].join('\n');
}

/** @returns {Promise<string>} A sentence with the result of the fault tests. */
export async function faults() {
  const table = await readFile(`${root}docs/fault-table.md`, 'utf8');
  const rows = table.split('\n').filter((line) => /^\| .* \| (Node|Chromium) \|/.test(line));
  const cells = rows.map((row) => row.split('|').map((cell) => cell.trim()));
  const names = new Set(cells.map(([, fault]) => fault));
  const lost = cells.reduce((sum, row) => sum + Number(/^\d+/.exec(row[6] ?? '')?.[0]), 0);
  if (!Number.isInteger(lost)) throw new Error('docs/fault-table.md has an unexpected format.');
  return `Under ${names.size} network and middlebox faults, in ${rows.length} situations, ${lost === 0 ? 'no message was' : `${lost} messages were`} lost silently: see [the table](docs/fault-table.md).`;
}
