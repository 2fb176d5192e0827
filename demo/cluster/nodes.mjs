// The nodes of the cluster: separate processes, restarted when they exit unexpectedly.

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const file = fileURLToPath(new URL('node.mjs', import.meta.url));
const RESTART_MS = 1_000;

/** The servers behind the proxies; `start` resolves when every node listens. */
export function createNodes({ ports, settings, log }) {
  const children = new Map();
  const followers = new Set();
  let wanted = true;

  const changed = () => {
    for (const follower of followers) follower();
  };

  function launch(index) {
    const name = `node ${index + 1}`;
    const child = fork(file, [], {
      env: { ...process.env, HOLDFAST_NODE: JSON.stringify({ ...settings, name, port: ports[index] }) },
    });
    children.set(index, child);
    child.once('exit', (code, signal) => {
      children.delete(index);
      log.write('server', `${name} exited (${signal ?? code})`);
      changed();
      if (wanted) setTimeout(() => wanted && launch(index), RESTART_MS);
    });
    return new Promise((resolve) => {
      child.on('message', (/** @type {any} */ { line, ready }) => {
        if (line) log.write(line.area, `${name}: ${line.text}`, line.kind);
        if (!ready) return;
        log.write('server', `${name} listens on port ${ports[index]}, as process ${child.pid}`);
        changed();
        resolve(undefined);
      });
    });
  }

  return {
    get pids() {
      return [...children.values()].map(({ pid }) => pid);
    },
    get running() {
      return children.size > 0;
    },
    async start() {
      wanted = true;
      await Promise.all(ports.map((_, index) => children.has(index) || launch(index)));
    },
    /** Stops the nodes gracefully, so that they write their sessions to Redis. */
    async stop() {
      wanted = false;
      for (const child of [...children.values()]) {
        const gone = new Promise((resolve) => child.once('exit', resolve));
        child.send({ order: 'stop' });
        await gone;
      }
    },
    follow(follower) {
      followers.add(follower);
      return () => followers.delete(follower);
    },
    end() {
      wanted = false;
      for (const child of children.values()) child.kill('SIGKILL');
    },
  };
}
