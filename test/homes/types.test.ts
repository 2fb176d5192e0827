import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { runNode, useProject } from './support/fixture.js';

const project = useProject();

const minors = ['5.8', '5.9', '6.0', '7.0'];
/** The older compilers that accept the official types, with a `lib` of 2017. */
const olderMinors = ['4.9', '5.0', '5.4'];
/** Compiles the CommonJS program, too; in a bundler every program is a module. */
const asNode = { moduleResolution: 'nodenext', module: 'nodenext', project: 'types' };
const resolutions = [
  { moduleResolution: 'bundler', module: 'esnext', project: 'types/bundler.json' },
  { moduleResolution: 'node16', module: 'node16', project: 'types' },
  asNode,
];

/** The resolution of compilers that ignore the field `exports`; newer compilers no longer support it. */
const withoutExports = { moduleResolution: 'node', module: 'commonjs', project: 'types/older' };

const compile = (minor: string, resolution: typeof asNode, ...more: string[]) =>
  runNode(
    `../node_modules/typescript-${minor}/bin/tsc`,
    '-p',
    resolution.project,
    '--module',
    resolution.module,
    '--moduleResolution',
    resolution.moduleResolution,
    ...more,
  );

const node16 = { moduleResolution: 'node16', module: 'node16' };
const all = [...olderMinors, ...minors];

test.each(all)('the compiler installed as typescript-%s has that version', (minor) => {
  const { version } = createRequire(join(inject('project').tools, 'package.json'))(
    `typescript-${minor}/package.json`,
  ) as { version: string };
  expect(version.startsWith(`${minor}.`)).toBe(true);
});

describe.each(minors)('TypeScript %s', (minor) => {
  test.each(resolutions)('accepts the types with moduleResolution $moduleResolution', async (resolution) => {
    await compile(minor, resolution, '--noEmit');
  });
});

test.each(all)('TypeScript %s accepts the declarations with a lib of 2017', async (minor) => {
  await compile(minor, { ...node16, project: 'types/older' }, '--noEmit');
});

test.each(all.filter((minor) => Number(minor) < 6))(
  'TypeScript %s accepts the declarations when it ignores the field exports',
  async (minor) => {
    await compile(minor, withoutExports, '--noEmit', '--esModuleInterop');
  },
);

test.each(all.filter((minor) => Number(minor) >= 5.2))(
  'TypeScript %s accepts using and for await if its lib has them',
  async (minor) => {
    await compile(minor, { ...node16, project: 'types/newer' }, '--noEmit');
  },
);

test('the compiled programs run', async () => {
  await compile('7.0', asNode, '--outDir', 'out/types');
  const module = await runNode('out/types/program.js', project.server.url);
  expect(JSON.parse(module.stdout)).toEqual({ sum: 13, twice: [1, 255, 1, 255], isManaged: true });
  const required = await runNode('out/types/required.cjs', project.server.url);
  expect(JSON.parse(required.stdout)).toEqual({ sum: 13, protocol: 5 });
});
