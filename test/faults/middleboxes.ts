import { type ChildProcess, spawn } from 'node:child_process';
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aptInstall } from '../support/apt.js';
import { freePort, host } from '../support/ports.js';
import { within } from '../support/waiting.js';

/** Starts real proxies between the client and the servers, and Redis; each is a child process with its own folder. */

export interface Middlebox {
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts a middlebox in front of these servers. */
export type StartMiddlebox = (serverPorts: readonly number[]) => Promise<Middlebox>;

export type Product = 'nginx' | 'haproxy' | 'redis-server';

const debianPackages: Readonly<Record<Product, string>> = {
  nginx: 'nginx-light',
  haproxy: 'haproxy',
  'redis-server': 'redis-server',
};
/** Debian installs servers in folders outside a user's PATH. */
const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin'];
const found = new Map<Product, string>();
const readyMs = 10_000;
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/**
 * Finds the products, and installs missing ones if possible.
 *
 * @returns why they are unavailable; `undefined` if they are available
 */
export async function provideMiddleboxes(
  products: readonly Product[] = ['nginx', 'haproxy'],
): Promise<string | undefined> {
  const missing = await find(products);
  if (missing.length === 0) return undefined;
  const packages = missing.map((product) => debianPackages[product]);
  const failure = await aptInstall(packages);
  if (failure !== undefined) return failure;
  const still = await find(missing);
  return still.length === 0
    ? undefined
    : `${still.join(' and ')} missing after installing ${packages.join(' ')}`;
}

async function find(products: readonly Product[]): Promise<Product[]> {
  const missing: Product[] = [];
  for (const product of products) {
    const path = await firstThatExists(folders.map((folder) => join(folder, product)));
    if (path === undefined) missing.push(product);
    else found.set(product, path);
  }
  return missing;
}

async function firstThatExists(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  return undefined;
}

const passUpgrades =
  'proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;';

export interface NginxOptions {
  readonly upgrades: boolean;
  /** The number of simultaneous connections; each client takes two. */
  readonly connections?: number;
  /**
   * Whether to keep using a server that has just failed. By default nginx lets one request through after a while, and uses the server
   * again when that request has ended; but a WebSocket does not end.
   */
  readonly keepFailed?: boolean;
  /** The largest request body accepted, in bytes. */
  readonly maxBodyBytes?: number;
}

/** nginx in front of the servers, with round robin. It forwards upgrades only if told to. */
export function nginx({
  upgrades,
  connections = 64,
  keepFailed = false,
  maxBodyBytes = 1e6,
}: NginxOptions): StartMiddlebox {
  return (serverPorts) =>
    run('nginx', (folder, port) => ({
      args: ['-p', folder, '-c', join(folder, 'config'), '-e', 'stderr'],
      config: `
        daemon off; master_process off; pid ${folder}/pid; error_log stderr warn;
        events { worker_connections ${connections}; }
        http {
          access_log off;
          ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
            .map((name) => `${name}_temp_path ${folder}/${name};`)
            .join(' ')}
          map $http_upgrade $connection_upgrade { default upgrade; '' close; }
          upstream nodes {
            ${serverPorts.map((server) => `server ${host}:${server}${keepFailed ? ' max_fails=0' : ''};`).join(' ')}
          }
          server {
            listen ${host}:${port};
            client_max_body_size ${maxBodyBytes};
            location / {
              proxy_pass http://nodes;
              proxy_http_version 1.1;
              ${upgrades ? passUpgrades : ''}
            }
          }
        }`,
    }));
}

/** haproxy that closes a WebSocket after so much idle time. */
export function haproxy({ tunnelMs }: { readonly tunnelMs: number }): StartMiddlebox {
  return (serverPorts) =>
    run('haproxy', (folder, port) => ({
      args: ['-db', '-q', '-f', join(folder, 'config')],
      config: `
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  timeout tunnel ${tunnelMs}ms
listen faults
  bind ${host}:${port}
${serverPorts.map((server, index) => `  server node${index} ${host}:${server}`).join('\n')}
`,
    }));
}

/** Redis without persistence. */
export const redis = (): Promise<Middlebox> =>
  run('redis-server', (folder, port) => ({
    args: [join(folder, 'config')],
    config: `bind ${host}\nport ${port}\ndir ${folder}\nsave ""\nappendonly no\ndaemonize no\n`,
  }));

interface Setup {
  readonly args: readonly string[];
  readonly config: string;
}

async function run(product: Product, setup: (folder: string, port: number) => Setup): Promise<Middlebox> {
  const path = found.get(product);
  if (path === undefined) throw new Error(`${product} is not installed.`);
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), `holdfast-${product}-`));
  const { args, config } = setup(folder, port);
  await writeFile(join(folder, 'config'), config);
  const child = spawn(path, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  running.add(child);
  const ended = end(child, product);
  async function stop(): Promise<void> {
    child.kill('SIGKILL');
    await ended.catch(() => {});
    running.delete(child);
    await rm(folder, { recursive: true, force: true });
  }
  try {
    await within(Promise.race([accepting(port, child), ended]), `${product} to accept connections`, readyMs);
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, stop };
}

/** Rejects with the error output of a process when it ends. */
function end(child: ChildProcess, product: Product): Promise<never> {
  let errorOutput = '';
  child.stderr?.on('data', (bytes: Buffer) => {
    errorOutput += bytes;
  });
  const ended = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) =>
      reject(new Error(`${product} ended (${code ?? signal}): ${errorOutput.trim()}`)),
    );
  });
  ended.catch(() => {});
  return ended;
}

/** Neither product reports when it is ready, so this tries to connect. */
async function accepting(port: number, child: ChildProcess): Promise<void> {
  while (child.exitCode === null && child.signalCode === null) {
    const accepted = await new Promise<boolean>((resolve) => {
      const socket = connect(port, host);
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
      socket.once('close', () => socket.destroy());
      socket.once('connect', () => socket.destroy());
    });
    if (accepted) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
