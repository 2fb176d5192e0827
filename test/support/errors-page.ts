import { readFileSync } from 'node:fs';

/** Reads docs/errors.md, for the tests that verify it. */

const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');

/** The codes that have a section. */
export const sections: readonly string[] = [...page.matchAll(/^### (.+)$/gm)].map(([, name]) => String(name));

/** From "what it is" to "what you see", of the table. */
export const rows: ReadonlyMap<string, string> = new Map(
  page
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '')))
    .map(([seen = '', what = '']) => [what, seen]),
);

/** The parts of an error that are the same in every run. */
export interface Seen {
  readonly code: string;
  readonly message: string;
  readonly help: string;
  readonly hint?: string;
  readonly data?: unknown;
  readonly attempts: readonly {
    readonly transport: string;
    readonly phase: string;
    readonly status?: number;
    readonly words?: string;
    readonly message: string;
  }[];
}

const longest = 60;
const cut = (text: string): string => (text.length > longest ? `${text.slice(0, longest)}…` : text);

/** The form of a table row. The attempts are sorted by name, because their order depends on the memory. */
export function asRow({ code, message, attempts }: Seen): string {
  const met = attempts.map(
    ({ transport, status, message }) => `${transport}: ${cut(message)}${status ? `, ${status}` : ''}`,
  );
  return [`\`${code}\` “${cut(message)}”`, ...met.sort()].join('<br>');
}
