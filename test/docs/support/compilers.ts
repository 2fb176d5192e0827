import { copyFile, mkdir, mkdtemp, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Plugin } from 'esbuild';
import { oneCopy } from '../../support/one-copy.js';
import { run } from '../../support/run.js';
import { type Block, root } from './blocks.js';
import { bundle } from './bundle.js';

/** A component of a document, compiled by the framework's own compiler and bundled with test/docs/fixtures/entries. */

export type Framework = 'react' | 'vue' | 'svelte' | 'angular';

export function frameworkOf({ language, use }: Block): Framework {
  if (language === 'tsx') return 'react';
  return (use.startsWith('angular') ? 'angular' : language) as Framework;
}

/**
 * @param workshop a folder below which the frameworks are found
 * @param name the block's file name, by which its entry imports it
 */
export async function compile(
  block: Block,
  workshop: string,
  serverUrl: string,
  name: 'headline' | 'chat' = 'headline',
): Promise<string> {
  const framework = frameworkOf(block);
  const endings = { react: 'tsx', vue: 'vue', svelte: 'svelte', angular: 'ts' } as const;
  // A separate folder, because other blocks have the same names.
  const folder = await mkdtemp(join(workshop, 'block-'));
  for (const entry of await readdir(workshop, { withFileTypes: true }))
    if (entry.isFile()) await copyFile(join(workshop, entry.name), join(folder, entry.name));
  const component = name === 'chat' ? 'chat-room' : name;
  await writeFile(join(folder, `${component}.${endings[framework]}`), block.code);
  const entry = `${framework}${name === 'chat' ? '-chat' : ''}`;
  const path =
    framework === 'angular'
      ? await ngc(workshop, folder, entry)
      : join(folder, `${entry}.${framework === 'react' ? 'tsx' : 'ts'}`);
  const compiler =
    framework === 'vue' || framework === 'svelte' ? [await pluginFor(framework, workshop)] : [];
  const plugins = [...compiler, oneCopy(workshop)];
  return bundle(`import ${JSON.stringify(path)};`, { folder, serverUrl, plugins });
}

/** Angular's compiler, ahead of time: it checks the templates, too. */
async function ngc(workshop: string, folder: string, entry: string): Promise<string> {
  const modules = join(workshop, 'node_modules');
  await mkdir(modules, { recursive: true });
  await symlink(root, join(modules, 'holdfast')).catch(() => {});
  const compiler = createRequire(join(workshop, 'x')).resolve('@angular/compiler-cli/package.json');
  const ngcPath = join(compiler, '../bundles/src/bin/ngc.js');
  const project = JSON.parse(await readFile(join(folder, 'tsconfig.json'), 'utf8'));
  await writeFile(join(folder, 'ngc.json'), JSON.stringify({ ...project, files: [`${entry}.ts`] }));
  const { code, stdout, stderr } = await run(process.execPath, [ngcPath, '-p', 'ngc.json'], folder);
  if (code !== 0) throw new Error(`ngc: ${stdout}${stderr}`);
  return join(folder, `compiled/${entry}.js`);
}

async function pluginFor(framework: 'vue' | 'svelte', workshop: string): Promise<Plugin> {
  const load = (name: string): Promise<never> =>
    import(pathToFileURL(createRequire(join(workshop, 'x')).resolve(name)).href) as Promise<never>;
  const compilers = {
    vue: async () => vue(await load('vue/compiler-sfc')),
    svelte: async () => svelte(await load('svelte/compiler')),
  };
  const compileText = await compilers[framework]();
  return {
    name: framework,
    setup(build) {
      build.onLoad({ filter: new RegExp(`\\.${framework}$`) }, async ({ path }) => {
        const contents = compileText(await readFile(path, 'utf8'), path);
        return { contents, loader: 'ts', resolveDir: dirname(path) };
      });
    },
  };
}

interface VueCompiler {
  parse(source: string): { descriptor: object; errors: Error[] };
  compileScript(descriptor: object, options: object): { content: string };
}

const vue =
  ({ parse, compileScript }: VueCompiler) =>
  (source: string): string => {
    const { descriptor, errors } = parse(source);
    if (errors[0]) throw errors[0];
    return compileScript(descriptor, { id: 'headline', inlineTemplate: true }).content;
  };

interface SvelteCompiler {
  compile(source: string, options: object): { js: { code: string } };
}

const svelte =
  ({ compile: compileSvelte }: SvelteCompiler) =>
  (source: string, filename: string): string =>
    compileSvelte(source, { filename, generate: 'client' }).js.code;
