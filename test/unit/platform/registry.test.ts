import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createIo } from '../../../src/create-io.js';
import { everyManager } from '../../../src/manager/every-manager.js';
import type { Manager } from '../../../src/manager/manager.js';
import { everyMember, REGISTRY_KEY, register } from '../../../src/platform/registry.js';

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

describe('the registry of connections', () => {
  it('has the version in its key, because other versions have other private names', async () => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8'));
    expect(REGISTRY_KEY).toBe(`holdfast ${version}`);
  });

  it('reports existing connections, and later ones until the end, of any `io`', () => {
    const io = createIo([]);
    const options = { autoConnect: false, forceNew: true };
    const before = io('http://host.test', options).io;
    const seen: Manager[] = [];
    const end = everyManager((manager) => seen.push(manager));
    expect(seen).toContain(before);
    const later = new io.Manager('http://host.test', options);
    expect(seen.at(-1)).toBe(later);
    end();
    new io.Manager('http://host.test', options);
    expect(seen.at(-1)).toBe(later);
  });

  it('is shared with other copies of the package', async () => {
    vi.resetModules();
    const copy = await import('../../../src/platform/registry.js');
    expect(copy.register).not.toBe(register);
    const seen: object[] = [];
    ends.push(everyMember((member) => seen.push(member)));
    const member = {};
    copy.register(member);
    expect(seen).toContain(member);
  });

  it('adds no name to the global object', () => {
    register({});
    expect(Object.keys(globalThis).filter((name) => /holdfast/i.test(name))).toEqual([]);
    expect(Object.getOwnPropertyDescriptor(globalThis, Symbol.for(REGISTRY_KEY))?.enumerable).toBe(false);
  });

  it('works without others if the global object is locked', async () => {
    const program = `import { everyMember, register } from './registry.js';
      Object.preventExtensions(globalThis);
      const member = {};
      register(member);
      everyMember((one) => console.log(one === member))();`;
    const { outputFiles } = await build({
      stdin: { contents: program, resolveDir: 'src/platform', loader: 'ts' },
      bundle: true,
      write: false,
      format: 'esm',
    });
    const run = promisify(execFile)(process.execPath, [
      '--input-type=module',
      '-e',
      outputFiles[0]?.text as string,
    ]);
    expect((await run).stdout).toBe('true\n');
  });
});
