// Reads and writes bench/budgets.json, and finds figures that exceed it.
import { readFile, writeFile } from 'node:fs/promises';
import { root } from './run.mjs';
import { everyLoad } from './sizes.mjs';

/**
 * @typedef {object} Budgets
 * @property {Record<string, number>} bytes Compressed by brotli, of everything that a page may load.
 * @property {Record<string, number>} ratios Of a quick run, by scenario.
 */

/** How much larger than recorded a figure may be, as a fraction. */
export const SLACK = { bytes: 0.01, ratios: 0.15 };

const FILE = `${root}bench/budgets.json`;

/** @returns {Promise<Budgets>} */
export async function readBudgets() {
  return JSON.parse(await readFile(FILE, 'utf8'));
}

/** @param {Budgets} budgets */
export async function writeBudgets(budgets) {
  await writeFile(FILE, `${JSON.stringify(budgets, null, 2)}\n`);
}

/** @returns {Promise<Budgets['bytes']>} */
export async function measuredBytes() {
  return Object.fromEntries((await everyLoad()).map(({ name, ours }) => [name, ours.brotli]));
}

/**
 * The names of figures that exceed the recorded ones by more than the slack. A measured figure that was never recorded has no budget,
 * and is named, too: someone has to decide on it. So is a missing figure.
 *
 * @param {Record<string, number>} recorded
 * @param {Record<string, number | null>} measured
 * @param {number} slack
 */
export function pastBudget(recorded, measured, slack) {
  return Object.entries(measured)
    .filter(([name, figure]) => !((figure ?? Infinity) <= (recorded[name] ?? 0) * (1 + slack)))
    .map(([name]) => name);
}

/** @returns {Promise<{ code: number, output: string }>} Whether every size is within its budget. */
export async function checkSizes() {
  const { bytes } = await readBudgets();
  const measured = await measuredBytes();
  const past = pastBudget(bytes, measured, SLACK.bytes);
  const lines = past.map((name) => `${name}: ${measured[name]} bytes; recorded: ${bytes[name] ?? 'nothing'}`);
  const advice = 'If this is meant, record it: npm run bench -- --quick --record size';
  return { code: past.length === 0 ? 0 : 1, output: [...lines, advice].join('\n') };
}
