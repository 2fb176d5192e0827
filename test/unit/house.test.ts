import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

// The tools read every file of src, and the machine may have other things to do.
vi.setConfig({ testTimeout: 60_000 });

const root = fileURLToPath(new URL('../..', import.meta.url));

function run(folder: string, tool: string, args: readonly string[]): string {
  const { stdout, stderr } = spawnSync(process.execPath, [join(root, 'node_modules', tool), ...args], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (stdout === '') throw new Error(`${tool} printed nothing: ${stderr}`);
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
  it('are respected by every file of src', () => {
    const { modules, summary } = cruise(root);
    expect(modules.filter(({ source }) => source.startsWith('src/')).length).toBeGreaterThan(5);
    expect(summary.violations).toEqual([]);
  });
});

describe("the house's checks, in a house with faults", () => {
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

  it('find each forbidden import, and no other', () => {
    file(
      'src/platform/clock.ts',
      "import type { Packet } from '../protocol/packet.js';\nexport type Clock = Packet;\n",
    );
    file('src/platform/emitter.ts', "import Emitter from 'component-emitter';\nexport { Emitter };\n");
    file(
      'src/protocol/packet.ts',
      "import { session } from '../session/session.js';\nexport type Packet = typeof session;\n",
    );
    file(
      'src/session/session.ts',
      "import 'engine.io-client';\nimport './transports/polling.js';\nexport const session = 1;\n",
    );
    file(
      'src/session/transports/polling.ts',
      "import { Fetch } from 'engine.io-client';\nexport { Fetch };\n",
    );
    file('src/connection/backoff.ts', "export { connection } from './connection.js';\n");
    file('src/connection/connection.ts', "import './backoff.js';\nexport const connection = 1;\n");
    file(
      'src/socket/socket.ts',
      "import type { Manager } from '../manager/manager.js';\nimport '../manager/plugin.js';\nexport type Socket = Manager;\n",
    );
    file(
      'src/socket/outbox.ts',
      "import type { Manager } from '../manager/manager.js';\nexport type Outbox = Manager;\n",
    );
    file('src/manager/plugin.ts', "import { Manager } from './manager.js';\nexport { Manager };\n");
    file(
      'src/manager/manager.ts',
      "import '../socket/socket.js';\nimport type { Manager as One } from './plugin.js';\nexport class Manager {}\nexport type Other = One;\n",
    );
    file('src/plugins/race.ts', "import '../create-io.js';\nimport 'node:fs';\nimport 'ws';\n");
    file('src/create-io.ts', "import './manager/manager.js';\nimport './attic.js';\n");
    file('src/attic.ts', 'export {};\n');
    file('src/core.ts', "import 'component-emitter';\nimport 'socket.io-msgpack-parser';\n");
    file('src/index.ts', "export { Fetch } from 'engine.io-client';\nimport './platform/clock.js';\n");
    file('src/script-msgpack.ts', "import 'socket.io-msgpack-parser';\n");

    expect(violations(folder)).toEqual([
      'emitter-has-one-importer: src/core.ts -> component-emitter/index.d.ts',
      'engine-only-in-transports: src/session/session.ts -> engine.io-client/build/esm/index.d.ts',
      'floor-1-imports-upwards: src/platform/clock.ts -> src/protocol/packet.ts',
      'floor-2-imports-upwards: src/protocol/packet.ts -> src/session/session.ts',
      'floor-5-imports-upwards: src/socket/outbox.ts -> src/manager/manager.ts',
      'floor-7-imports-upwards: src/plugins/race.ts -> src/create-io.ts',
      'import-of-file-without-floor: src/create-io.ts -> src/attic.ts',
      'manager-is-only-a-type: src/manager/plugin.ts -> src/manager/manager.ts',
      'msgpack-has-one-importer: src/core.ts -> socket.io-msgpack-parser/index.js',
      'no-circle: src/connection/backoff.ts -> src/connection/connection.ts',
      'no-other-package: src/plugins/race.ts -> fs',
      'no-other-package: src/plugins/race.ts -> ws/wrapper.mjs',
      'socket-imports-upwards: src/socket/socket.ts -> src/manager/plugin.ts',
    ]);
  });

  it('find the clock, randomness and browser globals everywhere except in src/platform', () => {
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
