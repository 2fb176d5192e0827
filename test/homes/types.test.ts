import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { runNode, useHome } from './support/fixture.js';

const home = useHome();

const minors = ['5.8', '5.9', '6.0', '7.0'];
/** Programs of CommonJS are what the ways of Node know; for a bundler everything is a module. */
const asNode = { moduleResolution: 'nodenext', module: 'nodenext', project: 'types' };
const ways = [
  { moduleResolution: 'bundler', module: 'esnext', project: 'types/bundler.json' },
  { moduleResolution: 'node16', module: 'node16', project: 'types' },
  asNode,
];

const compile = (minor: string, way: typeof asNode, ...more: string[]) =>
  runNode(
    `../node_modules/typescript-${minor}/bin/tsc`,
    '-p',
    way.project,
    '--module',
    way.module,
    '--moduleResolution',
    way.moduleResolution,
    ...more,
  );

describe.each(minors)('TypeScript %s', (minor) => {
  test.each(ways)('knows the types, with moduleResolution $moduleResolution', async (way) => {
    const { version } = createRequire(join(inject('home').tools, 'package.json'))(
      `typescript-${minor}/package.json`,
    ) as { version: string };
    expect(version.startsWith(`${minor}.`)).toBe(true);
    await compile(minor, way, '--noEmit');
  });
});

test('what TypeScript makes of such programs talks', async () => {
  await compile('7.0', asNode, '--outDir', 'out/types');
  const module = await runNode('out/types/program.js', home.server.url);
  expect(JSON.parse(module.stdout)).toEqual({ sum: 13, twice: [1, 255, 1, 255], isManaged: true });
  const required = await runNode('out/types/required.cjs', home.server.url);
  expect(JSON.parse(required.stdout)).toEqual({ sum: 13, protocol: 5 });
});
