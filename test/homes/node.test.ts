import { describe, expect, test } from 'vitest';
import { runNode, talkOver, useHome } from './support/fixture.js';

const home = useHome();

test('require("holdfast") is io with everything on it, talks, and lets the process end', async () => {
  const { stdout, stderr } = await runNode('programs/required.cjs', home.server.url);
  const { talks, names } = JSON.parse(stdout);
  expect(talks).toEqual([talkOver('websocket'), talkOver('polling'), talkOver('websocket')]);
  expect(names).toEqual(
    expect.arrayContaining(['Manager', 'Socket', 'connect', 'default', 'io', 'protocol']),
  );
  expect(stderr).toBe('');
});

describe('rendered by a server', () => {
  test('the import and a socket that does not connect by itself leave no trace', async () => {
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
