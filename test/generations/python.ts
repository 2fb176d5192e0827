import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { aptInstall } from '../support/apt.js';
import { within } from '../support/waiting.js';
import type { Settings } from './names.js';
import type { Running } from './start-server.js';

/** python-socketio as Debian has it, each server in a process of its own. */

/** Debian's own: only that one finds Debian's packages. */
const python = '/usr/bin/python3';
const program = fileURLToPath(new URL('servers/application.py', import.meta.url));
const readyMs = 20_000;

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** @returns why it cannot be had; nothing where it is there */
export async function providePython(): Promise<string | undefined> {
  if (await isThere()) return undefined;
  const failure = await aptInstall(['python3-socketio', 'python3-aiohttp']);
  return failure ?? ((await isThere()) ? undefined : 'python-socketio is missing after it was installed');
}

const isThere = (): Promise<boolean> =>
  promisify(execFile)(python, ['-c', 'import aiohttp, socketio']).then(
    () => true,
    () => false,
  );

export async function startPython(settings: Settings, port: number): Promise<Running> {
  // It ends when nothing holds its standard input open any more, however this process ends.
  const child = spawn(python, [program, JSON.stringify({ ...settings, port })], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  running.add(child);
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  let words = '';
  child.stderr.on('data', (bytes: Buffer) => {
    words += bytes;
  });
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
    running.delete(child);
  };
  const ready = new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    child.once('error', reject);
    child.once('close', () => reject(new Error(`python ended: ${words.trim()}`)));
  });
  try {
    await within(ready, 'python to be ready', readyMs);
  } catch (error) {
    await kill();
    throw error;
  }
  return { port, kill };
}
