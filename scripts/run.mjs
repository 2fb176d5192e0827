import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The folder of package.json, with a separator at its end. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * @typedef {object} RunOptions
 * @property {string} [cwd] Where it runs. Default: the package's folder.
 * @property {NodeJS.ProcessEnv} [env] Added to the environment of this process.
 * @property {number} [limitMs] The command and its child processes are ended after this time. Default: no limit.
 * @property {boolean} [quiet] Collect the output instead of showing it.
 */

/**
 * Runs a command without input, and waits for its end.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<{ code: number, output: string, stdout: string, late: boolean }>} `code` is 127 if the command could not be
 *   started. `output` includes stderr.
 */
export function run(command, args, { cwd = root, env = {}, limitMs, quiet = false } = {}) {
  return new Promise((resolve) => {
    const ownGroup = limitMs !== undefined && process.platform !== 'win32';
    const child = spawn(command, args, {
      cwd,
      detached: ownGroup,
      env: { ...process.env, ...env },
      stdio: ['ignore', quiet ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'],
    });

    let output = '';
    let stdout = '';
    let late = false;
    child.stdout?.on('data', (chunk) => {
      stdout += chunk;
      output += chunk;
    });
    child.stderr?.on('data', (chunk) => {
      output += chunk;
    });

    const end = () => {
      try {
        if (ownGroup && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
        else child.kill('SIGKILL');
      } catch {
        // It ended meanwhile.
      }
    };
    const timer = setTimeout(
      () => {
        late = true;
        end();
      },
      limitMs ?? 2 ** 31 - 1,
    );
    // A separate process group does not receive Ctrl-C from the terminal: pass it on.
    const interrupted = () => {
      end();
      process.exit(130);
    };
    if (ownGroup) process.once('SIGINT', interrupted);

    /** @param {number} code */
    const settle = (code) => {
      clearTimeout(timer);
      process.off('SIGINT', interrupted);
      resolve({ code, output, stdout, late });
    };
    child.once('error', (error) => {
      output += error.message;
      settle(127);
    });
    child.once('close', (code) => settle(code ?? 1));
  });
}

/**
 * Runs a JavaScript command-line tool of node_modules with this Node.
 *
 * @param {string} file Path below node_modules.
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 */
export function tool(file, args, options) {
  return run(process.execPath, [`${root}node_modules/${file}`, ...args], options);
}

/**
 * Runs npm: the one that started this script, if there was one.
 *
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 */
export function npm(args, options) {
  const own = process.env.npm_execpath;
  return own?.endsWith('.js') ? run(process.execPath, [own, ...args], options) : run('npm', args, options);
}

/** Ends this process with a message for a person. @param {string} message @returns {never} */
export function fail(message) {
  process.stderr.write(`\n${message}\n`);
  process.exit(1);
}
