import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { blocksOf } from '../docs/support/blocks.js';
import { host } from '../support/ports.js';
import { nextEvent } from '../support/waiting.js';
import {
  type Certificate,
  installDeno,
  makeCertificate,
  portForBoth,
} from '../support/web-transport-server.js';
import { dial, transportOf, usePages } from './pages.js';

/** The server of docs/connection.md, unchanged except for its port, in Deno. */

const pages = usePages();
let folder: string;
let child: ChildProcess;
let certificate: Certificate;
let url: string;

beforeAll(async () => {
  const block = blocksOf('docs/connection.md').find(({ code }) => code.startsWith('// server.mjs, for Deno'));
  const [deno, made, port] = await Promise.all([installDeno(), makeCertificate(), portForBoth()]);
  certificate = made;
  url = `https://${host}:${port}`;
  folder = await mkdtemp(join(tmpdir(), 'holdfast-deno-'));
  await symlink(join(deno.folder, 'node_modules'), join(folder, 'node_modules'));
  await writeFile(join(folder, 'package.json'), '{}');
  await writeFile(join(folder, 'cert.pem'), made.cert);
  await writeFile(join(folder, 'key.pem'), made.key);
  const code = block?.code
    .replaceAll('3000', String(port))
    .replace(
      "io.on('connection', (socket) => {",
      "$&\n  socket.on('disconnect', (reason) => console.log(reason));",
    );
  await writeFile(join(folder, 'server.mjs'), code ?? '');
  child = spawn(deno.program, ['run', '--unstable-net', '-A', '--no-lock', 'server.mjs'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, DENO_NO_UPDATE_CHECK: '1' },
  });
});

afterAll(async () => {
  if (child && child.exitCode === null) {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
  await rm(folder, { recursive: true, force: true });
});

test('the documented server accepts WebTransport, and notices that a client has left', async (test) => {
  const page = await pages.open(test);
  // It is not known when it listens: the client tries again.
  await dial(page, { url, certificate }, { transports: ['webtransport'], timeout: 2_000 });
  await page.waitForFunction(() => window.received.length > 0);
  expect(await page.evaluate(() => window.received)).toEqual([['hello', 'webtransport']]);
  expect(await transportOf(page)).toBe('webtransport');
  const told = nextEvent<[Buffer]>(child.stdout as NodeJS.EventEmitter, 'data');
  await page.goto(`${pages.origin}/module`);
  expect(String(await told)).toBe('transport close\n');
});
