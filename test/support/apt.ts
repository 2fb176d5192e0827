import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/**
 * Installs Debian packages, if possible.
 *
 * @returns the reason if it was not possible
 */
export async function aptInstall(packages: readonly string[]): Promise<string | undefined> {
  const words = `apt-get install -y ${packages.join(' ')}`;
  if (process.getuid?.() !== 0) return `${words} (this is not root, so it was not done here)`;
  // The maintenance run level: services of the packages are not started.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  // Test files run in parallel, and apt has one lock for all of them.
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
