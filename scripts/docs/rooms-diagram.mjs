// Draws the diagram of the rooms in ARCHITECTURE.md from the imports that dependency-cruiser finds in src.
import { cruise } from 'dependency-cruiser';
import house, { floors } from '../../.dependency-cruiser.mjs';
import { root } from '../run.mjs';

/** @typedef {{ resolved: string, module?: string, dependencyTypes: readonly string[] }} Import */
/** @typedef {{ source: string, dependencies: readonly Import[] }} Module */
/** @typedef {'code' | 'types'} Kind */

/** The name of a package; other paths are unchanged. @param {string} path */
const packageIn = (path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? path;

/**
 * The rooms and the imports between them, as a Mermaid flowchart. An arrow that follows from others is omitted: a code arrow if
 * a path of code arrows leads there, a type-only one if any path does.
 *
 * @param {readonly Module[]} modules @param {readonly string[][]} houseFloors The files of each floor, the lowest first.
 */
export function drawRooms(modules, houseFloors) {
  /** @param {string} path */
  const floorOf = (path) =>
    houseFloors.findIndex((files) => files.some((file) => new RegExp(file).test(path)));
  /** @param {string} path */
  const roomOf = (path) => (path.startsWith('src/') ? `room${floorOf(path) + 1}` : packageIn(path));
  /** @type {Map<string, Set<string>>} */
  const names = new Map();
  /** @type {Map<string, Map<string, Kind>>} */
  const arrows = new Map();
  for (const { source, dependencies } of modules) {
    if (!source.startsWith('src/')) continue;
    const from = roomOf(source);
    names.set(from, (names.get(from) ?? new Set()).add(nameOf(source)));
    for (const { resolved: path, module = path, dependencyTypes } of dependencies) {
      // The folder `react` of this package looks like the package `react`, and types have their own package.
      const resolved = /^dist\/|\/@types\//.test(path) ? module : path;
      const to = roomOf(resolved);
      if (to === from) continue;
      if (!resolved.startsWith('src/')) names.set(to, new Set([to]));
      const targets = arrows.get(from) ?? new Map();
      arrows.set(from, targets);
      if (targets.get(to) !== 'code')
        targets.set(to, dependencyTypes.includes('type-only') ? 'types' : 'code');
    }
  }
  /** The floor of a room; packages are below all floors. @param {string} room */
  const height = (room) => (/^room\d+$/.test(room) ? Number(room.slice('room'.length)) : 0);
  /** @param {string} from @param {string} to @param {Kind} kind @param {boolean} [direct] @returns {boolean} */
  const leads = (from, to, kind, direct = true) =>
    [...(arrows.get(from) ?? [])].some(
      ([next, is]) =>
        height(next) < height(from) &&
        (kind === 'types' || is === 'code') &&
        (next === to ? direct : leads(next, to, kind)),
    );
  const rooms = [...names.keys()].sort((a, b) => height(b) - height(a) || (a < b ? -1 : 1));
  /** Mermaid allows no dots or slashes in the name of a node. @param {string} room */
  const id = (room) => (height(room) > 0 ? room : room.replace(/\W+/g, '_'));
  const boxes = rooms.map((room) => {
    const label = [...(names.get(room) ?? [])].sort().join(', ');
    return height(room) > 0 ? `  ${id(room)}["${label}"]` : `  ${id(room)}(["${label}"])`;
  });
  const lines = rooms.flatMap((from) =>
    rooms.flatMap((to) => {
      const kind = arrows.get(from)?.get(to);
      if (!kind || (height(to) < height(from) && leads(from, to, kind, false))) return [];
      return `  ${id(from)} ${kind === 'code' ? '-->' : '-.->'} ${id(to)}`;
    }),
  );
  return ['```mermaid', 'flowchart TD', ...boxes, ...lines, '```'].join('\n');
}

/** A folder of src, or a file outside folders. @param {string} path */
const nameOf = (path) => {
  const [, folder, file] = /^src\/(?:([^/]+)\/)?(.*?)(?:\.browser)?\.ts$/.exec(path) ?? [];
  // The script tag of the inspector is an entry, like the files beside it.
  return folder && !/script$/.test(file ?? '') ? folder : [folder, file].filter(Boolean).join('/');
};

/** @returns {Promise<string>} A fenced Mermaid block, which code hosts draw. */
export async function roomsDiagram() {
  const before = process.cwd();
  process.chdir(root);
  try {
    const { output } = await cruise(['src'], house.options);
    if (typeof output === 'string') throw new Error('dependency-cruiser answers in another way now.');
    return drawRooms(output.modules, floors);
  } finally {
    process.chdir(before);
  }
}
