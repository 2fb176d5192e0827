import { fork } from 'node:child_process';
import { join } from 'node:path';
import { expect, inject, onTestFinished, test } from 'vitest';
import { freePort, host } from '../support/ports.js';
import { nextEvent } from '../support/waiting.js';
import { talkOver, useHome } from './support/fixture.js';

const home = useHome();

test('served by Vite during development', async () => {
  const port = await freePort();
  const { folder } = inject('home');
  const vite = fork(join(folder, 'builders/vite-dev.mjs'), [String(port)], {
    cwd: folder,
    execArgv: [],
    env: { PATH: process.env.PATH, HOME: process.env.HOME },
  });
  onTestFinished(async () => {
    const ended = nextEvent(vite, 'exit');
    vite.disconnect();
    await ended;
  });
  await nextEvent(vite, 'message', 60_000);
  const page = await home.open(`http://${host}:${port}/programs/dev.html`);
  await page.waitForFunction(() => 'talk' in window);
  const talks = await page.evaluate(
    async (url) => [await window.talk(url), await window.talkLegacy(url, { transports: ['polling'] })],
    home.server.url,
  );
  expect(talks).toEqual([talkOver('websocket'), talkOver('polling')]);
});
