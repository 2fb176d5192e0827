import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { SourceMap } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { run } from './support/run.js';

/** What is in the tarball. */

const { packed, folder } = inject('home');
const holdfast = join(folder, 'node_modules/holdfast');
const read = (path: string): Promise<string> => readFile(join(holdfast, path), 'utf8');

/** The files that a value of package.json names, but no patterns. */
function pathsIn(value: unknown): string[] {
  if (typeof value === 'string') return value.includes('*') ? [] : [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(pathsIn) : [];
}

describe('the files', () => {
  test('are these, and no others', () => {
    const others = packed.filter(
      (path) =>
        !/^(dist\/[\w./-]+\.(js|d\.ts)(\.map)?|src\/[\w./-]+\.ts|build\/[\w./-]+(\.d\.ts|\.js))$/.test(
          path,
        ) && !/^(\w+|dist\/(browser|node|types))\/package\.json$/.test(path),
    );
    expect(others.sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      // Errors name it as their address.
      'docs/errors.md',
      'package.json',
    ]);
  });

  test('are there, wherever package.json names one', async () => {
    const manifests = packed.filter((path) => /^(?!dist\/)[^/]*\/?package\.json$/.test(path));
    expect(manifests.length).toBeGreaterThan(3);
    for (const file of manifests) {
      const { exports, main, module, browser, types, unpkg, jsdelivr } = JSON.parse(await read(file));
      const named = pathsIn([exports, main, module, browser, types, unpkg, jsdelivr]);
      expect(named.length).toBeGreaterThan(2);
      for (const path of named) {
        expect(existsSync(join(holdfast, dirname(file), path)), `${file}: ${path}`).toBe(true);
      }
    }
  });

  test('have no script that runs at installation', async () => {
    const { scripts, dependencies } = JSON.parse(await read('package.json'));
    const atInstallation = /^(pre|post)?(install|prepare)$|^(pre|post)?prepublish$/;
    expect(Object.keys(scripts).filter((name) => atInstallation.test(name))).toEqual([]);
    const locks = JSON.parse(await readFile(join(folder, 'package-lock.json'), 'utf8'));
    const scripted = Object.entries<{ hasInstallScript?: boolean }>(locks.packages)
      .filter(([, { hasInstallScript }]) => hasInstallScript)
      .map(([path]) => path);
    expect(scripted).toEqual([]);
    expect(Object.keys(dependencies)).toEqual(['component-emitter', 'engine.io-client']);
  });
});

describe('source maps', () => {
  // The declarations for paths of the official client have no source: they lead to others.
  const mapped = packed.filter((path) => /^dist\/(?!.*\/official\/).*\.(js|d\.ts)$/.test(path));

  test.each(['.js', '.d.ts'])(
    'of every file that ends in %s lead to sources that are there',
    async (ending) => {
      const files = mapped.filter((path) => path.endsWith(ending));
      expect(files.length).toBeGreaterThan(50);
      for (const path of files) {
        const [, mapName] = /\n\/\/# sourceMappingURL=(\S+)\s*$/.exec(await read(path)) ?? [];
        expect(mapName, `the map of ${path}`).toBeDefined();
        const mapPath = join(dirname(path), mapName as string);
        const map = JSON.parse(await read(mapPath));
        for (const [i, source] of map.sources.entries()) {
          const there = existsSync(join(holdfast, dirname(mapPath), map.sourceRoot ?? '', source));
          expect(there || typeof map.sourcesContent?.[i] === 'string', `${source} of ${mapPath}`).toBe(true);
        }
      }
    },
  );

  describe.each([
    'dist/holdfast.min.js',
    'dist/holdfast.esm.min.js',
    'dist/holdfast.js',
    'dist/browser/production/manager.js',
    'dist/node/production/index.js',
    'dist/cjs/browser/development/index.js',
  ])('of %s', (path) => {
    let code: string;
    let map: SourceMap;
    beforeAll(async () => {
      code = await read(path);
      map = new SourceMap(JSON.parse(await read(`${path}.map`)));
    });

    test('find a message where it was written', async () => {
      const message = 'reconnect_attempt';
      const lines = code.split('\n');
      const line = lines.findIndex((text) => text.includes(message));
      const column = (lines[line] as string).indexOf(message);
      const { originalSource, originalLine } = map.findEntry(line, column) as {
        originalSource: string;
        originalLine: number;
      };
      const source = await read(join(dirname(path), originalSource));
      expect(originalSource).toMatch(/\/src\/.*\.ts$/);
      expect(source.split('\n')[originalLine]).toContain(message);
    });
  });
});

test('the software bill of materials has what an installation brings, and nothing else', async () => {
  const file = join(folder, 'bill.json');
  const script = fileURLToPath(new URL('../../scripts/sbom.mjs', import.meta.url));
  const { code, stderr } = await run(process.execPath, [script, file], folder);
  expect(code, stderr).toBe(0);
  const { metadata, components } = JSON.parse(await readFile(file, 'utf8'));
  expect(metadata.component.purl).toMatch(/^pkg:npm\/holdfast@/);
  const listed = components.map(({ purl }: { purl: string }) =>
    decodeURIComponent(purl).replace(/^pkg:npm\/|@[^@]+$/g, ''),
  );
  const { packages } = JSON.parse(await readFile(join(folder, 'package-lock.json'), 'utf8'));
  const installed = Object.keys(packages)
    .map((path) => path.split('node_modules/').at(-1) as string)
    .filter((name) => name !== '' && name !== 'holdfast');
  expect(listed.sort()).toEqual(installed.sort());
  expect(installed).toContain('engine.io-client');
});

test('no build makes code from text, and none but the inspector reaches into the page', async () => {
  const builds = packed.filter((path) => /^dist\/.*\.js$/.test(path));
  // The inspector is something to look at, and lets its log be saved.
  const inspector = /inspector|platform\/page\.js$/;
  expect(builds.filter((path) => inspector.test(path)).length).toBeGreaterThan(5);
  for (const path of builds) {
    const code = await read(path);
    const words = [
      /\beval\s*\(/,
      /\bnew Function\b|\bFunction\s*\(/,
      /innerHTML|outerHTML|document\.write/,
      /import\s*\(/,
      ...(inspector.test(path) ? [] : [/createObjectURL/, /createElement/]),
    ];
    for (const word of words) expect(word.test(code), `${word} in ${path}`).toBe(false);
  }
});
