import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

function run(folder: string, tool: string, args: readonly string[]): string {
  const { stdout, stderr } = spawnSync(process.execPath, [join(root, 'node_modules', tool), ...args], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (stdout === '') throw new Error(`${tool} said nothing: ${stderr}`);
  return stdout;
}

interface Cruise {
  readonly modules: readonly { readonly source: string }[];
  readonly summary: {
    readonly violations: readonly {
      readonly from: string;
      readonly to: string;
      readonly rule: { readonly name: string };
    }[];
  };
}

function cruise(folder: string): Cruise {
  return JSON.parse(
    run(folder, 'dependency-cruiser/bin/dependency-cruise.mjs', ['--output-type', 'json', 'src']),
  );
}

function violations(folder: string): string[] {
  return cruise(folder)
    .summary.violations.map(
      ({ from, to, rule }) => `${rule.name}: ${from} -> ${to.replace(/^.*node_modules\//, '')}`,
    )
    .sort();
}

describe('the floors', () => {
  it('are kept by every file of src', () => {
    const { modules, summary } = cruise(root);
    expect(modules.filter(({ source }) => source.startsWith('src/')).length).toBeGreaterThan(5);
    expect(summary.violations).toEqual([]);
  });
});

describe('the checks of the house, on a house with faults', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-house-'));

  function file(path: string, content: string): void {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }

  beforeAll(() => {
    for (const name of [
      '.dependency-cruiser.mjs',
      'biome.json',
      'package.json',
      'scripts/lint',
      'tsconfig.json',
    ]) {
      cpSync(join(root, name), join(folder, name), { recursive: true });
    }
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('find each import that is not allowed, and no other', () => {
    file(
      'src/platform/clock.ts',
      "import type { backoff } from '../connection/backoff.js';\nexport type Clock = typeof backoff;\n",
    );
    file('src/platform/emitter.ts', "import Emitter from 'component-emitter';\nexport { Emitter };\n");
    file('src/protocol/packet.ts', "export { backoff } from '../connection/backoff.js';\n");
    file(
      'src/connection/backoff.ts',
      "export { connection } from './connection.js';\nexport const backoff = 1;\n",
    );
    file('src/connection/engine.ts', "import { Socket } from 'engine.io-client';\nexport { Socket };\n");
    file('src/connection/connection.ts', "import '../platform/emitter.js';\nexport const connection = 1;\n");
    file('src/namespace/outbox.ts', "import '../manager.js';\n");
    file(
      'src/socket.ts',
      "import 'engine.io-client';\nimport 'component-emitter';\nimport 'node:fs';\nimport 'ws';\n",
    );
    file('src/manager.ts', "import './io.js';\nimport './socket.js';\nimport './script.js';\n");
    file('src/io.ts', "import './manager.js';\nimport './attic.js';\n");
    file('src/attic.ts', 'export {};\n');
    file('src/script.ts', "import './platform/clock.js';\n");

    expect(violations(folder)).toEqual([
      'emitter-has-one-importer: src/socket.ts -> component-emitter/index.d.ts',
      'engine-has-one-importer: src/socket.ts -> engine.io-client/build/esm/index.d.ts',
      'floor-1-imports-upwards: src/platform/clock.ts -> src/connection/backoff.ts',
      'floor-2-imports-upwards: src/connection/backoff.ts -> src/connection/connection.ts',
      'floor-3-imports-upwards: src/namespace/outbox.ts -> src/manager.ts',
      'floor-4-imports-upwards: src/manager.ts -> src/script.ts',
      'import-of-file-without-floor: src/io.ts -> src/attic.ts',
      'no-circle: src/io.ts -> src/manager.ts',
      'no-other-package: src/socket.ts -> fs',
      'no-other-package: src/socket.ts -> ws/wrapper.mjs',
      'protocol-knows-no-connection: src/protocol/packet.ts -> src/connection/backoff.ts',
    ]);
  });

  it('find the clock, randomness and the browser’s globals everywhere but in src/platform', () => {
    const seams = [
      'setTimeout(() => {}, 1)',
      'setInterval(() => {}, 1)',
      'Date.now()',
      'performance.now()',
      'Math.random()',
      'window.origin',
      'document.hidden',
      'navigator.onLine',
      'localStorage.length',
      "addEventListener('online', () => {})",
    ];
    const content = seams.map((seam, i) => `export const seam${i}: unknown = ${seam};\n`).join('');
    file('src/platform/seams.ts', content);
    file('src/connection/seams.ts', content);

    const lint = (path: string): string[] => {
      const report = JSON.parse(
        run(folder, '@biomejs/biome/bin/biome', [
          'lint',
          '--vcs-enabled=false',
          '--max-diagnostics=none',
          '--reporter=json',
          path,
        ]),
      );
      return report.diagnostics
        .filter((found: { category: string }) => /noRestrictedGlobals|plugin/.test(found.category))
        .map((found: { location: { start: { line: number } } }) => seams[found.location.start.line - 1]);
    };
    expect(lint('src/platform/seams.ts')).toEqual([]);
    expect(lint('src/connection/seams.ts').sort()).toEqual([...seams].sort());
  });
});
