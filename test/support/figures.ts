import { afterAll } from 'vitest';

/** Durations that were measured along the way, printed beside what is promised when the tests of a file are over. */
export interface Figures {
  /** @param promisedMs for a machine that does nothing else; tests assert a multiple */
  add(what: string, ms: number, promisedMs: number): void;
}

/** To be called at the top of a test file. */
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
