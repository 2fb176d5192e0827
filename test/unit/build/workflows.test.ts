import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/** A tag can be moved to other code by the action's owner; a commit cannot. */

const folder = new URL('../../../.github/workflows/', import.meta.url);
const uses = readdirSync(folder).flatMap((file) =>
  [...readFileSync(new URL(file, folder), 'utf8').matchAll(/^\s*-?\s*uses:\s*(.+)$/gm)].map(
    ([, action]) => [file, action] as const,
  ),
);

describe('the workflows', () => {
  it('use actions', () => {
    expect(uses.length).toBeGreaterThan(0);
  });

  it.each(uses)('of %s pin %s to a commit, and name its version', (_, action) => {
    expect(action).toMatch(/^[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });
});
