import { spawn } from 'node:child_process';

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The environment variables that npm and Vitest set for child processes; a program under test must not see them. */
const ours = /^(npm_|VITEST|NODE_ENV$|NODE_OPTIONS$|TEST$|DEV$|PROD$|MODE$|SSR$|BASE_URL$|JEST)/i;

/** Runs a command without input. If it takes too long, it is killed and `code` is null. */
export function run(
  command: string,
  args: readonly string[],
  cwd: string,
  limitMs = 180_000,
  more: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !ours.test(name) || /^npm_config_/i.test(name)),
  );
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      // Disables colours and progress bars, because tests read the output.
      env: { ...env, NO_COLOR: '1', CI: '1', ...more },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: limitMs,
      killSignal: 'SIGKILL',
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}
