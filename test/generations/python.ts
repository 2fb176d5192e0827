import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { aptInstall } from '../support/apt.js';
import { within } from '../support/waiting.js';
import type { Settings } from './names.js';
import type { Running } from './start-server.js';

/** Runs python-socketio from Debian, each server in its own process. */

/** Debian's Python: only this one finds Debian's packages. */
const python = '/usr/bin/python3';
const program = fileURLToPath(new URL('servers/application.py', import.meta.url));
const readyMs = 20_000;

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** @returns why it is unavailable; `undefined` if it is available */
export async function providePython(): Promise<string | undefined> {
  if (await isInstalled()) return undefined;
  const failure = await aptInstall(['python3-socketio', 'python3-aiohttp']);
  return failure ?? ((await isInstalled()) ? undefined : 'python-socketio is missing after it was installed');
}

const isInstalled = (): Promise<boolean> =>
  promisify(execFile)(python, ['-c', 'import aiohttp, socketio']).then(
    () => true,
    () => false,
  );

export async function startPython(settings: Settings, port: number): Promise<Running> {
  // Exits when its standard input closes, however this process ends.
  const child = spawn(python, [program, JSON.stringify({ ...settings, port })], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  running.add(child);
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  let errorOutput = '';
  child.stderr.on('data', (bytes: Buffer) => {
    errorOutput += bytes;
  });
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
    running.delete(child);
  };
  const ready = new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    child.once('error', reject);
    child.once('close', () => reject(new Error(`python ended: ${errorOutput.trim()}`)));
  });
  try {
    await within(ready, 'python to be ready', readyMs);
  } catch (error) {
    await kill();
    throw error;
  }
  return { port, kill };
}
