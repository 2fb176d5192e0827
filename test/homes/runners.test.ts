import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, inject, test } from 'vitest';
import { runNode, useProject } from './support/fixture.js';

const project = useProject();

beforeAll(async () => {
  const file = join(inject('project').folder, 'tests/server.json');
  await writeFile(file, JSON.stringify({ url: project.server.url }));
});

test('works in Jest with jsdom', async () => {
  const { stderr } = await runNode('../node_modules/jest/bin/jest.js', '--config=tests/jest.config.json');
  expect(stderr).toContain('Tests:       3 passed, 3 total');
  expect(stderr).not.toContain('did not exit');
});

test('works in Vitest with jsdom', async () => {
  const { stdout } = await runNode(
    '../node_modules/vitest/vitest.mjs',
    'run',
    '--config=tests/vitest.config.mjs',
    '--reporter=json',
  );
  expect(JSON.parse(stdout)).toMatchObject({ numTotalTests: 3, numPassedTests: 3 });
});
