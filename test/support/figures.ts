import { afterAll } from 'vitest';

/** Durations measured during the tests of a file, printed at its end beside the promised ones. */
export interface Figures {
  /** @param promisedMs for an idle machine; tests assert a multiple */
  add(what: string, ms: number, promisedMs: number): void;
}

/** Call it at the top of a test file. */
export function useFigures(): Figures {
  const rows: string[] = [];
  afterAll(() => {
    if (rows.length > 0) console.log(rows.join('\n'));
  });
  return {
    add(what, ms, promisedMs) {
      rows.push(`${String(Math.round(ms)).padStart(6)} ms (promised: ${promisedMs} ms)  ${what}`);
    },
  };
}
