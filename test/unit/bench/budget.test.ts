import { describe, expect, it } from 'vitest';
import { behindTwice, pastBudget, type Ratios } from '../../../bench/budget.js';

/** Measures again, and records what was requested. */
function remeasuring(second: Ratios): {
  again: (names: readonly string[]) => Promise<Ratios>;
  asked: string[][];
} {
  const asked: string[][] = [];
  return {
    asked,
    async again(names) {
      asked.push([...names]);
      return Object.fromEntries(names.map((name) => [name, second[name] ?? null]));
    },
  };
}

describe('a figure exceeds its budget', () => {
  it('when it is larger than recorded by more than the slack', () => {
    expect(pastBudget({ a: 100, b: 100, c: 100 }, { a: 114, b: 116, c: 1 }, 0.15)).toEqual(['b']);
  });

  it('when it is missing, or has no budget', () => {
    expect(pastBudget({ a: 100 }, { a: null, b: 1 }, 0.15)).toEqual(['a', 'b']);
  });

  it('but not when it was not measured', () => {
    expect(pastBudget({ a: 100, b: 100 }, { a: 100 }, 0)).toEqual([]);
  });
});

describe('a ratio', () => {
  const recorded = { steady: 1, slower: 1, disturbed: 1 };
  const first = { steady: 1.1, slower: 1.2, disturbed: 1.2 };

  it('that is behind twice in a row is reported', async () => {
    const { again } = remeasuring({ slower: 1.16, disturbed: 1.14 });
    expect(await behindTwice(recorded, first, again)).toEqual(['slower']);
  });

  it('that gives no figure the second time is reported', async () => {
    const { again } = remeasuring({ slower: 1 });
    expect(await behindTwice(recorded, first, again)).toEqual(['disturbed']);
  });

  it('is measured again only if it was behind', async () => {
    const { again, asked } = remeasuring({ slower: 1, disturbed: 1 });
    expect(await behindTwice(recorded, first, again)).toEqual([]);
    expect(await behindTwice(recorded, { steady: 1.14 }, again)).toEqual([]);
    expect(asked).toEqual([['slower', 'disturbed']]);
  });
});
