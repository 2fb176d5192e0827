import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { onTestFinished } from 'vitest';
import { nextEvent } from './waiting.js';

/** Starts this program as a separate process, which ends with the test, and may request garbage collection. */
export async function startChild(program: URL, ...args: string[]): Promise<ChildProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-child-'));
  const outfile = join(folder, 'program.mjs');
  await build({
    entryPoints: [fileURLToPath(program)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    // CommonJS code in the bundle requires Node's own modules.
    banner: {
      js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`,
    },
  });
  const child = fork(outfile, args, { execArgv: ['--expose-gc'] });
  onTestFinished(async () => {
    if (child.exitCode === null) {
      const ended = nextEvent(child, 'exit');
      child.kill();
      await ended;
    }
    await rm(folder, { recursive: true, force: true });
  });
  return child;
}
