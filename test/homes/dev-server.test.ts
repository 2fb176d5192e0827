import { fork } from 'node:child_process';
import { join } from 'node:path';
import { expect, inject, onTestFinished, test } from 'vitest';
import { freePort, host } from '../support/ports.js';
import { nextEvent } from '../support/waiting.js';
import { expectedExchange, useProject } from './support/fixture.js';

const project = useProject();

test('holdfast works in the development server of Vite', async () => {
  const port = await freePort();
  const { folder } = inject('project');
  const vite = fork(join(folder, 'builders/vite-dev.mjs'), [String(port)], {
    cwd: folder,
    execArgv: [],
    env: { PATH: process.env.PATH, HOME: process.env.HOME },
  });
  onTestFinished(async () => {
    const exited = nextEvent(vite, 'exit');
    vite.disconnect();
    await exited;
  });
  await nextEvent(vite, 'message', 60_000);
  const page = await project.open(`http://${host}:${port}/programs/dev.html`);
  await page.waitForFunction(() => 'exchange' in window);
  const results = await page.evaluate(
    async (url) => [
      await window.exchange(url),
      await window.exchangeLegacy(url, { transports: ['polling'] }),
    ],
    project.server.url,
  );
  expect(results).toEqual([expectedExchange('websocket'), expectedExchange('polling')]);
});
