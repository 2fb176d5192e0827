// The figures of README.md: what was measured is written down once, in bench/latest.json and docs/fault-table.md.
import { readFile } from 'node:fs/promises';
import { root } from '../run.mjs';

/** @typedef {{ scenario: string, unit: string, holdfast: number, official: number | null }} Result */

/** What a visitor of README.md asks, and how it is shown. @type {[string, string, (value: number) => string][]} */
const ROWS = [
  ['fallback.hung.first', 'WebSocket is swallowed by a proxy: until connected, on a first visit', seconds],
  ['fallback.hung.again', 'the same, on a second visit', seconds],
  ['websocket.rtt100', 'until connected and on WebSocket, 100 ms there and back', seconds],
  ['recover.ghost', 'the connection died in silence, the network is another: until that is noticed', seconds],
  ['recover.online', 'the network is back after 12 s: until connected', seconds],
  ['recover.cut', 'one cut: until connected again', seconds],
  ['namespaces.1000', 'CPU time for each message, with 1,000 namespaces on the connection', microseconds],
  ['emit.small', 'CPU time to send a small message', microseconds],
  ['receive.small', 'CPU time to receive one', microseconds],
  ['memory.idle', 'memory of a connected socket with a connection of its own', kilobytes],
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

/** @returns {Promise<string>} A table. */
export async function figures() {
  /** @type {Result[]} */
  const results = JSON.parse(await readFile(`${root}bench/latest.json`, 'utf8'));
  const page = await readFile(`${root}docs/performance.md`, 'utf8');
  const lines = ROWS.map(([scenario, words, show]) => {
    const result = results.find((one) => one.scenario === scenario);
    if (!result) throw new Error(`bench/latest.json has no ${scenario}, which README.md shows.`);
    const { holdfast, official } = result;
    // For how long it was waited for in vain stands in the table of the benchmark only.
    const row = page.split('\n').find((line) => line.startsWith(`| \`${scenario}\``));
    const there = official === null ? `${row?.split('|')[4]?.trim()}` : show(official);
    const cells = [show(holdfast), there];
    // Who is ahead is seen at a glance, also where it is the other one.
    const best = official === null || holdfast < official ? 0 : 1;
    if (cells[0] !== cells[1]) cells[best] = `**${cells[best]}**`;
    return `| ${words} | ${cells.join(' | ')} |`;
  });
  return ['| | holdfast | socket.io-client 4.8 |', '|---|--:|--:|', ...lines].join('\n');
}

/** @returns {Promise<string>} What the fault lab found, in a sentence. */
export async function faults() {
  const table = await readFile(`${root}docs/fault-table.md`, 'utf8');
  const rows = table.split('\n').filter((line) => /^\| .* \| (Node|Chromium) \|/.test(line));
  const cells = rows.map((row) => row.split('|').map((cell) => cell.trim()));
  const names = new Set(cells.map(([, fault]) => fault));
  const lost = cells.reduce((sum, row) => sum + Number(/^\d+/.exec(row[6] ?? '')?.[0]), 0);
  if (!Number.isInteger(lost)) throw new Error('docs/fault-table.md is not read as it is written.');
  return `In ${names.size} faults of networks and middleboxes, met in ${rows.length} situations, ${lost === 0 ? 'no message was' : `${lost} messages were`} lost in silence: [the table](docs/fault-table.md).`;
}
