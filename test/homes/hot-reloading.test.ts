import { fork } from 'node:child_process';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import { freePort, host } from '../support/ports.js';
import { nextEvent } from '../support/waiting.js';
import { useProject } from './support/fixture.js';

/** Modules that Vite replaces in an open page: they must not leave a connection behind with each version. */

const project = useProject();

const files: Record<string, string> = {
  'own.html': '<script type="module" src="/own.js"></script>',
  'component.html': '<div id="root"></div><script type="module" src="/component.js"></script>',
};

/** As docs/getting-started.md has it. */
const own = (version: number, url: string): string => `
  import { io } from 'holdfast';
  const socket = io('${url}');
  socket.on('connect', () => { document.title = 'version ${version}'; });
  if (import.meta.hot) {
    import.meta.hot.accept();
    import.meta.hot.dispose(() => socket.disconnect());
  }
`;

/** A component of another identity, which React unmounts and mounts. */
const component = (version: number, url: string): string => `
  import { createElement, StrictMode } from 'react';
  import { createRoot } from 'react-dom/client';
  import { useConnection, useSocket } from 'holdfast/react';
  function App() {
    const { status } = useConnection(useSocket('${url}'));
    document.title = status === 'connected' ? 'version ${version}' : status;
    return null;
  }
  window.reactRoot ??= createRoot(document.getElementById('root'));
  window.reactRoot.render(createElement(StrictMode, null, createElement(App)));
  import.meta.hot?.accept();
`;

let origin: string;

beforeAll(async () => {
  const { folder } = inject('project');
  await mkdir(join(folder, 'hot'), { recursive: true });
  const page = (body: string): string =>
    `<!doctype html><html lang="en"><title>test</title><link rel="icon" href="data:,">${body}</html>`;
  for (const [name, body] of Object.entries(files)) await writeFile(join(folder, 'hot', name), page(body));
  const port = await freePort();
  origin = `http://${host}:${port}`;
  await write('own', own, 0);
  await write('component', component, 0);
  const vite = fork(join(folder, 'builders/vite-hot.mjs'), [String(port)], {
    cwd: folder,
    execArgv: [],
    env: { PATH: process.env.PATH, HOME: process.env.HOME },
  });
  await nextEvent(vite, 'message', 60_000);
  return async () => {
    const exited = nextEvent(vite, 'exit');
    vite.disconnect();
    await exited;
  };
});

/** Replaces a module in one step: Vite reloads the page when it reads half a module, which does not accept its own replacement. */
async function write(
  name: string,
  text: (version: number, url: string) => string,
  version: number,
): Promise<void> {
  const file = join(inject('project').folder, 'hot', `${name}.js`);
  await writeFile(`${file}.new`, text(version, `${project.server.url}/news`));
  await rename(`${file}.new`, file);
}

const shows = (page: Page, version: number): Promise<unknown> =>
  page.waitForFunction((title) => document.title === title, `version ${version}`, { timeout: 2_000 });

test.each([
  ['a module that calls io()', 'own', own],
  ['a component with useSocket', 'component', component],
] as const)('%s is replaced five times, and keeps one connection', async (_what, name, text) => {
  const { io } = project.server;
  let connections = 0;
  const count = (): unknown => connections++;
  io.of('/news').on('connection', count);
  onTestFinished(() => void io.of('/news').off('connection', count));
  const page = await project.open(`${origin}/${name}.html`);
  await page.waitForFunction(() => document.title === 'version 0');
  const boot = await page.evaluate(() => performance.timeOrigin);
  for (let version = 1; version <= 5; version++) {
    // Watchers miss a change that comes just after another one: then the file is written again.
    await expect
      .poll(
        async () => {
          await write(name, text, version);
          return shows(page, version).then(
            () => 'shown',
            () => 'not yet',
          );
        },
        { timeout: 30_000 },
      )
      .toBe('shown');
  }
  // The page itself was never loaded again.
  expect(await page.evaluate(() => performance.timeOrigin)).toBe(boot);
  await expect.poll(() => io.of('/news').sockets.size, { timeout: 30_000 }).toBe(1);
  await expect.poll(() => io.engine.clientsCount, { timeout: 30_000 }).toBe(1);
  // A version that is replaced while it connects: browsers say so.
  const errors = project.takeErrors().filter((text) => !/closed before the connection/.test(text));
  expect(errors).toEqual([]);
  // A component keeps its connection.
  if (name === 'component') expect(connections).toBe(1);
});
