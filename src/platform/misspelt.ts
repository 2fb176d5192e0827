/** Names of options that a program has misspelt: for the development build and the test kit. */
import { warnOnce } from './report.js';

/** The edit distance between two words: letters changed, added, removed, or swapped with the next one. */
function distance(one: string, other: string): number {
  const rows = [Array.from({ length: other.length + 1 }, (_, i) => i)];
  const at = (i: number, k: number): number => rows[i]?.[k] ?? Number.POSITIVE_INFINITY;
  for (let i = 1; i <= one.length; i++) {
    rows[i] = [i];
    for (let k = 1; k <= other.length; k++) {
      const same = one[i - 1] === other[k - 1];
      const swapped = one[i - 1] === other[k - 2] && one[i - 2] === other[k - 1];
      (rows[i] as number[])[k] = Math.min(
        at(i - 1, k - 1) + (same ? 0 : 1),
        at(i - 1, k) + 1,
        at(i, k - 1) + 1,
        swapped ? at(i - 2, k - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
  }
  return at(one.length, other.length);
}

/** A part of a name with fewer letters than this may be anything. */
const SHORTEST_PART = 6;

/** Whether the name is the beginning of the option, with at most one letter wrong, or its last word. */
function isPart(name: string, one: string): boolean {
  if (name.length < SHORTEST_PART || name.length >= one.length) return false;
  const beginnings = [name.length, name.length + 1].map((letters) => one.slice(0, letters));
  return one.endsWith(name) || beginnings.some((beginning) => distance(name, beginning) <= 1);
}

/** The known name that was probably meant; undefined if none resembles it. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const low = name.toLowerCase();
  const [near] = known
    // One third of a short name, and two letters of a long one.
    .map((one) => ({ one, letters: Math.min(2, one.length / 3) }))
    .filter(({ one, letters }) => Math.abs(one.length - name.length) <= letters)
    .map(({ one, letters }) => ({ one, letters, far: distance(low, one.toLowerCase()) }))
    .filter(({ far, letters }) => far <= letters)
    .sort((one, other) => one.far - other.far);
  return (
    near?.one ??
    known
      .filter((one) => !one.includes('.') && isPart(low, one.toLowerCase()))
      .sort((one, other) => one.length - other.length)[0]
  );
}

/**
 * Names each option that a function does not have.
 *
 * @param where the function, as in `durable()`
 * @param known the names of its options, separated by spaces
 */
export function unknownOptions(where: string, options: unknown, known: string): string[] {
  const names = known.split(' ');
  return Object.keys(Object(options))
    .filter((name) => !names.includes(name))
    .map((name) => {
      const meant = nearest(name, names);
      return `${where} has no option "${name}"${meant ? `; did you mean "${meant}"?` : `; it has ${names.join(', ')}`}`;
    });
}

/** Warns of each option that a function does not have, once. */
export function warnOfUnknown(where: string, options: unknown, known: string): void {
  for (const text of unknownOptions(where, options, known)) warnOnce(text, `holdfast: ${text}`);
}
