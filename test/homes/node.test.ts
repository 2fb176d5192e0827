import { describe, expect, test } from 'vitest';
import { expectedExchange, runNode, useProject } from './support/fixture.js';

const project = useProject();

test('require("holdfast") returns io with all exports as properties, works, and lets the process exit', async () => {
  const { stdout, stderr } = await runNode('programs/required.cjs', project.server.url);
  const { results, names } = JSON.parse(stdout);
  expect(results).toEqual([
    expectedExchange('websocket'),
    expectedExchange('polling'),
    expectedExchange('websocket'),
  ]);
  expect(names).toEqual(
    expect.arrayContaining(['Manager', 'Socket', 'connect', 'default', 'io', 'protocol']),
  );
  expect(stderr).toBe('');
});

describe('in server-side rendering', () => {
  test('the import and a socket without autoConnect have no side effects', async () => {
    const { stdout, stderr } = await runNode('programs/server-rendering.mjs');
    expect(JSON.parse(stdout)).toEqual({
      html: '<p>not yet</p>',
      timers: { import: 0, io: 0 },
      globals: [],
      resources: [],
      listeners: true,
    });
    expect(stderr).toBe('');
  });
});
