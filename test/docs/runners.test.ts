import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { pagesPath } from '../support/browser.js';
import { freePort } from '../support/ports.js';
import { run } from '../support/run.js';
import { startServer, type TestServer } from '../support/server.js';
import { BlockBrowser } from './support/block-browser.js';
import { blocksFor, root } from './support/blocks.js';
import { shipped } from './support/bundle.js';

/** The tests in the documents, run by the runners for which they are written. */

let folder: string;

beforeAll(async () => {
  // Below this project, so that the runners and Socket.IO resolve.
  folder = await mkdtemp(join(root, 'test/docs/.run-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** How many tests a block has: all of them must have run. */
const testsIn = (code: string): number => code.match(/^test\(/gm)?.length ?? 0;

test('the blocks for Vitest pass', async () => {
  const vitestBlocks = blocksFor('vitest');
  for (const [index, { code }] of vitestBlocks.entries()) {
    await writeFile(join(folder, `documented-${index}.test.ts`), code);
  }
  // Schemas are installed with the frameworks.
  const zod = join(inject('workshop'), '../node_modules/zod');
  const config = { root: folder, resolve: { alias: { ...shipped, zod } } };
  await writeFile(join(folder, 'vitest.config.js'), `export default ${JSON.stringify(config)};`);
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const outcome = await run(
    process.execPath,
    [vitest, 'run', '--root', folder, '--reporter=json', '--no-color'],
    root,
    100_000,
  );
  const { testResults = [] } = JSON.parse(outcome.stdout || '{}') as {
    testResults?: {
      name: string;
      message: string;
      assertionResults: { status: string; failureMessages: string[] }[];
    }[];
  };
  for (const [index, { code, place }] of vitestBlocks.entries()) {
    const result = testResults.find(({ name }) => name.endsWith(`documented-${index}.test.ts`));
    const failed = result?.assertionResults.flatMap(({ failureMessages }) => failureMessages);
    expect(failed, `${place}: ${result?.message ?? outcome.stderr}`).toEqual([]);
    expect(result?.assertionResults.filter(({ status }) => status === 'passed').length, place).toBe(
      testsIn(code),
    );
  }
  expect(outcome.code, outcome.stderr).toBe(0);
}, 120_000);

/** The page that docs/testing.md describes. */
const app = (url: string): string => `<p id="status"></p><script src="/holdfast.min.js"></script><script>
  const shown = document.querySelector('#status');
  const { io: manager } = io('${url}');
  manager.on('status', () => {
    shown.textContent = [manager.status, manager.transport].filter(Boolean).join(' ');
  });
</script>`;

test.each(blocksFor('playwright').map((block) => [block.place, block.code] as const))(
  '%s passes in Playwright',
  async (_, code) => {
    const server: TestServer = await startServer({ port: await freePort() });
    const browser = await BlockBrowser.open();
    try {
      await (await browser.show(app(server.url))).close();
      await writeFile(join(folder, 'documented.spec.ts'), code);
      const config = {
        testDir: folder,
        testMatch: 'documented.spec.ts',
        workers: 1,
        timeout: 30_000,
        expect: { timeout: 15_000 },
        use: {
          baseURL: browser.origin,
          launchOptions: {
            executablePath: pagesPath,
            args: ['--no-sandbox', '--disable-gpu'],
          },
        },
      };
      const file = join(folder, 'playwright.config.js');
      await writeFile(file, `export default ${JSON.stringify(config)};`);
      const cli = join(root, 'node_modules/playwright/cli.js');
      const outcome = await run(
        process.execPath,
        [cli, 'test', '-c', file, '--reporter=line'],
        folder,
        110_000,
      );
      expect(outcome.stdout + outcome.stderr).toMatch(new RegExp(`${testsIn(code)} passed`));
      // Some bring a server in memory, and have no connection to this one.
      if (!code.includes('createTestServer')) expect(server.serverSockets()).toBeGreaterThan(0);
    } finally {
      await browser.close();
      await server.stop();
    }
  },
  120_000,
);
