// Finds nginx and Redis, and starts each in its own folder.

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StartError } from '../server/ports.mjs';

const READY_MS = 10_000;

/** Debian installs servers in folders outside a user's PATH. */
export function findProgram(name, debianPackage, otherwise = '') {
  const folders = [
    ...(process.env.PATH ?? '').split(':'),
    '/usr/sbin',
    '/usr/local/sbin',
    '/opt/homebrew/bin',
  ];
  const path = folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
  if (path) return path;
  throw new StartError(
    `${name} is missing. Install it, for example: sudo apt-get install ${debianPackage} (or: brew install ${name.replace('-server', '')})${otherwise}.\n  The demo without a cluster needs neither: npm start`,
  );
}

export const startRedis = (path, port) =>
  startProgram('redis-server', path, port, (folder) => ({
    config: `bind 127.0.0.1\nport ${port}\ndir ${folder}\nsave ""\nappendonly no\n`,
    args: [],
  }));

export const startNginx = (path, port, nodes) =>
  startProgram('nginx', path, port, (folder, file) => ({
    config: nginxConfig(folder, port, nodes),
    args: ['-p', folder, '-e', 'stderr', '-c', file],
  }));

/** docs/scaling.md explains this configuration. */
function nginxConfig(folder, port, nodes) {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
    daemon off; master_process off; pid ${folder}/pid; error_log stderr crit;
    events { worker_connections 1024; }
    http {
      access_log off;
      ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n      ')}
      map $http_upgrade $connection_upgrade { default upgrade; '' close; }
      upstream nodes { ${nodes.map((node) => `server 127.0.0.1:${node} max_fails=0;`).join(' ')} }
      server {
        listen ${port};
        location / {
          proxy_pass http://nodes;
          proxy_http_version 1.1;
          proxy_set_header Upgrade $http_upgrade;
          proxy_set_header Connection $connection_upgrade;
          proxy_set_header Host $http_host;
          proxy_connect_timeout 2s;
          proxy_read_timeout 60s;
        }
      }
    }`;
}

async function startProgram(name, path, port, setup) {
  const folder = mkdtempSync(join(tmpdir(), `holdfast-${name}-`));
  const file = join(folder, 'config');
  const { config, args } = setup(folder, file);
  writeFileSync(file, config);
  const child = spawn(path, args.length > 0 ? args : [file], { stdio: ['ignore', 'ignore', 'pipe'] });
  let errorOutput = '';
  child.stderr.on('data', (chunk) => {
    errorOutput = `${errorOutput}${chunk}`.slice(-2_000);
  });
  const end = () => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  const ended = new Promise((_, reject) => {
    child.once('error', reject);
    child.once('exit', () =>
      reject(new StartError(`${name} exited immediately, on port ${port}: ${errorOutput.trim()}`)),
    );
  });
  try {
    await Promise.race([accepting(port), ended]);
  } catch (error) {
    end();
    throw error;
  }
  ended.catch(() => {});
  return { end };
}

/** Neither program reports when it is ready, so this tries to connect. */
async function accepting(port) {
  const until = Date.now() + READY_MS;
  while (Date.now() < until) {
    const open = await new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new StartError(`nothing listens on port ${port} after ${READY_MS / 1_000} s`);
}
