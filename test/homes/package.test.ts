import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { SourceMap } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, inject, test } from 'vitest';
import { run } from '../support/run.js';

/** The contents of the tarball. */

const { packed, folder } = inject('project');
const holdfast = join(folder, 'node_modules/holdfast');
const read = (path: string): Promise<string> => readFile(join(holdfast, path), 'utf8');

/** The files that a value of package.json refers to, without patterns. */
function pathsIn(value: unknown): string[] {
  if (typeof value === 'string') return value.includes('*') ? [] : [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(pathsIn) : [];
}

describe('the files', () => {
  test('are complete, without unexpected ones', () => {
    const others = packed.filter(
      (path) =>
        !/^(dist\/[\w./-]+\.(js|d\.ts)(\.map)?|src\/[\w./-]+\.ts|build\/[\w./-]+(\.d\.ts|\.js))$/.test(
          path,
        ) &&
        !/^(\w+(\/server)?|dist\/(browser|web|node|types))\/package\.json$/.test(path) &&
        !/^docs\/[\w-]+\.md$/.test(path),
    );
    expect(others.sort()).toEqual([
      'CHANGELOG.md',
      'CONTRIBUTING.md',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      'docs/crowd.svg',
      'docs/demo.png',
      'docs/inspector.png',
      'docs/ratios.svg',
      'package.json',
    ]);
    // Error messages link to it.
    expect(packed).toContain('docs/errors.md');
  });

  test('include the target of every link in the documents', async () => {
    const documents = packed.filter((path) => path.endsWith('.md'));
    expect(documents.length).toBeGreaterThan(50);
    const faults: string[] = [];
    for (const document of documents) {
      const prose = (await read(document)).replace(/^(```+)[\s\S]*?^\1$/gm, '');
      for (const [, target = ''] of prose.matchAll(
        /\]\(([^)\s]+)\)|<(?:img|a) [^>]*(?:src|href)="([^"]+)"/g,
      )) {
        if (/^(https?|mailto):|^#/.test(target) || target === '') continue;
        const path = join(dirname(document), target.split('#')[0] as string);
        if (!existsSync(join(holdfast, path))) faults.push(`${document}: ${target}`);
      }
    }
    expect(faults).toEqual([]);
  });

  test('include every file that a package.json refers to', async () => {
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

  test('include the early snippet, in its form for a page', async () => {
    const text = await read('dist/holdfast.early.min.js');
    expect(text.length).toBeLessThanOrEqual(500);
    const module = await import(join(holdfast, 'dist/node/production/plugins/early.js'));
    expect(module.snippet()).toBe(text);
  });

  test('run no script during installation', async () => {
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

test('warnings of the development build are in no production build', async () => {
  const warnings = /JSON cannot represent|this program does not contain it/;
  const scripts = packed.filter((path) => /^dist\/.*\.js$/.test(path));
  const withWarnings: string[] = [];
  for (const path of scripts) if (warnings.test(await read(path))) withWarnings.push(path);
  expect(withWarnings.length).toBeGreaterThan(5);
  expect(withWarnings.filter((path) => /production|\.min\.js$/.test(path))).toEqual([]);
});

describe('source maps', () => {
  // The declarations for the official client's paths only re-export others, and have no source.
  // The early snippet is pasted into pages.
  const mapped = packed.filter((path) =>
    /^dist\/(?!.*\/official\/|holdfast\.early\.).*\.(js|d\.ts)$/.test(path),
  );

  test.each(['.js', '.d.ts'])('of every %s file refer to sources in the package', async (ending) => {
    const files = mapped.filter((path) => path.endsWith(ending));
    expect(files.length).toBeGreaterThan(50);
    for (const path of files) {
      const [, mapName] = /\n\/\/# sourceMappingURL=(\S+)\s*$/.exec(await read(path)) ?? [];
      expect(mapName, `the map of ${path}`).toBeDefined();
      const mapPath = join(dirname(path), mapName as string);
      const map = JSON.parse(await read(mapPath));
      for (const [i, source] of map.sources.entries()) {
        const exists = existsSync(join(holdfast, dirname(mapPath), map.sourceRoot ?? '', source));
        expect(exists || typeof map.sourcesContent?.[i] === 'string', `${source} of ${mapPath}`).toBe(true);
      }
    }
  });

  test.each([
    'dist/holdfast.min.js',
    'dist/holdfast.esm.min.js',
    'dist/holdfast.js',
    'dist/browser/production/',
    'dist/node/production/',
    'dist/cjs/browser/development/',
  ])('of %s map a message to its source line', async (place) => {
    const message = 'reconnect_attempt';
    // Of the files of a folder, the one with the message.
    const paths = packed.filter((path) => path.startsWith(place) && path.endsWith('.js'));
    const files = await Promise.all(paths.map(async (path) => ({ path, code: await read(path) })));
    const { path, code } = files.find((file) => file.code.includes(message)) as (typeof files)[number];
    const map = new SourceMap(JSON.parse(await read(`${path}.map`)));
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

test('the software bill of materials lists exactly the installed packages', async () => {
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

test('no build evaluates text as code, and only the inspector modifies the page', async () => {
  const builds = packed.filter((path) => /^dist\/.*\.js$/.test(path));
  // The inspector adds elements to the page, and offers its log as a download. React's elements are made by its own function of that name.
  const inspector = /inspector|platform\/page\.js$|bindings\/react\.js$/;
  expect(builds.filter((path) => inspector.test(path)).length).toBeGreaterThan(5);
  for (const path of builds) {
    const code = await read(path);
    const patterns = [
      /\beval\s*\(/,
      /\bnew Function\b|\bFunction\s*\(/,
      /innerHTML|outerHTML|document\.write/,
      /import\s*\(/,
      ...(inspector.test(path) ? [] : [/createObjectURL/, /createElement/]),
    ];
    for (const pattern of patterns) expect(pattern.test(code), `${pattern} in ${path}`).toBe(false);
  }
});

test('no script for pages contains the test kit, and no module of another entry imports it', async () => {
  const kit = /(^|\/)(testing|playwright)\//;
  // Text that is in the kit alone, and that no minifier takes away.
  const words = /a test server has no option|arrived within \$\{|holdfast\/playwright/;
  const scripts = packed.filter((path) => /^dist\/[\w.-]+\.js$/.test(path));
  expect(scripts.length).toBeGreaterThan(5);
  for (const path of scripts) expect(words.test(await read(path)), path).toBe(false);
  const modules = packed.filter((path) => /^dist\/(browser|web|node)\/.*\.js$/.test(path) && !kit.test(path));
  expect(modules.length).toBeGreaterThan(100);
  for (const path of modules) {
    const imports = (await read(path)).match(/(?:from|import) ?['"][^'"]+['"]/g) ?? [];
    expect(
      imports.filter((one) => kit.test(one)),
      path,
    ).toEqual([]);
  }
});
