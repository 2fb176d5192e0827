import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/**
 * Installs packages of Debian, where that is possible.
 *
 * @returns why it was not done; nothing where it was
 */
export async function aptInstall(packages: readonly string[]): Promise<string | undefined> {
  const words = `apt-get install -y ${packages.join(' ')}`;
  if (process.getuid?.() !== 0) return `${words} (this is not root, so it was not done here)`;
  // The run level of maintenance: services that come with the packages are not started.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  // Files of tests run side by side, and apt has one lock for all of them.
  const lock = join(tmpdir(), 'holdfast-apt.lock');
  const apt = (...args: string[]): Promise<unknown> =>
    promisify(execFile)('flock', [lock, 'apt-get', ...args], { env });
  try {
    await apt('update');
    await apt('install', '-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120', ...packages);
    return undefined;
  } catch (error) {
    return `${words} failed: ${String((error as { stderr?: string }).stderr || error).trim()}`;
  }
}
