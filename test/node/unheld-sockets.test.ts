import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, onTestFinished, test } from 'vitest';
import { startServer } from '../support/server.js';
import { Announcements, nextEvent } from '../support/waiting.js';

/** Starts this program as a process of its own, which may collect its garbage when it wants to. */
async function start(program: URL, ...args: string[]): Promise<ReturnType<typeof fork>> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-child-'));
  const outfile = join(folder, 'program.mjs');
  await build({
    entryPoints: [fileURLToPath(program)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    // What is CommonJS in there asks for Node's own modules.
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

test('a socket that is listened to stays with its manager, though the program does not hold it', async () => {
  const server = await startServer({
    setup(app) {
      for (const nsp of ['/', '/listening', '/silent']) {
        let visits = 0;
        app.of(nsp).on('connection', (socket) => {
          visits += 1;
          if (visits > 1) socket.emit('news', `${visits}. visit`);
        });
      }
    },
  });
  onTestFinished(() => server.stop());
  const child = await start(new URL('unheld-sockets.ts', import.meta.url), server.url);
  const told: unknown[] = [];
  const news = new Announcements();
  child.on('message', (text) => {
    told.push(text);
    news.announce();
  });
  await news.until('the garbage to be collected', () => told.length > 0);
  expect(told).toEqual(['collected: /silent']);

  // One that had left is joined again by its name, and has its listeners still.
  await news.until('the second visit', () => told.includes('/listening heard 2. visit'));
  // One that was connected all the time.
  server.latest('/').emit('news', 'at last');
  await news.until('the news', () => told.includes('/ heard at last'));
  expect(told).toHaveLength(3);
});
