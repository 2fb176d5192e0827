import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { freePort, host, listen } from '../support/ports.js';
import { type Outcome, run } from '../support/run.js';
import { installTools, npm } from '../support/tools.js';

/** Package managers, with holdfast under the name of the official client, and a package that has that as a peer dependency. */

const { folder } = inject('project');
const publicRegistry = process.env.npm_config_registry ?? 'https://registry.npmjs.org/';

/** A registry with these packages, which redirects to the public one for all others. */
const published = new Map<string, { readonly manifest: Manifest; readonly tarball: Buffer }>();
let server: Server;
let registry: string;
let tools: string;
let work: string;

interface Manifest {
  readonly name: string;
  readonly version: string;
}

/** Packs a package, unless it is packed already, and adds it to the registry. */
async function publish(manifest: Manifest, packed?: string): Promise<void> {
  let tarball = packed;
  if (tarball === undefined) {
    const source = join(work, manifest.name);
    await mkdir(source, { recursive: true });
    await writeFile(join(source, 'package.json'), JSON.stringify(manifest));
    await writeFile(
      join(source, 'index.js'),
      `const { io } = require('socket.io-client');
       exports.client = [require('socket.io-client/package.json').name, typeof io];`,
    );
    const { stdout } = await npm(source, 'pack', '--ignore-scripts', '--json', '--pack-destination', work);
    const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
    tarball = join(work, filename);
  }
  published.set(manifest.name, { manifest, tarball: await readFile(tarball) });
}

function startRegistry(): Server {
  return createServer((request, response) => {
    const [, name = '', isTarball] = /^\/([\w.-]+)(\/-\/[\w.-]+\.tgz)?$/.exec(request.url ?? '') ?? [];
    const found = published.get(name);
    if (!found) {
      response.writeHead(302, { location: new URL(`.${request.url}`, publicRegistry).href }).end();
      return;
    }
    const { manifest, tarball } = found;
    if (isTarball) {
      response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(tarball);
      return;
    }
    const { version } = manifest;
    const dist = {
      tarball: `${registry}${name}/-/${name}-${version}.tgz`,
      integrity: `sha512-${createHash('sha512').update(tarball).digest('base64')}`,
      shasum: createHash('sha1').update(tarball).digest('hex'),
    };
    response.writeHead(200, { 'content-type': 'application/json' }).end(
      JSON.stringify({
        name,
        'dist-tags': { latest: version },
        versions: { [version]: { ...manifest, dist } },
        time: { [version]: '2026-01-01T00:00:00.000Z' },
      }),
    );
  });
}

beforeAll(async () => {
  tools = await installTools(fileURLToPath(new URL('fixtures/peers/', import.meta.url)), 'holdfast-peers');
  work = await mkdtemp(join(tools, 'work-'));
  const port = await freePort();
  registry = `http://${host}:${port}/`;
  server = startRegistry();
  await listen(server, port);
  const holdfast = JSON.parse(
    await readFile(join(folder, 'node_modules/holdfast/package.json'), 'utf8'),
  ) as Manifest;
  const peerDependencies = { 'socket.io-client': '^4' };
  await Promise.all([
    publish(holdfast, join(folder, `holdfast-${holdfast.version}.tgz`)),
    publish({ name: 'chat-widget', version: '1.0.0', peerDependencies } as Manifest),
    publish({ name: 'own-widget', version: '1.0.0', dependencies: peerDependencies } as Manifest),
  ]);
}, 180_000);
afterAll(async () => {
  server?.closeAllConnections();
  server?.close();
  await rm(work, { recursive: true, force: true });
});

const document = (): Promise<string> => readFile(new URL('../../docs/migrating.md', import.meta.url), 'utf8');

/** A block of the document, by a line in it. */
async function block(line: string): Promise<string> {
  const found = [...(await document()).matchAll(/^```\w+\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code);
  const [code, ...others] = found.filter((one) => one.includes(line));
  expect([code === undefined, others], line).toEqual([false, []]);
  return code as string;
}
const documented = async (): Promise<Record<string, object>> => JSON.parse(await block('"overrides"'));

/** A program with these files. */
async function program(files: Readonly<Record<string, string | object>>): Promise<string> {
  const folder = await mkdtemp(join(work, 'program-'));
  for (const [name, content] of Object.entries(files)) {
    const text = typeof content === 'string' ? content : JSON.stringify({ private: true, ...content });
    await writeFile(join(folder, name), text);
  }
  return folder;
}

/** What the package gets for the official client. */
async function clientOf(widget: string, folder: string): Promise<unknown> {
  const script = `console.log(JSON.stringify(require('${widget}').client))`;
  const { stdout, stderr } = await run(process.execPath, ['-e', script], folder);
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}
const HOLDFAST = ['holdfast', 'function'];

describe('npm', () => {
  const install = (folder: string): Promise<Outcome> =>
    npm(folder, 'install', '--no-audit', '--no-fund', '--ignore-scripts', `--registry=${registry}`);

  test('rejects the alias alone, and accepts it with the documented `overrides`', async () => {
    const { overrides, ...alone } = await documented();
    await expect(install(await program({ 'package.json': alone }))).rejects.toThrow('ERESOLVE');
    const dependencies = { ...alone.dependencies, 'own-widget': '^1.0.0' };
    const folder = await program({ 'package.json': { overrides, dependencies } });
    await install(folder);
    expect(await clientOf('chat-widget', folder)).toEqual(HOLDFAST);
    // One that has the official client among its dependencies.
    expect(await clientOf('own-widget', folder)).toEqual(HOLDFAST);
  });
});

describe('pnpm', () => {
  const install = (folder: string): Promise<Outcome> =>
    run(
      process.execPath,
      [
        ...[
          join(tools, 'node_modules/pnpm/bin/pnpm.cjs'),
          'install',
          '--ignore-scripts',
          '--no-frozen-lockfile',
        ],
        ...[`--config.registry=${registry}`, `--config.store-dir=${join(work, 'store')}`],
        ...[`--config.cache-dir=${join(work, 'cache')}`, '--config.strict-peer-dependencies=true'],
      ],
      folder,
    );

  test('reports the alias alone, and accepts it with the documented `overrides`', async () => {
    const { overrides: _ofNpm, dependencies } = await documented();
    const alone = { dependencies: { ...dependencies, 'own-widget': '^1.0.0' } };
    const { code, stdout, stderr } = await install(await program({ 'package.json': alone }));
    expect([code, stdout + stderr]).toEqual([1, expect.stringContaining('unmet peer socket.io-client@^4')]);

    const workspace = await block('# pnpm-workspace.yaml');
    const folder = await program({ 'package.json': alone, 'pnpm-workspace.yaml': workspace });
    const outcome = await install(folder);
    expect(outcome, outcome.stdout + outcome.stderr).toMatchObject({ code: 0 });
    expect(await clientOf('chat-widget', folder)).toEqual(HOLDFAST);
    expect(await clientOf('own-widget', folder)).toEqual(HOLDFAST);
  });
});

describe('Yarn', () => {
  const settings = (): string => `
nodeLinker: node-modules
npmRegistryServer: '${registry}'
unsafeHttpWhitelist: ['${host}']
enableGlobalCache: false
enableTelemetry: false
enableImmutableInstalls: false
globalFolder: '${join(work, 'yarn')}'
cacheFolder: '${join(work, 'yarn-cache')}'
npmMinimalAgeGate: 0
`;
  const install = (folder: string): Promise<Outcome> =>
    run(process.execPath, [join(tools, 'node_modules/@yarnpkg/cli-dist/bin/yarn.js'), 'install'], folder);
  const incompatible = /YN0060|doesn't satisfy/;

  test('warns about the alias alone, and not with the documented `logFilters`', async () => {
    const { overrides: _ofNpm, dependencies } = await documented();
    const resolutions = JSON.parse(`{${/"resolutions": \{.*?\}/.exec(await document())?.[0]}}`);
    const manifest = { dependencies: { ...dependencies, 'own-widget': '^1.0.0' }, ...resolutions };
    const alone = await install(
      await program({ 'package.json': manifest, 'yarn.lock': '', '.yarnrc.yml': settings() }),
    );
    expect(alone.stdout).toMatch(incompatible);

    const folder = await program({
      'package.json': manifest,
      'yarn.lock': '',
      '.yarnrc.yml': settings() + (await block('# .yarnrc.yml')),
    });
    const outcome = await install(folder);
    expect(outcome, outcome.stdout + outcome.stderr).toMatchObject({ code: 0 });
    expect(outcome.stdout).not.toMatch(incompatible);
    expect(await clientOf('chat-widget', folder)).toEqual(HOLDFAST);
    expect(await clientOf('own-widget', folder)).toEqual(HOLDFAST);
  });
});
